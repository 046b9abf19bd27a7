"""Verifies the record store: each ledger's hash chain, against the head that Temporal holds.

Also checks that the rows behind the lists can be read, and names those that cannot.
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
from records.store import CourseFilter, EscalationFilter, RecordStore
from records.unreadable_rows import Found, RowUnreadable, Unreadable
from records.verify import LedgerVerdict, verify

CATCH_UP_WITHIN = timedelta(seconds=5)
"""How long the outbox is given to write what was accepted just now."""

PAGE = 1000
"""Rows of a list per page."""

LOOK_AGAIN_AFTER = timedelta(seconds=0.2)


TEMPORAL_IS_AWAY = 3
"""Courses in a row that do not answer, from which Temporal counts as away and no other is asked."""


OF_ONE_ALONE = (Ended, Defect, NotReady, TooMany)
"""Errors that concern one course alone."""


class Verified(Frozen):
    """The result of verifying one course's ledger.

    `unanswered` says why its workflow did not return the head, so that only the chain was recomputed.
    """

    course_id: CourseId
    verdict: LedgerVerdict
    unanswered: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether no row differs, as far as could be checked."""
        return self.verdict.is_whole and self.unanswered is None


class Broken(Frozen):
    """A row that cannot be read: its relation and id, and what is broken, but not its content."""

    relation: str
    id: str
    unreadable: str


async def verify_courses(
    store: RecordStore, courses: Courses, course: CourseId | None
) -> AsyncIterator[Verified | Broken]:
    """Verifies every course of the record store, or the one given. Raises `Refused` for an unknown one.

    A course that does not answer, because its task fails or Temporal has ended it, does not stop the others. Raises
    `Unavailable` if none answers any more.
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
    """The rows behind the lists that cannot be read, of one course or of all."""
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
    """The unreadable rows of a list, page by page."""
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
    """The verdict, retried for `CATCH_UP_WITHIN`: the record of a running course may be a moment behind."""
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
