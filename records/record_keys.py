"""The owner's acts on the record's keys: encrypts what stands in clear, wraps keys anew, erases that of a course."""

from collections.abc import Sequence
from typing import Final

from asyncpg.pool import PoolConnectionProxy

from domain.ledger import GENESIS, Entry, first_fault
from domain.values import CourseId, Frozen
from domain.views.summary import Batch
from records import projection
from records.access import AdministrationAct, record_act
from records.connections import Connections
from records.encrypted_rows import (
    FORGED,
    alarm_as_stored,
    booking_as_stored,
    ended_course_as_stored,
    is_sealed,
    opened,
    seal_to_write,
    sealed_entry,
    unlocked,
)
from records.errors import CourseErased, LedgerUnreadable
from records.sealing import CourseSeal, is_sealed_text
from records.statements import statement
from records.store import project_course, project_escalation
from records.unreadable_rows import Row
from records.watchdog import alarm_of

KEPT_IS_FORGED: Final = (
    "the course as it ended is in clear, and its ledger is encrypted: Kapstan did not write it; restore that row"
)


class Encrypted(Frozen):
    """One course whose content is encrypted now: `entries` of its ledger were not. `left` says why it is as it was.

    `is_wrapped_anew`: its key was wrapped with another key than the first. `erased` says when its content was erased:
    it has none that could be encrypted.
    """

    course_id: str
    entries: int = 0
    is_wrapped_anew: bool = False
    left: str | None = None
    erased: str | None = None


class ErasedCourse(Frozen):
    """A course whose key was erased: its ledger ended with this row and hash, as stored."""

    course_id: CourseId
    sequence: int
    hash: str


class NotEncrypted(Exception):  # noqa: N818  an operator reads it
    """The record holds content of the course in clear; the message says where."""


class WentOn(Exception):  # noqa: N818  an operator reads it
    """Something was recorded of the course since somebody looked."""


