"""The referral: starts a course. A course that exists already refuses it."""

from typing import Any

from domain.course.event_rule import EventRule
from domain.course.measures import baseline_errors
from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.events.clinic_events import CourseReferred
from domain.refusal import FieldError, RefusalCode, Refused, invalid


def check(course: CourseState, event: CourseReferred) -> None:
    """Checks that the referral can start this course. Raises `Refused` if it exists already, or a field is wrong."""
    if course.referral is not None:
        raise Refused.because(RefusalCode.COURSE_EXISTS, f"Course {course.course_id} exists already")
    errors = []
    if event.data.protocol != course.protocol.id:
        errors.append(FieldError(pointer="/data/protocol", detail=f"must be {course.protocol.id}"))
    protocol = course.protocol
    if not any(map(protocol.is_indication, event.data.indications)):
        named = ", ".join(course.protocol.indications)
        errors.append(FieldError(pointer="/data/indications", detail=f"must name at least one of {named}"))
    errors.extend(baseline_errors(event.data.measures_baseline or {}, course.protocol.measures))
    if errors:
        raise invalid(*errors)


def refer(transition: Transition[Any], event: CourseReferred) -> None:
    """Starts the course, in screening."""
    transition.change(referral=transition.recorded(event))
    transition.enter(Phase.SCREENING, event.time)


REFERRED = EventRule(event=CourseReferred, phases=frozenset(), check=check, apply=refer)
RULES = (REFERRED,)
