"""The record store: appends to ledgers, and reads the clinic's lists of courses and escalations."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from asyncpg.pool import PoolConnectionProxy
from pydantic import Field

from domain.course.course import Course
from domain.course.ended_course import EndedCourse
from domain.course.session import LONG_PAST
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView
from domain.ledger import GENESIS, Entry, LedgerHead
from domain.values import Code, CourseId, Frozen, GroupId, Moment, Severity
from domain.verification import VerificationReport
from domain.views.bookings import Booking
from domain.views.figures import CourseFigures, FleetFigures
from domain.views.summary import Batch, CourseSummary
from records import projection
from records.board import Board, BoardFilter, board
from records.connections import Connections, open_connections
from records.encrypted_rows import (
    booking_as_stored,
    course_as_stored,
    ended_course_as_stored,
    escalation_as_stored,
    measure_as_stored,
    opened,
    seal_to_write,
    sealed_entry,
    unlocked,
)
from records.errors import (
    FOLLOWS_NOT,
    HOLDS_ANOTHER,
    CourseErased,
    LedgerConflict,
    LedgerGap,
    LedgerUnreadable,
    RecordLocked,
    RecordStoreError,
)
from records.figures import Period, fleet_figures
from records.floor import Floor, floor, unresolved
from records.projection import Head
from records.schema import migrate
from records.sealing import WITHOUT_KEYS, CourseSeal, Keyring
from records.statements import statement
from records.unreadable_rows import Found, LockedRow, Row, RowId

__all__ = [
    "EVERY_COURSE",
    "EVERY_ESCALATION",
    "BookingFilter",
    "CourseFilter",
    "EscalationFilter",
    "Head",
    "RecordStore",
    "migrate",
    "open_store",
]

ERASED_KNOWN_WITHIN: Final = timedelta(seconds=1)
"""How long the record store may take to say whether a course was erased: a referral waits for it."""

Limit = Annotated[int, Field(ge=1)]


class CourseFilter(Frozen):
    """Which courses a list shows: those that match all that is given.

    `attention` means that severity or a higher one, so a list of what is urgent never hides an emergency.
    `behind_escalations` leaves out courses that never had an escalation. The next page begins after the course named
    by `cursor`, the last one of the page before.
    """

    phase: str | None = None
    site: str | None = None
    attention: Severity | None = None
    held: bool | None = None
    protocol: str | None = None
    outcome: str | None = None
    behind_escalations: bool = False
    limit: Limit = 100
    cursor: RowId | None = None


class EscalationFilter(Frozen):
    """Which escalations a list shows: those that match all that is given.

    The next page begins after the escalation named by `cursor`, the last one of the page before.
    """

    state: EscalationState | None = None
    severity: Severity | None = None
    course_id: CourseId | None = None
    site: str | None = None
    limit: Limit = 100
    cursor: RowId | None = None


class BookingFilter(Frozen):
    """Which bookings a list shows: those that take a room or people between `since` and `until`.

    `seen_site` is the only site that the reader may see, and `behind_escalations` leaves out courses that never had an
    escalation. A patient who is still here at `now` is taken as long as they are.
    """

    since: Moment
    until: Moment
    now: Moment
    seen_site: str | None = None
    behind_escalations: bool = False


EVERY_COURSE = CourseFilter()
EVERY_ESCALATION = EscalationFilter()


@dataclass(frozen=True)
class StoredLedger:
    """A course's ledger as stored, a chain of its own, and its entries as their content is, once they are opened.

    The two are the same where nothing is encrypted. `locked` says why there are no `entries`.
    """

    stored: Sequence[Entry]
    entries: Sequence[Entry]
    locked: RecordLocked | CourseErased | None = None


class RecordStore:
    """The record store. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`; the next call tries again.

    Lists hold every readable row and name the others; reading a single unreadable row raises `RowUnreadable`.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._reading = connections.reading
        self._keyring = connections.keyring

    async def _opened(self, connection: PoolConnectionProxy, rows: Sequence[Row]) -> Sequence[Row]:
        return await opened(connection, self._keyring, rows)

    async def append(self, batch: Batch) -> None:
        """Appends the batch's entries to the ledger, each once, and updates the course's row unless it is newer.

        Idempotent. Raises `LedgerConflict` if the ledger holds another entry under the same sequence, `LedgerGap` if an
        entry does not follow the one before it; nothing of the batch is stored then. So it is where the course is
        encrypted and its key is not at hand (`RecordLocked`), or was erased (`CourseErased`).
        """
        async with self._connections.transaction() as connection:
            await connection.execute(statement("begin_appending"), batch.course_id)
            seal = await seal_to_write(connection, self._keyring, batch.course_id)
            entries = await self._sealed(connection, batch.entries, seal) if seal else batch.entries
            await connection.executemany(statement("append_entry"), [projection.entry_row(e) for e in entries])
            await project_course(connection, batch, seal)

    async def _sealed(
        self, connection: PoolConnectionProxy, entries: Sequence[Entry], seal: CourseSeal
    ) -> Sequence[Entry]:
        """The entries that the ledger does not hold yet, as they are stored. Raises `LedgerConflict` or `LedgerGap`."""
        if not entries:
            return ()
        course_id, first = entries[0].course_id, entries[0].sequence
        rows = await connection.fetch(statement("ledger_between"), course_id, first - 1, entries[-1].sequence)
        stored = {row["sequence"]: row for row in rows}
        held = {row["sequence"]: row for row in await self._opened(connection, rows)}
        sealed = []
        before, previous_hash = GENESIS, GENESIS
        for entry in entries:
            if (row := held.get(entry.sequence - 1)) is not None:
                before, previous_hash = _hash(row), stored[entry.sequence - 1]["hash"]
            elif entry is entries[0] and first > 1:
                raise LedgerGap(FOLLOWS_NOT)
            if (row := held.get(entry.sequence)) is not None:
                if _hash(row) != entry.hash:
                    raise LedgerConflict(HOLDS_ANOTHER)
                continue
            if entry.previous_hash != before:
                raise LedgerGap(FOLLOWS_NOT)
            sealed.append(sealed_entry(entry, previous_hash, seal))
            before, previous_hash = entry.hash, sealed[-1].hash
        return sealed

    async def record_escalation(self, view: EscalationView) -> None:
        """Stores the escalation's row and pages, unless a newer revision is stored already."""
        async with self._connections.transaction() as connection:
            await project_escalation(connection, view, await seal_to_write(connection, self._keyring, view.course_id))

    async def ledger(self, course_id: CourseId) -> list[Entry]:
        """Every entry of a course, in order, with the hashes of their content.

        Raises `LedgerUnreadable`, `RecordLocked` without the course's key, or `CourseErased`.
        """
        ledger = await self.stored_ledger(course_id)
        if ledger.locked is not None:
            raise ledger.locked
        return list(ledger.entries)

    async def stored_ledger(self, course_id: CourseId) -> StoredLedger:
        """Every entry of a course, in order, as stored and as its content is. Raises `LedgerUnreadable`."""
        rows, opened_rows = await self._ledger_rows(course_id)
        stored = self._whole(course_id, rows)
        locked = next((row.why for row in opened_rows if isinstance(row, LockedRow)), None)
        if locked is not None:
            return StoredLedger(stored, (), locked)
        return StoredLedger(stored, stored if opened_rows == rows else self._whole(course_id, opened_rows))

    def _whole(self, course_id: CourseId, rows: Sequence[Row]) -> Sequence[Entry]:
        found = self._reading.all("ledger", rows, projection.entry, "sequence", of=course_id)
        if found.unreadable:
            first = found.unreadable[0]
            raise LedgerUnreadable(course_id, int(first.id), first.detail)
        return found

    async def entries(self, course_id: CourseId) -> Found[Entry]:
        """Every readable entry of a course, in order; an unreadable one is named by its sequence."""
        _, rows = await self._ledger_rows(course_id)
        return self._reading.all("ledger", rows, projection.entry, "sequence", of=course_id)

    async def _ledger_rows(self, course_id: CourseId) -> tuple[Sequence[Row], Sequence[Row]]:
        """The rows of a course's ledger as stored, and with their content opened."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("ledger_of_course"), course_id)
            return rows, await self._opened(connection, rows)

    async def locked(self, course_id: str) -> RecordLocked | CourseErased | None:
        """Why nobody reads the course's ledger here, if it is encrypted without its key, or was erased."""
        async with self._connections.connection() as connection:
            rows = await self._opened(connection, await connection.fetch(statement("newest_entry"), course_id))
        return next((row.why for row in rows if isinstance(row, LockedRow)), None)

    async def erased_at(self, course_id: CourseId) -> datetime | None:
        """When the content of the course was erased; None if it was not, or the record store does not answer."""
        with suppress(RecordStoreError, TimeoutError):
            async with (
                asyncio.timeout(ERASED_KNOWN_WITHIN.total_seconds()),
                self._connections.connection() as connection,
            ):
                row = await connection.fetchrow(statement("course_keys"), [course_id])
            found = row["erased_at"] if row else None
            return found if isinstance(found, datetime) else None
        return None

    async def heads(self) -> Found[Head]:
        """The newest entry of every course's ledger, by course, with its hash as stored."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("heads"))
        return self._reading.all("ledger", rows, projection.head, "course_id")

    async def course(self, course_id: CourseId) -> CourseSummary | None:
        """The course as of its newest recorded entry; None if none was recorded."""
        async with self._connections.connection() as connection:
            rows = await self._opened(connection, await connection.fetch(statement("course"), course_id))
        return self._reading.one("courses", rows[0], projection.course, "course_id") if rows else None

    async def has_course(self, course_id: str) -> bool:
        """Whether there is a row of this course, readable or not."""
        async with self._connections.connection() as connection:
            return await connection.fetchrow(statement("course"), course_id) is not None

    async def keep_ended_course(self, ended: EndedCourse) -> None:
        """Keeps a course whose workflow ends, as it stands; what was kept of it when it had gone further is left.

        Raises `LedgerGap` unless its ledger has the entry that the course ends with, `RecordLocked` where the course is
        encrypted and its key is not at hand, and `CourseErased`.
        """
        course_id = ended.head.course_id
        async with self._connections.transaction() as connection:
            await connection.execute(statement("begin_appending"), course_id)
            stored = ended_course_as_stored(ended, await seal_to_write(connection, self._keyring, course_id))
            await connection.execute(statement("keep_ended_course"), *projection.ended_course_row(stored))

    async def is_kept(self, head: LedgerHead) -> bool:
        """Whether a course was kept with this head, and its ledger ends there still.

        Raises `RecordLocked`, or `CourseErased`.
        """
        rows = await self._as_left(head.course_id)
        return any((row["sequence"], row["kept_head"]) == (head.sequence, head.hash) for row in rows)

    async def ended_course(self, course_id: CourseId) -> Course | None:
        """The course as its workflow left it; None if none was kept, or its ledger has gone on since.

        Raises `RecordLocked` without the course's key, or `CourseErased`.
        """
        rows = await self._as_left(course_id)
        if not rows:
            return None
        # In a thread of its own: a large course is read for a tenth of a second.
        return await asyncio.to_thread(
            self._reading.one, "ended_courses", rows[0], projection.ended_course, "course_id"
        )

    async def _as_left(self, course_id: CourseId) -> Sequence[Row]:
        """The row of the course as its workflow left it; none if its ledger has gone on since."""
        async with self._connections.connection() as connection:
            kept = await connection.fetch(statement("kept_course"), course_id)
            return unlocked(await self._opened(connection, [row for row in kept if not row["has_gone_on"]]))

    async def courses(self, filters: CourseFilter = EVERY_COURSE) -> Found[CourseSummary]:
        """One page of courses, newest start first; empty for an unknown cursor."""
        async with self._connections.connection() as connection:
            found = await connection.fetch(
                statement("courses"),
                filters.phase,
                filters.site,
                filters.attention,
                filters.held,
                filters.protocol,
                filters.outcome,
                filters.cursor,
                filters.limit,
                filters.behind_escalations,
            )
            rows = await self._opened(connection, found)
        return self._reading.all("courses", rows, projection.course, "course_id")

    async def board(self, asked: BoardFilter, now: datetime) -> Board:
        """The board as recorded, each column's most urgent first, with what is late at `now`."""
        return await board(self._connections, asked, now)

    async def sessions_under_way(
        self, site: Code | None = None, *, behind_escalations: bool = False
    ) -> Found[CourseSummary]:
        """The courses whose patient is here, checked in and not discharged; longest overdue reading first.

        A course with an unknown stage may have its patient here, so it is named as unreadable.
        """
        async with self._connections.connection() as connection:
            found = await connection.fetch(statement("courses_under_way"), site, behind_escalations)
            rows = await self._opened(connection, found)
        return self._reading.all("courses", rows, projection.course, "course_id")

    async def escalation(self, escalation_id: EscalationId) -> EscalationView | None:
        """The escalation with every page it sent; None if none was recorded."""
        async with self._connections.connection() as connection:
            rows = await self._opened(connection, await connection.fetch(statement("escalation"), escalation_id))
        return self._reading.one("escalations", rows[0], projection.escalation, "id") if rows else None

    async def has_escalation(self, escalation_id: str) -> bool:
        """Whether there is a row of this escalation, readable or not."""
        async with self._connections.connection() as connection:
            return await connection.fetchrow(statement("escalation"), escalation_id) is not None

    async def escalations(self, filters: EscalationFilter = EVERY_ESCALATION) -> Found[EscalationView]:
        """One page of escalations, newest opening first; empty for an unknown cursor."""
        async with self._connections.connection() as connection:
            found = await connection.fetch(
                statement("escalations"),
                filters.state,
                filters.severity,
                filters.course_id,
                filters.cursor,
                filters.limit,
                filters.site,
            )
            rows = await self._opened(connection, found)
        return self._reading.all("escalations", rows, projection.escalation, "id")

    async def figures_of(self, course_id: CourseId) -> CourseFigures | None:
        """The figures recorded of one course, its measures by instrument; None if there are none."""
        async with self._connections.connection() as connection:
            rows = await self._opened(connection, await connection.fetch(statement("figures_of_course"), course_id))
        return self._reading.one("course_figures", rows[0], projection.figures, "course_id") if rows else None

    async def bookings(self, filters: BookingFilter) -> Found[Booking]:
        """The bookings of a time span, first those that start first."""
        async with self._connections.connection() as connection:
            found = await connection.fetch(
                statement("bookings"),
                filters.since,
                filters.until,
                filters.seen_site,
                filters.behind_escalations,
                filters.now - LONG_PAST,
            )
            rows = await self._opened(connection, found)
        return self._reading.all("bookings", rows, projection.booking, "id")

    async def bookings_of_group(
        self, group: GroupId, seen_site: str | None = None, *, behind_escalations: bool = False
    ) -> Found[Booking]:
        """The bookings of a group that may be seen, whenever they are; first those that start first."""
        async with self._connections.connection() as connection:
            found = await connection.fetch(statement("bookings_of_group"), group, seen_site, behind_escalations)
            rows = await self._opened(connection, found)
        return self._reading.all("bookings", rows, projection.booking, "id")

    async def bookings_of(self, course_id: CourseId) -> Found[Booking]:
        """The bookings listed of one course, by session."""
        async with self._connections.connection() as connection:
            rows = await self._opened(connection, await connection.fetch(statement("bookings_of_course"), course_id))
        return self._reading.all("bookings", rows, projection.booking, "id", of=course_id)

    async def listed(self) -> list[str]:
        """The id of every course that a list names, whether there is a ledger of it or not."""
        async with self._connections.connection() as connection:
            return [row["course_id"] for row in await connection.fetch(statement("listed"))]

    async def escalation_ids(self, course_id: str) -> list[str]:
        """The id of every escalation that is listed of a course, readable or not."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("escalations_of_course"), course_id)
        return [row["id"] for row in rows]

    async def list_anew(self, batch: Batch) -> bool:
        """Overwrites the course's row, figures and bookings, whatever stands there.

        Its ledger must end where the batch does; otherwise nothing changes, and it returns False. Needs the role that
        owns the database.
        """
        async with self._connections.transaction() as connection:
            await connection.execute(statement("begin_appending"), batch.course_id)
            newest = await self._opened(connection, await connection.fetch(statement("newest_entry"), batch.course_id))
            heads = [(row["sequence"], _hash(row)) for row in newest]
            if heads != [(batch.summary.sequence, batch.summary.ledger_head)]:
                return False
            await connection.execute(statement("set_back_course"), batch.course_id)
            await project_course(connection, batch, await seal_to_write(connection, self._keyring, batch.course_id))
            await connection.execute(
                statement("drop_bookings_but"), batch.course_id, [one.session for one in batch.bookings]
            )
        return True

    async def list_escalation_anew(self, view: EscalationView) -> None:
        """Overwrites the escalation's row and pages, whatever stands there."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("set_back_escalation"), view.id)
            await project_escalation(connection, view, await seal_to_write(connection, self._keyring, view.course_id))

    async def unlist_course(self, course_id: str) -> None:
        """Takes a course off the lists. Needs the role that owns the database."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("unlist_course"), course_id)

    async def unlist_escalation(self, escalation_id: str) -> None:
        """Takes an escalation off the lists. Needs the role that owns the database."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("unlist_escalation"), escalation_id)

    async def record_verification(self, report: VerificationReport) -> None:
        """Stores when the whole record was verified, and how many rows differed."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("record_verification"), report.at, report.courses, report.differing)

    async def floor(self, site: str | None = None) -> Floor:
        """The counts of unresolved escalations, and how many patients are here."""
        return await floor(self._connections, site)

    async def unresolved(self, site: str | None = None, *, limit: int = 100) -> Found[EscalationView]:
        """Unresolved escalations: most severe first, then unanswered, then oldest."""
        return await unresolved(self._connections, site, limit)

    async def figures(self, period: Period) -> FleetFigures:
        """The figures of a site's courses and escalations in a period."""
        return await fleet_figures(self._connections, period)


async def project_escalation(connection: PoolConnectionProxy, view: EscalationView, seal: CourseSeal | None) -> None:
    """Stores the escalation's row and pages, unless a newer revision is stored; must run in a transaction."""
    row = projection.escalation_row(escalation_as_stored(view, seal))
    if await connection.fetchval(statement("project_escalation"), *row) is None:
        return
    pages = [projection.page_row(view.id, number, page) for number, page in enumerate(view.pages, start=1)]
    await connection.executemany(statement("project_page"), pages)
    await connection.execute(statement("drop_pages_after"), view.id, len(view.pages))


async def project_course(connection: PoolConnectionProxy, batch: Batch, seal: CourseSeal | None) -> None:
    """Stores the course's row, unless a newer one is stored, and with it the figures and bookings that the batch tells.

    Must run in a transaction.
    """
    row = projection.course_row(course_as_stored(batch.summary, seal))
    if await connection.fetchval(statement("project_course"), *row) is None:
        return
    if batch.figures:
        await _project_figures(connection, batch.course_id, batch.figures, seal)
    if batch.bookings:  # asyncpg would ask PostgreSQL even so
        bookings = [booking_as_stored(one, seal) for one in batch.bookings]
        await connection.executemany(statement("project_booking"), bookings)


async def _project_figures(
    connection: PoolConnectionProxy, course_id: CourseId, figures: CourseFigures, seal: CourseSeal | None
) -> None:
    await connection.execute(statement("project_figures"), *projection.figures_row(course_id, figures))
    measures = [measure_as_stored(course_id, measure, seal) for measure in figures.measures]
    if measures:
        await connection.executemany(statement("project_measure"), measures)
    # One that was taken back by a correction is counted no more.
    taken = [measure.instrument for measure in figures.measures]
    await connection.execute(statement("drop_measures_but"), course_id, taken)


def _hash(row: Row) -> str:
    """The hash of an entry's content. Raises `RecordLocked` or `CourseErased`."""
    (one,) = unlocked((row,))
    return str(one["hash"])


@asynccontextmanager
async def open_store(database_url: str, keyring: Keyring = WITHOUT_KEYS) -> AsyncIterator[RecordStore]:
    """Opens the record store at this URL. PostgreSQL need not be up yet: calls connect when needed."""
    async with open_connections(database_url, keyring) as connections:
        yield RecordStore(connections)
