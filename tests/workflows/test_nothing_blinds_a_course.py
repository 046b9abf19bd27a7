"""Nothing that is accepted, and nobody at Temporal's own controls, stops a course from watching its patient."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError

from domain.course.course import Course
from domain.course.deadlines import DeadlineKind
from domain.course.event_rule import SessionEventRule
from domain.course.event_rule_registry import EVENT_RULES
from domain.course.rules.readings import READ
from domain.course.session import MedicineSession
from domain.course.transition import Transition
from domain.escalation.ids import escalation_id, escalation_workflow_id
from domain.escalation.messages import Kind, Resolve
from domain.events.clinic_events import Event, VitalsRecorded
from domain.refusal import RefusalCode, Refused
from gateway.workflow_calls import Defect, Ended
from tests.support.cast import LIND, correction, hold, pinned, referral, vitals
from tests.support.clinic import ON_CALL, Clinic, Patient, open_clinic, working
from tests.support.eventually import eventually
from tests.workflows.conftest import Temporal
from workflows import ledger_outbox
from workflows.course import PatientCourse
from workflows.course_messages import CourseRun, Report
from workflows.queues import COURSES

DONE = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
NOTHING_AGAIN = (
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
)


@pytest.fixture
async def clinic(temporal: Temporal) -> AsyncIterator[Clinic]:
    async with open_clinic(temporal) as opened:
        yield opened


async def failed_tasks(handle: WorkflowHandle[PatientCourse, Any]) -> int:
    """How often a workflow task of it has failed."""
    history = await handle.fetch_history()
    return sum(one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED for one in history.events)


def breaks_at(systolic: int) -> SessionEventRule[VitalsRecorded]:
    """A rule with a bug in it, that shows at one reading."""

    def with_a_bug(transition: Transition[Any], session: MedicineSession, event: VitalsRecorded) -> None:
        if event.data.systolic == systolic:
            raise ZeroDivisionError("Systolic of MARA divided by nothing")
        READ.apply(transition, session, event)

    return replace(READ, apply=with_a_bug)


async def test_an_exception_while_an_event_is_decided_refuses_it_and_nothing_else(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never enters history: no workflow task fails, and the next event is answered."""
    mara = await clinic.has(lambda ward: ward.dosed())
    reading: type[Event] = VitalsRecorded
    monkeypatch.setitem(EVENT_RULES, reading, breaks_at(systolic=133))

    with pytest.raises(Defect) as fault:
        await clinic.courses.report(vitals(mara.course, 1, at=await mara.now(), systolic=133))
    answer = await mara.sends(vitals(mara.course, 1, at=await mara.now(), systolic=134))

    assert "MARA" not in str(fault.value)
    assert answer.verdict is not None
    assert await failed_tasks(mara.handle) == 0


async def test_a_course_refuses_an_event_of_another_course(clinic: Clinic) -> None:
    """Sent to the wrong workflow by whoever speaks to Temporal directly, it lies in nobody's ledger."""
    mara = await clinic.has(lambda ward: ward.prepared())

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await mara.handle.execute_update(PatientCourse.report, Report(event=hold("NORA-1", at=await mara.now())))

    assert str(refused.value.cause).endswith(RefusalCode.INVALID)
    assert not (await mara.view()).held


