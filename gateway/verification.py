"""Whether the record store still says what was accepted: each ledger's chain, against the head that Temporal holds.

And whether what the lists are made of can be read: a row that cannot be is named.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

from domain.ledger import GENESIS, ChainFault
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId, Frozen
from gateway.courses import Courses
from gateway.workflow_calls import Defect, Ended, NotReady, TooMany, Unavailable
from records.errors import LedgerUnreadable
from records.readable import Found, RowUnreadable, Unreadable
from records.store import CourseFilter, EscalationFilter, RecordStore
from records.verify import LedgerVerdict, verify

CATCH_UP_WITHIN = timedelta(seconds=5)
"""How long the recorder is given to write what was accepted just now."""

PAGE = 1000
"""So many rows of a list are looked through at once."""

LOOK_AGAIN_AFTER = timedelta(seconds=0.2)


TEMPORAL_IS_AWAY = 3
"""So many courses one after the other that answer nothing are not each its own trouble: nobody else is asked."""


OF_ONE_ALONE = (Ended, Defect, NotReady, TooMany)
"""What keeps one course from answering, and no other."""


class Verified(Frozen):
    """One course's ledger and what was found in it.

    `unanswered` says why its workflow could not be asked for the head, so that only the chain was recomputed.
    """

    course_id: CourseId
    verdict: LedgerVerdict
    unanswered: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether no row differs, as far as could be asked."""
        return self.verdict.is_whole and self.unanswered is None


class Broken(Frozen):
    """A row that cannot be read: which of its relation, and what of it is broken, but not what stands there."""

    relation: str
    id: str
    unreadable: str


async def verify_courses(
    store: RecordStore, courses: Courses, course: CourseId | None
) -> AsyncIterator[Verified | Broken]:
    """Every course of the record store, or the one that is named. Raises `Refused` for one that nobody knows.

    One that does not answer, as its task fails or Temporal has ended it, keeps no other from being verified. Raises
    `Unavailable` where none answers any more.
    """
    if course is not None:
        yield await _verified(store, courses, course, may_fail=False)
    else:
        heads = await store.heads()
        for broken in heads.unreadable:
            yield Broken(relation="ledger", id=broken.name, unreadable=broken.detail)
        in_vain = 0
        for head in heads:
            verified = await _verified(store, courses, head.course_id, may_fail=in_vain + 1 < TEMPORAL_IS_AWAY)
            in_vain = in_vain + 1 if verified.unanswered else 0
            yield verified
    async for relation, broken in _unreadable(store, course):
        yield Broken(relation=relation, id=broken.name, unreadable=broken.detail)


async def _unreadable(store: RecordStore, course: CourseId | None) -> AsyncIterator[tuple[str, Unreadable]]:
    """What of the lists cannot be read, of one course or of all."""
    if course is None:
        async for one in _pages(lambda cursor: store.courses(CourseFilter(limit=PAGE, cursor=cursor))):
            yield "courses", one
    else:
        try:
            await store.course(course)
        except RowUnreadable as broken:
            yield "courses", broken.found
    async for one in _pages(
        lambda cursor: store.escalations(EscalationFilter(course_id=course, limit=PAGE, cursor=cursor))
    ):
        yield "escalations", one


async def _pages(ask: Callable[[str | None], Awaitable[Found[Any]]]) -> AsyncIterator[Unreadable]:
    """What cannot be read of a list, a page of it at a time."""
    found = await ask(None)
    while found.ids:
        for broken in found.unreadable:
            yield broken
        found = await ask(found.ids[-1])


async def _verified(store: RecordStore, courses: Courses, course_id: CourseId, *, may_fail: bool) -> Verified:
    try:
        return Verified(course_id=course_id, verdict=await _verdict(store, courses, course_id))
    except (Unavailable, TooMany) as silent:
        if not (may_fail or isinstance(silent, OF_ONE_ALONE)):
            raise
        verdict = await _chain(store, course_id, None)
        return Verified(course_id=course_id, verdict=verdict, unanswered=str(silent))


async def _verdict(store: RecordStore, courses: Courses, course_id: CourseId) -> LedgerVerdict:
    """A course goes on while we look: only what differs for longer than the recorder takes is a fault."""
    tries = CATCH_UP_WITHIN // LOOK_AGAIN_AFTER
    while not (verdict := await _look(store, courses, course_id)).is_whole and tries:
        await asyncio.sleep(LOOK_AGAIN_AFTER.total_seconds())
        tries -= 1
    return verdict


async def _look(store: RecordStore, courses: Courses, course_id: CourseId) -> LedgerVerdict:
    return await _chain(store, course_id, await _temporal_head(courses, course_id))


async def _chain(store: RecordStore, course_id: CourseId, head: tuple[int, str] | None) -> LedgerVerdict:
    try:
        entries = await store.ledger(course_id)
    except LedgerUnreadable as unreadable:
        fault = ChainFault(
            sequence=unreadable.sequence, reason=f"it is no entry that Kapstan wrote: {unreadable.detail}"
        )
        return LedgerVerdict(sequence=unreadable.sequence, head=GENESIS, is_compared=False, fault=fault)
    if head is None and not entries:
        raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"There is no course {course_id}")
    return verify(entries, head)


async def _temporal_head(courses: Courses, course_id: CourseId) -> tuple[int, str] | None:
    try:
        head = await courses.ledger_head(course_id)
    except Refused:
        return None
    return head.sequence, head.hash
