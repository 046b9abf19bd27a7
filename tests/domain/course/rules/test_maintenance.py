"""Maintenance: a further session of the same course, weeks after the planned ones."""

from datetime import datetime, timedelta
from typing import Final

from domain.course.deadlines import DeadlineKind
from domain.course.state import Outcome, Phase
from domain.events.clinic_events import ClinicEvent
from domain.protocol.schedule import MaintenanceRules
from domain.views.course import course_view
from tests.domain.conftest import Opens
from tests.support.cast import (
    MARA,
    assessment,
    booking,
    call,
    check_in,
    clearance,
    cssrs,
    days,
    discharge,
    dose,
    follow_up,
    form,
    hours,
    integration,
    minutes,
    plan,
    screening,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, Ward

MAINTAINED: Final = weekly(
    {
        "course.maintenance": MaintenanceRules(interval=days(28), interval_min=days(14), interval_max=days(60), most=2),
        "course.plan_interval_within": None,
    }
)
PLANNED: Final = "kap.plan.prescribed"


def two_months_later(ward: Ward) -> Ward:
    """Three sessions were held, and the visit after a month."""
    ward.in_follow_up().reports(follow_up(MARA, at=ward.begins(3) + days(30), days_after=30))
    ward.until(ward.begins(3) + days(60))
    return ward


def visits(ward: Ward) -> list[tuple[str | None, datetime]]:
    return [(deadline.subject, deadline.due_at) for deadline in ward.due(DeadlineKind.FOLLOW_UP)]


def comes(ward: Ward, session: int, begins: datetime) -> datetime:
    """The whole visit of somebody who was screened again, and the days after it; when they went home."""
    ward.reports(booking(MARA, session, at=ward.now, starts_at=begins))
    visit: tuple[ClinicEvent, ...] = (
        screening(MARA, at=begins - days(1)),
        cssrs(MARA, at=begins - minutes(30)),
        check_in(MARA, session, at=begins - minutes(20)),
        vitals(MARA, session, at=begins - minutes(10)),
        clearance(MARA, session, at=begins - minutes(5)),
        dose(MARA, session, at=begins),
        *(vitals(MARA, session, at=begins + offset) for offset in MAINTAINED.medicine.checkpoints.offsets),
        assessment(MARA, session, at=begins + minutes(124)),
        discharge(MARA, session, at=begins + minutes(130)),
        call(MARA, session, at=begins + hours(26)),
        integration(MARA, session, at=begins + hours(47)),
        form(MARA, session, at=begins + hours(48)),
    )
    for event in visit:
        assert ward.reports(event).deviations == ()
    return begins + minutes(130)


def test_a_further_visit_two_months_after_the_last_is_of_the_same_course(opens: Opens) -> None:
    """Story 102: planned in follow-up, booked, held; the visits then are counted from it, and the last one ends it."""
    ward = two_months_later(opens(MAINTAINED))
    assert PLANNED in ward.course.next_acts(ward.now)

    answer = ward.reports(plan(MARA, at=ward.now, sessions=4, interval_days=None, goals=()))
    assert (answer.phase, ward.due(DeadlineKind.FOLLOW_UP)) == (Phase.MEDICINE, [])
    assert "kap.session.booked" in answer.next
    home_at = comes(ward, 4, ward.now + days(3))

    assert ward.course.phase is Phase.FOLLOW_UP
    assert visits(ward) == [(f"P{after}D", home_at + days(after)) for after in (30, 90, 180)]
    for after in (30, 90, 180):
        assert ward.reports(follow_up(MARA, at=home_at + days(after), days_after=after)).deviations == ()
    assert ward.course.outcome is Outcome.COMPLETED


def test_a_protocol_without_maintenance_ends_with_its_last_session(ward: Ward) -> None:
    """A plan in follow-up is refused as ever, and not offered."""
    two_months_later(ward)
    assert PLANNED not in ward.course.next_acts(ward.now)
    assert ward.reasons(plan(MARA, at=ward.now, sessions=4, goals=())) == ["course.wrong_phase"]


def test_a_plan_in_follow_up_has_a_session_to_come(opens: Opens) -> None:
    """As many as have been held are none; an interval is within those of maintenance."""
    ward = two_months_later(opens(MAINTAINED))
    for refused, code, limit in (
        (plan(MARA, at=ward.now, sessions=3, interval_days=None), "plan.sessions_out_of_bounds", "4-5"),
        (plan(MARA, at=ward.now, sessions=4, interval_days=7), "plan.interval_out_of_bounds", "14-60"),
    ):
        (blocker,) = ward.refuses(refused).blockers
        assert (blocker.code, blocker.limit) == (code, limit)


@EDGES
def test_a_further_session_is_as_far_away_as_the_protocol_says(opens: Opens, edge: timedelta) -> None:
    """`interval_min` from the last dose; `interval_max` from the plan, where that came later; `interval` aimed at."""
    course = MAINTAINED.course.but(interval_by_day=None)
    ward = opens(MAINTAINED.but(course=course)).in_follow_up()
    ward.reports(plan(MARA, at=ward.now, sessions=5, interval_days=None))
    planned_at, starts_at = ward.now, ward.begins(3) + days(14) + edge

    expected = [] if edge >= timedelta() else ["interval.too_short"]
    assert ward.reasons(booking(MARA, 4, at=ward.now, starts_at=starts_at)) == expected
    (deadline,) = ward.due(DeadlineKind.NEXT_DOSE)
    assert (deadline.due_at, deadline.session) == (planned_at + days(60), 4)
    shown = course_view(ward.course, ward.now).plan
    assert shown is not None
    assert (shown.interval_days, shown.next_dose_at) == (28, ward.begins(3) + days(28))


def test_there_are_no_more_of_them_than_the_protocol_allows(opens: Opens) -> None:
    """`most`: two are planned and held, one after the other; a third is refused and not offered."""
    ward = two_months_later(opens(MAINTAINED))
    assert ward.reasons(plan(MARA, at=ward.now, sessions=6, interval_days=None)) == ["plan.sessions_out_of_bounds"]
    for session, day in ((4, 63), (5, 93)):
        ward.reports(plan(MARA, at=ward.now, sessions=session, interval_days=None))
        comes(ward, session, ward.begins(3) + days(day))

    assert ward.course.phase is Phase.FOLLOW_UP
    assert ward.reasons(plan(MARA, at=ward.now, sessions=6, interval_days=None)) == ["maintenance.all_held"]
    assert PLANNED not in ward.course.next_acts(ward.now)


def test_a_further_session_that_is_called_off_leaves_the_visits_as_they_were(opens: Opens) -> None:
    """Planned again without it: the course is in follow-up as before, and the visit after a month has been held."""
    ward = two_months_later(opens(MAINTAINED))
    before = visits(ward)
    ward.reports(plan(MARA, at=ward.now, sessions=4, interval_days=None))

    answer = ward.reports(plan(MARA, at=ward.now + days(1), sessions=3, interval_days=None))

    assert answer.phase is Phase.FOLLOW_UP
    assert visits(ward) == before
    assert [subject for subject, _ in before] == ["P90D", "P180D"]
