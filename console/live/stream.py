"""Fans out changes in the record store to all open streams, filtered by what each caller may see, in order."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from sse_starlette import ServerSentEvent

from domain.access import Caller, Right, TokenId
from domain.refusal import Refused
from domain.sign_in import SignInId
from domain.values import CourseId
from domain.views.course import CourseView
from gateway.workflow_calls import TooMany, Unavailable
from records.changes import ChangeKind, ChangeListener, Changes, RecordChange
from records.errors import RecordStoreError

WAITING: Final = 256
"""Most messages queued for one listener. A slower one is disconnected, and resumes from its last event id."""

STREAMS_OF_A_TOKEN: Final = 100
"""Most streams that one token may have open at a console: a shift shares one, and a page has one."""

AT_ONCE: Final = 200

GATHERED_FOR: Final = timedelta(milliseconds=50)
"""How long changes are gathered before they are read together: nobody sees the difference, and a burst is one query."""

KEPT_ALIVE_EVERY: Final = timedelta(seconds=5)
"""A page that has heard nothing for three of them says that it may be old (`live.js`)."""

RIGHTS_LOOKED_AT_EVERY: Final = timedelta(seconds=5)
AGAIN_AFTER: Final = tuple(timedelta(milliseconds=wait) for wait in (100, 200, 500, 1000, 2000))
"""Waits before reconnecting to PostgreSQL; the last one repeats."""

LINE: Final = "\n"
KEEP_ALIVE: Final = ServerSentEvent("{}", event="alive", sep=LINE).encode()
"""A sign of life is an event, for a browser tells a page of no comment."""
AWAY, BACK = (
    ServerSentEvent(f'{{"reachable":{reachable}}}', event="record_store", sep=LINE).encode()
    for reachable in ("false", "true")
)
"""Tell a listener that changes cannot be read, and that they can again. They are no changes and have no number."""

log = logging.getLogger(__name__)


class Listener:
    """One open stream: its queue, and how far its caller has been told. `position` None means from now on.

    `sign_in` is that of the page which listens; None for a program.
    """

    def __init__(self, caller: Caller, position: int | None, sign_in: SignInId | None) -> None:
        self.caller = caller
        self.sign_in = sign_in
        self.position = position
        self.is_up_to_date = position is None
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self.ended = asyncio.Event()

    def may_see(self, change: RecordChange, site: str | None) -> bool:
        """Whether the caller may see the change, by their role and by the site of its course."""
        if self.caller.site is not None and site != self.caller.site:
            return False
        if self.caller.has(Right.SEE_FLOOR):
            return True
        if change.kind is ChangeKind.ESCALATION:
            return self.caller.has(Right.READ_ESCALATIONS)
        if self.caller.has(Right.READ_COURSES):
            return True
        return change.is_behind_escalations and self.caller.has(Right.READ_COURSES_BEHIND)

    @property
    def is_told_only_that(self) -> bool:
        """Whether the caller learns that something changed, and not what: a screen on the wall fetches its page."""
        return not self.caller.has(Right.READ_COURSES, Right.READ_COURSES_BEHIND, Right.READ_ESCALATIONS)

    def tell(self, message: bytes) -> None:
        """Queues a message. A listener whose queue is full is disconnected instead."""
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.ended.set()


async def _none_ended(_sign_ins: Collection[SignInId], _now: datetime) -> set[SignInId]:
    return set()


class Stream:
    """All listeners of this console, fed by one PostgreSQL connection that is notified of every change."""

    def __init__(
        self,
        changes: Changes,
        view: Callable[[CourseId], Awaitable[CourseView]],
        listening: Callable[[], AbstractAsyncContextManager[ChangeListener]],
        recorded: Callable[[datetime], None],
        ended_among: Callable[[Collection[SignInId], datetime], Awaitable[set[SignInId]]] = _none_ended,
    ) -> None:
        self._ended_among = ended_among
        self._changes = changes
        self._view = view
        self._listening = listening
        self._recorded = recorded
        self._listeners: set[Listener] = set()
        self._position: int | None = None
        self._is_away = False
        self._is_over = False
        self._has_looked = asyncio.Event()

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While this is open, changes are sent to the listeners."""
        tasks = [asyncio.create_task(each()) for each in (self._feed, self._keep_alive, self._look_at_rights)]
        try:
            yield
        finally:
            self.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def end(self) -> None:
        """Ends all streams and opens no new ones: the console is stopping."""
        self._is_over = True
        self._has_looked.set()
        for listener in self._listeners:
            listener.ended.set()

    def end_sign_in(self, sign_in: SignInId) -> None:
        """Ends the streams of this sign-in: they signed out."""
        for listener in self._listeners:
            if listener.sign_in == sign_in:
                listener.ended.set()

    def has_room_for(self, token: TokenId) -> bool:
        """Whether this token may open another stream."""
        return sum(listener.caller.token_id == token for listener in self._listeners) < STREAMS_OF_A_TOKEN

    @asynccontextmanager
    async def listener(
        self, caller: Caller, after: int | None, sign_in: SignInId | None = None
    ) -> AsyncIterator[Listener]:
        """Opens a stream of the changes after number `after`, or from now on if it is None.

        It waits for the first look at the record store, whose number is sent, but not for a record store that is away.
        """
        await self._has_looked.wait()
        listener = Listener(caller, after, sign_in)
        if self._is_over or not self.has_room_for(caller.token_id):
            listener.ended.set()
        self._listeners.add(listener)
        listener.tell(_listening(self._position if after is None else after))
        if self._is_away:
            listener.tell(AWAY)
        catching_up = asyncio.create_task(self._catch_up(listener)) if after is not None else None
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if catching_up is not None:
                catching_up.cancel()
                with suppress(asyncio.CancelledError):
                    await catching_up

    async def _feed(self) -> None:
        failures = 0
        while True:
            try:
                async with self._listening() as news:
                    self._say(is_away=False)
                    await self._publish()
                    failures = 0
                    while True:
                        await news.wait()
                        await asyncio.sleep(GATHERED_FOR.total_seconds())
                        await self._publish()
            except RecordStoreError as error:
                log.warning("Listeners wait for the record store: %s", error)
                self._say(is_away=True)
                self._has_looked.set()
            except Exception as error:  # noqa: BLE001  a stream that no longer hears anything looks like a quiet night
                log.error("Listeners wait: telling them failed with %s", type(error).__name__)  # noqa: TRY400  its words may quote a row
                self._has_looked.set()
            await asyncio.sleep(AGAIN_AFTER[min(failures, len(AGAIN_AFTER) - 1)].total_seconds())
            failures += 1

    def _say(self, *, is_away: bool) -> None:
        """Tells the listeners when the record store goes away or comes back, once each time."""
        if is_away != self._is_away:
            self._is_away = is_away
            for listener in list(self._listeners):
                listener.tell(AWAY if is_away else BACK)

    async def _publish(self) -> None:
        """Sends the changes since the last call."""
        if self._position is None:
            self._position = await self._changes.newest()
            for listener in list(self._listeners):
                if listener.position is None:
                    listener.tell(_listening(self._position))
            self._has_looked.set()
        may_be_more = True
        while may_be_more:
            found = await self._changes.after(self._position, AT_ONCE)
            for change in found:
                if isinstance(change, RecordChange):
                    await self._tell(change)
                self._position = change.number
            may_be_more = len(found) == AT_ONCE

    async def _tell(self, change: RecordChange) -> None:
        if change.accepted_at is not None:
            self._recorded(change.accepted_at)
        site = await self._site_of(change)
        message, bare = _message(change), _message(change, is_bare=True)
        for listener in list(self._listeners):
            is_news = listener.position is None or change.number > listener.position
            if listener.is_up_to_date and is_news and listener.may_see(change, site):
                listener.tell(bare if listener.is_told_only_that else message)

    async def _catch_up(self, listener: Listener) -> None:
        """Sends a listener who came back the changes they missed; from then on they get changes with all others."""
        assert listener.position is not None
        is_known = False
        while not listener.is_up_to_date:
            try:
                if not is_known:
                    # A number that was never given comes from another database: waiting above it would be in vain.
                    listener.position = min(listener.position, await self._changes.newest())
                    is_known = True
                found = await self._changes.after(listener.position, AT_ONCE)
            except RecordStoreError:
                await asyncio.sleep(AGAIN_AFTER[-1].total_seconds())
                continue
            except Exception as error:  # noqa: BLE001  they come back, and are told then
                log.error("A listener is sent away: %s", type(error).__name__)  # noqa: TRY400  its message is not logged
                listener.ended.set()
                return
            for change in found:
                if isinstance(change, RecordChange) and listener.may_see(change, await self._site_of(change)):
                    await listener.waiting.put(_message(change, is_bare=listener.is_told_only_that))
                listener.position = change.number
            # No await between this read and marking the listener up to date, so that no change falls between.
            if not found and self._position is not None:
                listener.is_up_to_date = self._position <= listener.position
            elif not found:
                await asyncio.sleep(AGAIN_AFTER[0].total_seconds())

    async def _site_of(self, change: RecordChange) -> str | None:
        """The site of the change's course. If an escalation is recorded before its course, the course is asked."""
        if change.site is not None:
            return change.site
        try:
            return (await self._view(change.course_id)).site
        except (Refused, Unavailable, TooMany):
            return None
        except Exception as error:  # noqa: BLE001  one course that answers with a fault must not silence all others
            log.error("Nobody could tell where a course is: %s", type(error).__name__)  # noqa: TRY400  its words may quote a patient
            return None

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEPT_ALIVE_EVERY.total_seconds())
            for listener in list(self._listeners):
                if listener.waiting.empty():
                    listener.tell(KEEP_ALIVE)

    async def _look_at_rights(self) -> None:
        """Ends streams whose token was revoked or whose sign-in ended. While the record store is away, all go on."""
        while True:
            await asyncio.sleep(RIGHTS_LOOKED_AT_EVERY.total_seconds())
            if not self._listeners:
                continue
            sign_ins = {listener.sign_in for listener in self._listeners if listener.sign_in is not None}
            try:
                revoked = await self._changes.revoked({listener.caller.token_id for listener in self._listeners})
                ended = await self._ended_among(sign_ins, datetime.now(UTC)) if sign_ins else set()
            except Exception as error:  # noqa: BLE001  the next look is in a few seconds
                log.warning("Nobody could tell which tokens hold: %s", type(error).__name__)
                continue
            for listener in self._listeners:
                if listener.caller.token_id in revoked or listener.sign_in in ended:
                    listener.ended.set()


def _listening(position: int | None) -> bytes:
    """The comment that confirms a stream; its id is where the client may resume."""
    return ServerSentEvent(comment="listening", id=None if position is None else str(position), sep=LINE).encode()


def _message(change: RecordChange, *, is_bare: bool = False) -> bytes:
    told = "{}" if is_bare else change.data.model_dump_json()
    return ServerSentEvent(told, event=change.kind, id=str(change.number), sep=LINE).encode()
