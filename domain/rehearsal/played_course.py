"""One course with its escalations, played on the rules and the ladder alone: time passes when it is told to.

It does what the workflows do, in their order, and nothing takes any time: whoever is paged is reached, and the course
knows at once what became of an escalation.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from domain.course.answer import Answer
from domain.course.course import Course, Decision
from domain.course.state import CourseEscalation, Outcome, Phase
from domain.course.transition import AutoResolve, OpenEscalation, RepeatEscalation
from domain.escalation.escalation import Escalation, opened
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationView, Order, Page, Reassign, Repeat, Settlement
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry
from domain.oncall.file import OnCall, OnCallQuery
from domain.oncall.rota import UTC_ZONE, Zone
from domain.protocol.pinned import PinnedProtocol
from domain.rehearsal.lines import PageLine, in_utc
from domain.values import Blocker, CourseId, Frozen, PersonId

CHANNEL = "rehearsal"
"""The kind of channel by which everybody is reached."""


class Standing(Frozen):
    """Where a course stands at a moment; `phase` is None before the referral."""

    phase: Phase | None
    outcome: Outcome | None
    held: bool
    unresolved: tuple[CourseEscalation, ...]
    next: tuple[str, ...]
    blockers: tuple[Blocker, ...]


def standing_of(course: Course, now: datetime) -> Standing:
    """Where this course stands."""
    return Standing(
        phase=course.phase if course.referral else None,
        outcome=course.outcome,
        held=course.hold is not None,
        unresolved=course.unresolved,
        next=course.next_acts(now),
        blockers=course.blockers(now),
    )


class Played(Protocol):
    """One course and its escalations, on which a rehearsal is played: the rules alone, or the real workflows."""

    @property
    def now(self) -> datetime:
        """The moment that everybody's clock shows."""

    @property
    def standing(self) -> Standing:
        """Where the course stands now."""

    @property
    def escalations(self) -> tuple[EscalationView, ...]:
        """Every escalation that was opened, resolved or not."""

    @property
    def silenced(self) -> tuple[EscalationId, ...]:
        """The open escalations that page no more, because they have paged often enough."""

    @property
    def next_deadline_at(self) -> datetime | None:
        """When the next deadline passes."""

    @property
    def next_due_at(self) -> datetime | None:
        """When the next thing happens if nobody acts: a deadline passes, or a ladder moves."""

    def drained(self) -> Iterator[Entry | PageLine]:
        """What has happened since this was asked last, in order: the ledger's entries, and pages."""

    def silence_after(self, pages: int) -> None:
        """From now on each escalation sends so many pages at most."""

    def pass_until(self, moment: datetime) -> None:
        """Time passes until the deadlines of that moment have passed. Its ladders wait for what is said then."""

    def pass_over(self, moment: datetime) -> None:
        """Time passes until all of that moment has happened."""

    def report(self, event: ClinicEvent, offered: PinnedProtocol | None = None) -> Answer:
        """Reports the event now. Raises `Refused` and `AlreadyAnswered` as the course does."""

    def act(self, escalation_id: EscalationId, order: Order) -> None:
        """Somebody acts on an escalation now. Raises `Refused` as the escalation does."""

    def close(self) -> None:
        """Ends what runs for it. Nothing more is played."""


