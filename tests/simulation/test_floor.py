"""The living floor: patients stand where a clinic's would at this moment, and go on from there for hours."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.rules.checkpoints import CheckpointStatus
from domain.course.session import Stage
from domain.course.state import Outcome, Phase
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import EscalationState, Kind
from domain.ledger import first_fault
from domain.protocol.instruments import PHQ9
from domain.protocol.model import Protocol
from domain.values import Severity
from domain.views.course import CourseView
from simulation.course.calendar import around, where_it_is_morning
from simulation.course.staff import NURSE, PRESCRIBER
from simulation.live.patients_on_the_floor import FloorRoster, Stay
from simulation.patients.patients import Patient
from tests.support.virtual_floor import VirtualFloor, on_call_at

pytestmark = pytest.mark.xdist_group("living floor")

NOW = datetime(2026, 11, 25, 9, 37, 12, tzinfo=UTC)
OTHER_MOMENTS = (
    datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
)
"""Whenever it is opened: at midnight, on a leap day, while clocks are changed somewhere."""

TOO_HIGH = ("kap.session.cleared", "vitals.systolic_above_limit")
"""The prescriber asks for a clearance that the protocol does not allow, and the patient rests."""

MINUTE = timedelta(minutes=1)
HOURS = 3


@pytest.fixture(scope="module")
async def opened(protocol: Protocol) -> AsyncIterator[VirtualFloor]:
    """A floor in the moment in which it is open."""
    async with VirtualFloor(protocol, on_call_at(NOW), NOW, seed=1) as found:
        yield found


@pytest.mark.parametrize(("now", "seed"), list(zip(OTHER_MOMENTS, (2, 3, 4), strict=True)))
async def test_everything_that_its_patients_went_through_is_allowed(
    protocol: Protocol, now: datetime, seed: int
) -> None:
    """All was accepted but a clearance over a high pressure, whenever the floor opens; every ledger is whole."""
    async with VirtualFloor(protocol, on_call_at(now), now, seed) as opened:
        assert _refused(opened) == [TOO_HIGH]
        assert opened.in_other_hands == []
        assert all(event.time <= now for _, event in opened.diary.accepted)
        assert all(first_fault(course.ledger) is None for course in opened.charts.courses.values())
        assert len(opened.views) == len(opened.roster.here)


def test_several_patients_are_in_every_phase_and_some_have_left_in_every_way(opened: VirtualFloor) -> None:
    """Two at least in each open phase, at two sites; one closed course at least of each outcome."""
    phases = Counter(view.phase for view in opened.views)

    assert 25 <= len(opened.views) <= 40
    assert all(phases[phase] >= 2 for phase in Phase)
    assert {view.outcome for view in opened.views} == {*Outcome, None}
    assert len({view.site for view in opened.views}) == 2


def test_sessions_are_under_way_at_different_minutes(opened: VirtualFloor) -> None:
    """Three to five are dosed, none like the other; one is ready to leave but for their escort."""
    dosed = [session for _, session in opened.live_sessions if session.doses]
    since = sorted((NOW - session.doses[0].at) // MINUTE for session in dosed)
    leaving = opened.named("their escort is late")

    assert 3 <= len(dosed) <= 5
    assert all(later - earlier >= 10 for earlier, later in pairwise(since))
    assert leaving.sessions[-1].stage is Stage.RECOVERING
    assert {blocker.code for blocker in leaving.blockers} == {
        "escort.missing",
        "discharge.no_instructions",
    }
    assert "kap.patient.discharged" in leaving.next


def test_one_reading_was_paged_and_nobody_has_answered(opened: VirtualFloor) -> None:
    """Two readings alarm; the nurse was paged, once; the escalation is open."""
    alarmed = opened.named("alarm that nobody answered")
    (page,) = [one for one in opened.escalations if one.course_id == alarmed.course_id]

    assert alarmed.sessions[-1].readings[-1].verdict.severity is VerdictSeverity.URGENT
    assert (page.kind, page.state) == (Kind.VITALS_URGENT, EscalationState.OPEN)
    assert [one.person for one in page.pages] == [NURSE.id]


def test_one_reading_is_overdue_and_the_others_are_on_time(opened: VirtualFloor) -> None:
    """The reading at 30 minutes has not come; everybody else's next one is still to come."""
    overdue = [view.course_id for view, session in opened.live_sessions if _is_late(view, session.number)]

    assert overdue == [opened.named("reading overdue").course_id]
    for _, session in opened.live_sessions:
        assert {one.status for one in session.checkpoints} <= {CheckpointStatus.MET, CheckpointStatus.PENDING}


