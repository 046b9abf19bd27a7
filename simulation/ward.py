"""Where a story is played: on a chart alone, in an instant, or on the running system with its clocks moved ahead."""

from datetime import datetime, timedelta
from typing import Protocol

from domain.answer import Answer
from domain.escalation import EscalationId, Kind
from domain.events import ClinicEvent
from domain.values import PersonId


class Ward(Protocol):
    """One course as the people around the patient see it. All moments are aware and on the course's own clock."""

    async def until(self, moment: datetime) -> None:
        """The clock shows `moment`, or a later one already. Whatever fell due on the way has passed."""

    async def report(self, event: ClinicEvent) -> Answer:
        """The event is accepted. Raises `domain.refusal.Refused`."""

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """By the moment `by` this escalation has been opened, and its first page has been sent."""

    async def acknowledge(self, escalation: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """`by` has it, `after` it was opened; answers when. The course's clock has not been moved meanwhile."""

    async def settled(self, escalation: EscalationId) -> None:
        """The escalation has come to its end, and the course knows."""
