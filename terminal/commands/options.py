"""What commands share: their options, their exit codes, and how they print what they found."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from domain.values import Frozen
from records.unreadable_rows import Found
from settings import Misconfigured, Settings
from terminal.printing import complain, out

DONE, REFUSED, MISUSED, UNREACHABLE = 0, 1, 2, 3
INTERRUPTED: Final = 130
"""Exit code after Ctrl-C before the work was done, as shells count signals."""

Data = Annotated[Path, typer.Option("--data", help="the folder of a running `kapstan up`", metavar="DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]
HERE: Final = Path(".kapstan")
ROOT: Final = Path(__file__).parents[2]


def printed(found: Frozen | Sequence[Frozen], as_table: Callable[[], RenderableType], *, as_json: bool) -> None:
    """Prints what was found, as a table or as JSON."""
    match found:
        case _ if not as_json:
            out.print(as_table())
        case Frozen():
            out.print_json(found.model_dump_json())
        case _:
            out.print_json(json.dumps([one.model_dump(mode="json") for one in found]))


def name_unreadable(found: Found[Any], what: str) -> None:
    """Names on stderr the rows that the list leaves out because they cannot be read."""
    for one in found.unreadable:
        complain(f"this {what} cannot be read from the record: {one.name}: {one.detail}; see: kapstan verify")


def protocols_at_hand(files: Settings) -> Path:
    """The folder of protocols that is set, else that of those which come with Kapstan."""
    return files.protocols if "protocols" in files.model_fields_set else ROOT / "protocols"


def text_of(file: str) -> str:
    """The text of a file of clinic events; `-` is standard input. Raises `Misconfigured` if it cannot be read."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file}: must be a file of clinic events: {error}") from None
