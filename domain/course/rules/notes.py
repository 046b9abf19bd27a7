"""Notes: what a person wants to have said of one of the course's escalations. Nothing follows from one."""

from typing import Any

from domain.course.event_rule import ALWAYS, EventRule
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.ids import EscalationKey
from domain.events.clinic_events import NoteAdded
from domain.refusal import FieldError, invalid


def check(course: CourseState, event: NoteAdded) -> None:
    """Checks that the escalation is one of this course's. Raises `Refused` (`invalid`)."""
    try:
        of_course = EscalationKey.parse(event.data.escalation).course_id
    except ValueError:
        of_course = None
    if of_course != course.course_id:
        detail = f"must be the id of an escalation of {course.course_id}"
        raise invalid(FieldError(pointer="/data/escalation", detail=detail))


def _add(_transition: Transition[Any], _event: NoteAdded) -> None:
    """Nothing follows: it is in the ledger."""


ADDED = EventRule(event=NoteAdded, phases=ALWAYS, check=check, apply=_add)
RULES = (ADDED,)
