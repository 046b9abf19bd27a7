"""What a course remembers of the events it accepted: of the newest all, of the others enough to know them again."""

import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from domain.course.answer import Answer
from domain.values import Frozen

KEPT_WHOLE = 200
"""How many of the newest events are answered again exactly as at first."""

MOST_WHOLE = 2 * KEPT_WHOLE
"""Those above `KEPT_WHOLE` are shortened many at a time: a decision does not pay for the length of its course."""

_NAME_DIGITS = 24
"""Of the hash that an event's name is known by: 96 bits, so that no two of a course's events are ever confused."""

_CONTENT_DIGITS = 16
"""Of the hash of its content: 64 bits tell a repeat from another event that took its id."""


class Remembered(Frozen):
    """An accepted event: what it said, and what was answered."""

    fingerprint: str
    answer: Answer


class Shortened(NamedTuple):
    """What is left of an older event: its place in the ledger, and the beginning of its fingerprint."""

    sequence: int
    fingerprint: str

    def is_of(self, fingerprint: str) -> bool:
        """Whether an event of this fingerprint is the one that was accepted."""
        return fingerprint.startswith(self.fingerprint)


def recall(older: Mapping[str, str], name: str) -> Shortened | None:
    """What is left of the event of this name, if it is among the older ones."""
    if (kept := older.get(_short(name))) is None:
        return None
    sequence, _, fingerprint = kept.partition("/")
    return Shortened(int(sequence), fingerprint)


def shortened(
    whole: Mapping[str, Remembered], older: Mapping[str, str]
) -> tuple[Mapping[str, Remembered], Mapping[str, str]]:
    """The same events, the newest `KEPT_WHOLE` of them whole; as they are while there are no more than `MOST_WHOLE`."""
    if len(whole) <= MOST_WHOLE:
        return whole, older
    oldest = tuple(islice(whole.items(), len(whole) - KEPT_WHOLE))
    shorter = {_short(name): f"{one.answer.sequence}/{one.fingerprint[:_CONTENT_DIGITS]}" for name, one in oldest}
    newest = dict(islice(whole.items(), len(oldest), None))
    return newest, {**older, **shorter}


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:_NAME_DIGITS]
