"""Courses as they stood at earlier moments: the ledger is read from the record and told again by the rules."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.course.course import Course
from domain.ledger import Entry, LedgerHead, first_fault
from domain.moments import on_its_clock
from domain.past.as_of import BeforeItsBeginning, PastCourse, Wanted, past_course
from domain.past.ledger_told import ToldOtherwise
from domain.protocol.approval import content_hash
from domain.protocol.pinned import PinnedProtocol
from domain.values import CourseId
from gateway.courses import Courses
from gateway.protocols import Library
from gateway.verification import CATCH_UP_WITHIN, LOOK_AGAIN_AFTER
from gateway.workflow_calls import Unavailable
from records.errors import LedgerUnreadable
from records.store import RecordStore
from workflows.course_messages import PinnedCourse

_MIGRATED: Final = "kap.protocol.migrated"


class WrongMoment(ValueError):  # noqa: N818  a reader is told
    """Nothing can be shown of that moment; the message says which it must be."""


class PastCourses:
    """Shows courses as they stood, one at a time: to tell a long ledger takes seconds of the processor."""

    def __init__(self, courses: Courses, store: RecordStore, library: Library) -> None:
        self._courses = courses
        self._store = store
        self._library = library
        self._one_at_a_time = asyncio.Semaphore(1)

    async def view(self, course_id: CourseId, wanted: Wanted) -> PastCourse:
        """The course as it stood then. Raises `WrongMoment` for a moment to come, or before the course began.

        Raises what asking a course raises; `LedgerUnreadable` for a ledger that does not hold, and `Unavailable` where
        the record is behind, or the rules of this release come to another ledger.
        """
        if wanted.at > datetime.now(UTC):
            raise WrongMoment("must not be in the future")
        pinned = await self._courses.pinned(course_id)
        entries = await self._caught_up(pinned.head)
        async with self._one_at_a_time:
            # In a thread of its own, so that nobody else's request waits for it.
            return await asyncio.to_thread(self._told, pinned, entries, wanted)

    async def _caught_up(self, head: LedgerHead) -> list[Entry]:
        """The whole ledger up to what the course holds, waited for while it is on the way."""
        for _ in range(CATCH_UP_WITHIN // LOOK_AGAIN_AFTER):
            entries = await self._store.ledger(head.course_id)
            if len(entries) >= head.sequence:
                return _sound(entries, head)
            await asyncio.sleep(LOOK_AGAIN_AFTER.total_seconds())
        raise Unavailable(f"the record has {len(entries)} of {head.sequence} entries of this course, the rest to come")

    def _told(self, pinned: PinnedCourse, entries: list[Entry], wanted: Wanted) -> PastCourse:
        versions = versions_of(self._library, pinned.protocol)
        failed: ToldOtherwise | None = None
        for first in begun_with(pinned.protocol, entries, versions):
            blank = Course.blank(pinned.head.course_id, first, pinned.timezone)
            try:
                return past_course(blank, entries, versions, wanted)
            except BeforeItsBeginning as before:
                began = on_its_clock(before.began_at.astimezone(ZoneInfo(pinned.timezone)).replace(second=0))
                raise WrongMoment(f"must not lie before the course began, on {began}") from None
            except ToldOtherwise as otherwise:
                failed = otherwise
        raise Unavailable(str(failed)) from failed


def versions_of(library: Library, now: PinnedProtocol) -> Mapping[str, PinnedProtocol]:
    """The versions of the course's protocol that the folder has, and the one that it follows now, oldest first."""
    shelved = (one.protocol for one in library.versions(now.protocol.id))
    known = {one.version: PinnedProtocol(protocol=one, hash=content_hash(one)) for one in shelved}
    return {**known, now.protocol.version: now}


def _sound(entries: list[Entry], head: LedgerHead) -> list[Entry]:
    if (fault := first_fault(entries)) is not None:
        raise LedgerUnreadable(head.course_id, fault.sequence, fault.reason)
    if head.sequence and entries[head.sequence - 1].hash != head.hash:
        raise LedgerUnreadable(head.course_id, head.sequence, "the course holds another one")
    return entries


def begun_with(
    now: PinnedProtocol, entries: Sequence[Entry], versions: Mapping[str, PinnedProtocol]
) -> Iterator[PinnedProtocol]:
    """The versions that the course may have begun with: the one it has, unless it was migrated; no ledger names it."""
    changed = next((str(one.data.get("to_version")) for one in entries if one.type == _MIGRATED), None)
    if changed is None:
        yield now
        return
    yield from (one for version, one in reversed(tuple(versions.items())) if version != changed)
    if changed in versions:
        yield versions[changed]
