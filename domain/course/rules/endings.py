"""Early endings of a course: the patient withdraws, or the clinic discontinues, transfers or voids it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.course.event_rule import ALWAYS, ANY_PHASE, ANYONE, EventRule
from domain.course.rules import consent, risk_screens
from domain.course.state import CourseState, Outcome, Phase
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import CourseDiscontinued, CourseTransferred, CourseVoided, PatientWithdrew
from domain.values import Blocker, Severity


def in_progress(course: CourseState, _at: datetime) -> Iterator[Blocker]:
    """The blocker between a dose and the discharge: the course may neither end nor change its protocol."""
    if (monitored := course.monitored) is not None:
        yield Blocker(
            code="session.in_progress",
            message=f"The patient has been dosed in session {monitored.number} and not been discharged",
            absolute=True,
            observed=monitored.stage,
        )


def _withdraw(transition: Transition[Any], event: PatientWithdrew) -> None:
    """Takes the consent as withdrawn at once; the course closes when the patient is not monitored."""
    if transition.course.is_closed:
        return
    consent.take_back(transition, event)
    transition.change(withdrew=transition.recorded(event))
    close_when_withdrawn(transition, event.time)


def close_when_withdrawn(transition: Transition[Any], at: datetime) -> None:
    """Closes the course of a patient who has withdrawn, unless they were dosed and have not gone home."""
    course = transition.course
    if course.withdrew is None or course.monitored is not None or course.is_closed:
        return
    was_screened = course.phase is not Phase.SCREENING
    transition.close(Outcome.WITHDRAWN if was_screened else Outcome.DECLINED, at)


def _discontinue(transition: Transition[Any], event: CourseDiscontinued) -> None:
    transition.close(Outcome.DISCONTINUED, event.time)


def _transfer(transition: Transition[Any], event: CourseTransferred) -> None:
    transition.close(Outcome.TRANSFERRED, event.time)


def _void(transition: Transition[Any], event: CourseVoided) -> None:
    """Marks the course as entered in error: nobody is called any more. Somebody hears if there is a patient in it."""
    is_overlooked = any(True for _ in overlooked(transition.course, transition.now))
    transition.close(Outcome.ENTERED_IN_ERROR, event.time)
    if is_overlooked:
        transition.escalate(Kind.CORRECTION_REVIEW, None, Severity.URGENT, event.time)


def overlooked(course: CourseState, at: datetime) -> Iterator[str]:
    """What speaks for a patient in a course that is marked as entered in error: whom nobody calls any more."""
    ends_at = course.safety_ends_at
    if ends_at is not None and at < ends_at:
        yield "a dose was given"
    if any(session.may_have_been_dosed for session in course.sessions):
        yield "a dose may have been given"
    if risk_screens.is_at_risk(course):
        yield "the patient is at risk"


WITHDREW = EventRule(event=PatientWithdrew, phases=ALWAYS, roles=ANYONE, apply=_withdraw)
DISCONTINUED = EventRule(event=CourseDiscontinued, phases=ANY_PHASE, standing=in_progress, apply=_discontinue)
TRANSFERRED = EventRule(event=CourseTransferred, phases=ANY_PHASE, standing=in_progress, apply=_transfer)
VOIDED = EventRule(event=CourseVoided, phases=ANY_PHASE, standing=in_progress, apply=_void)
RULES = (WITHDREW, DISCONTINUED, TRANSFERRED, VOIDED)
