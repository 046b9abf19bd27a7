"""A living floor without a server: its courses on charts alone, its wall a number that the test moves ahead."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count

from domain.answer import Answer
from domain.chart import PinnedProtocol
from domain.escalation import Acknowledge, EscalationId, EscalationView, Kind, Resolve
from domain.events import ClinicEvent
from domain.oncall import OnCall
from domain.refusal import Refusal
from domain.values import CourseId, PersonId
from domain.view import CourseView
from gateway.courses import Reported
from simulation.rehearsal import Rehearsal

A_MINUTE = timedelta(minutes=1)


class VirtualWall:
    """Shows a moment until it is moved on; whoever waits for another one sleeps until then."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._order = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    async def until(self, moment: datetime) -> None:
        if moment > self._now:
            woken = asyncio.Event()
            heapq.heappush(self._sleepers, (moment, next(self._order), woken))
            await woken.wait()

    async def moves_to(self, moment: datetime, passing: Callable[[datetime], Awaitable[None]]) -> None:
        """Everybody who waits for a moment up to this one has woken, in order; each minute has passed."""
        while self._now < moment:
            due = self._sleepers[0][0] if self._sleepers else moment
            self._now = max(self._now, min(due, self._now + A_MINUTE, moment))
            await passing(self._now)
            while self._sleepers and self._sleepers[0][0] <= self._now:
                heapq.heappop(self._sleepers)[2].set()
                await settled()


async def settled() -> None:
    """Nobody has anything left to do at this moment: on charts every answer is there at once."""
    for _ in range(20):
        await asyncio.sleep(0)


class Course(Rehearsal):
    """A course whose escalations are answered when the wall says so, by whoever is in the on-call file."""

    def escalation(self, escalation: EscalationId) -> EscalationView:
        return self._obligations[escalation].view

    def acknowledges(self, escalation: EscalationId, order: Acknowledge, now: datetime) -> EscalationView:
        self._move(self._obligations[escalation].acknowledge(order, self._standing(escalation), now), now)
        return self.escalation(escalation)

    def resolves(self, escalation: EscalationId, order: Resolve, now: datetime) -> EscalationView:
        self._move(self._obligations[escalation].resolve(order, self._standing(escalation), now), now)
        return self.escalation(escalation)


class Charts:
    """The courses and escalations of a floor, as the system would answer for them."""

    def __init__(self, pinned: PinnedProtocol, on_call: OnCall, wall: VirtualWall) -> None:
        self._pinned = pinned
        self._on_call = on_call
        self._wall = wall
        self._passed_at = wall.now()
        self.courses: dict[CourseId, Course] = {}

    async def passes(self, now: datetime) -> None:
        """Every course's deadlines and ladders have moved, once a minute."""
        if now - self._passed_at >= A_MINUTE:
            self._passed_at = now
            for course in self.courses.values():
                await course.until(now)

    async def report(self, event: ClinicEvent) -> Reported:
        new = Course(event.subject, self._pinned, self._on_call, self._wall.now())
        course = self.courses.setdefault(event.subject, new)
        await course.until(self._wall.now())
        answer: Answer = await course.report(event)
        return Reported(answer=answer)

    async def view(self, course_id: CourseId) -> CourseView:
        course = self.courses[course_id]
        await course.until(self._wall.now())
        return course.view


class Ladders:
    """The escalations of the charts."""

    def __init__(self, charts: Charts, wall: VirtualWall) -> None:
        self._charts = charts
        self._wall = wall

    async def view(self, escalation: EscalationId) -> EscalationView:
        return self._course_of(escalation).escalation(escalation)

    async def acknowledge(self, escalation: EscalationId, *, by: PersonId) -> EscalationView:
        return self._course_of(escalation).acknowledges(escalation, Acknowledge(by=by), self._wall.now())

    async def resolve(self, escalation: EscalationId, *, by: PersonId, note: str) -> EscalationView:
        return self._course_of(escalation).resolves(escalation, Resolve(by=by, note=note), self._wall.now())

    def _course_of(self, escalation: EscalationId) -> Course:
        return self._charts.courses[escalation.partition("~")[0]]


class Silence:
    """An audience that keeps what it hears."""

    def __init__(self) -> None:
        self.saw_events: list[tuple[ClinicEvent, Answer]] = []
        self.saw_refusals: list[tuple[ClinicEvent, Refusal]] = []

    def saw(self, event: ClinicEvent, answer: Answer) -> None:
        self.saw_events.append((event, answer))

    def saw_refusal(self, event: ClinicEvent, refusal: Refusal) -> None:
        self.saw_refusals.append((event, refusal))

    def saw_page(self, course_id: CourseId, kind: Kind) -> None:
        pass

    def saw_end(self, course_id: CourseId) -> None:
        pass
