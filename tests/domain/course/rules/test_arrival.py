"""The check-in: whether the patient has come on the day that their visit was booked for."""

from datetime import timedelta

import pytest

from domain.course.session import Stage
from domain.escalation.messages import Kind
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import MARA, booking, check_in, days, hours, minutes, weekly
from tests.support.ward import Ward

CHECK_IN = "kap.patient.checked_in"


def test_who_comes_on_another_day_than_booked_is_told_of(ward: Ward) -> None:
    """Story 58, `check_in_on_booked_day`: booked for day 14, here on day 3. It is taken, and told, and not offered."""
    ward.prepared().reports(booking(MARA, at=ward.now, starts_at=ward.now + days(14)))
    ward.passes(days(3))
    assert CHECK_IN not in ward.course.next_acts(ward.now)

    answer = ward.reports(check_in(MARA, at=ward.now))

    assert [(one.code, one.observed, one.limit) for one in answer.deviations] == [
        ("check_in.another_day", "2026-01-14", "2026-01-25")
    ]
    assert ward.stage() is Stage.CHECKED_IN
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.ROUTINE}


@pytest.mark.parametrize(
    ("hour", "away", "is_told"),
    [
        (9, -hours(9), False),
        (9, -hours(9) - minutes(1), True),
        (23, hours(1), False),
        (23, hours(4) - minutes(1), False),
        (23, hours(4), True),
        (1, -hours(2), False),
    ],
    ids=[
        "from midnight on",
        "the evening before",
        "past midnight",
        "until four hours",
        "four hours",
        "before midnight",
    ],
)
def test_a_visit_is_of_its_day_and_may_run_past_midnight(ward: Ward, hour: int, away: timedelta, is_told: bool) -> None:
    """The days are those of the site, here in UTC."""
    starts_at = ward.prepared().now.replace(hour=hour, minute=0) + days(3)
    ward.reports(booking(MARA, at=ward.now, starts_at=starts_at))

    assert ward.reasons(check_in(MARA, at=starts_at + away)) == (["check_in.another_day"] if is_told else [])


def test_the_day_is_that_of_the_site() -> None:
    """In the evening of the day before it is that day in UTC already."""
    ward = Ward(timezone="America/Los_Angeles").prepared()
    starts_at = ward.now.replace(hour=18, minute=0) + days(3)
    ward.reports(booking(MARA, at=ward.now, starts_at=starts_at))

    assert ward.reasons(check_in(MARA, at=starts_at - hours(16))) == ["check_in.another_day"]
    assert ward.reasons(check_in(MARA, at=starts_at + hours(13))) == []


def test_a_protocol_may_ask_for_no_day(opens: Opens) -> None:
    """Whoever comes is taken in: left out, nobody is told."""
    ward = opens(weekly({"medicine.check_in_on_booked_day": None})).booked()

    assert CHECK_IN in ward.course.next_acts(ward.now)
    assert ward.reports(check_in(MARA, at=ward.now)).deviations == ()
