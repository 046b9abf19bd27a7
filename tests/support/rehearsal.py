"""A ward without a server: runs a script on the real rules and the real ladder, with no waiting."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.course.answer import Answer
from domain.course.course import Course, Decision
from domain.course.transition import AutoResolve, OpenEscalation, RepeatEscalation
from domain.escalation.escalation import Escalation, opened
from domain.escalation.ids import EscalationId
from domain.escalation.messages import Acknowledge, EscalationState, EscalationView, Kind, Page, Resolve, Settlement
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry
from domain.oncall.file import OnCall, OnCallQuery, OnCallSnapshot
from domain.protocol.pinned import PinnedProtocol
from domain.values import CourseId, PersonId
from domain.views.course import CourseView, course_view


class Rehearsal:
    """One course as a `Ward`, on a simulated clock."""

    def __init__(self, course_id: CourseId, pinned: PinnedProtocol, on_call: OnCall, starts_at: datetime) -> None:
        self._course = Course.blank(course_id, pinned)
        self._on_call = on_call
        self._now = starts_at
        self._escalations: dict[EscalationId, Escalation] = {}
        self.ledger: tuple[Entry, ...] = ()

    @property
    def view(self) -> CourseView:
        """The course now."""
        return course_view(self._course, self._now)

    @property
    def escalations(self) -> tuple[EscalationView, ...]:
        """Every escalation that was opened, resolved or not."""
        return tuple(escalation.view for escalation in self._escalations.values())

    async def until(self, moment: datetime) -> None:
        """Advances the clock; deadlines and ladders move in the order in which they are due."""
        while (due := min(self._dues(), default=moment)) < moment:
            self._pass(max(due, self._now))
        self._pass(max(moment, self._now))

    async def report(self, event: ClinicEvent) -> Answer:
        """Reports the event; returns the course's answer."""
        decision = self._course.accept(event, self._now)
        assert decision.answer is not None
        self._take(decision)
        return decision.answer

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """The escalation that is open by then. Raises `LookupError` if there is none."""
        await self.until(by)
        for one in self._course.unresolved:
            if (one.kind, one.session) == (kind, session):
                return one.id
        raise LookupError(f"no {kind} is open at {by.isoformat()}")

    async def acknowledge(self, escalation_id: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """Acknowledged by somebody who was paged. Raises `LookupError` if `by` was not."""
        at = self._climbed_until(escalation_id, after)
        escalation = self._escalations[escalation_id]
        if by not in {page.person for page in escalation.view.pages}:
            raise LookupError(f"{by} was not paged for {escalation_id}")
        self._move(escalation.acknowledge(Acknowledge(by=by), self._standing(escalation_id), at), at)
        return at

    async def resolve(self, escalation_id: EscalationId, by: PersonId, after: timedelta, note: str) -> datetime:
        """Resolved on its own clock."""
        at = self._climbed_until(escalation_id, after)
        order = Resolve(by=by, note=note)
        self._move(self._escalations[escalation_id].resolve(order, self._standing(escalation_id), at), at)
        return at

    async def settled(self, escalation_id: EscalationId) -> None:
        """Raises `LookupError` if it is not resolved: in a rehearsal nothing more happens by itself."""
        if self._escalations[escalation_id].view.state is not EscalationState.RESOLVED:
            raise LookupError(f"{escalation_id} is not resolved")

    def _climbed_until(self, escalation_id: EscalationId, after: timedelta) -> datetime:
        """The moment `after` it was opened; the ladder has moved up to then."""
        at = self._escalations[escalation_id].view.opened_at + after
        policy = self._standing(escalation_id).policy
        while (due := self._escalations[escalation_id].progress.wakes_at(policy)) is not None and due <= at:
            self._climb(escalation_id, due)
        return at

    def _dues(self) -> Iterator[datetime]:
        yield from (deadline.passes_at for deadline in self._course.deadlines())
        for escalation_id, escalation in self._escalations.items():
            if (wakes_at := escalation.progress.wakes_at(self._standing(escalation_id).policy)) is not None:
                yield wakes_at

    def _pass(self, now: datetime) -> None:
        self._now = now
        self._take(self._course.pass_deadlines(now))
        for escalation_id in tuple(self._escalations):
            self._climb(escalation_id, now)

    def _climb(self, escalation_id: EscalationId, now: datetime) -> None:
        standing = self._standing(escalation_id)
        escalation = self._escalations[escalation_id].lapse(now)
        next_step = escalation.progress.upcoming(standing.policy) if escalation.progress.is_open else None
        if next_step is not None and next_step.at <= now:
            people = standing.called[next_step.step - 1]
            pages = (
                Page(at=now, step=next_step.step, person=person, channel="rehearsal", ok=True) for person in people
            )
            escalation = escalation.advanced(standing.policy, next_step, now).paged(pages)
        self._move(escalation, now)

    def _take(self, decision: Decision) -> None:
        self._course = decision.course
        self.ledger = (*self.ledger, *decision.entries)
        for call in decision.calls:
            match call:
                case OpenEscalation(opening=opening):
                    self._escalations[opening.id] = opened(opening, self._now)
                    self._climb(opening.id, self._now)
                case RepeatEscalation(id=escalation_id, repeat=repeat):
                    self._move(self._escalations[escalation_id].repeat(repeat, self._now), self._now)
                case AutoResolve(id=escalation_id, at=at, reason=reason):
                    news = Settlement(at=at, reason=reason)
                    self._move(self._escalations[escalation_id].settle(news, self._now), self._now)

    def _move(self, escalation: Escalation, now: datetime) -> None:
        notices = escalation.notices
        self._escalations[escalation.view.id] = escalation.but(notices=())
        for notice in notices:
            self._take(self._course.hear(notice, now))

    def _standing(self, escalation_id: EscalationId) -> OnCallSnapshot:
        severity = self._escalations[escalation_id].progress.severity
        return self._on_call.standing(OnCallQuery(severity=severity, at=self._now))
