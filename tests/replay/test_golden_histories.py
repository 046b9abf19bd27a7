"""Today's code does with every released history what that release did: no course breaks in a deployment."""

import asyncio
from pathlib import Path
from typing import Final

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import UnsandboxedWorkflowRunner

from domain.course.course import Course
from domain.course.event_rule_registry import EVENT_RULES
from domain.values import Blocker
from gateway.agreement import differences, ledger_faults
from gateway.replayed import Asked, asked_now, asked_then
from gateway.temporal import data_converter
from tests.support.later_build import LATER_ARRIVAL, ROOM_TAKEN
from tests.support.paths import HISTORIES

RECORDED: Final = sorted(HISTORIES.glob("*/*.json"))
COURSES: Final = [file for file in RECORDED if file.stem.startswith("course-")]


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name}/{file.stem}")
async def test_a_released_history_replays_to_the_same_words(file: Path) -> None:
    """The commands come in the same order and carry the same: entries with their hashes, calls, pages and answers.

    A change of commands shows here first; it goes behind `workflow.patched`. One more entry in the ledger of a course
    that is under way is such a change too: its record store holds another hash, and would refuse what follows for ever.
    """
    history = await _read(file)

    now = await asked_now(history, data_converter())

    assert differences(await asked_then(history, data_converter()), now) == []
    assert file not in COURSES or ledger_faults(now) == []


async def test_an_act_that_a_stricter_rule_would_refuse_stays_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in history was accepted by the rules of its day: a replay asks nobody again, and writes the same."""
    forbidden = Blocker(code="course.held", message="No event is accepted any more", absolute=True)
    monkeypatch.setattr(Course, "blockers_for", lambda *_: (forbidden,))
    for file in COURSES:
        history = await _read(file)

        now = await asked_now(history, data_converter(), UnsandboxedWorkflowRunner())

        assert differences(await asked_then(history, data_converter()), now) == []


async def test_one_more_entry_at_check_in_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands and their order would be the same; the head of the ledger would not."""
    monkeypatch.setitem(EVENT_RULES, LATER_ARRIVAL.event, LATER_ARRIVAL)
    for release in {file.parent for file in COURSES}:
        file = release / "course-1.json"
        history = await _read(file)

        now = await asked_now(history, data_converter(), UnsandboxedWorkflowRunner())

        found = differences(await asked_then(history, data_converter()), now)
        assert any("/entries:" in line and ROOM_TAKEN in line for line in found)
        assert any(line.startswith("next run 1/said/0/course/ledger_head") for line in found)


def test_a_value_that_is_gone_changed_or_one_too_many_is_told() -> None:
    """A field that was added is not."""

    def says(*values: int, **others: int) -> Asked:
        return Asked("activity", "page", ({"steps": list(values), **others},))

    assert differences([says(1, person=2)], [says(1, person=2, added=3)]) == []
    assert differences([says(1, person=2)], [says(1)]) == ["activity 1/said/0/person: 2 is not said any more"]
    assert differences([says(1)], [says(2)]) == ["activity 1/said/0/steps/0: 1 has become 2"]
    assert differences([says(1)], [says(1, 2)]) == ["activity 1/said/0/steps: [1] has become [1, 2]"]
    assert differences([says(1)], [says(1), says(1)]) == ["activity 2/asked: False has become True"]
    assert differences([says(1), says(1)], [says(1)])[0] == "activity 2/asked: True has become False"


async def test_a_ledger_that_is_not_whole_is_told() -> None:
    """An entry that is left out, and a head that is not the last entry's hash."""
    told = [one for one in await asked_then(await _read(COURSES[0]), data_converter()) if one.of == "append_entries"]
    [last] = told[-1].said
    another_head = Asked("activity", "append_entries", ({**last, "summary": {**last["summary"], "ledger_head": "0"}},))

    assert ledger_faults(told) == []
    assert len(ledger_faults([*told[:3], *told[4:]])) == 1
    assert len(ledger_faults([*told[:-1], another_head])) == 1


def test_there_is_a_history_of_a_course_that_continued_as_new_and_of_an_escalation() -> None:
    """A folder that was not recorded whole would let this release change unseen."""
    for release in {file.parent for file in RECORDED}:
        recorded = {file.stem for file in release.glob("*.json")}
        assert {"course-1", "course-2", "vitals_overdue-1", "vitals_emergency-1"} <= recorded
    assert RECORDED


async def _read(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(file.stem, await asyncio.to_thread(file.read_text, "utf-8"))
