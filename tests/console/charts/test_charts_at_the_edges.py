"""A course whose moments lie three hundred years apart is drawn like any other, with as many lines."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.charts.drawing import Drawing, TextSize
from console.charts.outcome import risk_chart, score_chart
from console.charts.session import session_chart
from console.pages.frame.clock import WallClock
from domain.views.course import CourseView, course_view
from tests.support.cast import (
    MONDAY,
    booking,
    cssrs,
    days,
    measure,
    minutes,
    phq9,
    rebooking,
    referral,
    vitals,
)
from tests.support.ward import Ward

BEGINNING, END = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Africa/Monrovia")


def at_both_ends() -> CourseView:
    """Dosed today; with answers and a reading of 1900, and a second session in 2200."""
    ward = Ward()
    ward.sends(referral(ward.course_id, at=BEGINNING, baseline={"madrs": 5e-324}))
    ward.dosed()
    for event in (
        measure(ward.course_id, "madrs", at=BEGINNING, score=60.0),
        measure(ward.course_id, "madrs", at=ward.now, score=0.5),
        phq9(ward.course_id, at=BEGINNING),
        cssrs(ward.course_id, at=BEGINNING),
        vitals(ward.course_id, at=BEGINNING),
        vitals(ward.course_id, at=ward.now),
    ):
        ward.sends(event)
    ward.passes(minutes(200))
    return course_view(ward.course, END)


def parts(drawing: Drawing) -> int:
    return sum(len(some) for some in (drawing.areas, drawing.lines, drawing.marks, drawing.words))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("size", TextSize)
def test_a_course_from_one_end_of_time_to_the_other_is_drawn(zone: str, size: TextSize) -> None:
    """No drawing counts the quarters of an hour in between."""
    view, place = at_both_ends(), ZoneInfo(zone)

    drawn = [
        *(session_chart(session, now, place, size) for session in view.sessions for now in (BEGINNING, MONDAY, END)),
        *(score_chart(judged, view.measures, place, size) for judged in view.thresholds),
        risk_chart("cssrs", view.measures, place, size),
    ]

    assert all(parts(one) < 400 for one in drawn)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("now", [BEGINNING, MONDAY, END], ids=str)
def test_every_clock_tells_the_ends_of_time(zone: str, now: datetime) -> None:
    """Also those of deadlines that lie years behind the last moment that anybody may tell."""
    clock = WallClock(ZoneInfo(zone), now)

    for at in (BEGINNING - days(1), BEGINNING, END, END + days(3650 * 3)):
        assert all(told.words and told.iso for told in (clock.due(at), clock.since(at), clock.at(at)))


def test_a_session_of_2200_is_drawn() -> None:
    """Booked for the last moment there is."""
    ward = Ward().prepared()
    ward.sends(booking(ward.course_id, at=ward.now, starts_at=ward.now + days(2)))
    ward.sends(rebooking(ward.course_id, at=ward.now, starts_at=END))

    (session,) = course_view(ward.course, ward.now).sessions

    assert parts(session_chart(session, ward.now, ZoneInfo("Pacific/Kiritimati"))) < 400