async def test_what_is_to_be_recorded_is_not_lost_by_a_bug_on_the_way(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox fails the workflow task, where Temporal shows it, and goes on as soon as it is mended."""
    mara = await clinic.has(lambda ward: ward.prepared())
    await mara.ledger()
    as_it_is = ledger_outbox.first_batch

    def with_a_bug(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ledger_outbox, "first_batch", with_a_bug)
    reporting = asyncio.create_task(mara.sends(hold(mara.course, at=await mara.now())))

    async def is_shown() -> bool:
        return await failed_tasks(mara.handle) > 0

    await eventually(is_shown)
    monkeypatch.setattr(ledger_outbox, "first_batch", as_it_is)
    await reporting
    assert (await mara.ledger())[-1].type == "kap.course.held"


async def test_a_course_survives_a_cancellation(clinic: Clinic) -> None:
    """Somebody presses the button in Temporal's own pages: the patient is watched all the same."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.sends(vitals(mara.course, 1, at=await mara.now()))

    await mara.handle.cancel()
    await mara.until(DeadlineKind.CHECKPOINT)

    await mara.is_called(LIND)
    assert (await mara.sends(vitals(mara.course, 1, at=await mara.now()))).verdict is not None
    with pytest.raises(Refused) as refused:
        await clinic.courses.report(referral(mara.course, at=datetime.now(UTC)))
    assert refused.value.refusal.code is RefusalCode.COURSE_EXISTS


async def test_a_course_that_temporal_ended_is_not_told_as_unknown_and_its_id_is_used_up(clinic: Clinic) -> None:
    """Terminated by hand: whoever reports or looks is told what happened, and nobody else becomes this patient."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.handle.terminate("by hand")

    with pytest.raises(Ended, match="terminated in Temporal"):
        await clinic.courses.report(vitals(mara.course, 1, at=datetime.now(UTC)))
    with pytest.raises(Ended, match="terminated in Temporal"):
        await mara.view()
    with pytest.raises(Refused) as refused:
        await clinic.courses.report(referral(mara.course, at=datetime.now(UTC)))
    assert refused.value.refusal.code is RefusalCode.COURSE_EXISTS


async def test_what_a_refused_referral_left_keeps_nobody_from_the_next(clinic: Clinic) -> None:
    """A run without a referral ends by itself; it never was a course, so its id is free."""
    nora = clinic.expects("NORA")
    await clinic.temporal.client.start_workflow(PatientCourse.run, _blank(nora), id=nora.handle.id, task_queue=COURSES)
    await clinic.temporal.env.fast_forward(nora.handle, timedelta(minutes=2))
    await nora.handle.result()

    with pytest.raises(Refused) as refused:
        await nora.view()
    assert refused.value.refusal.code is RefusalCode.UNKNOWN_COURSE
    assert (await clinic.courses.report(referral(nora.course, at=datetime.now(UTC)))).started


async def test_a_course_that_is_set_back_to_before_its_referral_is_no_free_id(clinic: Clinic) -> None:
    """An operator set it back to its first task, and nothing came again: its patient is not unknown, nor another."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.ledger()  # a course that was set back is known by its record alone
    history = await mara.handle.fetch_history()
    first = next(one.event_id for one in history.events if one.event_type == DONE)
    await _set_back(clinic.temporal.client, mara, first, without=NOTHING_AGAIN)

    async def is_told() -> bool:
        with pytest.raises(Ended):
            await mara.view()
        with pytest.raises(Ended):
            await clinic.courses.report(vitals(mara.course, 1, at=datetime.now(UTC)))
        with pytest.raises(Refused) as refused:
            await clinic.courses.report(referral(mara.course, at=datetime.now(UTC)))
        return refused.value.refusal.code is RefusalCode.COURSE_EXISTS

    assert await is_told()
    await clinic.temporal.env.fast_forward(mara.handle, timedelta(minutes=2))
    await mara.handle.result()
    assert await is_told()


async def test_a_course_that_is_set_back_wakes_nobody_for_what_is_over(clinic: Clinic) -> None:
    """An escalation's id is never used again: the course learns that its breach was dealt with."""
    mara = await clinic.has(lambda ward: ward.dosed())
    before = await _last_finished_task(mara)
    await mara.sends(vitals(mara.course, 1, at=await mara.now(), spo2=80))
    emergency = escalation_id(mara.course, Kind.VITALS_EMERGENCY, 1, 1)
    await mara.is_called(LIND)
    await clinic.escalations.act(emergency, Resolve(by="osei", note="97 % again"))
    await clinic.is_resolved(emergency)
    pages = clinic.paged(LIND, mara.course)

    await _set_back(clinic.temporal.client, mara, before)

    async def is_known() -> bool:
        view = await mara.view()
        is_again = any(reading.vitals.spo2 == 80 for reading in view.sessions[0].readings)
        return is_again and emergency not in {one.id for one in view.escalations}

    await eventually(is_known)
    runs = [
        one async for one in clinic.temporal.client.list_workflows(f'WorkflowId="{escalation_workflow_id(emergency)}"')
    ]
    assert len(runs) == 1
    assert clinic.paged(LIND, mara.course) == pages


async def test_what_had_passed_passes_before_the_reading_that_comes_after_it(temporal: Temporal) -> None:
    """All workers were away: the missed checkpoint stands in the ledger before the reading that is late for it."""
    clinic = Clinic(temporal, ON_CALL)
    async with working(clinic):
        mara = await clinic.has(lambda ward: ward.dosed())
        await mara.sends(vitals(mara.course, 1, at=await mara.now()))
        due = next(one for one in (await mara.view()).deadlines if one.kind is DeadlineKind.CHECKPOINT)
        await mara.ledger()
        away_for = due.passes_at - await mara.now() + timedelta(seconds=1)
    await mara.passes(away_for)
    reporting = asyncio.create_task(mara.sends(vitals(mara.course, 1, at=await mara.now())))
    async with working(clinic):
        await reporting
        written = [entry.type for entry in await mara.ledger()]
        await clinic.end()

    assert written.index("kap.checkpoint.missed") < len(written) - 1 - written[::-1].index("kap.vitals.recorded")


def _blank(patient: Patient) -> CourseRun:
    return CourseRun(course=Course.blank(patient.course, pinned()))


async def _last_finished_task(patient: Patient) -> int:
    history = await patient.handle.fetch_history()
    return max(one.event_id for one in history.events if one.event_type == DONE)


async def _set_back(
    client: Client, patient: Patient, task: int, without: Sequence[ResetReapplyExcludeType.ValueType] = ()
) -> None:
    """An operator resets the workflow to where that task had finished, as `temporal workflow reset` does."""
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=patient.handle.id),
            workflow_task_finish_event_id=task,
            request_id=uuid4().hex,
            reason="set back by hand",
            reset_reapply_exclude_types=without,
        )
    )


async def test_corrections_of_a_long_course_are_decided_one_a_task(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each may take half a second, and a task that takes two is none: those that come together are sent again."""
    monkeypatch.setattr("domain.course.corrections.corrected_fact.MANY", 3)
    mara = await clinic.has(lambda ward: ward.dosed())
    wrong = vitals(mara.course, 1, at=await mara.now(), systolic=133)
    await mara.sends(wrong)
    corrections = [correction(wrong, at=wrong.time, systolic=134 + number) for number in range(5)]

    answers = await asyncio.gather(*map(mara.sends, corrections))

    decided = await mara.handle.fetch_history()
    tasks = [one.workflow_execution_update_accepted_event_attributes for one in decided.events]
    of_tasks = [one.accepted_request_sequencing_event_id for one in tasks if one.protocol_instance_id]
    assert len(answers) == len(corrections)
    assert len(of_tasks) == len(set(of_tasks)), "no task accepted two"
