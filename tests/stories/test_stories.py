"""Every story of tests/stories, played by the rehearsal: what a clinic expects of a bad day follows from the rules."""

import json
from pathlib import Path

import pytest

from domain.rehearsal.lines import Line
from domain.rehearsal.rehearsal import Rehearsal
from domain.rehearsal.script import parse_script
from tests.support.cast import pinned
from tests.support.stories import STORIES, Story, Told, holds, on_call, read_story

FILES = sorted(STORIES.glob("*.jsonl"))


def played(story: Story) -> list[Line]:
    return list(Rehearsal(parse_script(story.script), pinned(), on_call()).lines(story.until))


def shown(told: list[Told]) -> str:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in told if line["what"] != "page")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_clinic_finds_what_it_expects(path: Path) -> None:
    """Each line that the story expects is printed, and none that it excludes."""
    story = read_story(path)
    told: list[Told] = [json.loads(line.printed()) for line in played(story)]

    assert [one for one in story.expected if not any(holds(one, line) for line in told)] == [], shown(told)
    assert [one for one in story.excluded if any(holds(one, line) for line in told)] == [], shown(told)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_story_says_what_it_expects(path: Path) -> None:
    """Each has a title, and expects something: a story that expects nothing always holds."""
    story = read_story(path)

    assert story.title
    assert story.expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_story_ends_in_the_same_way(path: Path) -> None:
    """Played twice it prints the same, in order of time, and its end last."""
    story = read_story(path)
    lines = played(story)

    assert played(story) == lines
    assert lines == sorted(lines, key=lambda line: line.at)
    assert [line.what for line in lines].index("end") == len(lines) - 1
