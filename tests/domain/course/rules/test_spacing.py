"""A course in parts whose doses are not always as far apart: twice weekly, then weekly, then as the course says."""

from datetime import timedelta
from typing import Final

import pytest

from domain.course.deadlines import DeadlineKind
from domain.protocol.schedule import SchedulePart
from domain.views.course import PlanView, course_view
from tests.domain.conftest import Opens
from tests.support.cast import (
    MARA,
    booking,
    check_in,
    clearance,
    cssrs,
    days,
    dose,
    hours,
    minutes,
    plan,
    rebooking,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward

TWICE_WEEKLY: Final = SchedulePart(
    part="twice_weekly", sessions=2, interval=days(3), interval_min=days(2), interval_max=days(7)
)
ONCE_WEEKLY: Final = SchedulePart(
    part="weekly", sessions=1, interval=days(7), interval_min=days(4), interval_max=days(14)
)
IN_PARTS: Final = {
    "course.schedule": (TWICE_WEEKLY, ONCE_WEEKLY),
    "course.interval_min": days(6),
    "course.interval": days(10),
    "course.plan_interval_within": days(1),
    "course.interval_by_day": None,
}
"""Session 3 alone is weekly; from session 4 on the course's own intervals hold."""


def shown(ward: Ward) -> PlanView:
    found = course_view(ward.course, ward.now).plan
    assert found is not None
    return found


def planned(ward: Ward, sessions: int = 6) -> Ward:
    """A plan that leaves the interval to the protocol."""
    ward.eligible().reports(plan(MARA, at=ward.now, sessions=sessions, interval_days=None))
    return ward


@EDGES
@pytest.mark.parametrize(
    ("session", "least"), [(2, 2), (3, 4), (4, 6)], ids=["twice weekly", "weekly", "as the course says"]
)
def test_each_session_is_as_far_from_the_last_dose_as_its_part_says(
    opens: Opens, session: int, least: int, edge: timedelta
) -> None:
    """`schedule`: `interval_min` and `sessions` of each part; of the first session of a part it is the later part's."""
    ward = planned(opens(weekly(IN_PARTS))).integrated(session - 1)
    starts_at = ward.begins(session - 1) + days(least) + edge
    expected = [] if edge >= timedelta() else ["interval.too_short"]

    assert ward.reasons(booking(MARA, session, at=ward.now, starts_at=starts_at)) == expected
    ward.reports(booking(MARA, session, at=ward.now, starts_at=ward.begins(session)))
    assert ward.reasons(rebooking(MARA, session, at=ward.now, starts_at=starts_at)) == expected


@pytest.mark.parametrize("hour", [0.5, -3, -9.9, 13.9])
def test_monday_to_wednesday_is_two_days_at_whatever_hour(ward: Ward, hour: float) -> None:
    """`interval_by_day`: dosed on Tuesday at ten, on Thursday from midnight on, whatever was told last."""
    ward.eligible().reports(plan(MARA, at=ward.now, interval_days=None))
    ward.integrated().passes(days(1))
    thursday = ward.begins() + days(2) + hours(hour)

    assert ward.reasons(booking(MARA, 2, at=ward.now, starts_at=thursday)) == []


def test_the_day_before_is_too_soon_at_whatever_hour(ward: Ward) -> None:
    """Late on Wednesday is a day."""
    ward.eligible().reports(plan(MARA, at=ward.now, interval_days=None))
    ward.integrated().passes(hours(12))
    late = ward.begins() + days(1) + hours(13.9)

    (blocker,) = ward.refuses(booking(MARA, 2, at=ward.now, starts_at=late)).blockers
    assert (blocker.code, blocker.observed, blocker.limit) == ("interval.too_short", "1 day", "2 days")


def test_days_are_those_of_the_site() -> None:
    """Ten in the evening in Bend is the next day in Greenwich, and the same day there."""
    ward = Ward(timezone="America/Los_Angeles").integrated()
    ward.reports(plan(MARA, at=ward.now, interval_days=None))
    midnight = ward.course.day_begins(ward.course.day_of(ward.begins()) + days(2))

    assert ward.reasons(booking(MARA, 2, at=ward.now, starts_at=midnight)) == []
    assert ward.reasons(booking(MARA, 2, at=ward.now, starts_at=midnight - minutes(1))) == ["interval.too_short"]


def test_nobody_is_cleared_sooner_than_their_part_says(opens: Opens) -> None:
    """Booked for a week later, and here after three days: the weekly part asks for four."""
    ward = planned(opens(weekly(IN_PARTS))).booked(3)
    early = ward.begins(2) + days(3)
    for event in (cssrs(MARA, at=early), check_in(MARA, 3, at=early), vitals(MARA, 3, at=early)):
        ward.reports(event)

    (blocker,) = ward.refuses(clearance(MARA, 3, at=early)).blockers

    assert (blocker.code, blocker.absolute, blocker.limit) == ("interval.too_short", False, "4 days")


def test_a_dose_is_waited_for_as_long_as_its_part_says(opens: Opens) -> None:
    """`interval_max` of the part of the next session; the first dose is waited for as long as the course says."""
    ward = planned(opens(weekly(IN_PARTS)))
    waited: list[timedelta] = []

    prepared_at = ward.prepared().now
    waited.append(ward.due(DeadlineKind.NEXT_DOSE)[0].due_at - prepared_at)
    for session in (1, 2, 3):
        (deadline,) = ward.integrated(session).due(DeadlineKind.NEXT_DOSE)
        waited.append(deadline.due_at - ward.begins(session))

    assert waited == [days(21), days(7), days(14), days(21)]


def test_a_plans_interval_is_that_of_its_part(opens: Opens) -> None:
    """`interval`: what was planned for the first part says nothing of the next one, whose own is aimed at."""
    ward = opens(weekly(IN_PARTS)).eligible()
    (blocker,) = ward.refuses(plan(MARA, at=ward.now, sessions=6, interval_days=8)).blockers
    assert (blocker.code, blocker.limit) == ("plan.interval_out_of_bounds", "2-7")
    ward.reports(plan(MARA, at=ward.now, sessions=6, interval_days=4))

    ward.integrated(1)
    assert (shown(ward).interval_days, shown(ward).next_dose_at) == (4, ward.begins(1) + days(4))
    soon = booking(MARA, 2, at=ward.now, starts_at=ward.begins(1) + days(2.5))
    assert ward.reasons(soon) == ["interval.shorter_than_plan"]

    ward.integrated(2)
    assert (shown(ward).interval_days, shown(ward).next_dose_at) == (7, ward.begins(2) + days(7))
    assert ward.reasons(booking(MARA, 3, at=ward.now, starts_at=ward.begins(2) + days(4))) == []
    ward.reports(plan(MARA, at=ward.now, sessions=6, interval_days=14))
    assert ward.reasons(booking(MARA, 3, at=ward.now, starts_at=ward.begins(2) + days(12))) == [
        "interval.shorter_than_plan"
    ]

    ward.reports(plan(MARA, at=ward.now, sessions=6, interval_days=7))
    ward.integrated(3)
    assert shown(ward).interval_days == 10


def test_a_part_may_bound_its_doses(opens: Opens) -> None:
    """`dose_max`: itself allowed, in a plan and in a dose; the next part has its own bounds."""
    parts = (TWICE_WEEKLY.but(dose_max=0.4), ONCE_WEEKLY)
    ward = opens(weekly({**IN_PARTS, "course.schedule": parts})).eligible()
    assert ward.reasons(plan(MARA, at=ward.now, mg_per_kg=0.41)) == ["plan.dose_above_part_max"]
    ward.reports(plan(MARA, at=ward.now, mg_per_kg=0.4, sessions=6, interval_days=None))

    ward.cleared(1)
    assert ward.reasons(dose(MARA, 1, at=ward.now, mg=28)) == []
    assert ward.reasons(dose(MARA, 1, at=ward.now, mg=28.1)) == ["dose.above_part_max"]

    for session in (1, 2):
        ward.cleared(session).reports(dose(MARA, session, at=ward.begins(session), mg=28))
        ward.integrated(session)
    assert ward.reasons(plan(MARA, at=ward.now, mg_per_kg=0.5, sessions=6, interval_days=None)) == []
    assert ward.reasons(dose(MARA, 3, at=ward.cleared(3).now, mg=35)) == []


@pytest.mark.parametrize("session", [2, 3, 4])
@pytest.mark.parametrize("by_day", [None, True])
def test_the_window_that_a_booking_is_shown_is_the_one_by_which_it_is_refused(
    opens: Opens, session: int, *, by_day: bool | None
) -> None:
    """At its first moment nothing is against it, a tick before that something is; and after its last it is overdue."""
    ward = planned(opens(weekly({**IN_PARTS, "course.interval_by_day": by_day}))).integrated(session - 1)
    window = course_view(ward.course, ward.now).booking
    assert window is not None
    assert window.earliest is not None

    for edge, expected in ((timedelta(), []), (-TICK, ["interval.too_short"])):
        event = booking(MARA, session, at=ward.now, starts_at=window.earliest + edge)
        assert ward.reasons(event) == expected

    assert (window.session, window.planned_duration) == (session, ward.course.protocol.medicine.planned_duration)
    (overdue,) = ward.due(DeadlineKind.NEXT_DOSE)
    assert window.latest == overdue.due_at


def test_the_window_by_the_plan_is_the_one_by_which_it_is_refused(ward: Ward) -> None:
    """`plan_interval_within`: a plan of ten days, less what may be taken off it; and aimed at after ten."""
    ward.eligible().reports(plan(MARA, at=ward.now, interval_days=10))
    ward.integrated()

    window = course_view(ward.course, ward.now).booking

    assert window is not None
    assert window.earliest is not None
    assert window.aimed_at == ward.begins() + days(10)
    assert ward.reasons(booking(MARA, 2, at=ward.now, starts_at=window.earliest)) == []
    (code,) = ward.reasons(booking(MARA, 2, at=ward.now, starts_at=window.earliest - TICK))
    assert code in {"interval.shorter_than_plan", "interval.too_short"}


def test_where_no_session_is_to_be_booked_there_is_no_window(ward: Ward) -> None:
    """While the patient is here; a first session has no dose before it; one that is booked has it to be moved by."""
    first = course_view(ward.prepared().course, ward.now).booking
    booked = course_view(ward.booked().course, ward.now).booking

    assert first is not None
    assert (first.session, first.earliest, first.aimed_at, first.latest) == (1, None, None, None)
    assert booked == first
    assert course_view(ward.checked_in().course, ward.now).booking is None
    assert course_view(ward.completed().course, ward.now).booking is None
