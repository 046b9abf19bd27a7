"""A living floor without a server: its courses on charts alone, its wall a number that the test moves ahead."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Self

from domain.course.answer import Answer
from domain.course.session import HERE
from domain.escalation.ids import EscalationId, EscalationKey
from domain.escalation.messages import EscalationView, Kind, Order
from domain.events.clinic_events import ClinicEvent
from domain.oncall.file import OnCall, parse_on_call
from domain.protocol.approval import content_hash
from domain.protocol.model import Protocol
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import Refusal
from domain.values import CourseId
from domain.views.course import CourseView
from domain.views.session import SessionView
from gateway.courses import Reported
from simulation.course.calendar import EVERY_DAY, Practice, where_it_is_morning
from simulation.demo.oncall import on_call_file
from simulation.live.live_clinic import LiveClinic
from simulation.live.patients_on_the_floor import FloorRoster
from tests.support.rehearsal import Rehearsal

A_MINUTE = timedelta(minutes=1)


def on_call_at(now: datetime) -> OnCall:
    """The on-call file of a floor that opens then."""
    practice = Practice(time_zone=where_it_is_morning(now), working_days=EVERY_DAY)
    return parse_on_call(on_call_file("json://127.0.0.1:9900", practice), "oncall.toml")


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
            await settled()
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

    _looked_at: datetime | None = None

    async def until(self, moment: datetime) -> None:
        if moment != self._looked_at:  # at one and the same moment nothing falls due twice
            self._looked_at = moment
            await super().until(moment)

    def acts(self, escalation: EscalationId, order: Order, now: datetime) -> EscalationView:
        self.played.act(escalation, order, now)
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

    async def act(self, escalation: EscalationId, order: Order) -> EscalationView:
        return self._course_of(escalation).acts(escalation, order, self._wall.now())

    def _course_of(self, escalation: EscalationId) -> Course:
        return self._charts.courses[EscalationKey.parse(escalation).course_id]


class Diary:
    """An audience that keeps what it hears, and when."""

    def __init__(self, wall: VirtualWall) -> None:
        self._wall = wall
        self.accepted: list[tuple[datetime, ClinicEvent]] = []
        self.refused: list[tuple[ClinicEvent, Refusal]] = []

    def saw(self, event: ClinicEvent, answer: Answer) -> None:  # noqa: ARG002  only that it was
        self.accepted.append((self._wall.now(), event))

    def saw_refusal(self, event: ClinicEvent, refusal: Refusal) -> None:
        self.refused.append((event, refusal))

    def saw_page(self, course_id: CourseId, kind: Kind) -> None:
        """What was paged is in the escalations."""

    def saw_end(self, course_id: CourseId) -> None:
        """What came of it is in the charts."""


class VirtualFloor:
    """A floor that lives while the test lets time pass."""

    def __init__(self, protocol: Protocol, on_call: OnCall, now: datetime, seed: int) -> None:
        self.wall = VirtualWall(now)
        self.charts = Charts(PinnedProtocol(protocol=protocol, hash=content_hash(protocol)), on_call, self.wall)
        self.ladders = Ladders(self.charts, self.wall)
        self.diary = Diary(self.wall)
        self.in_other_hands: list[tuple[CourseId, str]] = []
        self.roster = FloorRoster(protocol, now, seed)
        self._is_open = asyncio.Event()
        self._living = LiveClinic(
            self.charts,
            self.ladders,
            self.wall,
            self.diary,
            lambda course_id, why: self.in_other_hands.append((course_id, why)),
        )

    async def __aenter__(self) -> Self:
        self._life = asyncio.create_task(self._live())
        opening = asyncio.create_task(self._is_open.wait())
        await asyncio.wait({self._life, opening}, return_when=asyncio.FIRST_COMPLETED)
        opening.cancel()
        self._check()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._check()
        self._life.cancel()
        await asyncio.wait({self._life})

    async def passes(self, length: timedelta) -> None:
        """So long later."""
        await self.wall.moves_to(self.wall.now() + length, self.charts.passes)
        self._check()

    @property
    def views(self) -> tuple[CourseView, ...]:
        """Every course as it stands."""
        return tuple(course.view for course in self.charts.courses.values())

    @property
    def escalations(self) -> tuple[EscalationView, ...]:
        """Every escalation that there was."""
        return tuple(one for course in self.charts.courses.values() for one in course.escalations)

    @property
    def live_sessions(self) -> tuple[tuple[CourseView, SessionView], ...]:
        """Every patient between check-in and discharge."""
        return tuple((view, session) for view in self.views for session in view.sessions if session.stage in HERE)

    def named(self, name: str) -> CourseView:
        """The course of the first patient who plays that."""
        course_id = next(stay.part.patient.course_id for stay in self.roster.here if stay.part.script.name == name)
        return self.charts.courses[course_id].view

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as lives:
            await self._living.open(self.roster.here, lives)
            self._is_open.set()
            await self._living.go_on(self.roster.coming(), lives)

    def _check(self) -> None:
        if self._life.done():
            self._life.result()