def test_one_is_checked_in_and_may_not_be_dosed_yet(opened: VirtualFloor) -> None:
    """Their pressure is above the limit of the gate; their card says so."""
    waiting = opened.named("too high at first")

    assert waiting.sessions[-1].stage is Stage.CHECKED_IN
    assert [blocker.code for blocker in waiting.blockers] == ["vitals.systolic_above_limit"]


def test_somebody_at_risk_is_held_and_a_prescriber_has_answered(opened: VirtualFloor) -> None:
    """The emergency is acknowledged by the prescriber, not resolved; nothing is dosed under the hold."""
    held = opened.named("at risk")
    risk = next(one for one in opened.escalations if (one.course_id, one.kind) == (held.course_id, Kind.SUICIDE_RISK))

    assert held.hold is not None
    assert held.hold.is_safety
    assert (risk.severity, risk.state) == (Severity.EMERGENCY, EscalationState.ACKNOWLEDGED)
    assert risk.acknowledged_by == PRESCRIBER.id


def test_somebody_waits_for_a_decision_and_somebody_for_their_talks(opened: VirtualFloor) -> None:
    """The card names the condition that a prescriber decides about, and the topics to come."""
    (decision,) = opened.named("to decide").blockers
    talks = {blocker.code for blocker in opened.named("second talk tomorrow").blockers}

    assert decision.code == "screening.bipolar_disorder"
    assert "preparation.topics_missing" in talks


def test_those_who_are_followed_up_are_in_remission_in_response_or_neither(opened: VirtualFloor) -> None:
    """The last PHQ-9 against the first, by the protocol's own rule."""
    trends = {name: _last_phq9_trend(opened, name) for name in ("in remission", "in response", "last visit next")}

    assert trends == {"in remission": (True, True), "in response": (True, False), "last visit next": (False, False)}


def test_escalations_are_open_acknowledged_and_resolved(opened: VirtualFloor) -> None:
    """At least one of each, and no storm of them: what is past was answered."""
    states = Counter(one.state for one in opened.escalations)

    assert all(states[state] >= 1 for state in EscalationState)
    assert states[EscalationState.OPEN] + states[EscalationState.ACKNOWLEDGED] <= 4


def test_the_same_seed_opens_the_same_floor(protocol: Protocol) -> None:
    """Other patients with another seed, at the same places."""
    first, again, other = (FloorRoster(protocol, NOW, seed).here for seed in (5, 5, 6))

    assert _patients(first) == _patients(again)
    assert _patients(first) != _patients(other)
    assert sorted(stay.part.script.name for stay in first) == sorted(stay.part.script.name for stay in other)


def test_somebody_new_comes_for_ever_and_has_a_number_of_their_own(protocol: Protocol) -> None:
    """In the order in which they come; two an hour at least are dosed."""
    roster = FloorRoster(protocol, NOW, 1)
    coming = list(islice(roster.coming(), 80))
    ids = [stay.part.patient.course_id for stay in (*roster.here, *coming)]

    assert len(set(ids)) == len(ids)
    assert all(earlier.known_from <= later.known_from for earlier, later in pairwise(coming))
    assert coming[0].known_from - NOW < 10 * MINUTE
    assert coming[-1].known_from - NOW > timedelta(hours=12)


