"""What a rehearsal is asked for and what it gives."""

from datetime import UTC, datetime
from typing import Protocol

from domain.ledger import Entry
from domain.values import Frozen
from simulation.course.ending import Ending
from simulation.course.highlights import News
from simulation.scripts.scripts import ScriptPart

A_MONDAY_NIGHT = datetime(2026, 1, 5, 23, 40, tzinfo=UTC)


class Rehearsed(Frozen):
    """What a part came to, what was written of it, and what was worth telling on the way."""

    ending: Ending
    ledger: tuple[Entry, ...]
    news: tuple[News, ...]


class Rehearse(Protocol):
    """Plays a part in an instant. Its ledger has been found whole."""

    async def __call__(self, part: ScriptPart, starts_at: datetime = A_MONDAY_NIGHT) -> Rehearsed: ...
