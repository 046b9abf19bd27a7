"""Vital signs one by one: the newest value of each at a moment, and since when all of them are known.

A reading may lack any sign, so each sign has an age of its own.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, TypeVar

from domain.course.state import Reading, ReadingSeries
from domain.protocol.model import Protocol, Vital

KEPT: Final = 8
"""Answers about a series of readings that are kept: one decision asks a dozen times, about a series and one more."""

Asked = TypeVar("Asked")
Found = TypeVar("Found")


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


def taken_in_turn(
    take: Callable[[Found, Reading, Asked], Found], nothing: Found
) -> Callable[[tuple[Reading, ...], Asked], Found]:
    """What is found by taking all readings in turn, from the first on.

    The last few answers are kept: with one more reading only that one is taken. Equal prefixes are the same objects,
    so that comparing them takes a few microseconds.
    """
    answers: deque[tuple[tuple[Reading, ...], Asked, Found]] = deque(maxlen=KEPT)

    def found(readings: tuple[Reading, ...], asked: Asked) -> Found:
        begun, answer = 0, nothing
        for of, known, so_far in tuple(answers):
            is_longer = known == asked and begun < len(of) <= len(readings)
            if is_longer and readings[len(of) - 1] is of[-1] and readings[: len(of)] == of:
                begun, answer = len(of), so_far
        if begun == len(readings):
            return answer
        for reading in readings[begun:]:
            answer = take(answer, reading, asked)
        answers.append((readings, asked, answer))
        return answer

    return found


def _with_signs(found: Mapping[Vital, Reading], reading: Reading, vitals: type[Vital]) -> Mapping[Vital, Reading]:
    return {**found, **{vital: reading for vital in vitals if value_of(reading, vital) is not None}}


_NO_SIGN: Final[Mapping[Vital, Reading]] = {}
_newest_of: Final = taken_in_turn(_with_signs, _NO_SIGN)


def newest_of_all(readings: tuple[Reading, ...]) -> Mapping[Vital, Reading]:
    """For each sign the newest of these readings that has it."""
    return _newest_of(readings, Vital)


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
