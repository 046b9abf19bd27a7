"""Maintenance: further medicine sessions after the series, planned by a prescriber while the patient is followed up."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.values import Blocker, count_of


class SessionBounds(NamedTuple):
    """How many sessions a plan may have."""

    least: int
    most: int


def more_phases(course: CourseState) -> frozenset[Phase]:
    """In which further phase a plan may be prescribed: in follow-up, where the protocol has maintenance sessions."""
    return frozenset({Phase.FOLLOW_UP}) if course.protocol.course.maintenance is not None else frozenset()


def standing(course: CourseState, _at: datetime) -> Iterator[Blocker]:
    """What speaks against any plan in follow-up: that every maintenance session has been held."""
    rules = course.protocol.course.maintenance
    if course.phase is Phase.FOLLOW_UP and rules is not None and (held := _held(course)) >= rules.most:
        yield Blocker(
            code="maintenance.all_held",
            message=f"The protocol allows {count_of(rules.most, 'maintenance session')}; all have been held",
            absolute=True,
            observed=held,
            limit=rules.most,
            source=course.protocol.source_of("course.maintenance.most"),
        )


def as_a_plan_finds_it(course: CourseState) -> CourseState:
    """The course for which a plan is made: one in follow-up goes on with the first session after the series."""
    if course.phase is Phase.FOLLOW_UP and course.maintenance_from is None:
        return course.but(maintenance_from=course.next_session())
    return course


def session_bounds(course: CourseState) -> SessionBounds:
    """How many sessions a plan for this course may have; in follow-up at least one more than have been held."""
    rules = course.protocol.course
    if rules.maintenance is None or course.maintenance_from is None:
        return SessionBounds(rules.sessions_min, rules.sessions_max)
    least = course.next_session() if course.phase is Phase.FOLLOW_UP else rules.sessions_min
    return SessionBounds(least, course.maintenance_from - 1 + rules.maintenance.most)


def begin(transition: Transition[Any], at: datetime) -> None:
    """Goes back from follow-up to the medicine sessions, where the plan has one more than have been held."""
    course = transition.course
    number = course.next_session()
    if course.phase not in more_phases(course) or course.planned_sessions < number:
        return
    if course.maintenance_from is None:
        transition.change(maintenance_from=number)
    transition.enter(Phase.MEDICINE, at)


def _held(course: CourseState) -> int:
    first = course.maintenance_from
    return 0 if first is None else max(0, course.next_session() - first)
