"""Corrections: who may report one. What follows from it stands in `domain.course.corrections.consequences`."""

from typing import Any

from domain.course.event_rule import ALWAYS, EventRule, never
from domain.course.transition import Transition
from domain.events.clinic_events import CorrectionRecorded


def _correct(_transition: Transition[Any], _event: CorrectionRecorded) -> None:
    """Nothing by itself: the course is told once more, with the right value."""


CORRECTED = EventRule(event=CorrectionRecorded, phases=ALWAYS, is_wanted=never, apply=_correct)
RULES = (CORRECTED,)
"""The rule of corrections; it stands with the others so that every event has one."""
