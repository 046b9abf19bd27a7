"""The watchdog's part of the record store: expected moves, alarms, silences, ticks, and its lock."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from domain.escalation.ids import EscalationId
from domain.escalation.silence import Silence
from domain.escalation.watchdog import ExpectedMove, Suspect, Tick
from domain.escalation.watchdog_alarm import WatchdogAlarm, raised
from domain.values import CourseId
from records.connections import ANSWER_WITHIN, SESSION_SETTINGS, Connections
from records.encrypted_rows import alarm_as_stored, opened, seal_to_write
from records.errors import CourseErased, GivesWay, RecordLocked, in_our_words, where
from records.schema import require_schema
from records.sealing import CourseSeal
from records.servers import Servers, require_writes
from records.statements import statement
from records.store import project_escalation
from records.unreadable_rows import Found, Row, Unreadable, as_moment, model

TURN_SOUGHT_EVERY: Final = timedelta(seconds=2)

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)

FROZEN_AFTER: Final = timedelta(minutes=1)
"""How long a watchdog may be idle: one that hangs sends no queries, so PostgreSQL ends its connection and another takes
over."""

STANDS_IN_AFTER: Final = timedelta(seconds=10)
"""How long nobody has to be there who does nothing but watch, before a console stands in: one that dies is started
again within that."""

MOST_SHOWN: Final = 50


class WatchdogStore:
    """Stores and reads the watchdog's data. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`.

    A row that cannot be read is skipped, counted and logged; the others are still watched.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._reading = connections.reading
        self._keyring = connections.keyring

    async def _opened(self, connection: PoolConnectionProxy, rows: Sequence[Row]) -> Sequence[Row]:
        return await opened(connection, self._keyring, rows)

    async def _seal(self, connection: PoolConnectionProxy, alarm: WatchdogAlarm) -> CourseSeal | None:
        """The seal of the alarm's course, if it has one.

        None also where its key is not at hand, or was erased, as long as nobody has typed anything: whoever must be
        called is called without it, and the watch over everybody else goes on. Else raises `RecordLocked`, or
        `CourseErased`.
        """
        try:
            return await seal_to_write(connection, self._keyring, alarm.escalation.view.course_id)
        except (RecordLocked, CourseErased):
            if alarm.is_noted:
                raise
            return None

    async def last_look(self) -> Tick | None:
        """The watchdog's last tick; None if there is none, or it cannot be read."""
        async with self._connections.connection() as connection:
            row = await connection.fetchrow(statement("last_look"))
        found = self._reading.read("watch_looks", row, _look, "looked_at") if row else None
        return None if isinstance(found, Unreadable) else found

    async def look(self, look: Tick) -> None:
        """Stores this tick as the last one."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("look"), look.looked_at, look.watching_since)

    async def expected(self) -> Found[ExpectedMove]:
        """Every course and escalation of a dosed patient, with the moment by which it must move by itself.

        One whose moment is unreadable counts as long overdue, so that it is asked.
        """
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("expected"))
        return self._all_expected(rows)

    async def incidents(self) -> Found[WatchdogAlarm]:
        """The newest alarm of each session whose alarm is unresolved or whose patient is still monitored.

        If it cannot be read, the one before it.
        """
        async with self._connections.connection() as connection:
            rows = await self._opened(connection, await connection.fetch(statement("incidents")))
        found = self._reading.all("watch_incidents", rows, alarm_of, "escalation_id")
        newest: dict[tuple[CourseId, int | None], WatchdogAlarm] = {}
        for alarm in sorted(found, key=lambda one: one.number):
            view = alarm.escalation.view
            newest[view.course_id, view.session] = alarm
        return Found(newest.values(), found.unreadable, found.ids)

    async def incident(self, escalation: EscalationId) -> WatchdogAlarm | None:
        """One watchdog alarm; None if there is none of this id."""
        async with self._connections.connection() as connection:
            rows = await self._opened(connection, await connection.fetch(statement("incident"), escalation))
        return self._reading.one("watch_incidents", rows[0], alarm_of, "escalation_id") if rows else None

    async def acts_on(self, escalation: EscalationId) -> frozenset[str]:
        """What people did with the alarm, as the record of administration calls it."""
        async with self._connections.connection() as connection:
            return frozenset(row["what"] for row in await connection.fetch(statement("acts_on_escalation"), escalation))

    async def add(self, alarm: WatchdogAlarm) -> None:
        """Stores a new alarm, also among the escalations.

        If its number is taken by an unreadable alarm, it gets the next one, so that the course stays watched.
        """
        async with self._connections.transaction() as connection:
            view = alarm.escalation.view
            taken = await connection.fetchval(statement("newest_alarm"), view.course_id, view.session or 0)
            if taken is not None and taken >= alarm.number:
                alarm = raised(
                    view.course_id,
                    view.session,
                    taken + 1,
                    view.opened_at,
                    severity=view.severity,
                    found=alarm.found,
                    of=alarm.of,
                    is_for_all=alarm.is_for_all,
                )
            seal = await self._seal(connection, alarm)
            await project_escalation(connection, alarm.escalation.view, seal)
            await connection.execute(statement("raise_incident"), alarm.id, alarm_as_stored(alarm, seal))

    async def move(
        self, escalation: EscalationId, step: Callable[[WatchdogAlarm], WatchdogAlarm]
    ) -> WatchdogAlarm | None:
        """Applies `step` to the alarm under a row lock and returns the result; None if there is no such alarm.

        If `step` raises, nothing changes.
        """
        async with self._connections.transaction() as connection:
            rows = await self._opened(connection, await connection.fetch(statement("hold_incident"), escalation))
            if not rows:
                return None
            before = self._reading.one("watch_incidents", rows[0], alarm_of, "escalation_id")
            after = step(before)
            if after != before:
                seal = await self._seal(connection, after)
                await connection.execute(statement("move_incident"), after.id, alarm_as_stored(after, seal))
                await project_escalation(connection, after.escalation.view, seal)
            return after

    async def overdue(self, by: datetime, courses: Collection[CourseId], limit: int) -> Found[ExpectedMove]:
        """Moves overdue at `by` that concern no dosed patient, longest overdue first, at most `limit`.

        First come all moves of `courses`, whenever due. One whose moment is unreadable counts as long overdue.
        """
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("overdue"), by, sorted(courses), limit)
        return self._all_expected(rows)

    def _all_expected(self, rows: Sequence[Row]) -> Found[ExpectedMove]:
        found = self._reading.all("courses", rows, _expected, "course_id")
        timeless = [row for row in rows if as_moment(row["moves_at"]) is None]
        asked = self._reading.all("courses", timeless, _long_expected, "course_id")
        return Found((*found, *asked), found.unreadable, found.ids)

    async def suspected(self, suspects: Sequence[Suspect], now: datetime) -> Found[ExpectedMove]:
        """The suspects as expected moves with their sessions, without those that have ended as intended."""
        told = [[one.course_id, one.escalation, one.is_ended] for one in suspects]
        columns = zip(*told, strict=True) if told else ([], [], [])
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("suspected"), *map(list, columns), now)
        return self._reading.all("courses", rows, _expected, "course_id")

    async def incidents_of_rounds(self, since: datetime, courses: Collection[CourseId]) -> Found[WatchdogAlarm]:
        """The alarms about no dosed patient that are unresolved or were resolved after `since`; all of `courses`."""
        async with self._connections.connection() as connection:
            found = await connection.fetch(statement("incidents_of_rounds"), since, sorted(courses))
            rows = await self._opened(connection, found)
        return self._reading.all("watch_incidents", rows, alarm_of, "escalation_id")

    async def silent(self, found: Sequence[Silence], *, dosed: bool) -> None:
        """Replaces the stored silent courses: those with a dosed patient, or with `dosed` False all others."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("end_silences"), dosed, [one.course_id for one in found])
            for one in found:
                row = (one.course_id, one.session, one.found, one.of, one.since)
                await connection.execute(statement("keep_silence"), *row)

    async def silences(
        self, *, site: str | None = None, course_id: CourseId | None = None, limit: int = MOST_SHOWN
    ) -> Found[Silence]:
        """The silent courses, those of a dosed patient first."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("silences"), site, course_id, limit)
        return self._reading.all("watch_silences", rows, _silence, "course_id")


def _look(row: Row) -> Tick:
    return model(Tick, row)


def _expected(row: Row) -> ExpectedMove:
    return model(ExpectedMove, row)


def _long_expected(row: Row) -> ExpectedMove:
    return model(ExpectedMove, {**row, "moves_at": LONG_AGO})


def _silence(row: Row) -> Silence:
    return model(Silence, row)


def alarm_of(row: Row) -> WatchdogAlarm:
    """The alarm of a row. Raises `ValueError` if it cannot be read, or is another than its row says."""
    alarm = model(WatchdogAlarm, row["incident"])
    if alarm.id != row["escalation_id"]:
        raise ValueError("it is the account of another alarm")
    return alarm


class WatchdogLock:
    """The watchdog lock: held by one process at a time, for as long as its connection lasts."""

    def __init__(self, connection: asyncpg.Connection, place: str, *, stands_in: bool = False) -> None:
        self._connection = connection
        self._place = place
        self._stands_in = stands_in
        self._asking = asyncio.Lock()

    async def check(self) -> None:
        """Checks that the lock is still held. Raises `RecordStoreUnreachable` once the connection is lost.

        So it does once the server takes no writes any more: the lock must then be taken on the server that does. Raises
        `GivesWay` where it only stands in, and somebody has come who does nothing but watch.
        """
        async with self._asking:
            with in_our_words(self._place):
                await require_writes(self._connection, self._place)
                if self._stands_in and not await _is_nobody_there(self._connection):
                    raise GivesWay("a process that does nothing else watches again")


@asynccontextmanager
async def turn_to_watch(
    database_url: str,
    frozen_after: timedelta = FROZEN_AFTER,
    *,
    stands_in: bool = False,
    stands_in_after: timedelta = STANDS_IN_AFTER,
) -> AsyncIterator[WatchdogLock]:
    """Acquires the watchdog lock; held until the context exits or the connection drops.

    Waits while another process holds it; one that `stands_in` also while any process is there that does not, and for
    `stands_in_after` once there is none. The connection drops if the lock is not checked for `frozen_after`. Raises
    `RecordStoreUnreachable` or `SchemaTooOld`.
    """
    place = where(database_url)
    with in_our_words(place):
        connection = await Servers(database_url).connect(
            within=ANSWER_WITHIN,
            for_writing=True,
            command_timeout=ANSWER_WITHIN.total_seconds(),
            server_settings={
                **SESSION_SETTINGS,
                "idle_session_timeout": f"{frozen_after / timedelta(milliseconds=1):.0f}",
            },
        )
    try:
        with in_our_words(place):
            await require_schema(connection)
            if not stands_in:
                await connection.execute(statement("come_to_watch"))
            await _take(connection, alone_for=stands_in_after if stands_in else None)
        yield WatchdogLock(connection, place, stands_in=stands_in)
    finally:
        connection.terminate()


async def _is_nobody_there(connection: asyncpg.Connection) -> bool:
    """Whether no process is there that does nothing but watch."""
    return bool(await connection.fetchval(statement("nobody_came_to_watch")))


async def _take(connection: asyncpg.Connection, *, alone_for: timedelta | None) -> None:
    """Waits for the lock and takes it; where `alone_for` is given, only once nobody else was there for so long."""
    clock = asyncio.get_running_loop().time
    alone_since = clock()
    while True:
        if alone_for is not None and not await _is_nobody_there(connection):
            alone_since = clock()
        is_ones_turn = alone_for is None or clock() - alone_since >= alone_for.total_seconds()
        if is_ones_turn and await connection.fetchval(statement("begin_watching")):
            return
        await asyncio.sleep(TURN_SOUGHT_EVERY.total_seconds())
