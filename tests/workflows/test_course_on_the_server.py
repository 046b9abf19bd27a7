"""A course as a workflow: what the rules decide holds on a real server, through failures and over long times."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.course.state import Outcome, Phase
from domain.course.verdict import VerdictSeverity
from domain.escalation.ids import escalation_id
from domain.escalation.messages import Acknowledge, Kind, Resolve
from domain.events.parsing import event_from
from domain.ledger import first_fault
from domain.refusal import RefusalCode, Refused
from domain.values import Severity
from tests.support.cast import (
    DESK,
    LIND,
    OSEI,
    clearance,
    consent,
    discontinuation,
    dose,
    hold,
    referral,
    resumption,
    screening,
    vitals,
    withdrawal,
)
from tests.support.clinic import ON_CALL, Clinic, open_clinic
from tests.support.eventually import eventually
from tests.support.paths import ROOT
from tests.workflows.conftest import Temporal, running_temporal
from workflows.ledger_outbox import TOLD_AFTER


@pytest.fixture
async def clinic(temporal: Temporal) -> AsyncIterator[Clinic]:
    async with open_clinic(temporal) as opened:
        yield opened


def now() -> datetime:
    return datetime.now(UTC)


async def test_the_example_course_ends_completed_with_its_ledger_whole(clinic: Clinic) -> None:
    """79 events sent now, months after they happened: nobody is paged, and every entry is recorded in order."""
    patient = clinic.expects()
    for line in (ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8").splitlines():
        await patient.sends(event_from({**json.loads(line), "subject": patient.course}))

    view = await patient.view()
    assert (view.phase, view.outcome, view.escalations) == (Phase.CLOSED, Outcome.COMPLETED, ())
    ledger = await patient.ledger()
    assert first_fault(ledger) is None
    assert (view.sequence, view.ledger_head) == (len(ledger), ledger[-1].hash)
    assert {one.escalation.course_id for one in clinic.pager.sent} & {patient.course} == set()


async def test_figures_are_sent_only_when_they_have_moved(clinic: Clinic) -> None:
    """Holds move none of them, a checkpoint that is answered does."""
    mara = await clinic.has(lambda ward: ward.dosed())
    for _ in range(2):
        await mara.sends(hold(mara.course, at=await mara.now()))
        await mara.ledger()
        await mara.sends(resumption(mara.course, at=await mara.now()))
        await mara.ledger()
    await mara.passes(timedelta(minutes=15))
    await mara.sends(vitals(mara.course, 1, at=await mara.now()))
    await mara.ledger()

    sent = clinic.records.figures[mara.course]
    assert all(before != after for before, after in pairwise(sent))
    assert [one.checkpoints_missed + one.checkpoints_late + one.checkpoints_met for one in sent[-1:]] == [1]


async def test_the_nurse_is_paged_when_a_reading_is_late(clinic: Clinic) -> None:
    """A checkpoint without vitals five minutes after it was due reaches the duty nurse; the reading settles it."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.sends(vitals(mara.course, 1, at=await mara.now()))

    await mara.until(DeadlineKind.CHECKPOINT)

    await mara.is_called(LIND)
    overdue = escalation_id(mara.course, Kind.VITALS_OVERDUE, 1, 1)
    await mara.sends(vitals(mara.course, 1, at=await mara.now()))
    assert (await clinic.is_resolved(overdue)).resolved_by is None
    written = [entry.type for entry in await mara.ledger()]
    assert written[-3:] == ["kap.escalation.opened", "kap.vitals.recorded", "kap.escalation.resolved"]


async def test_a_closed_course_goes_on_for_its_safety_window(clinic: Clinic) -> None:
    """The course ends after a discharge, and nobody calls the next day: the closed course asks for the call."""
    mara = await clinic.has(lambda ward: ward.discharged())
    await mara.sends(discontinuation(mara.course, at=await mara.now()))

    await mara.until(DeadlineKind.CHECK_IN_REMINDER)

    async def asks() -> bool:
        return [one.kind for one in (await mara.view()).escalations] == [Kind.CHECK_IN_MISSED]

    await eventually(asks)
    view = await mara.view()
    assert (view.phase, view.outcome) == (Phase.CLOSED, Outcome.DISCONTINUED)


async def test_who_acknowledged_stands_in_the_ledger(clinic: Clinic) -> None:
    """An escalation tells its course what its people did; the course writes it down."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.sends(vitals(mara.course, 1, at=await mara.now(), spo2=88))
    await mara.is_called(OSEI)
    alarm = escalation_id(mara.course, Kind.VITALS_EMERGENCY, 1, 1)

    await clinic.escalations.act(alarm, Acknowledge(by="osei"))
    await clinic.escalations.act(alarm, Resolve(by="osei", note="Airway repositioned, saturation 97 %"))

    async def written() -> bool:
        return [entry.type for entry in await mara.ledger()][-2:] == [
            "kap.escalation.acknowledged",
            "kap.escalation.resolved",
        ]

    await eventually(written)
    assert [entry.data["by"] for entry in (await mara.ledger())[-2:]] == ["osei", "osei"]
    with pytest.raises(Refused) as refused:
        await clinic.escalations.act(alarm, Acknowledge(by="lind"))
    assert refused.value.refusal.code is RefusalCode.NOT_OPEN


async def test_a_breach_after_a_resolution_wakes_people_again(clinic: Clinic) -> None:
    """What happens after an escalation was resolved opens the next one: nobody's answer covers what came later."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.sends(vitals(mara.course, 1, at=await mara.now(), spo2=88))
    await mara.is_called(OSEI)
    await clinic.escalations.act(
        escalation_id(mara.course, Kind.VITALS_EMERGENCY, 1, 1), Resolve(by="osei", note="Well")
    )

    await mara.sends(vitals(mara.course, 1, at=await mara.now(), spo2=87))

    await mara.is_called(OSEI, times=2)


