"""A course that is marked as entered in error: nobody is called any more, and of a patient in it somebody hears."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent, DoseAdministered
from domain.values import Severity
from domain.views.timeline import happenings
from tests.support.cast import (
    HAS_A_METHOD,
    MARA,
    WEEKLY,
    abortion,
    adverse_event,
    call,
    correction,
    cssrs,
    hours,
    minutes,
    phq9,
    voiding,
)
from tests.support.ward import EDGES, Ward, holds

HINT = (0, 0, 0, 0, 0, 0, 0, 0, 1)


def ending(ward: Ward) -> str | None:
    """How the timeline says that the course ended."""
    return next(one.what for one in happenings(ward.course) if one.type == "kap.course.closed")


def test_a_course_that_was_entered_twice_is_closed_in_silence(ward: Ward) -> None:
    """Nobody was dosed, and nobody is at risk."""
    ward.booked().reports(voiding(MARA, at=ward.now))

    assert ward.open == {}
    assert ending(ward) == "entered_in_error"


def test_of_a_dose_in_it_a_prescriber_hears(ward: Ward) -> None:
    """Dosed yesterday, and the desk marks the course: the calls are gone, and somebody looks at that."""
    ward.discharged().reports(voiding(MARA, at=ward.now + hours(20)))

    assert ward.open == {Kind.CORRECTION_REVIEW: Severity.URGENT}
    assert ending(ward) == "entered_in_error; a dose was given, and nobody calls this patient any more"
    assert ward.course.deadlines() == ()
    assert holds(ward)


@EDGES
def test_a_dose_of_long_ago_leaves_nothing_owed(ward: Ward, edge: timedelta) -> None:
    """`course.safety_window`."""
    ward.discharged()
    ends_at = ward.begins() + WEEKLY.course.safety_window
    ward.sleeps(ends_at + edge - ward.now)
    for kind in tuple(ward.open):
        ward.hears(kind, Change.RESOLVED)
    ward.reports(voiding(MARA, at=ward.now))

    assert (Kind.CORRECTION_REVIEW in ward.open) is (ward.now < ends_at)


def test_a_dose_that_was_taken_back_is_none(ward: Ward) -> None:
    """It never happened, or to another patient."""
    ward.dosed()
    given = next(event for event, _ in ward.answers if isinstance(event, DoseAdministered))
    ward.reports(correction(given, at=ward.now + minutes(1), retracted=True))
    ward.reports(abortion(MARA, at=ward.now))
    for kind in tuple(ward.open):
        ward.hears(kind, Change.RESOLVED)
    ward.reports(voiding(MARA, at=ward.now))

    assert ward.open == {}


@pytest.mark.parametrize(
    "says",
    [
        lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_METHOD),
        lambda ward: call(MARA, None, at=ward.now, days_after=None, suicidal_ideation=True),
        lambda ward: adverse_event(MARA, at=ward.now, term="suicidal thoughts"),
        lambda ward: phq9(MARA, at=ward.now, items=HINT),
    ],
    ids=["moderate", "call", "adverse event", "hint"],
)
def test_of_a_patient_at_risk_a_prescriber_hears(ward: Ward, says: Callable[[Ward], ClinicEvent]) -> None:
    """Never dosed, the page resolved, and yet nobody would call them any more."""
    ward.booked().reports(says(ward))
    for kind in tuple(ward.open):
        ward.hears(kind, Change.RESOLVED)
    ward.reports(voiding(MARA, at=ward.now + minutes(5)))

    assert ward.open == {Kind.CORRECTION_REVIEW: Severity.URGENT}
    assert ending(ward) == "entered_in_error; the patient is at risk, and nobody calls this patient any more"


def test_of_a_clearance_that_nobody_has_spoken_of_since_a_prescriber_hears(ward: Ward) -> None:
    """They may have been dosed."""
    ward.cleared().reports(voiding(MARA, at=ward.now + minutes(5)))

    assert ward.open == {Kind.CORRECTION_REVIEW: Severity.URGENT}
    assert ending(ward) == "entered_in_error; a dose may have been given, and nobody calls this patient any more"
