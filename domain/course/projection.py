"""The course's part of the forecast: which escalation commands it will issue if nobody acts, deadline by deadline."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from domain.course.course import Course
from domain.course.state import CourseEscalation
from domain.course.transition import EscalationCommand
from domain.values import CourseId, Frozen, Moment

MOST_MOMENTS: Final = 50
"""Most moments that are played forward. An undischarged patient has a deadline every few minutes without end, and a
query must be answered within a second."""


class Ahead(Frozen):
    """The time span that a forecast asks for: from `now` until a moment."""

    at: Moment
    until: Moment


class CallToCome(Frozen):
    """A future escalation command, and when the course will issue it."""

    at: Moment
    call: EscalationCommand


class CallsToCome(Frozen):
    """The commands that a course will issue if nobody acts. Complete before `until`.

    `cut` means that `until` is sooner than was asked for. `escalations` are already open.
    """

    course_id: CourseId
    at: Moment
    until: Moment
    cut: bool
    escalations: tuple[CourseEscalation, ...]
    calls: tuple[CallToCome, ...]


def calls_to_come(course: Course, ahead: Ahead, waiting: Iterable[EscalationCommand] = ()) -> CallsToCome:
    """The commands that follow as each deadline passes, after those already `waiting` to be carried out."""
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
    """When the next deadline passes; one that is already over passes now."""
    soonest = next(iter(course.deadlines()), None)
    if soonest is None or soonest.passes_at >= ahead.until:
        return None
    return max(soonest.passes_at, ahead.at)
