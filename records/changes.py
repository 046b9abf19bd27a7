"""The change feed of the record store: changed courses, sessions and escalations in order, and notifications."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Final

import asyncpg

from domain.access import TokenId
from domain.escalation.messages import EscalationView
from domain.values import CourseId, Frozen, Moment
from domain.views.summary import CourseSummary
from records import projection
from records.connections import ANSWER_WITHIN, SESSION_SETTINGS, Connections
from records.encrypted_rows import opened
from records.errors import RecordStoreUnreachable, in_our_words, where
from records.schema import require_schema
from records.servers import Servers, require_writes
from records.statements import statement
from records.unreadable_rows import LockedRow, Row, Unreadable, as_moment, model

CHANNELS: Final = ("kapstan_courses", "kapstan_escalations")

LOOKED_AFTER_EVERY: Final = timedelta(seconds=15)
"""How often a silent listening connection is checked: it may be cut off unnoticed.

Or its server may have become read-only: then it no longer hears changes, which are written to another server.
"""


class ChangeKind(StrEnum):
    """The kind of a change; the name of its server-sent event."""

    COURSE = "course"
    SESSION = "session"
    ESCALATION = "escalation"


class SessionState(Frozen):
    """The state of a course's newest medicine session; without number and stage if it has none any more."""

    course_id: CourseId
    site: str
    phase: str
    session: int | None
    stage: str | None


class RecordChange(Frozen):
    """One row that changed, as it is now.

    `number` rises with every change; readers ask for changes above the last one they saw. `site` is None for an
    escalation that was recorded before its course. `is_behind_escalations`, for a course or session, means that the
    course has had an escalation. `accepted_at` is when the course accepted the newest entry in the change.
    """

    number: int
    kind: ChangeKind
    course_id: CourseId
    site: str | None
    is_behind_escalations: bool
    data: CourseSummary | SessionState | EscalationView
    accepted_at: Moment | None = None


class Passed(Frozen):
    """A change whose row cannot be read; readers go on after its number."""

    number: int
    unreadable: Unreadable


_SHAPES: Final[dict[ChangeKind, type[CourseSummary | SessionState | EscalationView]]] = {
    ChangeKind.COURSE: CourseSummary,
    ChangeKind.SESSION: SessionState,
    ChangeKind.ESCALATION: EscalationView,
}


class Changes:
    """Reads the change feed. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def after(self, number: int, limit: int) -> Sequence[RecordChange | Passed]:
        """The next changes above `number`, oldest first; a row that changed several times comes once, as it is now.

        Changes are numbered in commit order, so no change below the last one returned is missing.
        """
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("changes_after"), number, limit)
            told = [row["data"] if isinstance(row["data"], dict) else {} for row in rows]
            held = await opened(connection, self._connections.keyring, told)
        return [self._change(_with(row, data)) for row, data in zip(rows, held, strict=True)]

    def _change(self, row: Row) -> RecordChange | Passed:
        relation = "escalations" if row["kind"] == ChangeKind.ESCALATION else "courses"
        match self._connections.reading.read(relation, row, _change, "id"):
            case Unreadable() as broken:
                return Passed(number=row["number"], unreadable=broken)
            case change:
                return change

    async def newest(self) -> int:
        """The number of the newest change."""
        async with self._connections.connection() as connection:
            return int(await connection.fetchval(statement("newest_change")))

    async def revoked(self, tokens: set[TokenId]) -> set[TokenId]:
        """Which of these tokens are revoked."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("revoked_among"), sorted(tokens))
        return {row["id"] for row in rows}


class ChangeListener:
    """Receives the notifications of a listening connection."""

    def __init__(self, connection: asyncpg.Connection, place: str) -> None:
        self._connection = connection
        self._place = place
        self._heard = asyncio.Event()

    def hear(self, *_: object) -> None:
        """Callback: something changed, or the connection ended."""
        self._heard.set()

    async def wait(self) -> None:
        """Waits for the next change. Raises `RecordStoreUnreachable` when the connection is lost."""
        while not self._heard.is_set():
            try:
                async with asyncio.timeout(LOOKED_AFTER_EVERY.total_seconds()):
                    await self._heard.wait()
            except TimeoutError:
                with in_our_words(self._place):
                    await require_writes(self._connection, self._place)
        self._heard.clear()
        if self._connection.is_closed():
            raise RecordStoreUnreachable(f"PostgreSQL does not answer at {self._place}: the connection was lost")


@asynccontextmanager
async def listening(database_url: str) -> AsyncIterator[ChangeListener]:
    """Listens for changes on a connection of its own.

    Raises `RecordStoreUnreachable` or `SchemaTooOld`.
    """
    place = where(database_url)
    with in_our_words(place):
        connection = await Servers(database_url).connect(
            within=ANSWER_WITHIN,
            for_writing=True,
            command_timeout=ANSWER_WITHIN.total_seconds(),
            server_settings=SESSION_SETTINGS,
        )
    try:
        news = ChangeListener(connection, place)
        with in_our_words(place):
            await require_schema(connection)
            connection.add_termination_listener(news.hear)
            for channel in CHANNELS:
                await connection.add_listener(channel, news.hear)
        yield news
    finally:
        connection.terminate()


def _with(row: Row, data: Row) -> Row:
    """The row with what was opened of its data."""
    found = {**row, "data": data or row["data"]}
    return LockedRow(found, data.why) if isinstance(data, LockedRow) else found


def _change(row: Row) -> RecordChange:
    kind = ChangeKind(row["kind"])
    shape = _SHAPES[kind]
    # A newer schema may have fields that this version does not know.
    known = {name: value for name, value in row["data"].items() if name in shape.model_fields}
    data = model(shape, known)
    if isinstance(data, CourseSummary):
        projection.course(known)
    return RecordChange(
        number=row["number"],
        kind=kind,
        course_id=row["course_id"],
        site=row["site"],
        is_behind_escalations=row["is_behind_escalations"] or False,
        data=data,
        accepted_at=as_moment(row["accepted_at"]),
    )
