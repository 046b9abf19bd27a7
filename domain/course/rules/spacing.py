"""Spacing: how far a session's dose is from the one before it, by its part of the schedule and by the plan."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.course.state import CourseState
from domain.durations import in_words
from domain.values import Blocker


def blockers(course: CourseState, session: int, at: datetime) -> Iterator[Blocker]:
    """The blocker if this session at `at` lies too close to the last dose: by the protocol, or else by the plan."""
    rules = course.spacing_of(session)
    if (last := course.last_dose_at) is None:
        return
    if at - last < rules.interval_min:
        yield Blocker(
            code="interval.too_short",
            message=f"The last dose was {in_words(at - last)} before; {in_words(rules.interval_min)} are the least",
            observed=in_words(at - last),
            limit=in_words(rules.interval_min),
            source=course.protocol.source_of(f"{rules.key}.interval_min"),
        )
    elif (least := _least_of_the_plan(course, session)) is not None and at - last < least:
        yield Blocker(
            code="interval.shorter_than_plan",
            message=f"The last dose was {in_words(at - last)} before; by the plan {in_words(least)} are the least",
            observed=in_words(at - last),
            limit=in_words(least),
            source=course.protocol.source_of("course.plan_interval_within"),
        )


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
