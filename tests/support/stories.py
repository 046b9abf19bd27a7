"""The clinic's stories under tests/stories: a script of a bad day in each file, and what a clinic expects of it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from domain.course.course import Course
from domain.ledger import Entry
from domain.oncall.file import OnCall, parse_on_call
from domain.protocol.file import parse_protocol
from domain.protocol.model import Protocol
from domain.rehearsal.lines import Line, PageLine
from domain.rehearsal.played_course import PlayedCourse
from domain.rehearsal.rehearsal import Play, Rehearsal
from domain.rehearsal.script import parse_script
from tests.support.cast import SHIPPED, pinned
from tests.support.paths import PROTOCOLS, ROOT

STORIES: Final = ROOT / "tests" / "stories"

MOST_LINES: Final = 500
"""A story that prints more is one in which nobody answers for days: a page every three minutes, without end."""

Told = Mapping[str, Any]


class Story(NamedTuple):
    """A story: its protocol and script, how far time goes on, and what must and must not be printed.

    The script begins with what came before.
    """

    title: str
    protocol: Protocol
    script: str
    until: datetime | None
    expected: tuple[Told, ...]
    excluded: tuple[Told, ...]


@cache
def on_call(*, is_unhurried: bool = False) -> OnCall:
    """The people of the example on-call file, by whom the stories are played; unhurried, ten minutes for each one."""
    text = (ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8")
    unhurried = re.sub(r'wait = "PT(\d+)M"', r'wait = "PT\g<1>0M"', text)
    return parse_on_call(unhurried if is_unhurried else text, "oncall.toml")


def rehearsal(story: Story, people: OnCall, play: Play = PlayedCourse) -> Iterator[Line]:
    """The story, played by these people until its own end."""
    return Rehearsal(parse_script(story.script), pinned(story.protocol), people, play=play).lines(story.until)


@cache
def shipped(name: str) -> Protocol:
    """The shipped protocol of that id."""
    file = PROTOCOLS / f"{name}.toml"
    return parse_protocol(file.read_text(encoding="utf-8"), file.name)


def each_story(paths: Iterable[Path]) -> pytest.MarkDecorator:
    """The test of each of these stories, in the process that tries all else of it: there it is played once."""
    each = [pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(f"story {path.stem}")) for path in paths]
    return pytest.mark.parametrize("path", each)


class Record(NamedTuple):
    """All that a story prints if the people of the example on-call file are paged, and what is written meanwhile.

    `blank` is the course before its first event, and `entries` the ledger as far as the first `MOST_LINES` lines go.
    """

    lines: tuple[Line, ...]
    blank: Course
    entries: tuple[Entry, ...]


@cache
def recorded(path: Path) -> Record:
    """What is printed and written while the story is played."""
    blanks: list[Course] = []
    written: list[Entry] = []

    class Recording(PlayedCourse):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            blanks.append(self.course)

        def drained(self) -> Iterator[Entry | PageLine]:
            for one in super().drained():
                written.extend([one] if isinstance(one, Entry) else ())
                yield one

    playing = rehearsal(read_story(path), on_call(), Recording)
    first = tuple(islice(playing, MOST_LINES))
    entries = tuple(written)
    return Record((*first, *playing), blanks[0], entries)


def people_of(path: Path) -> OnCall:
    """The people of the example on-call file; unhurried, where nobody answers for days."""
    return on_call(is_unhurried=True) if len(recorded(path).lines) > MOST_LINES else on_call()


@cache
def on_paper(path: Path) -> tuple[Line, ...]:
    """What the story prints, played by those people."""
    known, people = recorded(path).lines, people_of(path)
    return known if people is on_call() else tuple(rehearsal(read_story(path), people))


@cache
def read_story(path: Path) -> Story:
    """Reads a story's file. Its form stands in tests/stories/README.md."""
    text = path.read_text(encoding="utf-8")
    said = dict(_remarks(text))
    before = [name for name in said.get("before", "").split(", ") if name]
    until = said.get("until")
    return Story(
        title=text.split("\n", 1)[0].removeprefix("# "),
        protocol=shipped(said["protocol"]) if "protocol" in said else SHIPPED,
        script="\n".join(
            [*((STORIES / "before" / f"{name}.jsonl").read_text(encoding="utf-8") for name in before), text]
        ),
        until=datetime.fromisoformat(until) if until else None,
        expected=tuple(_marked(text, "#= ")),
        excluded=tuple(_marked(text, "#! ")),
    )


def holds(expected: object, told: object) -> bool:
    """Whether everything that is expected was told: each field of an object, each item of a list."""
    match expected, told:
        case dict(), dict():
            return all(name in told and holds(value, told[name]) for name, value in expected.items())
        case list(), list():
            return all(any(holds(item, other) for other in told) for item in expected)
        case _:
            return expected == told


def _remarks(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, found, value = line.removeprefix("# ").partition(": ")
        if line.startswith("# ") and found:
            yield name, value


def _marked(text: str, mark: str) -> Iterator[Told]:
    return (json.loads(line.removeprefix(mark)) for line in text.splitlines() if line.startswith(mark))
