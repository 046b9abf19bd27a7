"""Everything that may happen next to a course: what a clinic reports, what it wants or not, an answer, and time."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from domain.course.course import Course
from domain.course.deadlines import DeadlineKind
from domain.escalation.messages import Change
from domain.events.clinic_events import Act, CheckInCompleted, ClinicEvent
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    OSEI,
    abortion,
    adverse_event,
    assessment,
    booking,
    call,
    cancellation,
    check_in,
    clearance,
    consent,
    consent_withdrawn,
    cssrs,
    died,
    discharge,
    discontinuation,
    dose,
    eligible,
    follow_up,
    handed_over,
    hold,
    hours,
    ineligible,
    integration,
    left,
    missed,
    plan,
    preparation,
    rebooking,
    referral,
    resumption,
    returned,
    screening,
    seconds,
    transfer,
    vitals,
    voiding,
    withdrawal,
)
from tests.support.course_invariants import assert_only_reminded, take_in
from tests.support.event_strategies import LIFTED
from tests.support.ward import TICK, Ward
from tests.support.watch_oracle import assert_missed_checkpoints_were_told

TIME = "time"
ANSWER = "escalations resolved"
A_MOMENT = seconds(1)
"""How soon one thing follows on another, at the least."""


class Move(NamedTuple):
    """Something that happens, by a word for it. `makes` does it to a ward, and says whether anything has happened."""

    name: str
    makes: Callable[[Ward], bool]


def moves(ward: Ward) -> Iterator[Move]:
    """Everything that may happen from here, each at moments that may make a difference.

    What is reported is so now, and once the next deadline has passed; acts also right before it passes. Time goes on
    to each deadline by itself. Whoever answers resolves everything that is open.
    """
    now, upcoming = ward.now, ward.course.deadlines()
    yield from (_reports(event) for event in _reported(ward.course, now + A_MOMENT))
    if ward.course.unresolved:
        yield Move(ANSWER, _resolve)
    if upcoming:
        soonest = upcoming[0].passes_at
        yield _passes(soonest - TICK)
        if now <= soonest - A_MOMENT:
            before = _reported(ward.course, soonest - A_MOMENT)
            yield from (_reports(event) for event in before if isinstance(event, Act))
        yield from (_reports(event) for event in _reported(ward.course, soonest + A_MOMENT))
    yield from (_passes(moment) for moment in dict.fromkeys(one.passes_at for one in upcoming))


def _reported(course: Course, at: datetime) -> Iterator[ClinicEvent]:
    if course.referral is None:
        yield referral(MARA, at=at)
        return
    number = course.session.number if course.session is not None else 1
    wanted = {*course.next_acts(at)}
    if any(one.kind is DeadlineKind.CHECK_IN for one in course.deadlines()):
        wanted.add(str(CheckInCompleted.model_fields["type"].default))
    yield from (event for event in _of_a_course(number, at) if event.type in wanted)
    yield from _of_anybody(at)
    if course.is_patient_here:
        yield from _of_whoever_is_here(number, at)


def _of_a_course(number: int, at: datetime) -> Iterator[ClinicEvent]:
    """What the protocol may want: as it should be, and as it should not."""
    yield screening(MARA, at=at)
    yield screening(MARA, at=at, conditions=["active_mania"])
    yield consent(MARA, at=at)
    yield cssrs(MARA, at=at)
    yield eligible(MARA, at=at)
    yield eligible(MARA, at=at, overrides=LIFTED)
    yield ineligible(MARA, at=at)
    yield plan(MARA, at=at, sessions=1)
    yield preparation(MARA, at=at)
    yield booking(MARA, number, at=at, starts_at=at + hours(1))
    yield rebooking(MARA, number, at=at, starts_at=at + hours(1))
    yield cancellation(MARA, number, at=at)
    yield missed(MARA, number, at=at)
    yield check_in(MARA, number, at=at)
    yield check_in(MARA, number, at=at, escort=False)
    yield vitals(MARA, number, at=at)
    yield vitals(MARA, number, at=at, systolic=185)
    yield clearance(MARA, number, at=at)
    yield clearance(MARA, number, at=at, overrides=LIFTED)
    yield dose(MARA, number, at=at)
    yield abortion(MARA, number, at=at)
    yield returned(MARA, number, at=at)
    yield assessment(MARA, number, at=at)
    yield assessment(MARA, number, at=at, padss=7)
    yield discharge(MARA, number, at=at)
    yield discharge(MARA, number, at=at, by=OSEI, overrides=LIFTED)
    yield call(MARA, number, at=at)
    yield call(MARA, number, at=at, suicidal_ideation=True)
    yield integration(MARA, number, at=at)
    yield follow_up(MARA, at=at)
    yield resumption(MARA, at=at)


def _of_anybody(at: datetime) -> Iterator[ClinicEvent]:
    """What may befall a patient, or be decided of them, at any time."""
    yield cssrs(MARA, at=at, items=HAS_A_PLAN)
    yield adverse_event(MARA, at=at, grade=3)
    yield adverse_event(MARA, at=at, grade=5, term="cardiac arrest")
    yield died(MARA, at=at)
    yield consent_withdrawn(MARA, at=at)
    yield hold(MARA, at=at)
    yield withdrawal(MARA, at=at)
    yield discontinuation(MARA, at=at)
    yield transfer(MARA, at=at)
    yield voiding(MARA, at=at)


def _of_whoever_is_here(number: int, at: datetime) -> Iterator[ClinicEvent]:
    """What may happen to a patient at the clinic, whatever the gates say of it."""
    yield dose(MARA, number, at=at)
    yield vitals(MARA, number, at=at, spo2=85)
    yield left(MARA, number, at=at)
    yield handed_over(MARA, number, at=at)


def _reports(event: ClinicEvent) -> Move:
    def report(ward: Ward) -> bool:
        _pass_until(ward, event.time)
        return take_in(ward, event)

    return Move(event.type.removeprefix("kap."), report)


def _passes(moment: datetime) -> Move:
    def pass_over(ward: Ward) -> bool:
        _pass_until(ward, moment)
        return True

    return Move(TIME, pass_over)


def _pass_until(ward: Ward, moment: datetime) -> None:
    """Time does nothing but remind."""
    before, known = ward.course, len(ward.entries)
    ward.until(moment)
    assert_only_reminded(ward, before)
    assert_missed_checkpoints_were_told(ward.entries, known, before.protocol, ward.now)


def _resolve(ward: Ward) -> bool:
    for kind in sorted(ward.open):
        ward.hears(kind, Change.RESOLVED)
    return True
