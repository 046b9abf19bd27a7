"""Spacing: how far a session's dose is from the one before it, by its part of the schedule and by the plan."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil

from domain.course.state import CourseState
from domain.durations import in_words
from domain.values import Blocker, Frozen, Moment


def blockers(course: CourseState, session: int, at: datetime) -> Iterator[Blocker]:
    """The blocker if this session at `at` lies too close to the last dose: by the protocol, or else by the plan."""
    rules = course.spacing_of(session)
    if (last := course.last_dose_at) is None:
        return
    since = _since(course, last, at)
    if since < rules.interval_min:
        yield Blocker(
            code="interval.too_short",
            message=f"The last dose was {in_words(since)} before; {in_words(rules.interval_min)} are the least",
            observed=in_words(since),
            limit=in_words(rules.interval_min),
            source=course.protocol.source_of(f"{rules.key}.interval_min"),
        )
    elif (least := _least_of_the_plan(course, session)) is not None and since < least:
        yield Blocker(
            code="interval.shorter_than_plan",
            message=f"The last dose was {in_words(since)} before; by the plan {in_words(least)} are the least",
            observed=in_words(since),
            limit=in_words(least),
            source=course.protocol.source_of("course.plan_interval_within"),
        )


class Window(Frozen):
    """When a dose may come after the one before it: the first moment, the one that is aimed at, and the last.

    After `latest` it is overdue, and may be given all the same.
    """

    earliest: Moment
    aimed_at: Moment
    latest: Moment


def window(course: CourseState, session: int) -> Window | None:
    """When this session may be, by its part of the schedule and by the plan; None where no dose was before it."""
    if (last := course.last_dose_at) is None:
        return None
    rules = course.spacing_of(session)
    least = max(rules.interval_min, _least_of_the_plan(course, session) or rules.interval_min)
    return Window(
        earliest=_first_moment(course, last, least),
        aimed_at=last + (planned_interval(course, session) or rules.interval),
        latest=last + rules.interval_max,
    )


def _first_moment(course: CourseState, last: datetime, least: timedelta) -> datetime:
    """The first moment that is so long after the last dose; with `interval_by_day` the beginning of a day."""
    if not course.protocol.course.interval_by_day:
        return last + least
    return course.day_begins(course.day_of(last) + timedelta(days=ceil(least / timedelta(days=1))))


def _since(course: CourseState, last: datetime, at: datetime) -> timedelta:
    """How long ago the last dose was; with `interval_by_day` from day to day, by the days of the course's site."""
    if course.protocol.course.interval_by_day:
        return course.day_of(at) - course.day_of(last)
    return at - last


def planned_interval(course: CourseState, session: int) -> timedelta | None:
    """The interval before this session by the newest plan; None if the plan names none for it.

    A plan's interval is that of the part of the schedule in which it was prescribed.
    """
    plan = course.plan
    if plan is None or plan.data.interval_days is None:
        return None
    planned_for = course.spacing_of(course.next_session(plan.at))
    return timedelta(days=plan.data.interval_days) if planned_for.key == course.spacing_of(session).key else None


def _least_of_the_plan(course: CourseState, session: int) -> timedelta | None:
    """The least time before this session by the newest plan; None if the plan or the protocol asks for none."""
    planned, within = planned_interval(course, session), course.protocol.course.plan_interval_within
    return planned - within if planned is not None and within is not None else None
