"""Plays scripts on the running system: each course on its own clock, which is moved ahead between visits."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, TypeVar

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain.course.answer import Answer
from domain.escalation.ids import EscalationId
from domain.escalation.ids import course_workflow_id as course_workflow
from domain.escalation.ids import escalation_workflow_id as escalation_workflow
from domain.escalation.messages import Acknowledge, EscalationView, Kind, Resolve
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry
from domain.refusal import Refusal, RefusalCode, Refused
from domain.values import CourseId, Frozen, PersonId
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.protocols import Library
from gateway.workflow_calls import TooMany, Unavailable
from records.store import RecordStore
from records.verify import verify
from simulation.course.calendar import BEND
from simulation.course.ending import Ending, differences, ending
from simulation.course.highlights import News, Overheard
from simulation.course.reporter import OffScript
from simulation.scripts.scripts import ScriptPart

WITHIN: Final = timedelta(seconds=60)
"""Longest wait for what the system does by itself: page, resolve, write to the record store."""

LOOK_AGAIN: Final = timedelta(milliseconds=100)
ATTEMPTS: Final = 3
AT_ONCE: Final = 8
"""Courses played side by side; more would only wait for one another."""

Found = TypeVar("Found")


class Audience(Protocol):
    """Is told of everything that happens while courses are played."""

    def saw(self, event: ClinicEvent, answer: Answer) -> None:
        """The event was accepted, and this was answered."""

    def saw_refusal(self, event: ClinicEvent, refusal: Refusal) -> None:
        """The event was refused for these reasons."""

    def saw_page(self, course_id: CourseId, kind: Kind) -> None:
        """Somebody was paged."""

    def saw_end(self, course_id: CourseId) -> None:
        """The course was played to its end, whatever the result."""


class Pace(Frozen):
    """Most clinical days in a second; 0 for as many as the machine can."""

    days_a_second: float = 0

    async def passes(self, length: timedelta) -> None:
        """Waits until this much clinical time has been shown."""
        if self.days_a_second:
            await asyncio.sleep(length / timedelta(days=1) / self.days_a_second)


class Played(Frozen):
    """The result of one script: how its course ended, what happened, and every deviation from the script."""

    part: ScriptPart
    ending: Ending | None
    troubles: tuple[str, ...]
    news: tuple[News, ...] = ()

    @property
    def is_as_expected(self) -> bool:
        """Whether the course ended as its script says, with a valid ledger."""
        return self.ending is not None and not self.troubles


class Clinic:
    """Plays scripts on the running system and checks the results."""

    def __init__(self, client: Client, library: Library, store: RecordStore, audience: Audience, pace: Pace) -> None:
        # Children do not get the time skipping: an escalation's clock would climb its whole ladder at once.
        self.skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False, disable_propagation=True))
        self.courses = Courses(
            self.skipper.client, library, store, allow_unapproved=True, timezone_of=lambda _site: BEND.time_zone
        )
        self.escalations = Escalations(self.skipper.client)
        self.audience = audience
        self.pace = pace
        self._store = store
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def play(self, part: ScriptPart) -> Played:
        """Plays the script to its end, starting now."""
        course_id, news = part.patient.course_id, list[News]()
        async with self._turns:
            try:
                await part.play(Overheard(LiveWard(self, course_id), course_id, news.append), datetime.now(UTC))
                return await self._judged(part, tuple(news))
            except (Refused, OffScript, Unavailable, TooMany, RPCError, TimeoutError) as error:
                troubles = (str(error) or type(error).__name__,)
                return Played(part=part, ending=None, troubles=troubles, news=tuple(news))
            finally:
                self.audience.saw_end(course_id)

    async def _judged(self, part: ScriptPart, news: tuple[News, ...]) -> Played:
        course_id = part.patient.course_id
        head = await self.courses.ledger_head(course_id)

        async def recorded() -> list[Entry] | None:
            entries = await self._store.ledger(course_id)
            return entries if len(entries) >= head.sequence else None

        ledger = await eventually(recorded)
        opened = [str(entry.data["id"]) for entry in ledger if entry.type == "kap.escalation.opened"]
        escalations = [await self.escalations.view(one) for one in opened]
        found = ending(await self.courses.view(course_id), escalations, ledger)
        verdict = verify(ledger, (head.sequence, head.hash))
        broken = (f"ledger entry {verdict.fault.sequence}: {verdict.fault.reason}",) if verdict.fault else ()
        troubles = (*differences(part.script.expected, found), *broken)
        return Played(part=part, ending=found, troubles=troubles, news=news)


class LiveWard:
    """One course on the running system, as a `Ward` with simulated time."""

    def __init__(self, clinic: Clinic, course_id: CourseId) -> None:
        self._clinic = clinic
        self._course_id = course_id
        self._skipper = clinic.skipper
        self._course = self._skipper.client.get_workflow_handle(course_workflow(course_id))
        self._is_referred = False

    async def until(self, moment: datetime) -> None:
        """Moves the course's clock ahead. Before the referral there is only the real clock."""
        if self._is_referred:
            await self._skip(self._course, moment)

    async def report(self, event: ClinicEvent) -> Answer:
        """Reports until there is an answer: sending the same event again is safe."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = (await self._clinic.courses.report(event)).answer
                break
            except Refused as refused:
                self._clinic.audience.saw_refusal(event, refused.refusal)
                raise
            except (Unavailable, TooMany):
                if attempt == ATTEMPTS or is_canceled():
                    raise
        self._is_referred = True
        self._clinic.audience.saw(event, answer)
        return answer

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """Waits for the first page. Raises `TimeoutError` if none comes."""
        # The course's clock stops once the escalation is its open child: only then may the time skipping end.
        skipping = asyncio.create_task(self.until(by))

        async def paged() -> EscalationId | None:
            view = await self._clinic.courses.view(self._course_id)
            for one in view.escalations:
                if (one.kind, one.session) == (kind, session) and await self._paged(one.id):
                    return one.id
            return None

        try:
            escalation = await eventually(paged)
        finally:
            skipping.cancel()
            with suppress(asyncio.CancelledError):
                await skipping
        self._clinic.audience.saw_page(self._course_id, kind)
        return escalation

    async def acknowledge(self, escalation: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """Acknowledges on the escalation's own clock. Raises `TimeoutError` if no page reaches `by`."""
        await self._skip_from_opening(escalation, after)

        async def reached() -> bool | None:
            return by in await self._paged(escalation) or None

        await eventually(reached)
        view = await self._clinic.escalations.act(escalation, Acknowledge(by=by))
        assert view.acknowledged_at is not None
        return view.acknowledged_at

    async def resolve(self, escalation: EscalationId, by: PersonId, after: timedelta, note: str) -> datetime:
        """Resolves on the escalation's own clock, and waits until its workflow has ended."""
        await self._skip_from_opening(escalation, after)
        view = await self._clinic.escalations.act(escalation, Resolve(by=by, note=note))
        await self.settled(escalation)
        assert view.resolved_at is not None
        return view.resolved_at

    async def settled(self, escalation: EscalationId) -> None:
        """Waits until its workflow has ended, so that the course's clock can be moved again. Raises `TimeoutError`."""
        async with asyncio.timeout(WITHIN.total_seconds()):
            await self._handle(escalation).result()

    async def _skip_from_opening(self, escalation: EscalationId, after: timedelta) -> None:
        opened_at = (await self._clinic.escalations.view(escalation)).opened_at
        await self._skip(self._handle(escalation), opened_at + after)

    async def _skip(self, handle: WorkflowHandle[object, object], moment: datetime) -> None:
        ahead = moment - await self._skipper.get_current_time(handle)
        if ahead > timedelta():
            await self._clinic.pace.passes(ahead)
            await self._skipper.fast_forward(handle, ahead)

    async def _paged(self, escalation: EscalationId) -> frozenset[PersonId]:
        """Whom its pages have reached so far."""
        try:
            view: EscalationView = await self._clinic.escalations.view(escalation)
        except Refused as refused:
            if refused.refusal.code is RefusalCode.UNKNOWN_ESCALATION:
                return frozenset()
            raise
        return frozenset(page.person for page in view.pages if page.ok)

    def _handle(self, escalation: EscalationId) -> WorkflowHandle[object, object]:
        return self._skipper.client.get_workflow_handle(escalation_workflow(escalation))


def is_canceled() -> bool:
    """Whether this task is being cancelled: the SDK raises the same error for a cancelled call and a timeout."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def eventually(look: Callable[[], Awaitable[Found | None]]) -> Found:
    """Polls `look` until it finds something. Raises `TimeoutError` if it does not within `WITHIN`."""
    async with asyncio.timeout(WITHIN.total_seconds()):
        while (found := await look()) is None:  # noqa: ASYNC110  other processes bring it about
            await asyncio.sleep(LOOK_AGAIN.total_seconds())
    return found
