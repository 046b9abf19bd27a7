"""Whom a course will call for if nobody acts from now on: its own deadlines, played forward."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from domain.course.course import Course
from domain.course.state import CourseEscalation
from domain.course.transition import EscalationCommand
from domain.values import CourseId, Frozen, Moment

MOST_MOMENTS: Final = 50
"""Moments played forward at most. A patient whom nobody discharges has a deadline every few minutes, for ever; and a
course that is asked must answer within a second."""


class Ahead(Frozen):
    """From now on, up to a moment: the question."""

    at: Moment
    until: Moment


class CallToCome(Frozen):
    """A call to the on-call side, and when the course will make it."""

    at: Moment
    call: EscalationCommand


class CallsToCome(Frozen):
    """What a course will call for if nobody acts: the answer. Everything before `until` is in it.

    It is `cut` where that is sooner than was asked. `escalations` want something of a human already.
    """

    course_id: CourseId
    at: Moment
    until: Moment
    cut: bool
    escalations: tuple[CourseEscalation, ...]
    calls: tuple[CallToCome, ...]


def calls_to_come(course: Course, ahead: Ahead, waiting: Iterable[EscalationCommand] = ()) -> CallsToCome:
    """What the course calls for as each of its deadlines passes, after the calls that are `waiting` to be made now."""
    calls = [CallToCome(at=ahead.at, call=call) for call in waiting]
    later = course
    for _ in range(MOST_MOMENTS):
        if (at := _next_moment(later, ahead)) is None:
            break
        decision = later.pass_deadlines(at)
        calls.extend(CallToCome(at=at, call=call) for call in decision.calls)
        later = decision.course
    left = _next_moment(later, ahead)
    return CallsToCome(
        course_id=course.course_id,
        at=ahead.at,
        until=left or ahead.until,
        cut=left is not None,
        escalations=course.unresolved,
        calls=tuple(calls),
    )


def _next_moment(course: Course, ahead: Ahead) -> datetime | None:
    """When the next deadline passes. What should have passed already passes now."""
    soonest = next(iter(course.deadlines()), None)
    if soonest is None or soonest.passes_at >= ahead.until:
        return None
    return max(soonest.passes_at, ahead.at)
