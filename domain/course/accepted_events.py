"""The events that a course remembers, to answer repeats: the newest in full, older ones by a short hash.

An event is remembered under its source and id; where another sender's event has those, also under its sender.
"""

import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple, Self

from domain.access import TokenId
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

SHARED = "+"
"""Marks the short form of an event whose source and id another sender's event has too."""


class Remembered(Frozen):
    """A recently accepted event: its fingerprint, its place in the ledger, its answer, and the token that sent it.

    `is_shared` says that another sender has given an event of theirs the same source and id.

    The answer is kept as JSON text, a fifth of what it takes as objects: hardly any is ever asked for again.
    """

    fingerprint: str
    sequence: int
    written: str
    sender: TokenId | None = None
    is_shared: bool = False

    @classmethod
    def of(cls, fingerprint: str, answer: Answer, sender: TokenId | None) -> Self:
        """What is kept of the event of this fingerprint, which was answered so."""
        return cls(fingerprint=fingerprint, sequence=answer.sequence, written=answer.model_dump_json(), sender=sender)

    def is_of(self, fingerprint: str) -> bool:
        """Whether an event of this fingerprint is the one that was accepted."""
        return fingerprint == self.fingerprint

    @property
    def answer(self) -> Answer:
        """The answer that it got."""
        return Answer.model_validate_json(self.written)


class Shortened(NamedTuple):
    """An older accepted event: its place in the ledger, the beginning of its fingerprint, and who sent it."""

    sequence: int
    fingerprint: str
    sender: TokenId | None
    is_shared: bool

    def is_of(self, fingerprint: str) -> bool:
        """Whether an event of this fingerprint is the one that was accepted."""
        return fingerprint.startswith(self.fingerprint)


def name_of(source: str, event_id: str, sender: TokenId | None = None) -> str:
    """The name of the event of this source and id; with `sender`, of that sender's own where another's has both."""
    return "\n".join((source, event_id, *([sender] if sender is not None else ())))


def recall(older: Mapping[str, str], name: str) -> Shortened | None:
    """The shortened form of the event of this name, if it is one of the older events."""
    if (kept := older.get(_short(name))) is None:
        return None
    sequence, fingerprint, *more = kept.split("/")
    return Shortened(int(sequence), fingerprint, more[0] if more else None, is_shared=SHARED in more)


def marked_shared(
    whole: Mapping[str, Remembered], older: Mapping[str, str], name: str
) -> tuple[Mapping[str, Remembered], Mapping[str, str]]:
    """Marks the event of this name: another sender's has the same."""
    if (known := whole.get(name)) is not None:
        return {**whole, name: known.but(is_shared=True)}, older
    short = _short(name)
    kept = older[short]
    return whole, older if kept.endswith(SHARED) else {**older, short: f"{kept}/{SHARED}"}


def shortened(
    whole: Mapping[str, Remembered], older: Mapping[str, str]
) -> tuple[Mapping[str, Remembered], Mapping[str, str]]:
    """Shortens all but the newest `KEPT_WHOLE` events if there are more than `MOST_WHOLE`; else changes nothing."""
    if len(whole) <= MOST_WHOLE:
        return whole, older
    oldest = tuple(islice(whole.items(), len(whole) - KEPT_WHOLE))
    shorter = {_short(name): _shortened(one) for name, one in oldest}
    newest = dict(islice(whole.items(), len(oldest), None))
    return newest, {**older, **shorter}


def _shortened(one: Remembered) -> str:
    kept = (str(one.sequence), one.fingerprint[:_CONTENT_DIGITS])
    sender = (one.sender,) if one.sender is not None else ()
    return "/".join((*kept, *sender, *((SHARED,) if one.is_shared else ())))


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:_NAME_DIGITS]
