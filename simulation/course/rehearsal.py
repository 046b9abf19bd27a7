"""A story played on a chart alone: the real rules and the real ladder, no server, no waiting."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.course.answer import Answer
from domain.course.course import Course, Decision, PinnedProtocol
from domain.course.transition import AutoResolve, OpenEscalation, RepeatEscalation
from domain.escalation.escalation import Escalation, opened
from domain.escalation.messages import (
    Acknowledge,
    EscalationId,
    EscalationState,
    EscalationView,
    Kind,
    Page,
    Resolve,
    Settlement,
)
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry
from domain.oncall.file import OnCall, OnCallQuery, OnCallSnapshot
from domain.values import CourseId, PersonId
from domain.views.course import CourseView, course_view


class Rehearsal:
    """One course as a `Ward`, on a clock that is only a number."""

    def __init__(self, course_id: CourseId, pinned: PinnedProtocol, on_call: OnCall, starts_at: datetime) -> None:
        self._chart = Course.blank(course_id, pinned)
        self._on_call = on_call
        self._now = starts_at
        self._obligations: dict[EscalationId, Escalation] = {}
        self.ledger: tuple[Entry, ...] = ()

    @property
    def view(self) -> CourseView:
        """The course as it stands."""
        return course_view(self._chart, self._now)

    @property
    def escalations(self) -> tuple[EscalationView, ...]:
        """Every escalation that was opened, resolved or not."""
        return tuple(obligation.view for obligation in self._obligations.values())

    async def until(self, moment: datetime) -> None:
        """Deadlines and ladders have moved in the order in which they were due."""
        while (due := min(self._dues(), default=moment)) < moment:
            self._pass(max(due, self._now))
        self._pass(max(moment, self._now))

    async def report(self, event: ClinicEvent) -> Answer:
        """What the chart answers."""
        decision = self._chart.accept(event, self._now)
        assert decision.answer is not None
        self._take(decision)
        return decision.answer

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """The escalation that is open by then. Raises `LookupError` where there is none."""
        await self.until(by)
        for one in self._chart.unresolved:
            if (one.kind, one.session) == (kind, session):
                return one.id
        raise LookupError(f"no {kind} is open at {by.isoformat()}")

    async def acknowledge(self, escalation: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """Acknowledged by somebody who was paged. Raises `LookupError` where `by` was not."""
        at = self._climbed_until(escalation, after)
        obligation = self._obligations[escalation]
        if by not in {page.person for page in obligation.view.pages}:
            raise LookupError(f"{by} was not paged for {escalation}")
        self._move(obligation.acknowledge(Acknowledge(by=by), self._standing(escalation), at), at)
        return at

    async def resolve(self, escalation: EscalationId, by: PersonId, after: timedelta, note: str) -> datetime:
        """Resolved on its own clock."""
        at = self._climbed_until(escalation, after)
        order = Resolve(by=by, note=note)
        self._move(self._obligations[escalation].resolve(order, self._standing(escalation), at), at)
        return at

    async def settled(self, escalation: EscalationId) -> None:
        """Raises `LookupError` where it is not resolved: in a rehearsal nothing more comes by itself."""
        if self._obligations[escalation].view.state is not EscalationState.RESOLVED:
            raise LookupError(f"{escalation} is not resolved")

    def _climbed_until(self, escalation: EscalationId, after: timedelta) -> datetime:
        """The moment `after` it was opened, with the rungs on the way behind it."""
        at = self._obligations[escalation].view.opened_at + after
        policy = self._standing(escalation).policy
        while (due := self._obligations[escalation].climb.wakes_at(policy)) is not None and due <= at:
            self._climb(escalation, due)
        return at

    def _dues(self) -> Iterator[datetime]:
        yield from (deadline.passes_at for deadline in self._chart.deadlines())
        for escalation, obligation in self._obligations.items():
            if (wakes_at := obligation.climb.wakes_at(self._standing(escalation).policy)) is not None:
                yield wakes_at

    def _pass(self, now: datetime) -> None:
        self._now = now
        self._take(self._chart.pass_deadlines(now))
        for escalation in tuple(self._obligations):
            self._climb(escalation, now)

    def _climb(self, escalation: EscalationId, now: datetime) -> None:
        standing = self._standing(escalation)
        obligation = self._obligations[escalation].lapse(now)
        rung = obligation.climb.next_rung(standing.policy) if obligation.climb.is_open else None
        if rung is not None and rung.at <= now:
            people = standing.called[rung.step - 1]
            pages = (Page(at=now, step=rung.step, person=person, channel="rehearsal", ok=True) for person in people)
            obligation = obligation.climbed(standing.policy, rung, now).paged(pages)
        self._move(obligation, now)

    def _take(self, decision: Decision) -> None:
        self._chart = decision.chart
        self.ledger = (*self.ledger, *decision.entries)
        for call in decision.calls:
            match call:
                case OpenEscalation(opening=opening):
                    self._obligations[opening.id] = opened(opening, self._now)
                    self._climb(opening.id, self._now)
                case RepeatEscalation(id=escalation, repeat=repeat):
                    self._move(self._obligations[escalation].repeat(repeat, self._now), self._now)
                case AutoResolve(id=escalation, at=at):
                    news = Settlement(at=at, reason="the reading has arrived")
                    self._move(self._obligations[escalation].settle(news, self._now), self._now)

    def _move(self, obligation: Escalation, now: datetime) -> None:
        notices = obligation.notices
        self._obligations[obligation.view.id] = obligation.but(notices=())
        for notice in notices:
            self._take(self._chart.hear(notice, now))

    def _standing(self, escalation: EscalationId) -> OnCallSnapshot:
        severity = self._obligations[escalation].climb.severity
        return self._on_call.standing(OnCallQuery(severity=severity, at=self._now))
