"""A closed course ends once nothing is owed; whoever asks is answered as before, and the next fact wakes it again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowQueryRejectedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError
from temporalio.worker import Replayer

from domain.course.projection import Ahead
from domain.course.state import Outcome, Phase
from domain.escalation.ids import course_workflow_id, escalation_id
from domain.escalation.messages import Kind, Resolve
from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog import ExpectedMove, NextMove, NoAnswer
from domain.events.clinic_events import ClinicEvent
from domain.ledger import first_fault
from domain.refusal import RefusalCode, Refused
from gateway.liveness import Liveness
from gateway.stuck_workflows import suspects
from gateway.temporal import data_converter
from gateway.workflow_calls import Ended, Unavailable, counted
from tests.support.cast import OSEI, adverse_event, call, consent, days, discontinuation, minutes, phq9, referral
from tests.support.clinic import Clinic, Patient, open_clinic
from tests.support.eventually import eventually
from tests.support.ward import Ward
from tests.workflows.conftest import Temporal
from workflows.attributes import PHASE
from workflows.course import PatientCourse
from workflows.course_end import QUIET_FOR
from workflows.course_messages import CourseRun
from workflows.queues import COURSES

A_MOMENT = timedelta(seconds=2)


@pytest.fixture
async def clinic(temporal: Temporal) -> AsyncIterator[Clinic]:
    async with open_clinic(temporal) as opened:
        yield opened


async def closed(clinic: Clinic, name: str = "MARA") -> Patient:
    """They were never dosed, and decide against it: nothing is owed. Their course has gone over into its last run."""
    patient = await clinic.has(lambda ward: ward.planned(), name)
    before = (await patient.handle.describe()).run_id
    await patient.sends(discontinuation(patient.course, at=await patient.now()))
    await patient.ledger()

    async def has_gone_over() -> bool:
        return (await patient.handle.describe()).run_id != before

    await eventually(has_gone_over)
    await is_awake(patient)
    return patient


async def is_awake(patient: Patient) -> None:
    """Returns once its newest run has been through its first task: what passes before that, passes for no timer."""
    await patient.view()


async def ends(clinic: Clinic, patient: Patient) -> Patient:
    """Nothing happens for so long that its workflow ends."""
    await patient.passes(QUIET_FOR + A_MOMENT)
    await is_ended(patient)
    assert clinic.records.ended[patient.course].sequence == len(clinic.records.entries[patient.course])
    return patient


async def is_ended(patient: Patient) -> None:
    """On a busy machine a skip of time is given up before it is over: then as much passes again."""

    async def is_so() -> bool:
        if (await patient.handle.describe()).status is WorkflowExecutionStatus.COMPLETED:
            return True
        with suppress(RPCError):  # it ended in this moment
            await patient.passes(QUIET_FOR + A_MOMENT)
        return False

    await eventually(is_so)


async def runs_on(patient: Patient) -> bool:
    return (await patient.handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def forgets_all(clinic: Clinic, patient: Patient) -> None:
    """As Temporal does after the retention, of every run."""
    client, query = clinic.temporal.client, f'WorkflowId = "{patient.handle.id}"'
    async for one in client.list_workflows(query):
        await client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=one.id, run_id=one.run_id),
            )
        )

    async def are_forgotten() -> bool:
        with suppress(RPCError):
            await patient.handle.describe()
            return False
        return not await counted(client, query)

    await eventually(are_forgotten)


async def went_home_at(patient: Patient) -> datetime:
    found = (await patient.view()).sessions[0].discharged_at
    assert found is not None
    return found


async def test_a_closed_course_begins_anew_and_ends_after_an_hour_in_which_nothing_happens(clinic: Clinic) -> None:
    """No release has to replay more than its last hour, and none after that."""
    mara = await closed(clinic)

    async def is_anew() -> bool:
        history = await mara.handle.fetch_history()
        return len(history.events) < 20

    await eventually(is_anew)
    await mara.passes(QUIET_FOR - minutes(1))
    assert await runs_on(mara)

    await mara.passes(minutes(1) + A_MOMENT)
    await is_ended(mara)


async def test_an_ended_course_is_answered_as_it_was(clinic: Clinic) -> None:
    """Its view, its ledger's head, its protocol, its lists; and nobody will be called for it."""
    mara = await closed(clinic)
    view, now = await mara.view(), datetime.now(UTC)

    async def told() -> list[object]:
        return [
            await clinic.courses.ledger_head(mara.course),
            await clinic.courses.pinned(mara.course),
            await clinic.courses.as_listed(mara.course, now),
            (await clinic.courses.calls_to_come(mara.course, Ahead(at=now, until=now + days(400)))).calls,
            await clinic.courses.in_the_way(mara.course, "kap.session.booked", 1),
        ]

    before = await told()
    await ends(clinic, mara)

    assert await told() == before
    assert await mara.view() == view
    assert (view.phase, view.outcome, view.deadlines) == (Phase.CLOSED, Outcome.DISCONTINUED, ())
    assert not await runs_on(mara)


