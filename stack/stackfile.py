"""`stack.json`: how a running stack is reached; `kapstan up` writes it, and every other command reads it."""

from pathlib import Path

from pydantic import ValidationError

from domain.values import Frozen
from stack.directory import is_owned, stack_file
from stack.errors import NoStackRuns


class StackPids(Frozen):
    """Process ids of the stack; None for one that is being restarted."""

    postgres: int | None
    temporal: int | None
    console: int | None = None
    watch: int | None = None
    workers: tuple[int, ...]


class StackFile(Frozen):
    """The addresses of a stack's services as seen from this machine, and the files it uses.

    `worker_metrics` are the addresses at which the workers answer `/metrics` and `/healthz`, `watch_metrics` is that of
    the watch. Without `payload_keys_file` the keys are those that the operator has set.
    """

    console: str | None = None
    temporal: str
    temporal_ui: str
    database: str
    worker_metrics: tuple[str, ...] = ()
    watch_metrics: str | None = None
    pids: StackPids
    admin_token_file: Path | None = None
    payload_keys_file: Path | None = None
    allow_plain_payloads: bool = False
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
