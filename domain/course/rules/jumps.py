"""A reading far from the one before: a slip of the finger, perhaps.

Nothing is judged by it and nothing follows from it: whoever typed it is asked to look once more before it is recorded.
"""

from collections.abc import Mapping
from typing import Final

from domain.events.clinic_events import VitalsRecorded
from domain.protocol.values import Vital
from domain.values import Frozen, Moment

LEAST: Final[Mapping[Vital, int]] = {
    Vital.SYSTOLIC: 60,
    Vital.DIASTOLIC: 40,
    Vital.HEART_RATE: 50,
    Vital.SPO2: 15,
    Vital.RESPIRATORY_RATE: 12,
}
"""From how much between two readings of one visit on, in the unit of the sign, somebody is asked (common practice).

Ketamine alone moves a pressure by 20 to 40 mmHg (S1), a digit that was left out or turned by more than these.
"""


class LastValue(Frozen):
    """The newest value of one vital sign, and when it was taken."""

    at: Moment
    value: int


class Jump(Frozen):
    """One vital sign that is far from its last value."""

    vital: Vital
    before: LastValue
    now: int


def jumps(last: Mapping[Vital, LastValue], data: VitalsRecorded.Data) -> tuple[Jump, ...]:
    """The signs of a reading that are at least `LEAST` from their last values of the same visit."""
    now: dict[Vital, int | None] = {vital: getattr(data, vital) for vital in LEAST}
    return tuple(
        Jump(vital=vital, before=last[vital], now=value)
        for vital, value in now.items()
        if value is not None and vital in last and abs(value - last[vital].value) >= LEAST[vital]
    )
