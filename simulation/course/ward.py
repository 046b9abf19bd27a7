"""The interface on which scripts are played: the running system, with simulated or real time, or a test's rehearsal."""

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
    of its own, on which it is acknowledged and resolved.
    """

    async def until(self, moment: datetime) -> None:
        """Waits until the clock shows `moment` or later. Whatever fell due on the way has happened."""

    async def report(self, event: ClinicEvent) -> Answer:
        """Reports the event, which is accepted. Raises `domain.refusal.Refused`."""

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """Waits until this escalation has been opened, at the latest by `by`, and its first page sent."""

    async def acknowledge(self, escalation: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """`by` was paged and acknowledges, `after` its opening; returns when. Nobody else has acknowledged before."""

    async def resolve(self, escalation: EscalationId, by: PersonId, after: timedelta, note: str) -> datetime:
        """`by` resolves it `after` its opening; returns when. The course knows, and its clock may go on."""

    async def settled(self, escalation: EscalationId) -> None:
        """Waits until the escalation is resolved by itself, and the course knows."""
