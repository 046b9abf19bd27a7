"""The stories, played through the real workflows on a virtual clock: they print what the rules alone print."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from domain.oncall.file import OnCall
from domain.rehearsal.lines import Line
from domain.rehearsal.played_course import PlayedCourse
from domain.rehearsal.rehearsal import Play, Rehearsal
from domain.rehearsal.script import parse_script
from gateway.played_workflows import PlayedWorkflows
from tests.support.cast import pinned
from tests.support.cli import kapstan
from tests.support.stories import STORIES, Story, on_call, read_story

MOST_LINES: Final = 500
"""A story that prints more is one in which nobody answers for days: a page every three minutes, for minutes on end."""

CLIMB_FOR_MONTHS = {"088-lost-between-two-sessions", "089-a-safety-hold-that-nobody-reviews"}
"""Stories of thousands of pages even at an unhurried pace: on the workflows they take minutes."""

FILES = [
    path
    for path in sorted(STORIES.glob("*.jsonl"))
    if path.stem not in CLIMB_FOR_MONTHS and read_story(path).until is not None
]

A_FAINT = read_story(STORIES / "018-faints-at-the-door.jsonl")


def rehearsal(story: Story, people: OnCall, play: Play) -> Iterator[Line]:
    return Rehearsal(parse_script(story.script), pinned(), people, play=play).lines(story.until)


def people_of(story: Story) -> OnCall:
    """The clinic's people; where nobody answers for days, the same ones at an unhurried pace."""
    is_long = len(list(islice(rehearsal(story, on_call(), PlayedCourse), MOST_LINES + 1))) > MOST_LINES
    return on_call(is_unhurried=True) if is_long else on_call()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_workflows_do_what_the_rehearsal_says(path: Path) -> None:
    """Line by line: answers, deadlines, escalations, pages, and the end."""
    story = read_story(path)
    people = people_of(story)

    real, on_paper = (rehearsal(story, people, play) for play in (PlayedWorkflows, PlayedCourse))

    assert [line.printed() for line in real] == [line.printed() for line in on_paper]


@pytest.mark.parametrize("form", [["--json"], []], ids=["as JSON", "for people"])
async def test_the_command_prints_the_same_lines(form: list[str]) -> None:
    """`kapstan rehearse … --real`, for programs and for people."""
    assert A_FAINT.until is not None
    asked = ("rehearse", "kap-im-weekly", "--until", A_FAINT.until.isoformat(), *form)

    without, real = [await kapstan(*asked, *more, stdin=A_FAINT.script) for more in ([], ["--real"])]

    assert real == without
    assert real.code == 0
    assert len(real.lines) > 40
