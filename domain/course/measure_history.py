"""An index over a course's answered measures: the first and newest answer of each instrument, cached."""

from collections import deque
from typing import Final

from domain.course.measures import Scored
from domain.values import Code, Frozen, Moment

MANY: Final = 64
"""From this many answers on the index is cached: one decision asks for it a dozen times."""


class MeasureTaken(Frozen):
    """One answered measure with its score."""

    at: Moment
    recorded_at: Moment
    scored: Scored


class Answers:
    """The first and the newest answer of each instrument by time; of two at the same time, the one reported first."""

    def __init__(self, taken: tuple[MeasureTaken, ...]) -> None:
        self._of: dict[Code, list[MeasureTaken]] = {}
        for one in taken:
            self._of.setdefault(one.scored.instrument, []).append(one)
        self._first = {instrument: min(of, key=_at) for instrument, of in self._of.items()}
        self._newest = {instrument: max(of, key=_at) for instrument, of in self._of.items()}
        self._hints: dict[tuple[Code, int], MeasureTaken | None] = {}

    def first(self, instrument: Code) -> MeasureTaken | None:
        """The instrument's first answer."""
        return self._first.get(instrument)

    def newest(self, instrument: Code) -> MeasureTaken | None:
        """The instrument's newest answer."""
        return self._newest.get(instrument)

    def newest_hint(self, instrument: Code, at_least: int) -> MeasureTaken | None:
        """The instrument's newest answer whose item 9 is at least `at_least`."""
        asked = instrument, at_least
        if asked not in self._hints:
            hints = (
                one
                for one in self._of.get(instrument, ())
                if one.scored.item9 is not None and one.scored.item9 >= at_least
            )
            self._hints[asked] = max(hints, key=_at, default=None)
        return self._hints[asked]


def answers(taken: tuple[MeasureTaken, ...]) -> Answers:
    """The index over these measures."""
    if len(taken) < MANY:
        return Answers(taken)
    # Cached by the tuple's identity: it never changes, and is kept here so that its id is not used again.
    known = next((found for of, found in tuple(_known) if of is taken), None)
    if known is None:
        known = Answers(taken)
        _known.append((taken, known))
    return known


_known: Final[deque[tuple[tuple[MeasureTaken, ...], Answers]]] = deque(maxlen=8)


def _at(one: MeasureTaken) -> Moment:
    return one.at
