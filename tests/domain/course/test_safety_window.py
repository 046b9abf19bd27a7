"""After closing: who was dosed is still called and screened for the safety window, and watched until discharge."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Outcome
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Severity
from domain.views.next_task import to_do
from tests.support.cast import (
    HAS_A_METHOD,
    MARA,
    WEEKLY,
    assessment,
    call,
    cssrs,
    days,
    discharge,
    discontinuation,
    dose,
    follow_up,
    hours,
    minutes,
    phq9,
    transfer,
    vitals,
    voiding,
    weekly,
    withdrawal,
)
from tests.support.ward import EDGES, Ward

HINT = (0, 0, 0, 0, 0, 0, 0, 0, 1)
CALLS = {DeadlineKind.CHECK_IN, DeadlineKind.CHECK_IN_REMINDER}


def ends(ward: Ward, ending: Callable[..., ClinicEvent] = withdrawal) -> Ward:
    """They are discharged, and an hour later the course is closed."""
    ward.discharged().reports(ending(MARA, at=ward.now + hours(1)))
    assert ward.course.is_closed
    return ward


def last_dose(ward: Ward) -> datetime:
    return ward.begins()


@pytest.mark.parametrize("ending", [withdrawal, discontinuation, transfer])
def test_calls_stay_owed_to_whoever_was_dosed_whatever_the_outcome(
    ward: Ward, ending: Callable[..., ClinicEvent]
) -> None:
    """`course.safety_window`: dropping out is itself a risk. Talks, papers and visits are due no more."""
    ends(ward, ending)
    assert {one.kind for one in ward.course.deadlines()} == CALLS

    ward.passes(hours(29))
    told = ward.open.get(Kind.CHECK_IN_MISSED)
    ward.reports(call(MARA, at=ward.now))

    assert told is Severity.URGENT
    assert [one.subject for one in ward.due(DeadlineKind.CHECK_IN)] == ["P3D", "P7D"]


def test_a_course_that_is_completed_early_still_owes_its_calls() -> None:
    """The only visit of this protocol is held on day five: the week's call is made all the same."""
    ward = Ward(protocol=weekly({"course.sessions_min": 1, "follow_up.after": (days(5),)})).planned(1).integrated()
    ward.reports(follow_up(MARA, at=ward.begins() + days(5) + hours(3), days_after=5))

    assert ward.course.outcome is Outcome.COMPLETED
    assert "P7D" in [one.subject for one in ward.due(DeadlineKind.CHECK_IN)]


def test_a_voided_course_owes_nothing(ward: Ward) -> None:
    """It was entered in error: there is nobody to call."""
    ends(ward, voiding)
    ward.reports(phq9(MARA, at=ward.now, items=HINT))

    assert ward.course.deadlines() == ()


def test_a_patient_who_was_never_dosed_is_owed_no_call(ward: Ward) -> None:
    """The window is counted from the last dose."""
    ward.booked().reports(withdrawal(MARA, at=ward.now))

    assert ward.course.deadlines() == ()


@EDGES
def test_the_window_ends_where_the_protocol_says(ward: Ward, edge: timedelta) -> None:
    """A call due in the last moment of `course.safety_window` is owed, one due a moment later is not."""
    home_after = minutes(130)
    window = home_after + days(3) + edge
    ends(ward := Ward(protocol=weekly({"course.safety_window": window})))

    expected = ["P1D", "P3D"] if edge >= timedelta() else ["P1D"]
    assert [one.subject for one in ward.due(DeadlineKind.CHECK_IN)] == expected


def test_a_call_after_closing_is_hurried_and_judged_as_any(ward: Ward) -> None:
    """They withdrew and attempt suicide: the C-SSRS is judged, the next call is missed after an hour."""
    ends(ward).reports(cssrs(MARA, at=ward.now + hours(20), items=HAS_A_METHOD))
    told = ward.open.get(Kind.SUICIDE_RISK)
    ward.until(ward.session().discharge.at + days(1) + hours(1))  # type: ignore[union-attr]

    assert told is Severity.URGENT
    assert ward.open.get(Kind.CHECK_IN_MISSED) is Severity.URGENT


def test_a_screen_is_owed_after_closing_until_it_is_taken(ward: Ward) -> None:
    """An answer within the window asks for its screen the same day; one after it wakes somebody, and that is all."""
    ends(ward).reports(phq9(MARA, at=ward.now + days(2), items=HINT))
    owed = ward.due(DeadlineKind.RISK_SCREEN)
    ward.reports(cssrs(MARA, at=ward.now + minutes(5)))
    answered = ward.due(DeadlineKind.RISK_SCREEN)
    ward.reports(phq9(MARA, at=ward.now + days(60), items=HINT))

    assert len(owed) == 1
    assert answered == ward.due(DeadlineKind.RISK_SCREEN) == []
    assert Kind.ITEM9_POSITIVE in ward.open