async def test_what_an_ended_course_refuses_or_has_answered_wakes_nobody(clinic: Clinic) -> None:
    """An act is refused as by a closed course; what was accepted before, the referral too, gets its first answer."""
    mara, at = clinic.expects(), datetime.now(UTC)
    told: list[ClinicEvent] = [
        referral(mara.course, at=at),
        consent(mara.course, at=at),
        discontinuation(mara.course, at=at),
    ]
    for one in told:
        await mara.sends(one)
    await mara.ledger()
    await ends(clinic, mara)

    async def refusal(event: ClinicEvent) -> RefusalCode:
        with pytest.raises(Refused) as refused:
            await clinic.courses.report(event)
        return refused.value.refusal.code

    assert await refusal(discontinuation(mara.course, at=datetime.now(UTC))) is RefusalCode.COURSE_CLOSED
    assert await refusal(referral(mara.course, at=datetime.now(UTC))) is RefusalCode.COURSE_EXISTS
    again = [await clinic.courses.report(one) for one in told]
    assert [(one.replayed, one.answer.event_id) for one in again] == [(True, one.id) for one in told]
    assert not await runs_on(mara)


async def test_a_fact_wakes_an_ended_course_which_goes_on_with_its_ledger_and_ends_again(clinic: Clinic) -> None:
    """It is judged as if the course had never ended: somebody is paged, and it waits for them."""
    mara = await ends(clinic, await closed(clinic))
    before = await clinic.courses.ledger_head(mara.course)

    told = await mara.sends(adverse_event(mara.course, at=datetime.now(UTC), grade=4))

    assert told.sequence == before.sequence + 1
    await mara.is_called(OSEI)
    alarm = escalation_id(mara.course, Kind.ADVERSE_EVENT, None, 1)
    assert [one.id for one in (await mara.view()).escalations] == [alarm]
    await clinic.escalations.act(alarm, Resolve(by="osei", note="They are in hospital, and stable"))
    await clinic.is_resolved(alarm)
    assert first_fault(await mara.ledger()) is None
    found = await mara.handle.describe()
    assert found.typed_search_attributes.get(PHASE) == "closed"

    await ends(clinic, mara)
    assert (await mara.view()).sequence == len(await mara.ledger()) > before.sequence


async def test_facts_that_wake_it_at_once_are_all_taken_in_one_run(clinic: Clinic) -> None:
    """Whoever comes second finds it awake, or is told to come again."""
    mara = await ends(clinic, await closed(clinic))
    before = await clinic.courses.ledger_head(mara.course)

    at = datetime.now(UTC)
    told = await asyncio.gather(*(mara.sends(phq9(mara.course, at=at - minutes(n))) for n in range(5)))

    assert sorted(one.sequence for one in told) == [before.sequence + n for n in range(1, 6)]
    assert first_fault(await mara.ledger()) is None


async def test_a_run_that_was_begun_with_a_course_of_yesterday_takes_nothing_and_ends(clinic: Clinic) -> None:
    """Whoever was about to wake it stood still meanwhile: the course has gone on and ended again since."""
    mara = await ends(clinic, await closed(clinic))
    stale = clinic.records.ended[mara.course]
    await mara.sends(phq9(mara.course, at=datetime.now(UTC)))
    await mara.ledger()
    await ends(clinic, mara)
    before = await clinic.courses.ledger_head(mara.course)

    await clinic.temporal.client.start_workflow(
        PatientCourse.run,
        CourseRun(course=stale, is_woken=True, ends=True),
        id=mara.handle.id,
        task_queue=COURSES,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    )

    await is_ended(mara)
    assert await clinic.courses.ledger_head(mara.course) == before
    told = await mara.sends(phq9(mara.course, at=datetime.now(UTC)))
    assert told.sequence == before.sequence + 1


async def test_it_does_not_end_while_the_record_is_away_and_is_not_woken_either(clinic: Clinic) -> None:
    """Nothing may be lost with its workflow; of one that has ended nobody can say anything meanwhile: come again."""
    mara = await closed(clinic)
    clinic.records.is_away = True
    await mara.passes(QUIET_FOR + A_MOMENT)
    assert await runs_on(mara)
    assert (await mara.view()).phase is Phase.CLOSED

    clinic.records.is_away = False
    await is_ended(mara)
    clinic.records.is_away = True
    with pytest.raises(Unavailable, match="the record store"):
        await mara.view()
    with pytest.raises(Unavailable, match="the record store"):
        await clinic.courses.report(phq9(mara.course, at=datetime.now(UTC)))
    with pytest.raises(Unavailable, match="the record store"):
        await clinic.courses.report(referral("NOBODY-YET", at=datetime.now(UTC)))


