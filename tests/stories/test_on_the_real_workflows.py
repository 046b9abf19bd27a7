"""The stories, played through the real workflows on a virtual clock: they print what the rules alone print."""

from pathlib import Path

import pytest

from gateway.played_workflows import PlayedWorkflows
from tests.support.cli import kapstan
from tests.support.stories import STORIES, each_story, on_paper, people_of, read_story, rehearsal

CLIMB_FOR_MONTHS = {"088-lost-between-two-sessions", "089-a-safety-hold-that-nobody-reviews"}
"""Stories of thousands of pages even at an unhurried pace: on the workflows they take minutes."""

FILES = [
    path
    for path in sorted(STORIES.glob("*.jsonl"))
    if path.stem not in CLIMB_FOR_MONTHS and read_story(path).until is not None
]

A_FAINT = read_story(STORIES / "018-faints-at-the-door.jsonl")


@each_story(FILES)
def test_the_workflows_do_what_the_rehearsal_says(path: Path) -> None:
    """Line by line: answers, deadlines, escalations, pages, and the end."""
    real = rehearsal(read_story(path), people_of(path), PlayedWorkflows)

    assert [line.printed() for line in real] == [line.printed() for line in on_paper(path)]


@pytest.mark.parametrize("form", [["--json"], []], ids=["as JSON", "for people"])
async def test_the_command_prints_the_same_lines(form: list[str]) -> None:
    """`kapstan rehearse … --real`, for programs and for people."""
    assert A_FAINT.until is not None
    asked = ("rehearse", "kap-im-weekly", "--until", A_FAINT.until.isoformat(), *form)

    without, real = [await kapstan(*asked, *more, stdin=A_FAINT.script) for more in ([], ["--real"])]

    assert real == without
    assert real.code == 0
    assert len(real.lines) > 40
