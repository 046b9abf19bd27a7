"""The example stories that ship for a rehearsal: bad days of a clinic, a folder of them for each shipped protocol."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from domain.moments import moment
from domain.protocol.model import Protocol
from domain.values import Frozen, Moment

FOLDER: Final = Path(__file__).parent / "stories"
PART: Final = ".part.jsonl"
"""How the files are called that other stories begin with."""

BY_ROUTE: Final = (
    ("kap-im-weekly", "intramuscular"),
    ("kap-iv-weekly", "intravenous"),
    ("kap-sl-weekly", "sublingual"),
    ("esketamine-in", "intranasal"),
)
"""Whose stories a clinic's own protocol has, by its route."""


class ExampleStory(Frozen):
    """A script of a bad day, and how far time goes on after its last line."""

    name: str
    title: str
    script: str
    until: Moment


def example_stories(protocol: Protocol) -> tuple[ExampleStory, ...]:
    """The stories of this protocol, in their order. A clinic's own has those of a shipped one of the same route.

    They may not fit it: what it has against an event of theirs is then told like that of any other script.
    """
    named = protocol.id
    if not (FOLDER / named).is_dir():
        named = next((one for one, route in BY_ROUTE if route == protocol.route), BY_ROUTE[0][0])
    own = f'"protocol": "{protocol.id}"'
    return tuple(one.but(script=one.script.replace(f'"protocol": "{named}"', own)) for one in _stories_of(named))


@cache
def _stories_of(named: str) -> tuple[ExampleStory, ...]:
    files = sorted(path for path in (FOLDER / named).glob("*.jsonl") if not path.name.endswith(PART))
    return tuple(map(_story, files))


def _story(path: Path) -> ExampleStory:
    text = path.read_text(encoding="utf-8")
    title, *rest = text.splitlines(keepends=True)
    said = dict(_said(rest))
    parts = [path.with_name(f"{name}{PART}").read_text(encoding="utf-8") for name in said["before"].split(", ")]
    own = "".join(line for line in rest if not line.startswith("# "))
    return ExampleStory(
        name=path.stem.partition("-")[2],
        title=title.removeprefix("# ").strip(),
        script="".join((*parts, title, own)),
        until=moment(said["until"]),
    )


def _said(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, found, value = line.removeprefix("# ").strip().partition(": ")
        if line.startswith("# ") and found:
            yield name, value