async def test_a_fact_that_comes_while_it_is_being_kept_keeps_it_from_ending(clinic: Clinic) -> None:
    """What was kept is not the course any more."""
    mara = await closed(clinic)
    clinic.records.is_away = True
    await mara.passes(QUIET_FOR + A_MOMENT)
    told = await mara.sends(phq9(mara.course, at=await mara.now()))
    clinic.records.is_away = False

    assert len(await mara.ledger()) == (await mara.view()).sequence >= told.sequence
    assert await runs_on(mara)
    await ends(clinic, mara)


async def test_whoever_was_dosed_is_watched_over_for_the_safety_window(clinic: Clinic) -> None:
    """Their calls were made; a month after the dose it is over."""
    mara = await clinic.has(lambda ward: ward.discharged())
    await mara.sends(discontinuation(mara.course, at=await mara.now()))
    for after in (1, 3, 7):
        await mara.passes(days(after) - (await mara.now() - await went_home_at(mara)))
        await mara.sends(call(mara.course, at=await mara.now(), days_after=after))
    await mara.passes(days(20))
    assert await runs_on(mara)

    await mara.passes(days(4))
    await is_ended(mara)


async def test_a_woken_course_that_somebody_ends_in_temporal_is_lost_and_not_answered_by_the_record(
    clinic: Clinic,
) -> None:
    """The record has it as it was before the last fact: whoever asks is told, and the id is not free."""
    mara = await ends(clinic, await closed(clinic))
    await mara.sends(phq9(mara.course, at=datetime.now(UTC)))
    await mara.ledger()
    await mara.handle.terminate("by hand")

    with pytest.raises(Ended, match="terminated in Temporal"):
        await mara.view()
    with pytest.raises(Ended, match="terminated in Temporal"):
        await clinic.courses.report(phq9(mara.course, at=datetime.now(UTC)))
    await forgets_all(clinic, mara)

    with pytest.raises(Refused, match="There is no course"):
        await mara.view()
    with pytest.raises(Refused) as refused:
        await clinic.courses.report(referral(mara.course, at=datetime.now(UTC)))
    assert refused.value.refusal.code is RefusalCode.COURSE_EXISTS


async def test_after_the_retention_the_record_alone_answers_and_its_id_is_no_other_patients(clinic: Clinic) -> None:
    """Temporal knows nothing of it any more."""
    mara = await ends(clinic, await closed(clinic))
    view = await mara.view()
    await forgets_all(clinic, mara)

    assert await mara.view() == view
    with pytest.raises(Refused) as refused:
        await clinic.courses.report(referral(mara.course, at=datetime.now(UTC)))
    assert refused.value.refusal.code is RefusalCode.COURSE_EXISTS
    told = await mara.sends(phq9(mara.course, at=datetime.now(UTC)))
    assert told.sequence == view.sequence + 1


async def test_facts_that_come_just_as_it_ends_are_each_taken_once(clinic: Clinic) -> None:
    """By the run that ends, which then does not, or by the next one."""
    mara = await closed(clinic)
    before = await clinic.courses.ledger_head(mara.course)
    passing = asyncio.create_task(mara.passes(QUIET_FOR + A_MOMENT))

    told = []
    for n in range(20):
        told.append(await mara.sends(phq9(mara.course, at=datetime.now(UTC) - minutes(n))))
        await asyncio.sleep(0.05)
    await passing

    assert [one.sequence for one in told] == [before.sequence + n for n in range(1, 21)]
    assert first_fault(await mara.ledger()) is None


async def test_a_course_that_an_earlier_release_handed_on_ends_as_well(clinic: Clinic) -> None:
    """That release knew of no end; and whoever replays either run comes to the same."""
    mara, ward = clinic.expects(), Ward(course_id := f"OLD-{datetime.now(UTC):%H%M%S}").planned()
    ward.reports(discontinuation(course_id, at=ward.now))
    handle = await clinic.temporal.client.start_workflow(
        PatientCourse.run, CourseRun(course=ward.course), id=course_workflow_id(course_id), task_queue=COURSES
    )
    mara.course = course_id
    await mara.passes(QUIET_FOR + A_MOMENT)
    await is_ended(mara)

    assert await handle.result() == ward.course.head
    await replays(clinic, mara)


async def test_every_run_of_a_course_that_ended_and_was_woken_replays(temporal: Temporal) -> None:
    """By workers that remember nothing of it from one task to the next, too."""
    async with open_clinic(temporal, remembered=0) as clinic:
        mara = await ends(clinic, await closed(clinic))
        await mara.sends(phq9(mara.course, at=datetime.now(UTC)))
        await mara.ledger()
        await ends(clinic, mara)

        await replays(clinic, mara)


