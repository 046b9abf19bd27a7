"""Today's code does with every released history what that release did: no course breaks in a deployment."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from domain import gates
from domain.values import Blocker
from gateway.temporal import data_converter
from workflows.course import PatientCourse
from workflows.escalation import Escalation

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*/*.json"))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: f"{file.parent.name}/{file.stem}")
async def test_a_released_history_replays(file: Path) -> None:
    """A change of commands shows here first; it goes behind `workflow.patched`."""
    history = WorkflowHistory.from_json(file.stem, await asyncio.to_thread(file.read_text, "utf-8"))
    replayer = Replayer(workflows=[PatientCourse, Escalation], data_converter=data_converter())
    await replayer.replay_workflow(history)


async def test_a_rule_made_stricter_does_not_break_what_was_accepted_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in history was accepted by the rules of its day: a replay asks nobody again."""
    forbidden = Blocker(code="course.held", message="No event is accepted any more", absolute=True)
    monkeypatch.setattr(gates, "blockers_for", lambda *_: (forbidden,))
    replayer = Replayer(
        workflows=[PatientCourse], data_converter=data_converter(), workflow_runner=UnsandboxedWorkflowRunner()
    )
    for file in (file for file in HISTORIES if file.stem.startswith("course-")):
        history = WorkflowHistory.from_json(file.stem, await asyncio.to_thread(file.read_text, "utf-8"))
        await replayer.replay_workflow(history)


def test_there_is_a_history_of_a_course_that_continued_as_new_and_of_an_escalation() -> None:
    """A folder that was not recorded whole would let this release change unseen."""
    for release in {file.parent for file in HISTORIES}:
        recorded = {file.stem for file in release.glob("*.json")}
        assert {"course-1", "course-2", "vitals_overdue-1", "vitals_emergency-1"} <= recorded
    assert HISTORIES
