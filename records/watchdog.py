"""What the independent watch goes by and leaves behind: what is to move by itself, its alarms, when it looked."""

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
from records.errors import in_our_words, where
from records.readable import Found, Unreadable, as_moment, model
from records.schema import require_schema
from records.servers import Servers, require_writes
from records.statements import statement
from records.store import project_escalation

TURN_SOUGHT_EVERY: Final = timedelta(seconds=2)

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)

FROZEN_AFTER: Final = timedelta(minutes=1)
"""A watcher that hangs asks for nothing any more: PostgreSQL then ends its connection, and another one takes over."""

MOST_SHOWN: Final = 50


class WatchdogStore:
    """The watch's part of the record. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`.

    A row that cannot be read is left aside, counted and told in the log: the others are watched over all the same.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._reading = connections.reading

    async def last_look(self) -> Tick | None:
        """The last look of whoever watches; None where nobody ever did, or nobody can tell."""
        async with self._connections.connection() as connection:
            row = await connection.fetchrow(statement("last_look"))
        found = self._reading.read("watch_looks", row, _look, "looked_at") if row else None
        return None if isinstance(found, Unreadable) else found

    async def look(self, look: Tick) -> None:
        """This look is the last one."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("look"), look.looked_at, look.watching_since)

    async def expected(self) -> Found[ExpectedMove]:
        """All that is to move by itself for a dosed patient, and when at the latest.

        What nobody can tell when it moves was to move long ago: then it is asked itself.
        """
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("expected"))
        return self._all_expected(rows)

    async def incidents(self) -> Found[WatchdogAlarm]:
        """The newest alarm of each session, as far as it is not resolved or its patient is still monitored.

        Where that cannot be read, the one before it.
        """
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("incidents"))
        found = self._reading.all("watch_incidents", rows, _incident, "escalation_id")
        newest: dict[tuple[CourseId, int | None], WatchdogAlarm] = {}
        for incident in sorted(found, key=lambda one: one.number):
            view = incident.escalation.view
            newest[view.course_id, view.session] = incident
        return Found(newest.values(), found.unreadable, found.ids)

    async def incident(self, escalation: EscalationId) -> WatchdogAlarm | None:
        """One alarm of the watch; None where it never raised this one."""
        async with self._connections.connection() as connection:
            row = await connection.fetchrow(statement("incident"), escalation)
        return self._reading.one("watch_incidents", row, _incident, "escalation_id") if row else None

    async def add(self, incident: WatchdogAlarm) -> None:
        """The alarm is kept, and stands among the escalations.

        Where its number is taken by one that cannot be read, it gets the next: nobody is left unwatched for that.
        """
        async with self._connections.transaction() as connection:
            view = incident.escalation.view
            taken = await connection.fetchval(statement("newest_alarm"), view.course_id, view.session or 0)
            if taken is not None and taken >= incident.number:
                incident = raised(
                    view.course_id,
                    view.session,
                    taken + 1,
                    view.opened_at,
                    severity=view.severity,
                    found=incident.found,
                    of=incident.of,
                    is_for_all=incident.is_for_all,
                )
            await project_escalation(connection, incident.escalation.view)
            await connection.execute(statement("raise_incident"), incident.id, incident.model_dump(mode="json"))

    async def move(
        self, escalation: EscalationId, step: Callable[[WatchdogAlarm], WatchdogAlarm]
    ) -> WatchdogAlarm | None:
        """The alarm after this step, which sees it as it is and is the only one at a time; None where there is none.

        What `step` raises leaves everything as it was.
        """
        async with self._connections.transaction() as connection:
            row = await connection.fetchrow(statement("hold_incident"), escalation)
            if row is None:
                return None
            before = self._reading.one("watch_incidents", row, _incident, "escalation_id")
            after = step(before)
            if after != before:
                await _keep(connection, after)
            return after

    async def overdue(self, by: datetime, courses: Collection[CourseId], limit: int) -> Found[ExpectedMove]:
        """What was to move by itself by that moment for no dosed patient, the longest overdue first, at most so many.

        Before that, all of these courses, whenever it moves. What nobody can tell when it moves was to move long ago.
        """
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("overdue"), by, sorted(courses), limit)
        return self._all_expected(rows)

    def _all_expected(self, rows: Sequence[asyncpg.Record]) -> Found[ExpectedMove]:
        found = self._reading.all("courses", rows, _expected, "course_id")
        timeless = [row for row in rows if as_moment(row["moves_at"]) is None]
        asked = self._reading.all("courses", timeless, _long_expected, "course_id")
        return Found((*found, *asked), found.unreadable, found.ids)

    async def suspected(self, suspects: Sequence[Suspect], now: datetime) -> Found[ExpectedMove]:
        """Whom these are about; without those that have ended as they were to."""
        told = [[one.course_id, one.escalation, one.is_ended] for one in suspects]
        columns = zip(*told, strict=True) if told else ([], [], [])
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("suspected"), *map(list, columns), now)
        return self._reading.all("courses", rows, _expected, "course_id")

    async def incidents_of_rounds(self, since: datetime, courses: Collection[CourseId]) -> Found[WatchdogAlarm]:
        """The alarms about no dosed patient that are not resolved, or were since then; of these courses each."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("incidents_of_rounds"), since, sorted(courses))
        return self._reading.all("watch_incidents", rows, _incident, "escalation_id")

    async def silent(self, found: Sequence[Silence], *, dosed: bool) -> None:
        """These are silent now, of those with a dosed patient or of all else, and no others of them."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("end_silences"), dosed, [one.course_id for one in found])
            for one in found:
                row = (one.course_id, one.session, one.found, one.of, one.since)
                await connection.execute(statement("keep_silence"), *row)

    async def silences(
        self, *, site: str | None = None, course_id: CourseId | None = None, limit: int = MOST_SHOWN
    ) -> Found[Silence]:
        """The courses that nobody watches over, those of a dosed patient first."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("silences"), site, course_id, limit)
        return self._reading.all("watch_silences", rows, _silence, "course_id")


def _look(row: asyncpg.Record) -> Tick:
    return model(Tick, row)


def _expected(row: asyncpg.Record) -> ExpectedMove:
    return model(ExpectedMove, row)


def _long_expected(row: asyncpg.Record) -> ExpectedMove:
    return model(ExpectedMove, {**row, "moves_at": LONG_AGO})


def _silence(row: asyncpg.Record) -> Silence:
    return model(Silence, row)


def _incident(row: asyncpg.Record) -> WatchdogAlarm:
    return model(WatchdogAlarm, row["incident"])


async def _keep(connection: PoolConnectionProxy, incident: WatchdogAlarm) -> None:
    await connection.execute(statement("move_incident"), incident.id, incident.model_dump(mode="json"))
    await project_escalation(connection, incident.escalation.view)


class WatchdogLock:
    """Being the one that watches, for as long as its connection holds."""

    def __init__(self, connection: asyncpg.Connection, place: str) -> None:
        self._connection = connection
        self._place = place
        self._asking = asyncio.Lock()

    async def check(self) -> None:
        """Returns while it is still ours. Raises `RecordStoreUnreachable` once the connection was lost.

        So it does once its server takes no writes any more: the turn is then had where they are taken.
        """
        async with self._asking:
            with in_our_words(self._place):
                await require_writes(self._connection, self._place)


@asynccontextmanager
async def turn_to_watch(database_url: str, frozen_after: timedelta = FROZEN_AFTER) -> AsyncIterator[WatchdogLock]:
    """Waits until nobody else watches, and is then the one that does, until this ends or its connection is lost.

    It is lost where the turn was not checked for `frozen_after`. Raises `RecordStoreUnreachable` or `SchemaTooOld`.
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
            while not await connection.fetchval(statement("begin_watching")):  # noqa: ASYNC110  another console's it is
                await asyncio.sleep(TURN_SOUGHT_EVERY.total_seconds())
        yield WatchdogLock(connection, place)
    finally:
        connection.terminate()