async def test_the_watch_knows_an_ended_course_from_one_that_is_lost(clinic: Clinic) -> None:
    """Somebody may still have an alarm of it open, so that it is asked for again and again."""
    mara = await ends(clinic, await closed(clinic))
    asks = Liveness(clinic.temporal.client, clinic.courses, clinic.escalations).of
    expected = ExpectedMove(course_id=mara.course, session=None, moves_at=datetime.now(UTC))

    assert await asks(expected) == NextMove(moves_at=None)
    assert mara.course not in {one.course_id for one in await suspects(clinic.temporal.client)}
    kept = clinic.records.ended.pop(mara.course)
    assert await asks(expected) == NoAnswer(why=SilenceReason.ENDED)
    clinic.records.ended[mara.course] = kept
    await forgets_all(clinic, mara)
    assert await asks(expected) == NextMove(moves_at=None)


async def test_a_course_whose_erasure_was_cut_off_is_shown_to_nobody(clinic: Clinic) -> None:
    """Its key is gone from the record, and Temporal holds its workflow still: that answers, and is not shown."""
    mara = await closed(clinic)
    clinic.records.erased[mara.course] = datetime(2026, 1, 5, 17, tzinfo=UTC)

    with pytest.raises(Refused, match=r"was erased on Mon 5 Jan 2026 17:00 UTC") as refused:
        await clinic.courses.view(mara.course)
    assert refused.value.refusal.code is RefusalCode.UNKNOWN_COURSE


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_a_course_that_ended_and_was_erased_says_so_whatever_it_is_asked(
    clinic: Clinic, *, is_forgotten: bool
) -> None:
    """Whether Temporal holds its workflow still or not; a fact wakes nobody, its id is not free, nobody is alarmed."""
    mara = await ends(clinic, await closed(clinic))
    if is_forgotten:
        await forgets_all(clinic, mara)
    assert await clinic.courses.is_in_temporal(mara.course) is not is_forgotten
    clinic.records.erased[mara.course] = datetime(2026, 1, 5, 17, tzinfo=UTC)

    async def refusal(asked: Awaitable[object]) -> tuple[RefusalCode, str]:
        with pytest.raises(Refused) as refused:
            await asked
        return refused.value.refusal.code, refused.value.refusal.message

    now, erased = datetime.now(UTC), f"The content of course {mara.course} was erased on Mon 5 Jan 2026 17:00 UTC"
    for asked in (
        mara.view(),
        clinic.courses.ledger_head(mara.course),
        clinic.courses.held_head(mara.course),
        clinic.courses.pinned(mara.course),
        clinic.courses.as_listed(mara.course, now),
        clinic.courses.report(phq9(mara.course, at=now)),
        clinic.courses.ask(phq9(mara.course, at=now)),
        clinic.courses.report(discontinuation(mara.course, at=now)),
    ):
        assert await refusal(asked) == (RefusalCode.UNKNOWN_COURSE, erased)
    for asked in (
        clinic.courses.report(referral(mara.course, at=now)),
        clinic.courses.ask(referral(mara.course, at=now)),
    ):
        assert await refusal(asked) == (RefusalCode.COURSE_EXISTS, f"{erased}: its id is not used again")
    assert is_forgotten or not await runs_on(mara)
    asks = Liveness(clinic.temporal.client, clinic.courses, clinic.escalations).of
    expected = ExpectedMove(course_id=mara.course, session=None, moves_at=now)
    assert await asks(expected) == NextMove(moves_at=None)


async def replays(clinic: Clinic, patient: Patient) -> None:
    """Today's code comes to the same of every run."""
    replayer = Replayer(workflows=[PatientCourse], data_converter=data_converter())
    runs = [one async for one in clinic.temporal.client.list_workflows(f'WorkflowId = "{patient.handle.id}"')]
    assert runs
    for one in runs:
        handle = clinic.temporal.client.get_workflow_handle(one.id, run_id=one.run_id)
        await replayer.replay_workflow(await handle.fetch_history())


async def test_whoever_asks_just_as_it_continues_as_new_is_answered_by_the_next_run(clinic: Clinic) -> None:
    """The server finds the run closed that the question came to; that says nothing of the course."""
    mara = await closed(clinic)
    closing = [WorkflowExecutionStatus.CONTINUED_AS_NEW, WorkflowExecutionStatus.COMPLETED]

    async def ask() -> str:
        if closing:
            raise WorkflowQueryRejectedError(closing.pop())
        return "an answer"

    assert await clinic.courses._answer(mara.course, ask) == "an answer"
