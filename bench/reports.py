"""Reports clinic events by the Temporal client alone, as the gateway does once it has parsed them."""

from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle

from domain.escalation.ids import course_workflow_id
from domain.events.clinic_events import ClinicEvent
from workflows.course import PatientCourse
from workflows.course_messages import Report


async def report(client: Client, event: ClinicEvent) -> None:
    """Returns once the event is durably accepted."""
    course: WorkflowHandle[PatientCourse, Any] = client.get_workflow_handle_for(
        PatientCourse.run, course_workflow_id(event.subject)
    )
    await course.execute_update(PatientCourse.report, Report(event=event), id=uuid4().hex)
