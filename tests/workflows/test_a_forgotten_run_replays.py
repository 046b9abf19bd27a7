"""A worker that remembers nothing of a run gets several things told at once that came one after the other.

What it asks for then must be what any other worker asks for that lives the run again.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.worker import Replayer

from gateway.temporal import data_converter
from tests.support.cast import left, returned
from tests.support.clinic import Clinic, open_clinic
from tests.support.eventually import eventually
from tests.workflows.conftest import Temporal
from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow

OFTEN = 10
"""Not each time do the things come in the order that is told at once."""


@pytest.fixture
async def forgetful(temporal: Temporal) -> AsyncIterator[Clinic]:
    """A clinic whose workers forget each run as soon as they have dealt with it, as at a restart."""
    async with open_clinic(temporal, remembered=0) as clinic:
        yield clinic


async def test_a_course_that_nobody_remembers(forgetful: Clinic) -> None:
    """They leave and come back: each moves the next deadline, calls or stands down somebody, and is recorded."""
    mara = await forgetful.has(lambda ward: ward.dosed())
    for _ in range(OFTEN):
        for event in (left, returned):
            await mara.sends(event(mara.course, at=await mara.now()))
            await _is_idle(mara.handle)

    await _replays(mara.handle)


async def _is_idle(handle: WorkflowHandle[PatientCourse, Any]) -> None:
    """Nothing of what it has asked for is on its way, and it has nothing more to say about any of it."""

    async def is_idle() -> bool:
        told = await handle.describe()
        raw = told.raw_description
        return not (raw.pending_activities or raw.HasField("pending_workflow_task"))

    await eventually(is_idle)


async def _replays(handle: WorkflowHandle[PatientCourse, Any]) -> None:
    history = await handle.fetch_history()
    replayer = Replayer(workflows=[PatientCourse, EscalationWorkflow], data_converter=data_converter())
    await replayer.replay_workflow(history)
