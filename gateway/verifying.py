"""Whether the record store still says what was accepted: each ledger's chain, against the head that Temporal holds."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from domain.ledger import GENESIS, Fault
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId, Frozen
from gateway.courses import Courses
from records.errors import LedgerUnreadable
from records.store import RecordStore
from records.verify import Verdict, verify

CATCH_UP_WITHIN = timedelta(seconds=5)
"""How long the recorder is given to write what was accepted just now."""

LOOK_AGAIN_AFTER = timedelta(seconds=0.2)


class Verified(Frozen):
    """One course's ledger and what was found in it."""

    course_id: CourseId
    verdict: Verdict


async def verify_courses(store: RecordStore, courses: Courses, course: CourseId | None) -> AsyncIterator[Verified]:
    """Every course of the record store, or the one that is named. Raises `Refused` for one that nobody knows."""
    named = [course] if course is not None else [head.course_id for head in await store.heads()]
    for course_id in named:
        yield Verified(course_id=course_id, verdict=await _verdict(store, courses, course_id))


async def _verdict(store: RecordStore, courses: Courses, course_id: CourseId) -> Verdict:
    """A course goes on while we look: only what differs for longer than the recorder takes is a fault."""
    tries = CATCH_UP_WITHIN // LOOK_AGAIN_AFTER
    while not (verdict := await _look(store, courses, course_id)).is_whole and tries:
        await asyncio.sleep(LOOK_AGAIN_AFTER.total_seconds())
        tries -= 1
    return verdict


async def _look(store: RecordStore, courses: Courses, course_id: CourseId) -> Verdict:
    head = await _temporal_head(courses, course_id)
    try:
        entries = await store.ledger(course_id)
    except LedgerUnreadable as unreadable:
        fault = Fault(sequence=unreadable.sequence, reason="it is no entry that Kapstan wrote")
        return Verdict(sequence=unreadable.sequence, head=GENESIS, is_compared=False, fault=fault)
    if head is None and not entries:
        raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"There is no course {course_id}")
    return verify(entries, head)


async def _temporal_head(courses: Courses, course_id: CourseId) -> tuple[int, str] | None:
    try:
        head = await courses.ledger_head(course_id)
    except Refused:
        return None
    return head.sequence, head.hash
