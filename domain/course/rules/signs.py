"""Vital signs one by one: the newest value of each at a moment, and since when all of them are known.

A reading may lack any sign, so each sign has an age of its own.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from domain.course.state import Reading, ReadingSeries
from domain.protocol.model import Protocol, Vital

MANY: Final = 64
"""From this many readings on the newest of each sign are cached: a sign that is never taken is sought through all of
them, and one decision asks a dozen times."""


def value_of(reading: Reading, vital: Vital) -> int | None:
    """One vital sign of the reading, in the unit of the event; None if it was not taken."""
    return getattr(reading.data, vital)  # type: ignore[no-any-return]


def newest_first(series: ReadingSeries, at: datetime, *, since: datetime | None = None) -> Iterator[Reading]:
    """The readings taken at or before `at`, and none from before `since`."""
    for place in range(bisect_right(series.readings, at, key=lambda one: one.at) - 1, -1, -1):
        reading = series.readings[place]
        if since is not None and reading.at < since:
            return
        yield reading


def newest(
    series: ReadingSeries, at: datetime, *, since: datetime | None = None, of: Iterable[Vital] = Vital
) -> Mapping[Vital, Reading]:
    """For each sign the newest reading that has it, taken at or before `at` and not before `since`."""
    found: dict[Vital, Reading] = {}
    missing = list(of)
    for reading in newest_first(series, at, since=since):
        found.update((vital, reading) for vital in missing if value_of(reading, vital) is not None)
        missing = [vital for vital in missing if vital not in found]
        if not missing:
            break
    return found


def newest_of_all(readings: tuple[Reading, ...]) -> Mapping[Vital, Reading]:
    """For each sign the newest of these readings that has it."""
    if len(readings) < MANY:
        return _newest_of_all(readings)
    # Cached by the tuple's identity: it never changes, and is kept here so that its id is not used again.
    known = next((found for of, found in tuple(_known) if of is readings), None)
    if known is None:
        known = _newest_of_all(readings)
        _known.append((readings, known))
    return known


def _newest_of_all(readings: tuple[Reading, ...]) -> Mapping[Vital, Reading]:
    return newest(ReadingSeries(readings=readings), readings[-1].at) if readings else {}


_known: Final[deque[tuple[tuple[Reading, ...], Mapping[Vital, Reading]]]] = deque(maxlen=8)


def at_clearance(protocol: Protocol, series: ReadingSeries) -> Mapping[Vital, int]:
    """The values that the clearance was based on: each sign's newest before it, if it was fresh."""
    if series.clearance is None:
        return {}
    cleared_at = series.clearance.at
    found = newest(series, cleared_at, since=cleared_at - protocol.medicine.clearance.reading_valid)
    return {vital: value for vital, reading in found.items() if (value := value_of(reading, vital)) is not None}


def measured_since(series: ReadingSeries, required: Iterable[Vital]) -> datetime | None:
    """Since when every required sign has been taken: the oldest of their newest values; None if one is missing."""
    if not series.readings:
        return None
    asked, found = tuple(required), newest_of_all(series.readings)
    return min(found[vital].at for vital in asked) if all(vital in found for vital in asked) else None