async def test_a_refused_event_never_enters_history(clinic: Clinic) -> None:
    """The validator asks the course: a refused act costs no history, and the course is as before."""
    mara = await clinic.has(lambda ward: ward.prepared())
    before, length = await mara.view(), await mara.accepted()

    with pytest.raises(Refused) as refused:
        await mara.sends(clearance(mara.course, 1, at=now()))

    assert refused.value.refusal.code is RefusalCode.BLOCKED
    assert [blocker.code for blocker in refused.value.refusal.blockers] == ["session.unknown"]
    assert (await mara.view()).sequence == before.sequence
    assert await mara.accepted() == length


async def test_a_dose_that_nobody_planned_is_taken_and_watched(clinic: Clinic) -> None:
    """A fact is never refused: a session of its own, its checkpoints running, and a prescriber called at once."""
    mara = await clinic.has(lambda ward: ward.prepared())

    answer = await mara.sends(dose(mara.course, None, at=await mara.now()))

    view = await mara.view()
    assert "session.not_cleared" in [deviation.code for deviation in answer.deviations]
    assert [(one.number, one.stage, one.staff) for one in view.sessions] == [(1, Stage.DOSED, ())]
    assert DeadlineKind.CHECKPOINT in [deadline.kind for deadline in view.deadlines]
    await mara.is_called(OSEI)


async def test_a_closed_course_takes_what_happens_to_its_patient(clinic: Clinic) -> None:
    """Its workflow runs on: a reading is judged and wakes somebody, a dose is watched; an act is `course_closed`."""
    mara = await clinic.has(lambda ward: ward.referred())
    await mara.sends(withdrawal(mara.course, at=await mara.now()))

    reading = await mara.sends(vitals(mara.course, None, at=await mara.now(), spo2=82))
    with pytest.raises(Refused) as refused:
        await mara.sends(discontinuation(mara.course, at=await mara.now()))

    assert reading.phase is Phase.CLOSED
    assert reading.verdict is not None
    assert reading.verdict.severity is VerdictSeverity.EMERGENCY
    assert refused.value.refusal.code is RefusalCode.COURSE_CLOSED
    await mara.is_called(OSEI)
    assert await clinic.courses.with_the_patient_here() == []

    await mara.sends(dose(mara.course, None, at=await mara.now()))

    view = await mara.view()
    assert (view.phase, [one.stage for one in view.sessions]) == (Phase.CLOSED, [Stage.DOSED])
    assert DeadlineKind.CHECKPOINT in [deadline.kind for deadline in view.deadlines]

    async def is_listed() -> bool:
        return mara.course in await clinic.courses.with_the_patient_here()

    await eventually(is_listed)


async def test_the_same_event_again_gets_its_first_answer_and_costs_nothing(clinic: Clinic) -> None:
    """`id` and `source` name an event for ever: sent again it is answered from memory, with other content refused."""
    mara = await clinic.has(lambda ward: ward.referred())
    event = screening(mara.course, at=now())
    first = await mara.reports(event)
    length = await mara.accepted()

    again = await mara.reports(event)

    assert (again.answer, again.replayed, first.replayed) == (first.answer, True, False)
    assert await mara.accepted() == length
    with pytest.raises(Refused) as refused:
        await mara.reports(event.but(data=event.data.but(age_years=42)))
    assert refused.value.refusal.code is RefusalCode.EVENT_ID_REUSED


