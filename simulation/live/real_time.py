"""A ward in real time: the past is reported at once, the future is waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, TypeVar

from domain.course.answer import Answer
from domain.course.state import CourseEscalation
from domain.escalation.ids import EscalationId
from domain.escalation.messages import Acknowledge, EscalationState, EscalationView, Kind, Order, Resolve
from domain.events.clinic_events import ClinicEvent
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId, PersonId
from domain.views.course import CourseView
from gateway.courses import Reported
from gateway.workflow_calls import TooMany, Unavailable
from simulation.demo.clinic import Audience, is_canceled

LOOK_AGAIN: Final = timedelta(seconds=1)
TRY_AGAIN: Final = timedelta(seconds=2)
LONGEST_NAP: Final = timedelta(seconds=30)
"""Longest single sleep: a machine that slept wakes up late, and its timers with it, so the clock is read again."""

HISTORY_AFTER: Final = timedelta(minutes=2)
"""An escalation called for longer ago than this belongs to the past: it was answered then, not now."""

OPENED_WITHIN: Final = timedelta(minutes=15)
"""Longest wait for an escalation: a deadline in the past passes up to ten minutes after it was learned."""

PAGED_WITHIN: Final = timedelta(seconds=10)
"""Longest wait for a page: a routine page may wait for the morning, the script does not."""

Said = TypeVar("Said")


class Wall(Protocol):
    """A clock in real time."""

    def now(self) -> datetime:
        """The present moment, aware."""

    async def until(self, moment: datetime) -> None:
        """Waits until it shows `moment` or later."""


class RealWall:
    """This machine's clock."""

    def now(self) -> datetime:
        """The present moment by this machine's clock."""
        return datetime.now(UTC)

    async def until(self, moment: datetime) -> None:
        """Returns at once if the moment is past."""
        while (left := moment - self.now()) > timedelta():  # noqa: ASYNC110  no event marks a time of day
            await asyncio.sleep(min(left, LONGEST_NAP).total_seconds())


class CourseSide(Protocol):
    """The system's course operations, as in `gateway.courses`."""

    async def report(self, event: ClinicEvent) -> Reported:
        """Reports the event, which is accepted."""

    async def view(self, course_id: CourseId) -> CourseView:
        """The course now."""


class EscalationSide(Protocol):
    """The system's escalation operations, as in `gateway.escalations`."""

    async def view(self, escalation: EscalationId) -> EscalationView:
        """The escalation now."""

    async def act(self, escalation: EscalationId, order: Order) -> EscalationView:
        """Acts on the escalation; returns its state after that."""


class RealTimeWard:
    """One course as a `Ward`, in real time. `is_in_the_present` is set once it waits for the future.

    A person may acknowledge or resolve an escalation before the script does: then the script goes on.
    """

    def __init__(
        self, course_id: CourseId, courses: CourseSide, escalations: EscalationSide, wall: Wall, audience: Audience
    ) -> None:
        self.is_in_the_present = asyncio.Event()
        self._course_id = course_id
        self._courses = courses
        self._escalations = escalations
        self._wall = wall
        self._audience = audience
        self._counted_from: dict[EscalationId, datetime] = {}

    async def until(self, moment: datetime) -> None:
        """Waits for the moment. In the past nothing falls due: deadlines that are learned late pass later."""
        if moment > self._wall.now():
            self.is_in_the_present.set()
        await self._wall.until(moment)

    async def report(self, event: ClinicEvent) -> Answer:
        """Reports when the event has happened, until there is an answer: sending the same event again is safe."""
        await self.until(event.time)
        try:
            answer = (await self._insist(lambda: self._courses.report(event))).answer
        except Refused as refused:
            self._audience.saw_refusal(event, refused.refusal)
            raise
        self._audience.saw(event, answer)
        return answer

    async def called(self, kind: Kind, session: int | None, by: datetime) -> EscalationId:
        """Waits until it is open, and paged if it pages now. Raises `TimeoutError` if none is opened."""
        await self.until(by)
        is_history = self._wall.now() - by > HISTORY_AFTER
        opened = await self._look_for(lambda: self._opened(kind, session), OPENED_WITHIN)
        if opened is None:
            raise TimeoutError(f"no {kind} was opened by {self._wall.now().isoformat(timespec='seconds')}")
        if await self._look_for(lambda: self._is_paged(opened.id), PAGED_WITHIN):
            self._audience.saw_page(self._course_id, kind)
        self._counted_from[opened.id] = by if is_history else max(by, opened.opened_at)
        return opened.id

    async def acknowledge(self, escalation: EscalationId, by: PersonId, after: timedelta) -> datetime:
        """Acknowledges this long after it was called for, unless somebody else has before."""
        at = await self._after(escalation, after)
        await self._unless_dealt_with(lambda: self._escalations.act(escalation, Acknowledge(by=by)))
        return at

    async def resolve(self, escalation: EscalationId, by: PersonId, after: timedelta, note: str) -> datetime:
        """Resolves this long after it was called for, unless somebody else has before."""
        at = await self._after(escalation, after)
        await self._unless_dealt_with(lambda: self._escalations.act(escalation, Resolve(by=by, note=note)))
        return at

    async def settled(self, escalation: EscalationId) -> None:
        """Raises `TimeoutError` if it is not resolved by itself."""
        if not await self._look_for(lambda: self._is_resolved(escalation), OPENED_WITHIN):
            raise TimeoutError(f"{escalation} did not resolve itself")

    async def _after(self, escalation: EscalationId, length: timedelta) -> datetime:
        at = self._counted_from[escalation] + length
        await self.until(at)
        return at

    async def _opened(self, kind: Kind, session: int | None) -> CourseEscalation | None:
        view = await self._insist(lambda: self._courses.view(self._course_id))
        return next((one for one in view.escalations if (one.kind, one.session) == (kind, session)), None)

    async def _is_paged(self, escalation: EscalationId) -> bool | None:
        """Whether it is paged; not yet if its course has opened it and its own workflow has not started."""
        try:
            view = await self._insist(lambda: self._escalations.view(escalation))
        except Refused as refused:
            if refused.refusal.code is not RefusalCode.UNKNOWN_ESCALATION:
                raise
            return None
        return bool(view.pages) or None

    async def _is_resolved(self, escalation: EscalationId) -> bool | None:
        view = await self._insist(lambda: self._escalations.view(escalation))
        return view.state is EscalationState.RESOLVED or None

    async def _unless_dealt_with(self, act: Callable[[], Awaitable[EscalationView]]) -> None:
        try:
            await self._insist(act)
        except Refused as refused:
            if refused.refusal.code is not RefusalCode.NOT_OPEN:
                raise

    async def _look_for(self, look: Callable[[], Awaitable[Said | None]], within: timedelta) -> Said | None:
        give_up_at = self._wall.now() + within
        while (found := await look()) is None and self._wall.now() < give_up_at:
            await self._wall.until(self._wall.now() + LOOK_AGAIN)
        return found

    async def _insist(self, ask: Callable[[], Awaitable[Said]]) -> Said:
        """Retries until the system answers: a clinic that cannot report waits, and then reports."""
        while True:
            try:
                return await ask()
            except (Unavailable, TooMany):
                if is_canceled():
                    raise
            await self._wall.until(self._wall.now() + TRY_AGAIN)
