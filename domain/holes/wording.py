"""How holes speak of vital signs and of stretches of values."""

from collections.abc import Mapping
from typing import Final

from domain.course.verdict import VerdictSeverity
from domain.protocol.values import Vital

SIGN: Final[Mapping[Vital, str]] = {
    Vital.SYSTOLIC: "systolic pressure",
    Vital.DIASTOLIC: "diastolic pressure",
    Vital.HEART_RATE: "heart rate",
    Vital.SPO2: "SpO₂",
    Vital.RESPIRATORY_RATE: "respiratory rate",
    Vital.MOAAS: "MOAA/S",
}
"""Each vital sign within a sentence."""


def a(vital: Vital, value: int) -> str:
    """A value of the sign, such as "a systolic pressure of 60"."""
    return f"{'an' if vital is Vital.SPO2 else 'a'} {SIGN[vital]} of {value}"


def so_would(values: list[int]) -> str:
    """That what was said of one of these values, in their order, holds for all; nothing where there is no other."""
    if len(values) == 1:
        return ""
    return f", and so would any from {values[0]} to {values[-1]}"


def in_words(severity: VerdictSeverity) -> str:
    """The severity as a sentence ends with it."""
    return {
        VerdictSeverity.NORMAL: "normal",
        VerdictSeverity.EMERGENCY: "an emergency",
        VerdictSeverity.URGENT: "urgent",
    }.get(severity, f"a {severity} only")
