"""Co-medication and rescue: what else was given, and whom the protocol tells of it."""

from collections.abc import Iterator
from typing import Any

from domain.course.event_rule import ALWAYS, MONITORED, SessionEventRule
from domain.course.rules import observation
from domain.course.state import CourseState, MedicineSession, Stage
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import MedicationAdministered
from domain.values import Blocker


def _unknown(course: CourseState, _session: MedicineSession, event: MedicationAdministered) -> Iterator[Blocker]:
    if observation.comedication(course.protocol, event.data.code) is None:
        yield Blocker(
            code="medication.unknown",
            message=f"The protocol does not say what follows from {event.data.code}; a prescriber must look at it",
            observed=event.data.code,
            source=course.protocol.source_of("medicine.comedication"),
        )


def _tell(transition: Transition[Any], session: MedicineSession | None, event: MedicationAdministered) -> None:
    """Tells people as severely as the protocol says of this medicine."""
    rule = observation.comedication(transition.course.protocol, event.data.code)
    if rule is not None and rule.tell is not None:
        number = session.number if session is not None else event.data.session
        transition.escalate(Kind.ADVERSE_EVENT, number, rule.tell, event.time)


def _give(transition: Transition[Any], session: MedicineSession, event: MedicationAdministered) -> None:
    given = sorted((*session.medications, transition.recorded(event)), key=lambda one: one.at)
    transition.keep(session.but(medications=tuple(given)))


GIVEN = SessionEventRule(
    event=MedicationAdministered,
    phases=ALWAYS,
    stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, *MONITORED}),
    blockers=_unknown,
    judge=_tell,
    apply=_give,
    may_be_outside=True,
)
RULES = (GIVEN,)