class PlayedCourse:
    """One course and its escalations at one moment; what happens is kept until it is `drained`.

    At one moment deadlines pass first, then come events and acts, then ladders page: an escalation begins a little
    after its course has opened it.
    """

    def __init__(
        self,
        course_id: CourseId,
        pinned: PinnedProtocol,
        on_call: OnCall,
        starts_at: datetime,
        timezone: Zone = UTC_ZONE,
    ) -> None:
        self.now = starts_at
        self.course = Course.blank(course_id, pinned, timezone)
        self._on_call = on_call
        self._deadlines = self.course.deadlines()
        self._escalations: dict[EscalationId, Escalation] = {}
        self._wakes: dict[EscalationId, datetime] = {}
        self._happened: list[Entry | PageLine] = []
        self._most_pages: int | None = None
        self._pages: Counter[EscalationId] = Counter()

    @property
    def escalations(self) -> tuple[EscalationView, ...]:
        """Every escalation that was opened, resolved or not."""
        return tuple(escalation.view for escalation in self._escalations.values())

    @property
    def silenced(self) -> tuple[EscalationId, ...]:
        """The open escalations that page no more, because they have paged often enough."""
        return tuple(one for one, known in self._escalations.items() if self._is_silenced(known))

    @property
    def standing(self) -> Standing:
        """Where the course stands now."""
        return standing_of(self.course, self.now)

    @property
    def next_deadline_at(self) -> datetime | None:
        """When the next deadline passes."""
        return max(self._deadlines[0].passes_at, self.now) if self._deadlines else None

    @property
    def next_due_at(self) -> datetime | None:
        """When the next thing happens if nobody acts: a deadline passes, or a ladder moves."""
        dues = (*self._wakes.values(), *((self.next_deadline_at,) if self.next_deadline_at else ()))
        return min(dues, default=None)

    def drained(self) -> Iterator[Entry | PageLine]:
        """What has happened since this was asked last, in order: the ledger's entries, and pages."""
        happened, self._happened = self._happened, []
        yield from happened

    def silence_after(self, pages: int) -> None:
        """From now on each escalation sends so many pages at most, for a ladder that nobody answers never ends.

        One that becomes worse begins to count anew.
        """
        self._most_pages = pages
        self._pages.clear()

    def pass_until(self, moment: datetime) -> None:
        """Time passes until the deadlines of that moment have passed. Its ladders wait for what is said then."""
        while (at := self._next_until(moment, ladders_of_it=False)) is not None:
            self._move_on(at)
        self.now = max(moment, self.now)

    def pass_over(self, moment: datetime) -> None:
        """Time passes until all of that moment has happened."""
        while (at := self._next_until(moment, ladders_of_it=True)) is not None:
            self._move_on(at)
        self.now = max(moment, self.now)

    def report(self, event: ClinicEvent, offered: PinnedProtocol | None = None) -> Answer:
        """Reports the event now. Raises `Refused` and `AlreadyAnswered` as the course does."""
        decision = self.course.accept(event, self.now, offered)
        assert decision.answer is not None
        self._take(decision)
        return decision.answer

    def act(self, escalation_id: EscalationId, order: Order, now: datetime | None = None) -> None:
        """Somebody acts on an escalation, now or on its own clock. Raises `Refused` as the escalation does."""
        at = now or self.now
        escalation = self._escalations[escalation_id]
        snapshot = self._on_call.standing(OnCallQuery(severity=escalation.progress.severity, at=at))
        self._keep(escalation.act(order, snapshot, at), at)
        if isinstance(order, Reassign):
            self._page(escalation_id, max(escalation.view.step, 1), (order.to,), at)

    def close(self) -> None:
        """Nothing runs for it that would have to be ended."""

    def climb_until(self, escalation_id: EscalationId, moment: datetime) -> None:
        """One escalation's own clock goes on until that moment, steps of that moment included."""
        while (wakes_at := self._wakes.get(escalation_id)) is not None and wakes_at <= moment:
            self._climb(escalation_id, wakes_at)

    def _next_until(self, moment: datetime, *, ladders_of_it: bool) -> datetime | None:
        ladder_at = min(self._wakes.values(), default=None)
        if ladder_at is not None and (ladder_at > moment or (ladder_at == moment and not ladders_of_it)):
            ladder_at = None
        deadline_at = self.next_deadline_at
        if deadline_at is not None and deadline_at > moment:
            deadline_at = None
        return min((at for at in (ladder_at, deadline_at) if at is not None), default=None)

    def _move_on(self, at: datetime) -> None:
        self.now = max(at, self.now)
        if self._deadlines and self._deadlines[0].passes_at <= self.now:
            self._take(self.course.pass_deadlines(self.now, self._deadlines))
            return
        for escalation_id in tuple(self._wakes):
            self.climb_until(escalation_id, self.now)

    def _take(self, decision: Decision) -> None:
        self.course, self._deadlines = decision.course, decision.deadlines
        self._happened.extend(decision.entries)
        for call in decision.calls:
            match call:
                case OpenEscalation(opening=opening):
                    self._keep(opened(opening, self.now), self.now)
                    self._climb(opening.id, self.now)
                case RepeatEscalation(id=escalation_id, repeat=repeat):
                    self._repeat(self._escalations[escalation_id], repeat)
                case AutoResolve(id=escalation_id, at=at, reason=reason):
                    news = Settlement(at=at, reason=reason)
                    self._keep(self._escalations[escalation_id].settle(news, self.now), self.now)

    def _repeat(self, escalation: Escalation, news: Repeat) -> None:
        repeated = escalation.repeat(news, self.now)
        if repeated.progress.severity is not escalation.progress.severity:
            del self._pages[escalation.view.id]
        self._keep(repeated, self.now)
        self.climb_until(escalation.view.id, self.now)

    def _climb(self, escalation_id: EscalationId, now: datetime) -> None:
        """Lapses the acknowledgement, and pages the step, that are due."""
        self._keep(self._escalations[escalation_id].lapse(now), now)
        escalation = self._escalations[escalation_id]
        policy = self._on_call.policies[escalation.progress.severity]
        next_step = escalation.progress.upcoming(policy) if escalation.progress.is_open else None
        if next_step is not None and next_step.at <= now:
            self._keep(escalation.advanced(policy, next_step, now), now)
            people = self._on_call.resolve(policy.steps[next_step.step - 1].notify, now)
            self._page(escalation_id, next_step.step, people, now)

    def _page(self, escalation_id: EscalationId, step: int, people: tuple[PersonId, ...], now: datetime) -> None:
        escalation = self._escalations[escalation_id]
        about = escalation.view
        self._happened.extend(
            PageLine(
                at=in_utc(now),
                person=person,
                kind=about.kind,
                session=about.session,
                severity=about.severity,
                step=step,
            )
            for person in people
        )
        self._pages[escalation_id] += len(people)
        self._keep(
            escalation.paged(Page(at=now, step=step, person=person, channel=CHANNEL, ok=True) for person in people), now
        )

    def _keep(self, escalation: Escalation, now: datetime) -> None:
        """The escalation as it is now; the course hears its news."""
        escalation_id, notices = escalation.view.id, escalation.notices
        escalation = escalation.but(notices=()) if notices else escalation
        self._escalations[escalation_id] = escalation
        wakes_at = escalation.wakes_at(self._on_call.policies[escalation.progress.severity])
        if wakes_at is None or self._is_silenced(escalation):
            self._wakes.pop(escalation_id, None)
        else:
            self._wakes[escalation_id] = wakes_at
        for notice in notices:
            self._take(self.course.hear(notice, now))

    def _is_silenced(self, escalation: Escalation) -> bool:
        is_tired = self._most_pages is not None and self._pages[escalation.view.id] >= self._most_pages
        return is_tired and escalation.progress.is_open
