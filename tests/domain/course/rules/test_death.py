"""A patient dies: the course ends, one emergency says so, and nobody is asked to call, book or file any more."""

from collections.abc import Callable
from datetime import datetime

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.course.state import Outcome, Phase
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Severity
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    OSEI,
    adverse_event,
    call,
    check_in,
    correction,
    cssrs,
    days,
    died,
    dose,
    hours,
    minutes,
    resumption,
    vitals,
    voiding,
)
from tests.support.ward import Ward, holds

TOLD = (Kind.PATIENT_DECEASED, Severity.EMERGENCY)


@pytest.mark.parametrize(
    "point", ["referred", "screened", "booked", "cleared", "dosed", "discharged", "integrated", "in_follow_up"]
)
def test_a_death_closes_the_course_wherever_it_is_and_nobody_is_called_after(ward: Ward, point: str) -> None:
    """Story 68: one emergency; whatever was due, in half a year nobody is asked for anything."""
    getattr(ward, point)()
    ward.calls.clear()
    ward.reports(died(MARA, at=ward.now + minutes(1)))
    ward.passes(days(200))

    assert (ward.course.phase, ward.course.outcome) == (Phase.CLOSED, Outcome.DECEASED)
    assert ward.pages == [TOLD]
    assert ward.course.deadlines() == ()
    assert ward.course.next_acts(ward.now) == ()
    assert holds(ward)


def test_a_death_in_a_session_ends_its_watch(ward: Ward) -> None:
    """Nobody is monitored any more."""
    ward.dosed().reports(died(MARA, at=ward.now + minutes(1)))

    assert ward.stage() is Stage.ABORTED
    assert ward.course.monitored is None


def test_a_death_after_a_session_stops_the_calls_to_the_family(ward: Ward) -> None:
    """What asks for a call is over without a human; a question of safety stays for one."""
    ward.discharged().passes(hours(27))
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))
    assert Kind.CHECK_IN_MISSED in ward.open
    ward.reports(died(MARA, at=ward.now + hours(1)))

    assert ward.settled == [Kind.CHECK_IN_MISSED]


def test_a_death_after_the_course_had_ended_is_its_outcome(ward: Ward) -> None:
    """No call that the safety window still asks for is made."""
    ward.completed().reports(died(MARA, at=ward.now + days(1)))

    assert ward.course.outcome is Outcome.DECEASED
    assert ward.pages[-1] == TOLD
    assert ward.written("course.closed") == ["course.closed"] * 2


def test_a_course_entered_in_error_stays_so(ward: Ward) -> None:
    """It is nobody's; the death is told."""
    ward.referred().reports(voiding(MARA, at=ward.now))
    ward.reports(died(MARA, at=ward.now + days(1)))

    assert ward.course.outcome is Outcome.ENTERED_IN_ERROR
    assert ward.open == {Kind.PATIENT_DECEASED: Severity.EMERGENCY}


def test_facts_after_a_death_are_still_taken(ward: Ward) -> None:
    """The last readings arrive late and are judged."""
    ward.dosed().reports(died(MARA, at=ward.now + minutes(30)))
    answer = ward.sends(vitals(MARA, at=ward.now - minutes(10), spo2=80))

    assert answer.verdict is not None
    assert ward.open[Kind.VITALS_EMERGENCY] is Severity.EMERGENCY
    assert ward.sends(call(MARA, at=ward.now)).sequence > 0


def test_a_death_is_told_once(ward: Ward) -> None:
    """Two people report it."""
    ward.discharged().reports(died(MARA, at=ward.now + hours(1)))
    ward.reports(died(MARA, at=ward.now + hours(2), by=OSEI))

    assert ward.pages == [TOLD]


def test_an_adverse_event_of_grade_five_holds_the_course_and_nobody_calls_the_family(ward: Ward) -> None:
    """Story 68, told as CTCAE tells it (S45): held for a prescriber; no call, form, talk or booking is asked for."""
    ward.discharged().reports(adverse_event(MARA, at=ward.now + hours(8), grade=5, serious=True))
    ward.passes(days(60))

    assert {kind for kind, _ in ward.pages} == {Kind.ADVERSE_EVENT, Kind.HOLD_UNREVIEWED}
    assert ward.course.hold is not None
    assert ward.course.hold.is_safety
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)


def test_a_grade_that_was_a_slip_takes_no_patient_out_of_sight(ward: Ward) -> None:
    """Whoever is in the room is still watched; once a prescriber resumes, the calls are due again."""
    ward.dosed().reports(adverse_event(MARA, at=ward.now, grade=5))
    ward.passes(minutes(5))
    assert Kind.VITALS_OVERDUE in ward.open

    other = Ward().discharged()
    other.reports(adverse_event(MARA, at=other.now + hours(1), grade=5))
    assert {one.kind for one in other.course.deadlines()} == {"hold_review"}
    other.reports(resumption(MARA, at=other.now + hours(1), by=OSEI))
    assert {one.kind for one in other.course.deadlines()} >= {"check_in", "form", "integration"}


def _the_call_has_ended(ward: Ward) -> None:
    assert ward.settled == [Kind.CHECK_IN_MISSED]
    ward.hears(Kind.CHECK_IN_MISSED, Change.RESOLVED, by=None)
    assert Kind.CHECK_IN_MISSED not in ward.open
    ward.calls.clear()


