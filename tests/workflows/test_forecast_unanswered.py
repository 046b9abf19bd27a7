"""A forecast guesses nothing: who cannot say where a ladder stands is named, and a course that cannot is an error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from temporalio import workflow
from temporalio.worker import Worker

from domain.course.projection import Ahead
from domain.escalation.ids import course_workflow_id, escalation_id, escalation_workflow_id
from domain.escalation.messages import Kind
from domain.views.forecast import Forecast
from gateway.forecasts import forecast_of
from gateway.workflow_calls import Unavailable
from tests.support.cast import LIND, adverse_event
from tests.support.clinic import ON_CALL, Clinic, Patient, open_clinic
from tests.support.eventually import eventually
from tests.workflows.conftest import Temporal
from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow
from workflows.queues import COURSES, PAGING

_numbers = count(1)


async def forecast(clinic: Clinic, patient: Patient) -> Forecast:
    return await forecast_of(
        patient.course, datetime.now(UTC), clinic.courses, clinic.escalations, on_call=clinic.pager.on_call
    )


async def an_urgent_one(clinic: Clinic) -> Patient:
    patient = await clinic.has(lambda ward: ward.referred())
    await patient.sends(adverse_event(patient.course, at=datetime.now(UTC), grade=3))
    return patient


def alarm(patient: Patient) -> str:
    return escalation_id(patient.course, Kind.ADVERSE_EVENT, None, 1)


@asynccontextmanager
async def courses_only(temporal: Temporal) -> AsyncIterator[Clinic]:
    """A clinic whose paging workers are away."""
    clinic = Clinic(temporal, ON_CALL)
    async with Worker(
        temporal.client,
        task_queue=COURSES,
        workflows=[PatientCourse],
        activities=clinic.records.activities,
    ):
        yield clinic
        await clinic.end()


async def test_an_escalation_whose_workflow_was_ended(temporal: Temporal) -> None:
    """Somebody terminated it in Temporal: it pages nobody any more, and the forecast says so."""
    async with open_clinic(temporal) as clinic:
        patient = await an_urgent_one(clinic)
        await patient.is_called(LIND)
        await temporal.client.get_workflow_handle(escalation_workflow_id(alarm(patient))).terminate()

        foretold = await forecast(clinic, patient)

    (silent,) = foretold.unanswered
    assert (silent.escalation, silent.kind) == (alarm(patient), Kind.ADVERSE_EVENT)
    assert silent.why == f"The workflow of {alarm(patient)} was terminated: it pages nobody any more"
    assert foretold.pages == ()


async def test_an_escalation_that_no_worker_has_begun(temporal: Temporal) -> None:
    """The paging workers are away: the course answers, the escalation cannot, and no moment is made up for it."""
    async with courses_only(temporal) as clinic:
        patient = await an_urgent_one(clinic)

        async def is_there() -> bool:
            query = f'WorkflowId="{escalation_workflow_id(alarm(patient))}"'
            return bool([one.id async for one in temporal.client.list_workflows(query)])

        await eventually(is_there)
        foretold = await forecast(clinic, patient)

    assert [one.escalation for one in foretold.unanswered] == [alarm(patient)]
    assert foretold.unanswered[0].why == "no answer within 10 s; is a worker running?"
    assert foretold.pages == ()


async def test_an_escalation_whose_worker_went_away(temporal: Temporal) -> None:
    """It has paged the nurse; then its worker is gone: within its time the forecast says that nobody answered."""
    async with courses_only(temporal) as clinic:
        async with Worker(
            temporal.client,
            task_queue=PAGING,
            workflows=[EscalationWorkflow],
            activities=[clinic.pager.standing, clinic.pager.page],
        ):
            patient = await an_urgent_one(clinic)
            await patient.is_called(LIND)

        foretold = await forecast(clinic, patient)

    assert [one.escalation for one in foretold.unanswered] == [alarm(patient)]
    assert foretold.unanswered[0].why == "no answer within 10 s; is a worker running?"
    assert foretold.pages == ()


@workflow.defn(name="PatientCourse", sandboxed=False)
class OlderCourse:
    """A course as a release knew it that was never asked what is to come."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


async def test_a_course_of_an_older_release_is_not_unknown(temporal: Temporal) -> None:
    """During a deployment its worker may not know the question: the forecast is unavailable, the course is there."""
    course = f"OLD-{next(_numbers)}"
    now = datetime.now(UTC)
    async with Worker(temporal.client, task_queue="older", workflows=[OlderCourse]):
        older = await temporal.client.start_workflow(OlderCourse.run, id=course_workflow_id(course), task_queue="older")

        with pytest.raises(Unavailable, match="older release"):
            await Clinic(temporal, ON_CALL).courses.calls_to_come(course, Ahead(at=now, until=now + timedelta(days=1)))

        await older.terminate()
