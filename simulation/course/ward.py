"""Where a story is played: on a course alone, in an instant, or on the running system with its clocks moved ahead."""

from datetime import datetime, timedelta
from typing import Protocol

from domain.course.answer import Answer
from domain.escalation.ids import EscalationId
from domain.escalation.messages import Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import PersonId


class Ward(Protocol):
    """One course as the people around the patient see it. All moments are aware.

    They are on the course's own clock, which stands still while one of its escalations is open: that one has a clock
    of its own, on which it is answered and resolved.
    """

    async def until(self, moment: datetime) -> None:
        """The clock shows `moment`, or a later one already. Whatever fell due on the way has passed."""

    async def report(self, event: ClinicEvent) -> Answer:
        """The event is accepted. Raises `domain.refusal.Refused`."""

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """By the moment `by` this escalation has been opened, and its first page has been sent."""

    async def acknowledge(self, escalation: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """`by` was paged and has it, `after` it was opened; answers when. Nobody answered before."""

    async def resolve(self, escalation: EscalationId, by: PersonId, after: timedelta, note: str) -> datetime:
        """`by` has dealt with it, `after` it was opened; answers when. The course knows, and its clock may go on."""

    async def settled(self, escalation: EscalationId) -> None:
        """The escalation has come to its end by itself, and the course knows."""
