"""Vital signs one by one: the newest value of each at a moment, and since when all of them are known.

A reading may lack any sign, so each sign has an age of its own.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, TypeVar

from domain.course.session import Reading, ReadingSeries, order_of
from domain.last_answer import keeps_last_answer
from domain.protocol.model import Protocol
from domain.protocol.values import Vital

KEPT: Final = 8
"""Answers about a series of readings that are kept: one decision asks a dozen times, about a series and one more."""

Asked = TypeVar("Asked")
Key = TypeVar("Key")


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


def newest_with(
    told_by: Callable[[Reading, Asked], Iterable[Key]],
) -> Callable[[tuple[Reading, ...], Asked], Mapping[Key, Reading]]:
    """For each thing that readings tell of, as `told_by` names them, the newest that does.

    The last few answers are kept: where one reading is added, anywhere among thousands, only that one is looked at.
    """
    answers: deque[tuple[tuple[Reading, ...], Asked, Mapping[Key, Reading]]] = deque(maxlen=KEPT)

    def found(readings: tuple[Reading, ...], asked: Asked) -> Mapping[Key, Reading]:
        answer: Mapping[Key, Reading] | None = None
        for of, known, so_far in reversed(tuple(answers)):
            if known == asked and of is readings:
                return so_far
            if known == asked and (added := _added(of, readings)) is not None:
                answer = _with_one_more(so_far, added, told_by(added, asked))
                break
        if answer is None:
            # In their order: of two of one moment the later one in the series tells.
            answer = {key: reading for reading in readings for key in told_by(reading, asked)}
        answers.append((readings, asked, answer))
        return answer

    return found


def _with_one_more(found: Mapping[Key, Reading], added: Reading, keys: Iterable[Key]) -> Mapping[Key, Reading] | None:
    """What is found with that one as well; None where its place beside another of the same moment must say."""
    answer = {**found}
    for key in keys:
        if key in answer and order_of(answer[key]) == order_of(added):
            return None
        if key not in answer or order_of(answer[key]) < order_of(added):
            answer[key] = added
    return answer


@keeps_last_answer
def _added(before: tuple[Reading, ...], readings: tuple[Reading, ...]) -> Reading | None:
    """The reading by which there is one more; None if they differ otherwise.

    Those that both have are the same objects, which takes microseconds to see.
    """
    if len(readings) != len(before) + 1:
        return None
    place = bisect_left(range(len(before)), True, key=lambda one: before[one] is not readings[one])
    same = before[:place] == readings[:place] and before[place:] == readings[place + 1 :]
    return readings[place] if same else None


def _signs_of(reading: Reading, vitals: tuple[Vital, ...]) -> Iterator[Vital]:
    return (vital for vital in vitals if value_of(reading, vital) is not None)


_VITALS: Final = tuple(Vital)
_newest_of: Final = newest_with(_signs_of)


def newest_of_all(readings: tuple[Reading, ...]) -> Mapping[Vital, Reading]:
    """For each sign the newest of these readings that has it."""
    return _newest_of(readings, _VITALS)


@keeps_last_answer
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
