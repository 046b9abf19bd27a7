"""Every way a course ends, who may end it, and what a closed one still does: answer, and stay as it is."""

from datetime import datetime
from typing import Protocol

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Outcome, Phase
from domain.escalation.messages import Kind
from domain.events.clinic_events import ClinicEvent
from domain.refusal import RefusalCode
from domain.values import CourseId
from tests.support.cast import (
    MARA,
    PATIENT,
    adverse_event,
    days,
    discontinuation,
    follow_up,
    hours,
    ineligible,
    minutes,
    missed,
    plan,
    resumption,
    transfer,
    vitals,
    voiding,
    withdrawal,
)
from tests.support.ward import Ward


class Ending(Protocol):
    """What ends a course."""

    def __call__(self, course: CourseId, *, at: datetime) -> ClinicEvent: ...


BEFORE_THE_DOSE = ("screened", "prepared", "booked", "checked_in", "cleared")
AFTER_THE_DOSE = ("discharged", "integrated", "in_follow_up")


def at_point(ward: Ward, point: str) -> Ward:
    brought: Ward = getattr(ward, point)()
    return brought


@pytest.mark.parametrize("point", [*BEFORE_THE_DOSE, *AFTER_THE_DOSE])
@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        (withdrawal, Outcome.WITHDRAWN),
        (discontinuation, Outcome.DISCONTINUED),
        (transfer, Outcome.TRANSFERRED),
        (voiding, Outcome.ENTERED_IN_ERROR),
    ],
)
def test_a_course_may_end_at_any_time_but_between_dose_and_discharge(
    ward: Ward, point: str, ending: Ending, outcome: Outcome
) -> None:
    """A patient who goes during the screening has declined; later they have withdrawn.

    Of whoever was dosed only the calls of the safety window are still due, and of whoever was cleared whether they were
    dosed, unless it was entered in error.
    """
    at_point(ward, point)
    declined = outcome is Outcome.WITHDRAWN and point == "screened"

    answer = ward.reports(ending(MARA, at=ward.now))

    assert answer.phase is Phase.CLOSED
    assert answer.next == ()
    assert ward.course.outcome is (Outcome.DECLINED if declined else outcome)
    assert ward.course.closed_at == ward.now
    is_owed = point in {"discharged", "integrated"} and outcome is not Outcome.ENTERED_IN_ERROR
    due = {one.kind for one in ward.course.deadlines()}
    is_asked = point == "cleared" and outcome is not Outcome.ENTERED_IN_ERROR
    owed = {DeadlineKind.CHECK_IN, DeadlineKind.CHECK_IN_REMINDER} if is_owed else set()
    assert due == owed | ({DeadlineKind.DOSE} if is_asked else set())
    # Of a patient in a course that was entered in error somebody hears.
    told = ["escalation.opened"] if outcome is Outcome.ENTERED_IN_ERROR and ward.open else []
    assert ward.written()[-2 - len(told) :] == ["phase.entered", "course.closed", *told]


@pytest.mark.parametrize("ending", [discontinuation, transfer, voiding])
def test_nobody_closes_the_course_of_a_dosed_patient(ward: Ward, ending: Ending) -> None:
    """Between dose and discharge a course goes on, whoever of the clinic wants to end it."""
    ward.dosed()
    assert ward.reasons(ending(MARA, at=ward.now)) == ["session.in_progress"]
    assert not any(ending(MARA, at=ward.now).type == act for act in ward.course.next_acts(ward.now))


def test_who_is_not_eligible_is_told_and_the_course_is_closed(ward: Ward) -> None:
    """`ineligible` needs no screening to be complete, and closes at once."""
    answer = ward.referred().reports(ineligible(MARA, at=ward.now + hours(1)))

    assert answer.phase is Phase.CLOSED
    assert ward.course.outcome is Outcome.INELIGIBLE


def test_the_last_visit_completes_the_course(ward: Ward) -> None:
    """After the last follow-up, whatever was not taken: an earlier visit that was missed keeps nothing open."""
    ward.in_follow_up()

    phases = [ward.reports(follow_up(MARA, at=ward.now + days(20), days_after=30)).phase]
    phases.append(ward.reports(follow_up(MARA, at=ward.now + days(150), days_after=180)).phase)

    assert phases == [Phase.FOLLOW_UP, Phase.CLOSED]
    assert ward.course.outcome is Outcome.COMPLETED


def test_a_dosed_patient_who_withdraws_is_watched_until_they_are_discharged(ward: Ward) -> None:
    """A fact: the consent is withdrawn and the course held at once; it closes when they have gone home."""
    ward.dosed().reports(withdrawal(MARA, at=ward.now))
    under_way = ward.course.phase
    held = ward.course.hold
    ward.discharged()

    assert (under_way, held.reason if held else None) == (Phase.MEDICINE, "consent withdrawn")
    assert (ward.course.phase, ward.course.outcome) == (Phase.CLOSED, Outcome.WITHDRAWN)


def test_a_closed_course_takes_facts_and_no_acts(ward: Ward) -> None:
    """`course_closed`, for every act; a fact is judged for ever, and an event of before is answered as before."""
    ward.dosed()
    reading = vitals(MARA, at=ward.now + minutes(1))
    first = ward.reports(reading)
    ward.completed()

    for act in (plan(MARA, at=ward.now), resumption(MARA, at=ward.now), voiding(MARA, at=ward.now)):
        assert ward.refuses(act).code is RefusalCode.COURSE_CLOSED
    ward.reports(adverse_event(MARA, at=ward.now, grade=4))
    ward.reports(vitals(MARA, at=ward.now, spo2=85))
    assert {Kind.ADVERSE_EVENT, Kind.VITALS_EMERGENCY} <= set(ward.open)
    assert ward.course.outcome is Outcome.COMPLETED
    assert ward.repeats(reading) == first
    assert ward.course.next_acts(ward.now) == ()
    assert ward.course.blockers(ward.now) == ()


def test_no_time_moves_a_closed_course(ward: Ward) -> None:
    """Nothing but its calls is due, and these for the safety window: it stays as it ended, a year later."""
    ward.discharged().reports(withdrawal(MARA, at=ward.now))
    ward.calls.clear()
    ward.passes(days(31))
    before = ward.course
    told = {kind for kind, _ in ward.pages}

    ward.sleeps(days(365))

    assert ward.course == before
    assert told == {Kind.CHECK_IN_MISSED}
    assert (ward.course.phase, ward.course.outcome) == (Phase.CLOSED, Outcome.WITHDRAWN)


def test_what_was_open_when_the_course_closed_stays_somebodys_promise(ward: Ward) -> None:
    """Closing resolves nothing: escalations are for humans."""
    ward.booked()
    ward.reports(missed(MARA, at=ward.begins() + hours(1)))
    ward.reports(withdrawal(MARA, at=ward.now, by=PATIENT))

    assert list(ward.open) == [Kind.SESSION_MISSED]