class RecordKeys:
    """The owner's acts on the keys of the record. Each raises `RoleMayNot` for anybody else."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._keyring = connections.keyring
        self._reading = connections.reading

    async def encrypt(self, course_id: CourseId) -> Encrypted:
        """Encrypts all content of a course that stands in clear, and wraps its key with the first key.

        Again it changes nothing. A ledger that does not hold is left as it is, for nothing would show it afterwards.
        Raises `RecordLocked` without the key that the course has.
        """
        async with self._connections.transaction() as connection:
            await connection.execute(statement("begin_appending"), course_id)
            try:
                seal = await seal_to_write(connection, self._keyring, course_id)
            except CourseErased as erased:
                return Encrypted(course_id=course_id, erased=str(erased))
            assert seal is not None, "only a keyring that encrypts comes here"
            is_wrapped_anew = await self._wrap_anew(connection, course_id)
            # Read before the ledger is encrypted: what is in clear after that, and was not before, nobody can tell.
            kept = await connection.fetch(statement("kept_course"), course_id)
            if any(row[FORGED] for row in kept):
                return Encrypted(course_id=course_id, left=KEPT_IS_FORGED, is_wrapped_anew=is_wrapped_anew)
            try:
                entries = await self._encrypt_ledger(connection, course_id, seal)
            except LedgerUnreadable as broken:
                return Encrypted(course_id=course_id, left=str(broken), is_wrapped_anew=is_wrapped_anew)
            await self._encrypt_kept(connection, kept, seal)
            await self._encrypt_lists(connection, course_id, seal)
        return Encrypted(course_id=course_id, entries=entries, is_wrapped_anew=is_wrapped_anew)

    async def _wrap_anew(self, connection: PoolConnectionProxy, course_id: CourseId) -> bool:
        row = await connection.fetchrow(statement("course_keys"), [course_id])
        assert row is not None
        if row["key_id"] == self._keyring.first:
            return False
        await connection.execute(statement("wrap_course_key"), course_id, *self._keyring.wrapped_anew(dict(row)))
        return True

    async def _encrypt_ledger(self, connection: PoolConnectionProxy, course_id: CourseId, seal: CourseSeal) -> int:
        """How many entries were in clear. Raises `LedgerUnreadable`."""
        rows = await connection.fetch(statement("ledger_of_course"), course_id)
        in_clear = sum(not is_sealed(row["data"]) for row in rows)
        if not in_clear:
            return 0
        stored = self._sound(course_id, rows)
        entries = self._sound(course_id, await opened(connection, self._keyring, rows))
        anew: list[Entry] = []
        for entry in entries:
            anew.append(sealed_entry(entry, anew[-1].hash if anew else GENESIS, seal))
        assert len(anew) == len(stored)
        await connection.execute(statement("open_ledger_to_encryption"))
        await connection.execute(
            statement("encrypt_ledger"),
            course_id,
            [one.sequence for one in anew],
            [one.data for one in anew],
            [one.previous_hash for one in anew],
            [one.hash for one in anew],
        )
        await connection.execute(statement("close_ledger_again"))
        return in_clear

    def _sound(self, course_id: CourseId, rows: Sequence[Row]) -> Sequence[Entry]:
        """The entries of these rows, their chain whole. Raises `LedgerUnreadable`, or `RecordLocked`."""
        found = self._reading.all("ledger", unlocked(rows), projection.entry, "sequence", of=course_id)
        if found.unreadable:
            raise LedgerUnreadable(course_id, int(found.unreadable[0].id), found.unreadable[0].detail)
        if (fault := first_fault(found)) is not None:
            raise LedgerUnreadable(course_id, fault.sequence, fault.reason)
        return found

    async def _encrypt_kept(self, connection: PoolConnectionProxy, kept: Sequence[Row], seal: CourseSeal) -> None:
        """Encrypts the course as it was kept when its workflow ended, whatever that holds."""
        for row in kept:
            if is_sealed_text(row["content"]) and is_sealed_text(row["kept_head"]):
                continue
            (held,) = unlocked(await opened(connection, self._keyring, [row]))
            stored = ended_course_as_stored(projection.kept_course(held), seal)
            await connection.execute(statement("encrypt_ended_course"), *projection.ended_course_row(stored))

    async def _encrypt_lists(self, connection: PoolConnectionProxy, course_id: CourseId, seal: CourseSeal) -> None:
        """Writes every row of the lists again that can be read."""
        courses = await self._read(connection, "course", course_id)
        figures = await self._read(connection, "figures_of_course", course_id)
        summaries = self._reading.all("courses", courses, projection.course, "course_id")
        counted = self._reading.all("course_figures", figures, projection.figures, "course_id")
        for summary in summaries:
            await connection.execute(statement("set_back_course"), course_id)
            batch = Batch(course_id=course_id, entries=(), summary=summary, figures=next(iter(counted), None))
            await project_course(connection, batch, seal)
        bookings = await self._read(connection, "bookings_of_course", course_id)
        for booking in self._reading.all("bookings", bookings, projection.booking, "id", of=course_id):
            await connection.execute(statement("project_booking"), *booking_as_stored(booking, seal))
        for row in await connection.fetch(statement("escalations_of_course"), course_id):
            await connection.execute(statement("hold_escalation"), row["id"])
            escalations = await self._read(connection, "escalation", row["id"])
            for view in self._reading.all("escalations", escalations, projection.escalation, "id"):
                await connection.execute(statement("set_back_escalation"), view.id)
                await project_escalation(connection, view, seal)
        alarms = await self._read(connection, "alarms_of_course", course_id)
        for alarm in self._reading.all("watch_incidents", alarms, alarm_of, "escalation_id"):
            await connection.execute(statement("move_incident"), alarm.id, alarm_as_stored(alarm, seal))

    async def _read(self, connection: PoolConnectionProxy, name: str, row_id: str) -> Sequence[Row]:
        return await opened(connection, self._keyring, await connection.fetch(statement(name), row_id))

    async def erase(self, course_id: CourseId, act: AdministrationAct, ends_with: int | None = None) -> ErasedCourse:
        """Erases the course's key, and puts the act on the record. Raises `NotEncrypted`.

        Raises `WentOn` if its ledger ends with another row than `ends_with`, where that is given.

        From then on nobody reads what the record held of the patient, and nothing is written of the course any more.
        Its rows stay, each with its hash: that they are whole can be verified for ever. Again it only writes the table
        of keys anew, as an earlier time may not have come to.
        """
        erased = await self._erased(course_id, act, ends_with)
        async with self._connections.connection() as connection:
            await connection.execute(statement("forget_erased_keys"))
        return erased

    async def _erased(self, course_id: CourseId, act: AdministrationAct, ends_with: int | None) -> ErasedCourse:
        async with self._connections.transaction() as connection:
            await connection.execute(statement("begin_appending"), course_id)
            key = await connection.fetchrow(statement("course_keys"), [course_id])
            if key is not None and key["erased_at"] is not None:
                return ErasedCourse(course_id=course_id, sequence=key["ended_with"], hash=key["ended_hash"])
            rows = await connection.fetch(statement("ledger_of_course"), course_id)
            in_clear = [
                *(f"row {row['sequence']} of its ledger" for row in rows if not is_sealed(row["data"])),
                *await self._kept_in_clear(connection, course_id),
            ]
            if key is None or in_clear or not rows:
                where = in_clear[0] if in_clear else "its ledger"
                raise NotEncrypted(f"{where} is not encrypted, and cannot be erased: run kapstan encrypt first")
            last = rows[-1]
            if ends_with not in {None, last["sequence"]}:
                raise WentOn("something was recorded of it just now: look at it again")
            erased = ErasedCourse(course_id=course_id, sequence=last["sequence"], hash=last["hash"])
            await connection.execute(statement("erase_course_key"), course_id, act.at, erased.sequence, erased.hash)
            about = f"{act.about}, whose ledger ends with row {erased.sequence} ({erased.hash})"
            await record_act(connection, act.but(about=about))
        return erased

    async def _kept_in_clear(self, connection: PoolConnectionProxy, course_id: CourseId) -> list[str]:
        """What is kept in clear of a course beside its ledger, and goes by no entry: it would outlast the key."""
        kept = await connection.fetch(statement("kept_course"), course_id)
        booked = await connection.fetch(statement("bookings_of_course"), course_id)
        return [
            *("the course as it ended" for row in kept if not is_sealed_text(row["content"])),
            *(f"the booking of session {row['session']}" for row in booked if _names_anybody(row)),
        ]


def _names_anybody(booked: Row) -> bool:
    """Whether a booking's row names a room or people in clear."""
    room, staff = booked["room"], booked["staff"]
    return not (room is None or is_sealed_text(room)) or not (staff == [] or is_sealed(staff))
