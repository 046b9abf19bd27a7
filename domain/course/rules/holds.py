"""Holds: a pause over any open phase, and who may resume the course."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.course.event_rule import ANY_PHASE, EventRule
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.events.clinic_events import CourseHeld, CourseResumed
from domain.values import Blocker, Role


def _held(course: CourseState, _at: datetime) -> Iterator[Blocker]:
    if course.hold is not None:
        yield Blocker(code="course.held", message=f"The course is held: {course.hold.reason}", absolute=True)


def _not_held(course: CourseState, _at: datetime) -> Iterator[Blocker]:
    if course.hold is None:
        yield Blocker(code="course.not_held", message="The course is not held", absolute=True)


def _resumption_blockers(course: CourseState, event: CourseResumed) -> Iterator[Blocker]:
    yield from _not_held(course, event.time)
    if course.hold is not None and course.hold.is_safety and event.data.actor.role is not Role.PRESCRIBER:
        yield Blocker(
            code="actor.role_not_allowed",
            message="After a safety hold only a prescriber resumes the course",
            absolute=True,
            observed=event.data.actor.role,
            limit=Role.PRESCRIBER,
        )


def _hold(transition: Transition[Any], event: CourseHeld) -> None:
    transition.hold(event.data.reason, event.time, is_safety=False)


def _resume(transition: Transition[Any], _event: CourseResumed) -> None:
    transition.change(hold=None, phase_learned_at=transition.now)


HELD = EventRule(event=CourseHeld, phases=ANY_PHASE, standing=_held, apply=_hold)
RESUMED = EventRule(
    event=CourseResumed, phases=ANY_PHASE, standing=_not_held, blockers=_resumption_blockers, apply=_resume
)
RULES = (HELD, RESUMED)