async def test_it_goes_on_for_hours_and_is_neither_still_nor_a_storm(protocol: Protocol) -> None:
    """In any ten minutes something is reported; two to seven patients are here; every page is dealt with in time."""
    async with VirtualFloor(protocol, on_call_at(NOW), NOW, seed=1) as living:
        for _ in range(HOURS * 6):
            told = len(living.diary.accepted)
            await living.passes(10 * MINUTE)

            unresolved = [one for one in living.escalations if one.state is not EscalationState.RESOLVED]
            assert len(living.diary.accepted) - told >= 3
            assert 2 <= len(living.live_sessions) <= 7
            assert len(unresolved) <= 4
            assert all(living.wall.now() - one.opened_at < 30 * MINUTE for one in unresolved)
            assert sum(_is_late(view, session.number) for view, session in living.live_sessions) <= 1

        assert set(_refused(living)) == {TOO_HIGH}
        assert living.in_other_hands == []
        happened = Counter(event.type for at, event in living.diary.accepted if at > NOW)
        assert happened["kap.patient.checked_in"] >= HOURS
        assert happened["kap.patient.discharged"] >= HOURS
        assert happened["kap.course.referred"] >= HOURS
        assert happened["kap.correction.recorded"] >= 1
        kinds = {one.kind for one in living.escalations if one.opened_at > NOW}
        assert kinds >= {
            Kind.VITALS_OVERDUE,
            Kind.VITALS_URGENT,
            Kind.VITALS_EMERGENCY,
            Kind.INTEGRATION_OVERDUE,
            Kind.PHASE_OVERDUE,
            Kind.SESSION_UNREPORTED,
            Kind.SESSION_MISSED,
            Kind.DOSE_UNREPORTED,
            Kind.PROTOCOL_DEVIATION,
        }


async def test_within_ten_minutes_the_board_has_moved_in_every_phase(protocol: Protocol) -> None:
    """A referral, a screening, a talk, a dose, a discharge, a check-in, a last visit; the overdue reading was paged."""
    async with VirtualFloor(protocol, on_call_at(NOW), NOW, seed=1) as living:
        await living.passes(12 * MINUTE)

        happened = {event.type for at, event in living.diary.accepted if at > NOW}
        assert happened >= {
            "kap.course.referred",
            "kap.screening.recorded",
            "kap.eligibility.decided",
            "kap.preparation.held",
            "kap.patient.checked_in",
            "kap.session.cleared",
            "kap.dose.administered",
            "kap.vitals.recorded",
            "kap.patient.discharged",
            "kap.check_in.completed",
            "kap.integration.held",
            "kap.follow_up.held",
        }
        overdue = next(one for one in living.escalations if one.kind is Kind.VITALS_OVERDUE)
        assert overdue.state is EscalationState.RESOLVED
        assert overdue.pages[0].person == NURSE.id
        answered = next(
            one for one in living.escalations if one.course_id == living.named("alarm that nobody answered").course_id
        )
        assert answered.acknowledged_by == PRESCRIBER.id


@pytest.mark.parametrize("hour", range(24))
def test_the_clinic_opens_in_the_morning_wherever_that_is(hour: int) -> None:
    """Between ten and eleven by the clock on its wall, at every hour of the day."""
    now = datetime(2026, 7, 1, hour, 59, tzinfo=UTC)
    practice = around(now, "bend", "willow", where_it_is_morning(now))

    assert practice.dose_at == time(10, 59)


def _refused(floor: VirtualFloor) -> list[tuple[str, ...]]:
    """What was refused, and for which blockers."""
    return [(event.type, *(one.code for one in refusal.blockers)) for event, refusal in floor.diary.refused]


def _patients(stays: Sequence[Stay]) -> list[Patient]:
    return [stay.part.patient for stay in stays]


def _is_late(view: CourseView, session: int) -> bool:
    due = (one for one in view.deadlines if one.kind is DeadlineKind.CHECKPOINT and one.session == session)
    return any(one.late for one in due)


def _last_phq9_trend(opened: VirtualFloor, name: str) -> tuple[bool | None, bool | None]:
    last = [one for one in opened.named(name).measures if one.instrument == PHQ9][-1]
    assert last.trend is not None
    return last.trend.is_response, last.trend.is_remission
