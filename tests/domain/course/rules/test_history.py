"""What happened long ago and is told now: recorded, shown, read by day. Nobody is woken for the past."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from domain.course.rules.risk_screens import is_at_risk
from domain.escalation.messages import Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    adverse_event,
    call,
    cssrs,
    days,
    died,
    hours,
    medication,
    phq9,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, Ward

Tells = Callable[[datetime], ClinicEvent]


def night(ward: Ward) -> datetime:
    """Two in the morning, while they are prepared."""
    return ward.now.replace(hour=2, minute=0, second=0) + days(1)


OF_THE_BODY = pytest.mark.parametrize(
    "tells",
    [
        lambda at: adverse_event(MARA, at=at, grade=4, serious=True),
        lambda at: adverse_event(MARA, at=at, grade=3),
        lambda at: call(MARA, None, at=at, days_after=None, symptoms=("chest_pain",)),
        lambda at: vitals(MARA, None, at=at, systolic=230, diastolic=135),
        lambda at: medication(MARA, None, at=at, code="midazolam"),
    ],
    ids=["serious", "severe", "chest pain on a call", "a pressure", "midazolam"],
)

OF_SUICIDE = pytest.mark.parametrize(
    "tells",
    [
        lambda at: cssrs(MARA, at=at, items=HAS_A_PLAN),
        lambda at: phq9(MARA, at=at, items=(2,) * 8 + (3,)),
        lambda at: vitals(MARA, None, at=at, symptoms=("suicidal_ideation",)),
        lambda at: call(MARA, None, at=at, days_after=None, suicidal_ideation=True),
        lambda at: adverse_event(MARA, at=at, grade=4, term="suicide attempt"),
    ],
    ids=["a plan", "item 9", "a word in a reading", "a word on a call", "an attempt"],
)


def loudest(ward: Ward) -> Severity:
    return max((severity for _, severity in ward.pages), key=lambda one: one.rank)


@OF_THE_BODY
@pytest.mark.parametrize("ago", [40, 60, 200, 400])
def test_what_happened_long_ago_wakes_nobody(ward: Ward, tells: Tells, ago: int) -> None:
    """`history_after`: an imported record at two in the morning is read in working hours, and calls nobody later."""
    ward.prepared().until(night(ward))
    ward.calls.clear()
    ward.sends(tells(ward.now - days(ago)))
    ward.passes(days(2))

    assert ward.open
    assert loudest(ward) is Severity.ROUTINE


@OF_THE_BODY
def test_what_happened_in_the_last_month_is_of_today(ward: Ward, tells: Tells) -> None:
    """It may go on: as loud as ever."""
    ward.prepared().until(night(ward))
    ward.calls.clear()
    ward.sends(tells(ward.now - days(20)))

    assert loudest(ward).rank >= Severity.URGENT.rank


@EDGES
def test_history_begins_after_its_time(ward: Ward, edge: timedelta) -> None:
    """`escalations.history_after`: thirty days ago it is of today, and a moment more is past."""
    ward.prepared()
    ward.sends(adverse_event(MARA, at=ward.now - days(30) - edge, grade=4))

    assert (ward.open[Kind.ADVERSE_EVENT] is Severity.ROUTINE) is (edge > timedelta())


@OF_SUICIDE
def test_an_old_risk_is_looked_at_by_day_and_holds_nothing(ward: Ward, tells: Tells) -> None:
    """`risk_history_after`: nobody has answered it since, so a human looks in working hours."""
    ward.prepared().until(night(ward))
    ward.calls.clear()
    ward.sends(tells(ward.now - days(200)))
    at_first = ward.open
    ward.passes(days(2))

    assert {Kind.SUICIDE_RISK, Kind.ITEM9_POSITIVE} & at_first.keys()
    assert loudest(ward) is Severity.ROUTINE
    assert ward.course.hold is None


def test_an_old_plan_that_nobody_has_answered_leaves_them_at_risk(ward: Ward) -> None:
    """Looked at by day is not forgotten."""
    ward.screened()
    ward.sends(phq9(MARA, at=ward.now - days(200), items=(2,) * 8 + (3,)))

    assert ward.open == {Kind.ITEM9_POSITIVE: Severity.ROUTINE}
    assert is_at_risk(ward.course)


@OF_SUICIDE
def test_a_risk_of_the_last_months_is_of_today(ward: Ward, tells: Tells) -> None:
    """An attempt of six weeks ago that nobody knew of."""
    ward.prepared().until(night(ward))
    ward.calls.clear()
    ward.sends(tells(ward.now - days(45)))

    assert loudest(ward).rank >= Severity.URGENT.rank


@OF_THE_BODY
def test_a_date_that_is_wrong_by_its_year_alone_is_of_today(ward: Ward, tells: Tells) -> None:
    """In January many write the year before."""
    ward.prepared()
    ward.calls.clear()
    ward.sends(tells(ward.now.replace(year=ward.now.year - 1)))

    assert loudest(ward).rank >= Severity.URGENT.rank


def test_of_whoever_is_at_the_clinic_an_old_date_is_a_slip(ward: Ward) -> None:
    """A reading of 84 % while the medicine works, dated last month."""
    ward.dosed().sends(vitals(MARA, at=ward.now - days(60), spo2=84))
    assert ward.open[Kind.VITALS_EMERGENCY] is Severity.EMERGENCY


def test_a_death_is_news_whenever_it_was(ward: Ward) -> None:
    """Everybody is told once."""
    ward.prepared().sends(died(MARA, at=ward.now - days(60)))
    assert ward.open[Kind.PATIENT_DECEASED] is Severity.EMERGENCY


def test_a_deadline_that_passed_while_kapstan_was_away_is_no_history(ward: Ward) -> None:
    """Two months without a worker: what was owed is owed."""
    ward.watched().sleeps(days(60))
    assert ward.open[Kind.VITALS_OVERDUE] is not Severity.ROUTINE


def test_without_the_keys_everything_is_of_today(opens: Opens) -> None:
    """Left out, as before."""
    ward = opens(weekly({"escalations.history_after": None, "escalations.risk_history_after": None})).prepared()
    ward.sends(adverse_event(MARA, at=ward.now - days(400) + hours(30), grade=4))
    ward.sends(cssrs(MARA, at=ward.now - days(200), items=HAS_A_PLAN))

    assert ward.open[Kind.ADVERSE_EVENT] is Severity.EMERGENCY
    assert ward.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY
