"""When nothing of a closed course is owed any more: then its workflow may end."""

from datetime import datetime

from domain.course.deadlines import over_at
from domain.escalation.messages import Change, Kind
from tests.support.cast import MARA, WEEKLY, call, days, died, discontinuation, dose, hours, voiding
from tests.support.ward import Ward


def is_over_at(ward: Ward) -> datetime | None:
    return over_at(ward.course, ward.course.deadlines())


def test_an_open_course_is_not_over(ward: Ward) -> None:
    """Whatever is due or not."""
    assert is_over_at(ward.in_follow_up()) is None
    assert over_at(ward.course, ()) is None


def test_of_whoever_was_never_dosed_nothing_is_owed_once_it_is_closed(ward: Ward) -> None:
    """There is no window without a dose."""
    ward.planned().reports(discontinuation(MARA, at=ward.now))

    assert is_over_at(ward) == ward.now


def test_of_whoever_was_dosed_it_is_known_once_their_last_call_was_made(ward: Ward) -> None:
    """It is over with the safety window: until then a call that is told of a word may ask for a screen."""
    ward.discharged()
    went_home_at = ward.now
    ward.reports(discontinuation(MARA, at=ward.now + hours(1)))
    assert is_over_at(ward) is None

    for after in (1, 3, 7):
        ward.until(went_home_at + days(after))
        ward.reports(call(MARA, at=ward.now, days_after=after))

    assert is_over_at(ward) == ward.begins() + WEEKLY.course.safety_window


def test_a_voided_course_is_over_once_the_doctor_has_looked_at_its_dose(ward: Ward) -> None:
    """Nobody is called any more; while the escalation is open, it waits for whoever has it."""
    ward.discharged().reports(voiding(MARA, at=ward.now + hours(20)))
    assert is_over_at(ward) is None

    ward.hears(Kind.CORRECTION_REVIEW, Change.ACKNOWLEDGED)
    assert is_over_at(ward) is None

    ward.hears(Kind.CORRECTION_REVIEW, Change.RESOLVED)
    assert is_over_at(ward) == ward.course.closed_at


def test_after_a_death_nothing_is_owed_once_somebody_knows(ward: Ward) -> None:
    """The window is for whoever may still be called."""
    ward.discharged().reports(died(MARA, at=ward.now + hours(20)))
    assert is_over_at(ward) is None

    ward.hears(Kind.PATIENT_DECEASED, Change.RESOLVED)

    assert is_over_at(ward) == ward.course.closed_at


def test_whoever_is_watched_after_closing_keeps_it_from_being_over(ward: Ward) -> None:
    """A dose is told of a closed course: the patient is here until they are discharged, whatever was resolved."""
    ward.planned().reports(discontinuation(MARA, at=ward.now))
    ward.reports(dose(MARA, 1, at=ward.now))
    ward.passes(days(2))
    for kind in tuple(ward.open):
        ward.hears(kind, Change.RESOLVED)

    assert over_at(ward.course, ()) is None
