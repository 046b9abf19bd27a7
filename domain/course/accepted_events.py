"""The events that a course remembers, to answer repeats: the newest in full, older ones by a short hash."""

import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple, Self

from domain.course.answer import Answer
from domain.values import Frozen

KEPT_WHOLE = 200
"""How many of the newest events are kept in full, so that a repeat gets exactly the first answer."""

MOST_WHOLE = 2 * KEPT_WHOLE
"""How many events are kept in full before they are shortened: done in bulk, so that it costs few decisions anything."""

_NAME_DIGITS = 24
"""Hex digits kept of the hash of an event's name: 96 bits, so that no two events of a course are confused."""

_CONTENT_DIGITS = 16
"""Hex digits kept of the hash of its content: 64 bits tell a repeat from another event with the same id."""


class Remembered(Frozen):
    """A recently accepted event: its fingerprint, its place in the ledger, and its answer.

    The answer is kept as JSON text, a fifth of what it takes as objects: hardly any is ever asked for again.
    """

    fingerprint: str
    sequence: int
    written: str

    @classmethod
    def of(cls, fingerprint: str, answer: Answer) -> Self:
        """What is kept of the event of this fingerprint, which was answered so."""
        return cls(fingerprint=fingerprint, sequence=answer.sequence, written=answer.model_dump_json())

    @property
    def answer(self) -> Answer:
        """The answer that it got."""
        return Answer.model_validate_json(self.written)


class Shortened(NamedTuple):
    """An older accepted event: its place in the ledger, and the beginning of its fingerprint."""

    sequence: int
    fingerprint: str

    def is_of(self, fingerprint: str) -> bool:
        """Whether an event of this fingerprint is the one that was accepted."""
        return fingerprint.startswith(self.fingerprint)


def recall(older: Mapping[str, str], name: str) -> Shortened | None:
    """The shortened form of the event of this name, if it is one of the older events."""
    if (kept := older.get(_short(name))) is None:
        return None
    sequence, _, fingerprint = kept.partition("/")
    return Shortened(int(sequence), fingerprint)


def sequence_of(whole: Mapping[str, Remembered], older: Mapping[str, str], name: str) -> int | None:
    """The ledger entry of the event of this name; None if no such event was accepted."""
    if (known := whole.get(name)) is not None:
        return known.sequence
    shorter = recall(older, name)
    return shorter.sequence if shorter is not None else None


def shortened(
    whole: Mapping[str, Remembered], older: Mapping[str, str]
) -> tuple[Mapping[str, Remembered], Mapping[str, str]]:
    """Shortens all but the newest `KEPT_WHOLE` events if there are more than `MOST_WHOLE`; else changes nothing."""
    if len(whole) <= MOST_WHOLE:
        return whole, older
    oldest = tuple(islice(whole.items(), len(whole) - KEPT_WHOLE))
    shorter = {_short(name): f"{one.sequence}/{one.fingerprint[:_CONTENT_DIGITS]}" for name, one in oldest}
    newest = dict(islice(whole.items(), len(oldest), None))
    return newest, {**older, **shorter}


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:_NAME_DIGITS]
