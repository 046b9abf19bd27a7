"""When a patient who left before discharge was away: from each departure until something shows that they are back."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from domain.course.recorded import Recorded
from domain.values import Frozen, Moment


class Absence(Frozen):
    """The patient was away from `left_at` until `back_at`; None if they have not been seen since.

    `is_at_home` says of one who is watched again that they are taken to be at home: nobody has seen them back.
    """

    left_at: Moment
    back_at: Moment | None = None
    back_recorded_at: Moment | None = None
    is_at_home: bool = False

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies in it."""
        return self.left_at <= at and (self.back_at is None or at < self.back_at)


def absences(
    departures: Iterable[Recorded[Any]], signs: Iterable[Recorded[Any]], readings: Sequence[Recorded[Any]]
) -> tuple[Absence, ...]:
    """Every absence, in order. `signs` are facts that show a patient to be here, as each of the `readings` does.

    A patient who is measured, assessed or dosed is here, whether or not anybody said that they came back.
    """
    found: list[Absence] = []
    others = tuple(signs)
    for left_at in sorted({one.at for one in departures}):
        if found and found[-1].holds(left_at):
            continue
        place = bisect_right(readings, left_at, key=lambda reading: reading.at)
        later = [one for one in (*others, *readings[place : place + 1]) if one.at > left_at]
        back = min(later, key=lambda one: one.at, default=None)
        found.append(
            Absence(
                left_at=left_at,
                back_at=back.at if back else None,
                back_recorded_at=back.recorded_at if back else None,
            )
        )
    return tuple(found)