def test_what_a_slip_of_a_death_ended_is_asked_for_again(ward: Ward) -> None:
    """A call was missed already: once a prescriber says that they live, it is asked for as loudly."""
    ward.discharged().passes(hours(60))
    missed = ward.open[Kind.CHECK_IN_MISSED]
    ward.reports(adverse_event(MARA, at=ward.now, grade=5))
    _the_call_has_ended(ward)

    ward.reports(resumption(MARA, at=ward.now + minutes(5)))

    assert ward.pages == [(Kind.CHECK_IN_MISSED, missed)]
    assert ward.open[Kind.CHECK_IN_MISSED] is missed


def test_what_a_death_of_somebody_else_ended_is_asked_for_again(ward: Ward) -> None:
    """It was filed in the wrong record, and is taken back there."""
    ward.discharged().passes(hours(60))
    missed = ward.open[Kind.CHECK_IN_MISSED]
    death = died(MARA, at=ward.now)
    ward.reports(death)
    _the_call_has_ended(ward)

    ward.reports(correction(death, at=ward.now + minutes(5), retracted=True))

    assert (Kind.CHECK_IN_MISSED, missed) in ward.pages


def test_a_death_confirmed_after_grade_five_closes_the_course(ward: Ward) -> None:
    """Both are said."""
    ward.discharged().reports(adverse_event(MARA, at=ward.now + hours(8), grade=5))
    ward.reports(died(MARA, at=ward.now + hours(1)))

    assert ward.course.outcome is Outcome.DECEASED
    assert set(ward.open) == {Kind.ADVERSE_EVENT, Kind.PATIENT_DECEASED}


@pytest.mark.parametrize("point", ["cleared", "dosed", "discharged", "integrated"])
def test_who_is_dosed_after_a_death_is_watched(ward: Ward, point: str) -> None:
    """The death was told in the wrong record: somebody under the medicine is never out of sight."""
    getattr(ward, point)()
    ward.reports(died(MARA, at=ward.now + minutes(1)))
    ward.calls.clear()
    ward.reports(check_in(MARA, at=ward.now + minutes(5)))
    ward.reports(dose(MARA, at=ward.now + minutes(10)))
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY

    assert ward.due(DeadlineKind.CHECKPOINT) != []
    ward.passes(minutes(10))
    assert ward.open[Kind.VITALS_OVERDUE] is Severity.EMERGENCY
    assert holds(ward)


def test_a_death_dated_before_the_dose_leaves_nobody_unwatched(ward: Ward) -> None:
    """Told after it: whoever was dosed an hour after that death may be somebody else."""
    ward.dosed().reports(died(MARA, at=ward.begins() - hours(1)))

    assert ward.course.monitored is not None
    assert holds(ward)


def test_who_is_dosed_after_a_death_is_watched_though_the_reading_between_was_somebody_elses(ward: Ward) -> None:
    """That reading kept their visit open; without it the dose after their death is of a visit of its own."""
    ward.dosed()
    given = ward.session().doses[0].at
    ward.reports(died(MARA, at=given))
    wrong = vitals(MARA, 1, at=given + minutes(1))
    ward.reports(wrong)
    ward.reports(dose(MARA, 1, at=given + minutes(1)))
    ward.reports(correction(wrong, at=ward.now, retracted=True))

    assert ward.session(1).watched_until == given
    assert ward.session(2).doses[0].at == given + minutes(1)
    assert {one.session for one in ward.due(DeadlineKind.CHECKPOINT)} == {2}


def test_a_dose_of_before_the_death_that_is_told_after_it_asks_for_no_readings(ward: Ward) -> None:
    """Nobody can be measured for it any more."""
    ward.discharged().until(ward.begins() + hours(20))
    ward.reports(died(MARA, at=ward.now))
    ward.reports(dose(MARA, None, at=ward.now - hours(2)))

    assert len(ward.course.dosed_sessions) == 2
    assert ward.stage(2) is Stage.ABORTED
    assert ward.course.monitored is None
    assert holds(ward)


@pytest.mark.parametrize(
    "alive",
    [
        lambda at: vitals(MARA, at=at),
        lambda at: vitals(MARA, None, at=at),
        lambda at: call(MARA, at=at),
        lambda at: cssrs(MARA, at=at),
        lambda at: check_in(MARA, at=at),
    ],
)
def test_whoever_is_alive_after_a_death_is_told_urgently(ward: Ward, alive: Callable[[datetime], ClinicEvent]) -> None:
    """A calm reading, a call, an answer: one of the two is another patient's."""
    ward.dosed().reports(died(MARA, at=ward.now + minutes(5)))
    ward.calls.clear()
    answer = ward.reports(alive(ward.now + minutes(10)))

    assert "patient.deceased" in [one.code for one in answer.deviations]
    assert ward.pages == [(Kind.PROTOCOL_DEVIATION, Severity.URGENT)]


def test_the_last_readings_of_before_a_death_are_no_contradiction(ward: Ward) -> None:
    """They arrive late."""
    ward.dosed().reports(died(MARA, at=ward.now + minutes(30)))

    assert ward.sends(vitals(MARA, at=ward.now - minutes(10))).deviations == ()
