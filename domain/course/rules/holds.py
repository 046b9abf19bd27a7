"""Holds: a pause over any open phase, and who may resume the course."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.course.event_rule import ALWAYS, ANY_PHASE, EventRule
from domain.course.rules import death
from domain.course.state import CourseState, Hold
from domain.course.transition import Transition
from domain.events.clinic_events import CourseHeld, CourseResumed
from domain.values import Blocker, Role


def _not_held(course: CourseState, _at: datetime) -> Iterator[Blocker]:
    if not course.holds:
        yield Blocker(code="course.not_held", message="The course is not held", absolute=True)


def _resumption_blockers(course: CourseState, event: CourseResumed) -> Iterator[Blocker]:
    yield from _not_held(course, event.time)
    named = event.data.reasons
    standing = {hold.reason for hold in course.holds}
    for reason in named or ():
        if reason not in standing:
            yield Blocker(
                code="hold.unknown_reason",
                message=f"The course is not held for {reason}; must be one of: {'; '.join(sorted(standing))}",
                absolute=True,
                observed=reason,
            )
    asked = [hold for hold in course.holds if named is None or hold.reason in named]
    kept = [hold for hold in asked if not _may_lift(hold, event)]
    if kept and (named is not None or len(kept) == len(asked)):
        yield Blocker(
            code="actor.role_not_allowed",
            message="After a safety hold only a prescriber resumes the course",
            absolute=True,
            observed=event.data.actor.role,
            limit=Role.PRESCRIBER,
        )


def _may_lift(hold: Hold, event: CourseResumed) -> bool:
    return not hold.is_safety or event.data.actor.role is Role.PRESCRIBER


def _hold(transition: Transition[Any], event: CourseHeld) -> None:
    transition.hold(event.data.reason, event.time, is_safety=False)


def _resume(transition: Transition[Any], event: CourseResumed) -> None:
    """Lifts the reasons that are named, or all that the actor may lift."""
    before, named = transition.course, event.data.reasons
    kept = (
        hold
        for hold in transition.course.holds
        if (named is not None and hold.reason not in named) or not _may_lift(hold, event)
    )
    transition.change(holds=tuple(kept), phase_learned_at=transition.now)
    death.ask_again(transition, before, event.time)


HELD = EventRule(event=CourseHeld, phases=ALWAYS, apply=_hold)
RESUMED = EventRule(
    event=CourseResumed, phases=ANY_PHASE, standing=_not_held, blockers=_resumption_blockers, apply=_resume
)
RULES = (HELD, RESUMED)
