"""Exclusion: a prescriber is told of a finding that excludes a patient who had been found eligible."""

from datetime import datetime
from typing import Any

from domain.course.state import Phase
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.values import Severity


def tell_of_exclusion(transition: Transition[Any], at: datetime) -> None:
    """Opens an urgent escalation; while the patient is screened, the decision that is due answers the finding."""
    if transition.course.phase not in {Phase.SCREENING, Phase.CLOSED}:
        transition.escalate(Kind.EXCLUSION_FOUND, None, Severity.URGENT, at)
