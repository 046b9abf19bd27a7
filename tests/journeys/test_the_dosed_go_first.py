"""On the real stack Temporal knows whose course goes before others: from the dose to the discharge."""

from datetime import UTC, datetime

import pytest

from domain.escalation.ids import course_workflow_id
from domain.events.clinic_events import DoseAdministered
from gateway.courses import Courses, NothingRecorded
from gateway.precedence import FIRST
from stack.stackfile import StackFile
from tests.support.clinic import LIBRARY
from tests.support.eventually import eventually
from tests.support.running_stack import sent, spoken_to
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("commands")
"""One stack serves them all."""


async def test_a_dosed_patient_goes_first_until_they_are_discharged(stack: StackFile) -> None:
    """The workers that record both tell it."""
    client = await spoken_to(stack)
    courses = Courses(client, LIBRARY, NothingRecorded(), allow_unapproved=True)
    whole = Ward("FIRST-1").discharged()
    past = Ward("FIRST-1", now=whole.began_at + (datetime.now(UTC) - whole.now)).discharged()
    priorities = []

    async def priority() -> int:
        told = await client.get_workflow_handle(course_workflow_id("FIRST-1")).describe()
        return told.raw_description.workflow_execution_info.priority.priority_key

    async def is_first() -> bool:
        return await priority() == FIRST

    async def is_no_more() -> bool:
        return await priority() != FIRST

    for event, _ in past.answers:
        await sent(courses, event)
        if isinstance(event, DoseAdministered):
            priorities.append(await eventually(is_first))
    priorities.append(await eventually(is_no_more))

    assert priorities == [True, True]
