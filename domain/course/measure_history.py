"""An index over a course's answered measures: the first and newest answer of each instrument, cached."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from domain.course.measures import Scored
from domain.protocol.instruments import CSSRS, SCREENER_RECALL
from domain.values import Code, Frozen, Moment


class MeasureTaken(Frozen):
    """One answered measure with its score. `tells_of_attempt` is whether a C-SSRS told of any suicidal behaviour.

    `answers` are those of a C-SSRS, which asked about the time `since_last_contact` or about a month; None of an older
    one. It `is_known` if it says no more than the prescriber weighed at the decision on eligibility.
    """

    at: Moment
    recorded_at: Moment
    scored: Scored
    sequence: int
    tells_of_attempt: bool = False
    answers: tuple[int, ...] | None = None
    since_last_contact: bool = False
    is_known: bool = False


class Answers:
    """The first and the newest answer of each instrument by time; of two at the same time, the one reported last."""

    def __init__(self, taken: tuple[MeasureTaken, ...]) -> None:
        self._of: dict[Code, list[MeasureTaken]] = {}
        self._last_reported: dict[Code, MeasureTaken] = {}
        for one in taken:
            self._of.setdefault(one.scored.instrument, []).append(one)
            last = self._last_reported.setdefault(one.scored.instrument, one)
            if _reported(one) > _reported(last):
                self._last_reported[one.scored.instrument] = one
        for of in self._of.values():
            of.sort(key=_at)  # stable: of two at the same time, the one reported last comes last
        self._hints: dict[tuple[Code, int], MeasureTaken | None] = {}

    def first(self, instrument: Code) -> MeasureTaken | None:
        """The instrument's first answer."""
        of = self._of.get(instrument)
        return of[bisect_right(of, of[0].at, key=_at) - 1] if of else None

    def newest(self, instrument: Code) -> MeasureTaken | None:
        """The instrument's newest answer."""
        of = self._of.get(instrument)
        return of[-1] if of else None

    def last_reported(self, instrument: Code) -> MeasureTaken | None:
        """The instrument's answer that was reported last, whenever it was given."""
        return self._last_reported.get(instrument)

    def newest_by(self, instrument: Code, moment: datetime) -> MeasureTaken | None:
        """The instrument's newest answer that had been given by that moment."""
        of = self._of.get(instrument, [])
        place = bisect_right(of, moment, key=_at)
        return of[place - 1] if place else None

    def between(self, instrument: Code, since: datetime, by: datetime) -> Sequence[MeasureTaken]:
        """The instrument's answers that were given after `since` and by the other moment, in order."""
        of = self._of.get(instrument, [])
        return of[bisect_right(of, since, key=_at) : bisect_right(of, by, key=_at)]

    def of_the_month(self, instrument: Code, by: datetime) -> tuple[MeasureTaken, ...]:
        """What the instrument's newest answers by that moment say of the month before the newest, that one first.

        A screen about the time since the last contact adds to those before it, back to one about a whole month.
        """
        of = self._of.get(instrument, [])
        return _of_the_month(of[: bisect_right(of, by, key=_at)])

    def with_the_month_of(self, taken: MeasureTaken) -> tuple[MeasureTaken, ...]:
        """The same of this answer of the instrument, which may not be the newest of its moment."""
        of = self._of[taken.scored.instrument]
        return _of_the_month(of[: of.index(taken) + 1])

    def newest_of_a_month(self, instrument: Code, by: datetime) -> MeasureTaken | None:
        """The instrument's newest answer by that moment that was about more than the time since the last contact."""
        of = self._of.get(instrument, [])
        places = range(bisect_right(of, by, key=_at) - 1, -1, -1)
        return next((of[place] for place in places if not of[place].since_last_contact), None)

    def tells_of_attempt(self, by: datetime) -> bool:
        """Whether a C-SSRS had told by that moment of any suicidal behaviour, in whatever part of life."""
        return any(one.tells_of_attempt and one.at < by for one in self._of.get(CSSRS, ()))

    def newest_hint(self, instrument: Code, at_least: int) -> MeasureTaken | None:
        """The instrument's newest answer whose item 9 is at least `at_least`."""
        asked = instrument, at_least
        if asked not in self._hints:
            hints = (
                one
                for one in reversed(self._of.get(instrument, ()))
                if one.scored.item9 is not None and one.scored.item9 >= at_least
            )
            self._hints[asked] = next(hints, None)
        return self._hints[asked]


def answers(taken: tuple[MeasureTaken, ...]) -> Answers:
    """The index over these measures, which one decision asks for a dozen times."""
    # Cached by the tuple's identity: it never changes, and is kept here so that its id is not used again.
    known = next((found for of, found in tuple(_known) if of is taken), None)
    if known is None:
        known = Answers(taken)
        _known.append((taken, known))
    return known


_known: Final[deque[tuple[tuple[MeasureTaken, ...], Answers]]] = deque(maxlen=8)


def _of_the_month(taken: Sequence[MeasureTaken]) -> tuple[MeasureTaken, ...]:
    found: list[MeasureTaken] = []
    for one in reversed(taken):
        if found and found[0].at - one.at > SCREENER_RECALL:
            break
        found.append(one)
        if not one.since_last_contact:
            break
    return tuple(found)


def _at(one: MeasureTaken) -> Moment:
    return one.at


def _reported(one: MeasureTaken) -> tuple[Moment, int]:
    return one.recorded_at, one.sequence