def test_whoever_is_dosed_in_a_closed_course_is_watched_until_discharge(ward: Ward) -> None:
    """A dose of which nobody should have thought: checkpoints, discharge, and then its calls."""
    ward.checked_in().reports(withdrawal(MARA, at=ward.now))
    ward.reports(dose(MARA, at=ward.now + minutes(1)))
    ward.passes(minutes(10))
    watched = {one.kind for one in ward.course.deadlines()}

    assert ward.open[Kind.VITALS_OVERDUE] is Severity.EMERGENCY
    assert {DeadlineKind.CHECKPOINT, DeadlineKind.DISCHARGE} <= watched
    assert ward.reasons(discharge(MARA, at=ward.now)) != ["course_closed"]


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_reading_outside_a_session_gets_its_second_one(ward: Ward, is_closed: bool) -> None:
    """At home, between two sessions or after the course: 188 asks for a second reading, and then it stands."""
    ward.integrated().passes(days(2))
    if is_closed:
        ward.reports(withdrawal(MARA, at=ward.now))
    reading = vitals(MARA, at=ward.now, systolic=188)
    ward.reports(reading.but(data=reading.data.but(session=None)))
    (deadline,) = ward.due(DeadlineKind.RECHECK)
    ward.passes(minutes(5))

    assert (deadline.session, deadline.due_at) == (None, reading.time + minutes(5))
    assert ward.open[Kind.VITALS_URGENT] is Severity.URGENT
    assert ward.due(DeadlineKind.RECHECK) == []


def test_what_is_owed_after_closing_is_the_next_task_until_the_window_ends(ward: Ward) -> None:
    """The wall still says that a call is to be made, and then no more."""
    ends(ward)
    task = to_do(ward.course, ward.now)
    ward.until(last_dose(ward) + WEEKLY.course.safety_window)

    assert task is not None
    assert task.words == "Call after session 1, day 1"
    assert to_do(ward.course, ward.now) is not None
    assert to_do(ward.course, ward.now + minutes(1)) is None


def test_no_time_moves_a_course_after_its_window(ward: Ward) -> None:
    """A form that was never filed wakes nobody a year later."""
    ends(ward).until(last_dose(ward) + WEEKLY.course.safety_window)
    before = ward.course
    ward.sleeps(days(365))

    assert ward.course == before


# A past that is imported


def test_an_old_course_whose_discharge_is_missing_is_asked_for_once() -> None:
    """A gap in the record: routine, no reading is asked of anybody, and no storm."""
    ward = Ward().cleared()
    ward.sleeps(days(400))
    ward.hears(Kind.DOSE_UNREPORTED, Change.RESOLVED)
    ward.calls.clear()
    ward.sends(dose(MARA, at=ward.begins()))
    for minute in (15, 30, 45, 60, 90, 120):
        ward.sends(vitals(MARA, at=ward.begins() + minutes(minute)))
    ward.passes(days(1))

    told = [one for one in ward.pages if one[0] is not Kind.PROTOCOL_DEVIATION]
    assert told == [(Kind.DISCHARGE_OVERDUE, Severity.ROUTINE)]
    ward.calls.clear()
    ward.passes(WEEKLY.course.ask_again)
    assert ward.pages == [(Kind.DISCHARGE_OVERDUE, Severity.ROUTINE)]


def test_an_old_course_that_has_ended_asks_for_nothing() -> None:
    """Imported when its window was long over: its missing calls are nobody's to make."""
    ward = Ward().watched()
    ward.reports(assessment(MARA, at=ward.begins() + minutes(124)))
    ward.now += days(400)
    ward.sends(discharge(MARA, at=ward.begins() + minutes(130)))
    ward.sends(withdrawal(MARA, at=ward.begins() + days(1)))

    assert ward.course.deadlines() == ()


def test_calls_of_an_old_course_that_goes_on_are_gaps_in_the_record() -> None:
    """Routine, once and after their own grace: nobody is woken for a call of last year."""
    ward = Ward().watched()
    ward.reports(assessment(MARA, at=ward.begins() + minutes(124)))
    ward.now += days(400)
    ward.sends(discharge(MARA, at=ward.begins() + minutes(130)))
    ward.calls.clear()
    ward.passes(hours(5))

    assert {severity for kind, severity in ward.pages if kind is Kind.CHECK_IN_MISSED} == {Severity.ROUTINE}
