"""The review of a correction: a prescriber hears of what was decided on the old value, and of what was feared on it."""

from datetime import datetime
from typing import Any, Final

from domain.course.corrections.corrected_fact import Correction
from domain.course.corrections.lost_grounds import Lost
from domain.course.corrections.retelling import Pair, Retelling
from domain.course.rules import risk_screens
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import (
    Act,
    CourseResumed,
    DoseAdministered,
    EligibilityDecided,
    FormFiled,
    InfusionStarted,
    PatientDischarged,
    PlanPrescribed,
    SessionCleared,
    SessionMissed,
)
from domain.values import Severity

DECISIONS: Final = (
    EligibilityDecided,
    PlanPrescribed,
    SessionCleared,
    DoseAdministered,
    InfusionStarted,
    PatientDischarged,
    CourseResumed,
)
"""What is decided on what is known of a patient: a prescriber hears when that was corrected later."""

PAPERWORK: Final = (FormFiled, SessionMissed)
"""Facts that say nothing of how a patient is: no decision rests on them."""


def ask_for(
    transition: Transition[Any],
    retelling: Retelling,
    correction: Correction,
    before: CourseState,
    lost: Lost,
    at: datetime,
) -> None:
    """Tells a prescriber what was decided on the old value: urgent where the right one speaks against it.

    So it is where the course has ended, or goes on after all, and where a danger is taken back or is one again: a slip
    of the pen may have been the truth.
    """
    if correction.event == correction.corrected.in_force.event:
        return
    decided = [pair for pair in retelling.pairs[1:] if isinstance(pair.kept.event, (*DECISIONS, Act))]
    is_against = (
        retelling.was.outcome is not retelling.now.outcome
        or any(map(_is_against, decided))
        or _is_safety_moved(before, transition.course)
        or lost.has_answered_question(transition.course, retelling, correction)
    )
    rests = not isinstance(correction.corrected.event, PAPERWORK) and any(
        isinstance(pair.kept.event, DECISIONS) for pair in decided
    )
    if is_against or rests:
        severity = Severity.URGENT if is_against else Severity.ROUTINE
        transition.escalate(Kind.CORRECTION_REVIEW, number_of(retelling.pairs[0]), severity, at)


def number_of(corrected: Pair) -> int | None:
    """The number of the corrected fact's session; None if it has none."""
    step = corrected.now or corrected.was
    return step.session if step is not None else None


def _is_against(pair: Pair) -> bool:
    """Whether a decision stands on less now than when it was taken."""
    if pair.was is None or pair.now is None:
        return False
    is_groundless = pair.was.has_ground and not pair.now.has_ground
    return is_groundless or not {one.code for one in pair.now.against} <= {one.code for one in pair.was.against}


def _is_safety_moved(before: CourseState, after: CourseState) -> bool:
    """Whether a hold of safety has lost its ground, or the patient is at risk of suicide only now, or no more."""
    was, now = ({hold.reason for hold in one.holds if hold.is_safety} for one in (before, after))
    return not was <= now or risk_screens.is_at_risk(before) is not risk_screens.is_at_risk(after)