async def test_twenty_copies_at_once_are_accepted_once(clinic: Clinic) -> None:
    """A clinic's system that sends in parallel and again and again makes one entry."""
    mara = await clinic.has(lambda ward: ward.referred())
    event = consent(mara.course, at=now())

    answers = await asyncio.gather(*(mara.reports(event) for _ in range(20)))

    assert len({answer.answer.sequence for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    assert [entry.type for entry in await mara.ledger()].count("kap.consent.signed") == 1


async def test_a_refused_referral_leaves_nothing_behind(clinic: Clinic) -> None:
    """An indication that the protocol does not treat: refused, and no course is there."""
    nobody = clinic.expects()
    event = referral(nobody.course, at=now())

    with pytest.raises(Refused) as refused:
        await nobody.sends(event.but(data=event.data.but(indications=("Z99.9",))))

    assert refused.value.refusal.code is RefusalCode.INVALID
    assert [error.pointer for error in refused.value.refusal.errors] == ["/data/indications"]
    with pytest.raises(Refused) as unknown:
        await nobody.view()
    assert unknown.value.refusal.code is RefusalCode.UNKNOWN_COURSE


async def test_a_course_starts_once(clinic: Clinic) -> None:
    """Another referral of the same course is refused; the first one sent again is answered again."""
    mara = clinic.expects()
    event = referral(mara.course, at=now())
    started = await mara.reports(event)

    again = await mara.reports(event)
    with pytest.raises(Refused) as refused:
        await mara.reports(event.but(id="another"))

    assert (started.started, again.replayed, again.answer) == (True, True, started.answer)
    assert refused.value.refusal.code is RefusalCode.COURSE_EXISTS


async def test_events_of_a_course_that_nobody_knows_are_refused(clinic: Clinic) -> None:
    """There is nothing to report to."""
    nobody = clinic.expects()
    with pytest.raises(Refused) as refused:
        await nobody.sends(screening(nobody.course, at=now()))
    assert refused.value.refusal.code is RefusalCode.UNKNOWN_COURSE


async def test_the_record_catches_up_in_order_after_an_outage(clinic: Clinic) -> None:
    """While the record store is away events are answered; then its ledger holds them all, each once."""
    mara = await clinic.has(lambda ward: ward.referred())
    await mara.ledger()
    clinic.records.is_away = True
    for number in range(30):
        held = hold(mara.course, at=now(), reason=f"reason {number}")
        await mara.sends(held)
        await mara.sends(resumption(mara.course, at=now(), reason=f"reason {number}"))
    assert len(clinic.records.entries[mara.course]) < (await mara.view()).sequence

    clinic.records.is_away = False

    assert first_fault(await mara.ledger()) is None


async def test_entries_that_wait_too_long_for_the_record_store_wake_the_desk(temporal: Temporal) -> None:
    """Fifteen minutes without PostgreSQL: routine, once; the page needs no record store to go out, the ledger waits."""
    always_open = ON_CALL.policies[Severity.ROUTINE].but(hours=None)
    day_and_night = ON_CALL.but(policies={**ON_CALL.policies, Severity.ROUTINE: always_open})
    async with open_clinic(temporal, day_and_night) as clinic:
        mara = await clinic.has(lambda ward: ward.prepared())
        await mara.ledger()
        clinic.records.is_away = True
        await mara.sends(hold(mara.course, at=await mara.now()))

        for _ in range(2):
            await mara.passes(TOLD_AFTER / 2 - timedelta(minutes=1))
        assert (await mara.view()).escalations == ()
        await mara.passes(timedelta(minutes=3))

        await mara.is_called(DESK)
        behind = escalation_id(mara.course, Kind.RECORD_STORE_BEHIND, None, 1)
        assert [(one.id, one.severity) for one in (await mara.view()).escalations] == [(behind, Severity.ROUTINE)]
        clinic.records.is_away = False
        await clinic.escalations.act(behind, Resolve(by="desk", note="PostgreSQL had no room left"))
        await clinic.is_resolved(behind)
        await mara.passes(timedelta(minutes=1))
        ledger = await mara.ledger()
        assert first_fault(ledger) is None
        assert [entry.type for entry in ledger][-2:] == ["kap.escalation.opened", "kap.escalation.resolved"]


async def test_a_ledger_that_holds_something_else_wakes_the_desk_at_once(clinic: Clinic) -> None:
    """Waiting mends no conflict: the escalation is opened with the first attempt, and nothing is overwritten."""
    mara = await clinic.has(lambda ward: ward.prepared())
    await mara.ledger()
    clinic.records.differs = True

    await mara.sends(hold(mara.course, at=await mara.now()))

    async def told() -> bool:
        return Kind.RECORD_STORE_BEHIND in {one.kind for one in (await mara.view()).escalations}

    await eventually(told)


async def test_the_fleet_is_listed_by_phase_in_temporal_itself(clinic: Clinic) -> None:
    """Search attributes say where a course is, without a word about the patient."""
    mara = await clinic.has(lambda ward: ward.prepared())

    async def listed() -> bool:
        query = f'KapPhase="medicine" AND WorkflowId="course/{mara.course}"'
        return [found.id async for found in clinic.temporal.client.list_workflows(query)] == [f"course/{mara.course}"]

    await eventually(listed)


async def test_a_long_course_continues_as_new_and_forgets_nothing() -> None:
    """A grown history is left behind at a quiet moment: the chart goes on, duplicates included."""
    async with (
        running_temporal(**{"limit.historyCount.suggestContinueAsNew": "60"}) as short,
        open_clinic(short) as clinic,
    ):
        mara = await clinic.has(lambda ward: ward.discharged())
        event = hold(mara.course, at=now())
        first = await mara.sends(event)

        async def continued() -> bool:
            described = await mara.handle.describe()
            return described.run_id != described.raw_description.workflow_execution_info.first_run_id

        await eventually(continued)
        assert (await mara.reports(event)).answer == first
        assert first_fault(await mara.ledger()) is None
        await mara.sends(resumption(mara.course, at=now()))
        assert (await mara.view()).phase is Phase.INTEGRATION
