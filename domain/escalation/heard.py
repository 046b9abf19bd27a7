"""What a workflow has heard: marks of messages, by which a copy of one is told from news.

Whoever reaches Temporal can send again what lies there, encrypted though it is. Temporal itself delivers each once.
"""

import hashlib
from datetime import UTC
from typing import Final

from domain.escalation.messages import Notice, Repeat, Settlement
from domain.ledger import canonical

MOST: Final = 1000
"""How many messages are remembered: more than a course hears of its escalations, or one of them of its course."""

DIGITS: Final = 16

Marks = tuple[str, ...]
"""The marks of what was heard, the newest last."""


def has_heard(heard: Marks, message: Notice | Repeat | Settlement) -> bool:
    """Whether this very message was heard before."""
    return _mark(message) in heard


def having_heard(heard: Marks, message: Notice | Repeat | Settlement) -> Marks:
    """What was heard, with this message; the oldest are forgotten."""
    mark = _mark(message)
    return (*(one for one in heard if one != mark), mark)[-MOST:]


def _mark(message: Notice | Repeat | Settlement) -> str:
    """A short digest of all that the message says, the same in whatever time zone its moment is written."""
    said = message.but(at=message.at.astimezone(UTC)).model_dump(mode="json", exclude_none=True)
    named = {"message": type(message).__name__, **said}
    return hashlib.sha256(canonical(named)).hexdigest()[:DIGITS]
