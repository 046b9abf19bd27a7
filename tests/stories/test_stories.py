"""Every story of tests/stories, played by the rehearsal: what a clinic expects of a bad day follows from the rules."""

import json
import os
from pathlib import Path

import pytest

from domain.past.as_of import Wanted, past_course
from domain.past.ledger_told import told
from domain.rehearsal.lines import Line
from tests.support.shipped_protocols import SHIPPED_BY_ID
from tests.support.stories import (
    STORIES,
    Told,
    each_story,
    holds,
    on_paper,
    people_of,
    read_story,
    recorded,
    rehearsal,
)

FILES = sorted(STORIES.glob("*.jsonl"))


def shown(told: list[Told]) -> str:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in told if line["what"] != "page")


@each_story(FILES)
def test_a_clinic_finds_what_it_expects(path: Path) -> None:
    """Each line that the story expects is printed, and none that it excludes; in order of time, its end last."""
    story = read_story(path)
    lines = list(recorded(path).lines)
    told: list[Told] = [json.loads(line.printed()) for line in lines]

    assert lines == sorted(lines, key=lambda line: line.at)
    assert [line.what for line in lines].index("end") == len(lines) - 1
    assert [one for one in story.expected if not any(holds(one, line) for line in told)] == [], shown(told)
    assert [one for one in story.excluded if any(holds(one, line) for line in told)] == [], shown(told)


@each_story(FILES)
def test_a_story_says_what_it_expects(path: Path) -> None:
    """Each has a title, and expects something: a story that expects nothing always holds."""
    story = read_story(path)

    assert story.title
    assert story.expected


@each_story(FILES)
def test_the_same_story_ends_in_the_same_way(path: Path) -> None:
    """Played twice it prints the same; where nobody answers for days, at an unhurried pace."""
    assert tuple(rehearsal(read_story(path), people_of(path))) == on_paper(path)


@each_story(FILES if "CI" in os.environ else FILES[::15])
def test_a_story_is_told_again_by_its_ledger_alone(path: Path) -> None:
    """Whatever happened, the rules come to the same entries again; and there is a course at each of its moments."""
    _, blank, entries = recorded(path)
    if not entries:
        return
    last, middle = entries[-1], entries[len(entries) // 2]

    assert told(blank, entries, {}).ledger_head == last.hash
    for at in (middle.recorded_at, last.recorded_at):
        known, was = (past_course(blank, entries, {}, Wanted(at, as_known)) for as_known in (True, False))
        assert known.course_id == was.course_id


@pytest.mark.parametrize("protocol_id", SHIPPED_BY_ID)
def test_each_shipped_protocol_is_played_whole(protocol_id: str) -> None:
    """One story at least tells a course by it from the referral to its completion."""
    told = [path for path in FILES if read_story(path).protocol.id == protocol_id]
    whole = [path for path in told if any(one.get("outcome") == "completed" for one in read_story(path).expected)]

    ends: list[Line] = [recorded(path).lines[-1] for path in whole]
    outcomes = [json.loads(end.printed())["outcome"] for end in ends]

    assert outcomes
    assert {*outcomes} == {"completed"}
