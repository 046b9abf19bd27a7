"""Co-medication and rescue: what else was given, and whom the protocol tells of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.course.event_rule import ALWAYS, MONITORED, SessionEventRule
from domain.course.rules import observation, returning
from domain.course.rules.returning import belongs
from domain.course.session import LONG_PAST, MedicineSession, Stage
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import MedicationAdministered
from domain.values import Blocker


def _is_any_named(course: CourseState) -> bool:
    return bool(course.protocol.medicine.comedication)


def _unknown(course: CourseState, event: MedicationAdministered) -> Iterator[Blocker]:
    if observation.comedication(course.protocol, event.data.code) is None:
        yield observation.unknown(course.protocol, event.data.code)


def _blockers(course: CourseState, session: MedicineSession, event: MedicationAdministered) -> Iterator[Blocker]:
    yield from _unknown(course, event)
    yield from _standing(course, session, event.time)


def _standing(_course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    if not belongs(session, at):
        yield Blocker(
            code="session.discharged",
            message=f"The patient was discharged from session {session.number} long before this medicine",
            absolute=True,
        )


def _session_of_medicine(
    course: CourseState, _rule: SessionEventRule[Any], event: MedicationAdministered
) -> MedicineSession | None:
    """The session that was under way, or from which the patient has only just gone."""
    under_way = next((one for one in course.newest_first if one.was_under_way(event.time)), None)
    return under_way or returning.just_gone(course, event.time)


def _tell(transition: Transition[Any], session: MedicineSession | None, event: MedicationAdministered) -> None:
    """Tells people as severely as the protocol says of this medicine, or of it on a day like any other."""
    rule = observation.comedication(transition.course.protocol, event.data.code)
    if rule is None or rule.tell is None:
        return
    is_of_other_days = session is None and not _is_soon_after_a_dose(transition.course, event.time)
    severity = (rule.tell_on_other_days if is_of_other_days else None) or rule.tell
    number = session.number if session is not None else event.data.session
    transition.escalate(Kind.ADVERSE_EVENT, number, severity, event.time, is_reviewed=not is_of_other_days)


def _is_soon_after_a_dose(course: CourseState, at: datetime) -> bool:
    return any(dose.at <= at <= dose.at + LONG_PAST for session in course.sessions for dose in session.doses)


def _give(transition: Transition[Any], session: MedicineSession, event: MedicationAdministered) -> None:
    """Keeps the medicine with its session: the observation may begin again with it; the patient is here."""
    if not belongs(session, event.time):
        return
    given = transition.recorded(event)
    transition.keep(session.but(medications=tuple(sorted((*session.medications, given), key=lambda one: one.at))))
    returning.after_sign(transition, session.number, given)


GIVEN = SessionEventRule(
    event=MedicationAdministered,
    phases=ALWAYS,
    stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, *MONITORED, Stage.DISCHARGED}),
    is_wanted=_is_any_named,
    standing=_standing,
    blockers=_blockers,
    blockers_outside=_unknown,
    place=_session_of_medicine,
    judge=_tell,
    apply=_give,
    may_be_outside=True,
)
RULES = (GIVEN,)
