"""Linear scales from values to positions, and the choice of ticks."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import floor
from typing import Final

from domain.values import Frozen

MINUTE_STEPS: Final = (5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 10080, 20160, 43200)
"""Tick distances in minutes that people can count in."""


class Scale(Frozen):
    """Maps values from `low` to `high` to positions from `begin` to `end`; values outside stay at the edge."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Position of the value, to a tenth of a unit."""
        held = min(max(value, self.low), self.high)
        share = (held - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.begin + share * (self.end - self.begin), 1)

    def holds(self, value: float) -> bool:
        """Whether the value lies on the scale."""
        return self.low <= value <= self.high


def minute_ticks(low: float, high: float, most: int) -> tuple[int, ...]:
    """Whole minutes between `low` and `high` as ticks, at most `most` of them; 0 is one if it lies between."""
    step = next((one for one in MINUTE_STEPS if (high - low) / one <= most - 1), None)
    step = step or MINUTE_STEPS[-1] * (1 + floor((high - low) / MINUTE_STEPS[-1] / max(most - 1, 1)))
    first = -floor(-low / step)
    return tuple(step * n for n in range(first, floor(high / step) + 1))


def apart(values: Iterable[float], scale: Scale, distance: float, taken: Sequence[float] = ()) -> tuple[float, ...]:
    """Those of the values, first ones first, whose positions keep their distance from each other and from `taken`."""
    places = list(taken)
    kept = []
    for value in values:
        place = scale.at(value)
        if scale.holds(value) and all(abs(place - other) >= distance for other in places):
            places.append(place)
            kept.append(value)
    return tuple(kept)


def minutes(length: timedelta) -> float:
    """The duration in minutes."""
    return length / timedelta(minutes=1)
