"""Death: the course ends, and nobody is asked to call, book or file about the patient any more.

An adverse event of grade 5 says the same (CTCAE v5, S45), but one digit may be a slip: it holds the course, nobody
calls the family, and whoever is in the room is still watched. `patient.died` confirms it, or a prescriber resumes.
"""

from typing import Any

from domain.course.event_rule import ALWAYS, EventRule
from domain.course.rules import returning
from domain.course.rules.checkpoints import unsettled
from domain.course.session import MedicineSession, Stage
from domain.course.state import DEATH_REPORTED, CourseState, Outcome
from domain.course.transition import Transition
from domain.escalation.messages import ASKS_FOR_THE_PATIENT, Kind
from domain.events.clinic_events import PatientDied
from domain.values import Moment, Severity


def report(transition: Transition[Any], at: Moment) -> None:
    """Takes a death as reported and not confirmed: the course is held, and the family is not called.

    A closed course cannot be held: of that it is the outcome.
    """
    transition.hold(DEATH_REPORTED, at, is_safety=True)
    if transition.course.is_closed:
        _is_deceased(transition, at)
    _ask_no_more(transition)


def _is_deceased(transition: Transition[Any], at: Moment) -> None:
    if transition.course.outcome not in {Outcome.ENTERED_IN_ERROR, Outcome.DECEASED}:
        transition.close(Outcome.DECEASED, at)


def _ask_no_more(transition: Transition[Any]) -> None:
    """Settles what asks for a call, a visit or a form; questions of safety stay for a human."""
    for one in transition.course.unresolved:
        if one.kind in ASKS_FOR_THE_PATIENT:
            transition.replace(one.but(ended_by_death=True))
            transition.settle(one.kind, one.session, DEATH_REPORTED)


def ask_again(transition: Transition[Any], before: CourseState, at: Moment) -> None:
    """Asks again for all that was asked for until a death was reported, if that was a slip: they live."""
    if not before.is_death_reported or transition.course.is_death_reported:
        return
    for one in transition.course.escalations:
        if one.ended_by_death:
            transition.replace(one.but(ended_by_death=False))
            transition.escalate(one.kind, one.session, one.severity, at)


def _die(transition: Transition[Any], event: PatientDied) -> None:
    """Ends every session under way and the course, and tells everybody once.

    Whoever was dosed after that moment, or seen under the medicine, is still watched: the death may be another's.
    """
    died = transition.recorded(event)
    transition.change(died=died)
    for session in transition.course.sessions:
        if not session.has_the_patient:
            continue
        if _is_alive_since(session, event.time):
            transition.keep(session.found_here())
        else:
            transition.keep(unsettled(session).but(stage=Stage.ABORTED, death=died))
            transition.settle(Kind.VITALS_OVERDUE, session.number, DEATH_REPORTED)
    _is_deceased(transition, event.time)
    _ask_no_more(transition)
    if not any(one.kind is Kind.PATIENT_DECEASED for one in transition.course.unresolved):
        transition.escalate(Kind.PATIENT_DECEASED, None, Severity.EMERGENCY, event.time)


def _is_alive_since(session: MedicineSession, moment: Moment) -> bool:
    is_dosed = any(dose.at > moment for dose in session.doses)
    return is_dosed or (bool(session.doses) and returning.is_seen_since(session, moment))


DIED = EventRule(event=PatientDied, phases=ALWAYS, apply=_die)
RULES = (DIED,)
