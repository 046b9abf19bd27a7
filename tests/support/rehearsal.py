"""A ward without a server: runs a simulated script on the real rules and the real ladder, with no waiting."""

from datetime import datetime, timedelta

from domain.course.answer import Answer
from domain.escalation.ids import EscalationId
from domain.escalation.messages import Acknowledge, EscalationState, EscalationView, Kind, Resolve
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry
from domain.oncall.file import OnCall
from domain.protocol.pinned import PinnedProtocol
from domain.rehearsal.played_course import PlayedCourse
from domain.values import CourseId, PersonId
from domain.views.course import CourseView, course_view


class Rehearsal:
    """One course as a `Ward`, on a simulated clock; while somebody answers an escalation, that one's clock goes on."""

    def __init__(self, course_id: CourseId, pinned: PinnedProtocol, on_call: OnCall, starts_at: datetime) -> None:
        self.played = PlayedCourse(course_id, pinned, on_call, starts_at)
        self._on_call = on_call
        self._ledger: list[Entry] = []

    @property
    def view(self) -> CourseView:
        """The course now."""
        return course_view(self.played.course, self.played.now)

    @property
    def escalations(self) -> tuple[EscalationView, ...]:
        """Every escalation that was opened, resolved or not."""
        return self.played.escalations

    @property
    def ledger(self) -> tuple[Entry, ...]:
        """Everything that was written of the course."""
        self._ledger.extend(one for one in self.played.drained() if isinstance(one, Entry))
        return tuple(self._ledger)

    async def until(self, moment: datetime) -> None:
        """Advances the clock; deadlines and ladders move in the order in which they are due."""
        self.played.pass_over(moment)

    async def report(self, event: ClinicEvent) -> Answer:
        """Reports the event; returns the course's answer."""
        return self.played.report(event)

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """The escalation that is open by then. Raises `LookupError` if there is none."""
        await self.until(by)
        for one in self.played.course.unresolved:
            if (one.kind, one.session) == (kind, session):
                return one.id
        raise LookupError(f"no {kind} is open at {by.isoformat()}")

    async def acknowledge(self, escalation_id: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """Acknowledged by somebody who was paged. Raises `LookupError` if `by` was not."""
        at = self._climbed_until(escalation_id, after)
        if by not in {page.person for page in self.escalation(escalation_id).pages}:
            raise LookupError(f"{by} was not paged for {escalation_id}")
        self.played.act(escalation_id, Acknowledge(by=by), at)
        return at

    async def resolve(self, escalation_id: EscalationId, by: PersonId, after: timedelta, note: str) -> datetime:
        """Resolved on its own clock."""
        at = self._climbed_until(escalation_id, after)
        self.played.act(escalation_id, Resolve(by=by, note=note), at)
        return at

    async def settled(self, escalation_id: EscalationId) -> None:
        """Raises `LookupError` if it is not resolved: in a rehearsal nothing more happens by itself."""
        if self.escalation(escalation_id).state is not EscalationState.RESOLVED:
            raise LookupError(f"{escalation_id} is not resolved")

    def escalation(self, escalation_id: EscalationId) -> EscalationView:
        """The escalation as it is."""
        return next(one for one in self.escalations if one.id == escalation_id)

    def _climbed_until(self, escalation_id: EscalationId, after: timedelta) -> datetime:
        """The moment `after` it was opened; the ladder has moved up to then."""
        at = self.escalation(escalation_id).opened_at + after
        self.played.climb_until(escalation_id, at)
        return at
