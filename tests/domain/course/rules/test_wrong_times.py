"""A dose that is dated wrongly: nobody goes unwatched, or home too soon, by a slip of the pen."""

from datetime import timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.escalation.messages import Kind
from domain.protocol.values import Route
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    MARA,
    assessment,
    days,
    dose,
    hours,
    infusion_started,
    minutes,
    vitals,
    weekly,
)
from tests.support.ward import Ward

SLIPS = pytest.mark.parametrize(
    "early",
    [minutes(20), hours(2), hours(8), hours(23), days(1) + minutes(1), days(7), days(365)],
    ids=["before the check-in", "an hour typed wrong", "UTC", "almost a day", "yesterday", "last week", "last year"],
)


@SLIPS
def test_a_dose_that_is_dated_before_its_visit_is_watched_from_the_clearance_on(ward: Ward, early: timedelta) -> None:
    """Cleared at 9:55, told at 10:01: it was given since. A reading is due, and the deviation is an emergency."""
    ward.cleared().until(ward.begins() + minutes(1))
    ward.sends(dose(MARA, at=ward.begins() - early))

    assert ward.session().is_watched
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.EMERGENCY}
    assert ward.due(DeadlineKind.CHECKPOINT)[0].due_at == ward.begins() - minutes(5)
    ward.passes(minutes(20))
    assert ward.open[Kind.VITALS_OVERDUE] is Severity.EMERGENCY


@SLIPS
def test_it_shortens_nobodys_observation(ward: Ward, early: timedelta) -> None:
    """Two hours are counted from the clearance, for the way home and for the assessment."""
    ward.cleared().until(ward.begins() + minutes(1))
    ward.sends(dose(MARA, at=ward.begins() - early))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(30)))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(36)))

    found = {one.code for one in ward.course.blockers(ward.begins() + minutes(40))}
    assert {"discharge.observation_too_short", "discharge.assessed_too_early"} <= found


@SLIPS
def test_a_check_in_alone_shows_that_they_were_dosed_today(ward: Ward, early: timedelta) -> None:
    """Nobody cleared them."""
    ward.checked_in().until(ward.begins() + minutes(1))
    ward.sends(dose(MARA, at=ward.begins() - early - minutes(20)))

    assert ward.session().is_watched
    assert ward.session().doses[0].at == ward.begins() - minutes(20)


def test_so_does_a_visit_that_was_booked_for_today(ward: Ward) -> None:
    """Dated to the day before, and told a minute after the visit began: nobody had checked them in."""
    ward.booked().until(ward.begins() + minutes(1))
    ward.sends(dose(MARA, at=ward.begins() - days(1)))

    assert ward.session().is_watched
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY


def test_a_visit_of_the_past_is_still_an_import(ward: Ward) -> None:
    """All of it told a month later: nobody is woken."""
    ward.cleared().passes(days(30))
    ward.calls.clear()
    ward.sends(dose(MARA, at=ward.begins()))

    assert not ward.session().is_watched
    assert (Kind.VITALS_OVERDUE, Severity.URGENT) not in ward.pages


def test_an_infusion_that_is_dated_wrongly_is_watched(opens: Opens) -> None:
    """It is a dose like any other."""
    ward = opens(weekly({"route": Route.INTRAVENOUS})).cleared()
    ward.until(ward.begins() + minutes(1))
    ward.sends(infusion_started(MARA, at=ward.begins() - days(1)))

    assert ward.session().is_watched


def test_a_check_in_that_is_told_after_the_dose_moves_nothing(ward: Ward) -> None:
    """What was learned later says nothing of when the dose was given."""
    ward.cleared().reports(dose(MARA, at=ward.begins()))

    assert ward.session().doses[0].at == ward.begins()


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_a_dose_of_another_visit_takes_no_reading_from_who_is_here(ward: Ward, numbers: tuple[int, int]) -> None:
    """A dose of two days ago, told now under another number and without its discharge; whichever number it has."""
    here, before = numbers
    ward.booked().sends(dose(MARA, here, at=ward.now))
    ward.sends(dose(MARA, before, at=ward.now - days(2)))
    ward.passes(minutes(1))
    answer = ward.sends(vitals(MARA, None, at=ward.now))

    assert ward.session(before).is_monitored
    assert answer.session is not None
    assert answer.session.number == here
    assert ward.course.monitored == ward.session(here)
