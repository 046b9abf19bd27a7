"""What the independent watch goes by and leaves behind: what is to move by itself, its alarms, when it looked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from domain.escalation import EscalationId
from domain.incident import Incident
from domain.silence import Silence
from domain.values import CourseId
from domain.watch import Expected, Look, Suspect
from records.connections import ANSWER_WITHIN, SESSION_SETTINGS, Connections
from records.errors import in_our_words, where
from records.schema import require_schema
from records.statements import statement
from records.store import project_escalation

TURN_SOUGHT_EVERY: Final = timedelta(seconds=2)

FROZEN_AFTER: Final = timedelta(minutes=1)
"""A watcher that hangs asks for nothing any more: PostgreSQL then ends its connection, and another one takes over."""

MOST_SHOWN: Final = 50


class WatchStore:
    """The watch's part of the record. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def last_look(self) -> Look | None:
        """The last look of whoever watches; None where nobody ever did."""
        async with self._connections.connection() as connection:
            row = await connection.fetchrow(statement("last_look"))
        return Look.model_validate(dict(row)) if row else None

    async def look(self, look: Look) -> None:
        """This look is the last one."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("look"), look.looked_at, look.watching_since)

    async def expected(self) -> list[Expected]:
        """All that is to move by itself for a dosed patient, and when at the latest."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("expected"))
        return [Expected.model_validate(dict(row)) for row in rows]

    async def incidents(self) -> list[Incident]:
        """The newest alarm of each session, as far as it is not resolved or its patient is still monitored."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("incidents"))
        return [Incident.model_validate(row["incident"]) for row in rows]

    async def incident(self, escalation: EscalationId) -> Incident | None:
        """One alarm of the watch; None where it never raised this one."""
        async with self._connections.connection() as connection:
            row = await connection.fetchrow(statement("incident"), escalation)
        return Incident.model_validate(row["incident"]) if row else None

    async def add(self, incident: Incident) -> None:
        """The alarm is kept, and stands among the escalations."""
        async with self._connections.transaction() as connection:
            await project_escalation(connection, incident.obligation.view)
            await connection.execute(statement("raise_incident"), incident.id, incident.model_dump(mode="json"))

    async def move(self, escalation: EscalationId, step: Callable[[Incident], Incident]) -> Incident | None:
        """The alarm after this step, which sees it as it is and is the only one at a time; None where there is none.

        What `step` raises leaves everything as it was.
        """
        async with self._connections.transaction() as connection:
            row = await connection.fetchrow(statement("hold_incident"), escalation)
            if row is None:
                return None
            before = Incident.model_validate(row["incident"])
            after = step(before)
            if after != before:
                await _keep(connection, after)
            return after

    async def overdue(self, by: datetime, courses: Collection[CourseId], limit: int) -> list[Expected]:
        """What was to move by itself by that moment for no dosed patient, the longest overdue first, at most so many.

        Before that, all of these courses, whenever it moves.
        """
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("overdue"), by, sorted(courses), limit)
        return [Expected.model_validate(dict(row)) for row in rows]

    async def suspected(self, suspects: Sequence[Suspect], now: datetime) -> list[Expected]:
        """Whom these are about; without those that have ended as they were to."""
        told = [[one.course_id, one.escalation, one.is_ended] for one in suspects]
        columns = zip(*told, strict=True) if told else ([], [], [])
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("suspected"), *map(list, columns), now)
        return [Expected.model_validate(dict(row)) for row in rows]

    async def incidents_of_rounds(self, since: datetime, courses: Collection[CourseId]) -> list[Incident]:
        """The alarms about no dosed patient that are not resolved, or were since then; of these courses each."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("incidents_of_rounds"), since, sorted(courses))
        return [Incident.model_validate(row["incident"]) for row in rows]

    async def silent(self, found: Sequence[Silence], *, dosed: bool) -> None:
        """These are silent now, of those with a dosed patient or of all else, and no others of them."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("end_silences"), dosed, [one.course_id for one in found])
            for one in found:
                row = (one.course_id, one.session, one.found, one.of, one.since)
                await connection.execute(statement("keep_silence"), *row)

    async def silences(
        self, *, site: str | None = None, course_id: CourseId | None = None, limit: int = MOST_SHOWN
    ) -> list[Silence]:
        """The courses that nobody watches over, those of a dosed patient first."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("silences"), site, course_id, limit)
        return [Silence.model_validate(dict(row)) for row in rows]


async def _keep(connection: PoolConnectionProxy, incident: Incident) -> None:
    await connection.execute(statement("move_incident"), incident.id, incident.model_dump(mode="json"))
    await project_escalation(connection, incident.obligation.view)


class Turn:
    """Being the one that watches, for as long as its connection holds."""

    def __init__(self, connection: asyncpg.Connection, place: str) -> None:
        self._connection = connection
        self._place = place
        self._asking = asyncio.Lock()

    async def check(self) -> None:
        """Returns while it is still ours. Raises `RecordStoreUnreachable` once the connection was lost."""
        async with self._asking:
            with in_our_words(self._place):
                await self._connection.fetchval(statement("still_there"))


@asynccontextmanager
async def turn_to_watch(database_url: str, frozen_after: timedelta = FROZEN_AFTER) -> AsyncIterator[Turn]:
    """Waits until nobody else watches, and is then the one that does, until this ends or its connection is lost.

    It is lost where the turn was not checked for `frozen_after`. Raises `RecordStoreUnreachable` or `SchemaTooOld`.
    """
    place = where(database_url)
    with in_our_words(place):
        connection = await asyncpg.connect(
            database_url,
            timeout=ANSWER_WITHIN.total_seconds(),
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
        yield Turn(connection, place)
    finally:
        connection.terminate()
