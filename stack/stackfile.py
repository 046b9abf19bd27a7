"""`stack.json`: how a running stack is reached, as `up` writes it and every other command reads it."""

from pathlib import Path

from pydantic import ValidationError

from domain.values import Frozen
from stack.directory import is_owned, stack_file
from stack.errors import NoStackRuns


class StackPids(Frozen):
    """The processes behind the stack; none for one that is just being started again."""

    postgres: int | None
    temporal: int | None
    console: int | None = None
    workers: tuple[int, ...]


class StackFile(Frozen):
    """Where everything is reached, from this machine, and which files it serves by."""

    console: str | None = None
    temporal: str
    temporal_ui: str
    database: str
    pids: StackPids
    admin_token_file: Path | None = None
    protocols: Path
    oncall: Path


def read_stack_file(data: Path) -> StackFile:
    """The stack that runs on `data` now. Raises `NoStackRuns`."""
    try:
        if not is_owned(data):
            raise NoStackRuns(f"no Kapstan runs on {data}; start one with: kapstan up --data {data}")
        return StackFile.model_validate_json(stack_file(data).read_bytes())
    except FileNotFoundError:
        raise NoStackRuns(f"the Kapstan on {data} is not up: it is starting, or stopping") from None
    except PermissionError:
        raise NoStackRuns(f"the Kapstan on {data} is another user's") from None
    except ValidationError:
        raise NoStackRuns(f"{stack_file(data)} was written by another version of Kapstan") from None
