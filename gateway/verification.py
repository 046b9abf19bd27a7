"""Verifies Temporal and the record store together: ledgers against the heads that courses hold, lists against ledgers.

A course that only one of the two knows is named, and each row behind the lists that cannot be read. Then the audit is
verified: its chains, and the tokens.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from domain.ledger import GENESIS, ChainFault, Entry
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId, Frozen, Moment
from domain.verification import MOST_NAMED, ChainHead, VerificationReport
from gateway.courses import Courses, HeldHead
from gateway.list_verification import Differs, ListVerification
from gateway.workflow_calls import Defect, Ended, NotReady, TooMany, Unavailable
from records.audit_chains import AuditChain, AuditChains, AuditVerdict
from records.errors import CourseErased, LedgerUnreadable, RecordLocked
from records.store import CourseFilter, EscalationFilter, RecordStore
from records.unreadable_rows import Found, RowUnreadable, Unreadable
from records.verify import LedgerVerdict, verify, verify_erased

CATCH_UP_WITHIN = timedelta(seconds=5)
"""How long the outbox is given to write what was accepted just now."""

PAGE = 1000
"""Rows of a list per page."""

LOOK_AGAIN_AFTER = timedelta(seconds=0.2)


TEMPORAL_IS_AWAY = 3
"""Courses in a row that do not answer, from which Temporal counts as away and no other is asked."""


OF_ONE_ALONE = (Ended, Defect, NotReady, TooMany)
"""Errors that concern one course alone."""

STILL_IN_TEMPORAL = "it was erased, and Temporal still holds it: erase it again"
"""What is said where an erasure did not come to its end."""

UNKNOWN_TO_TEMPORAL = "Temporal knows no such course: its rows were written by hand, or its workflow was deleted"


class Verified(Frozen):
    """The result of verifying one course's ledger.

    `unanswered` says why its workflow did not return the head, or why nobody reads the content here, so that only the
    chain was recomputed. Of a course whose workflow `has_ended` the head is the one that it ended with. Of one whose
    content was erased at `erased_at` the chain of what is stored is whole, and ends as it ended then.
    """

    course_id: CourseId
    verdict: LedgerVerdict
    unanswered: str | None = None
    has_ended: bool = False
    erased_at: Moment | None = None

    @property
    def is_whole(self) -> bool:
        """Whether no row differs, as far as could be checked."""
        return self.verdict.is_whole and self.unanswered is None


class Broken(Frozen):
    """A row that cannot be read: its relation and id, and what is broken, but not its content."""

    relation: str
    id: str
    unreadable: str


Finding = Verified | Broken | Differs | AuditVerdict
"""What verification says, line by line."""


Looked = tuple[Verified, list[Differs]]
"""The verdict on a course's ledger, and what differs in its lists."""


def is_whole(finding: Finding) -> bool:
    """Whether nothing is wrong with what it is about."""
    return isinstance(finding, Verified | AuditVerdict) and finding.is_whole


class Verification:
    """Verifies Temporal and the record store together. `before` is the report of the scheduled verification before."""

    def __init__(
        self,
        store: RecordStore,
        courses: Courses,
        lists: ListVerification,
        audit: AuditChains,
        before: VerificationReport | None = None,
    ) -> None:
        self._store = store
        self._courses = courses
        self._lists = lists
        self._audit = audit
        self._before = before
        self._silent = 0  # courses in a row that did not answer
        self._remembered = {head.chain: head for head in before.heads} if before else {}

    async def run(self, course: CourseId | None = None) -> AsyncIterator[Finding]:
        """Verifies every course that either of the two knows, and the audit, or the one course given.

        Raises `Refused` for an unknown one.
        A course that does not answer, because its task fails or Temporal has ended it, does not stop the others. Raises
        `Unavailable` if none answers any more.
        """
        async for found in self._one(course) if course is not None else self._every():
            yield found
        async for relation, broken in _unreadable(self._store, course):
            yield Broken(relation=relation, id=broken.name, unreadable=broken.detail)
        if course is None:
            for chain in AuditChain:
                yield await self._audit.verify(chain, self._remembered.get(chain))
            for token in await self._audit.tokens():
                yield Differs(relation="tokens", id=token.id, differs=token.differs)

    async def report(self, each: Callable[[Finding], None] = lambda _: None) -> VerificationReport:
        """Verifies everything, handing on each finding, and stores and returns the report. Raises as `run` does."""
        at, courses, heads, found = datetime.now(UTC), 0, dict(self._remembered), list[str]()
        async for finding in self.run():
            each(finding)
            courses += isinstance(finding, Verified)
            if not is_whole(finding):
                found.append(_name(finding))
            if isinstance(finding, AuditVerdict) and finding.is_whole:
                heads[finding.chain] = ChainHead(chain=finding.chain, sequence=finding.sequence, hash=finding.head)
        report = VerificationReport(
            at=at,
            courses=courses,
            differing=len(found),
            found=tuple(found[:MOST_NAMED]),
            is_news=self._is_news(found),
            heads=tuple(heads.values()),
            escalation=self._before.escalation if self._before else None,
        )
        await self._store.record_verification(report)
        return report

    def _is_news(self, found: Sequence[str]) -> bool:
        before = self._before
        named, differing = (set(before.found), before.differing) if before else (set[str](), 0)
        return len(found) > differing or not set(found[:MOST_NAMED]) <= named

    async def _one(self, course: CourseId) -> AsyncIterator[Verified | Differs]:
        self._silent = TEMPORAL_IS_AWAY - 1
        looked = await self._verified(course)
        if _may_be_behind(looked):
            (looked,) = [again async for again in self._looked_at_again([course])]
        verified = looked[0]
        if verified.unanswered == UNKNOWN_TO_TEMPORAL and not verified.verdict.sequence:
            raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"There is no course {course}")
        for one in _findings(looked):
            yield one

    async def _every(self) -> AsyncIterator[Verified | Broken | Differs]:
        heads = await self._store.heads()
        for broken in heads.unreadable:
            yield Broken(relation="ledger", id=broken.name, unreadable=broken.detail)
        behind = list[CourseId]()
        for head in heads:
            looked = await self._verified(head.course_id)
            if _may_be_behind(looked):
                behind.append(head.course_id)
                continue
            for one in _findings(looked):
                yield one
        recorded = frozenset(heads.ids)
        unrecorded = frozenset(await self._courses.ids()) - recorded
        async for looked in self._looked_at_again([*behind, *sorted(unrecorded)]):
            for one in _findings(looked):
                yield one
        async for stray in self._lists.without_a_ledger(recorded | unrecorded):
            yield stray

    async def _looked_at_again(self, courses: Sequence[CourseId]) -> AsyncIterator[Looked]:
        """Each once more, and again while it differs, for a while: the record of a running course may be behind.

        All are looked at in turn, so that those that differ for good keep no other from being waited for.
        """
        until = monotonic() + CATCH_UP_WITHIN.total_seconds()
        left = list(courses)
        while left:
            await asyncio.sleep(LOOK_AGAIN_AFTER.total_seconds())
            is_last = monotonic() >= until
            left, now = list[CourseId](), left
            for course_id in now:
                looked = await self._verified(course_id)
                if _may_be_behind(looked) and not is_last:
                    left.append(course_id)
                else:
                    yield looked

    async def _verified(self, course_id: CourseId) -> Looked:
        """The verdict on a course's ledger, and what differs in its lists. Raises `Unavailable` as `run` does."""
        try:
            held = await self._held_head(course_id)
            looked = await self._compared(course_id, held, None if held else UNKNOWN_TO_TEMPORAL)
        except (Unavailable, TooMany) as silent:
            self._silent += 1
            if self._silent >= TEMPORAL_IS_AWAY and not isinstance(silent, OF_ONE_ALONE):
                raise
            return await self._compared(course_id, None, str(silent))
        self._silent = 0
        return looked

    async def _compared(self, course_id: CourseId, held: HeldHead | None, why: str | None) -> Looked:
        """The record of a course against what its workflow holds, or alone, where `why` says why Temporal is silent."""
        try:
            ledger = await self._store.stored_ledger(course_id)
        except LedgerUnreadable as unreadable:
            fault = ChainFault(
                sequence=unreadable.sequence, reason=f"it is no entry that Kapstan wrote: {unreadable.detail}"
            )
            verdict = LedgerVerdict(sequence=unreadable.sequence, head=GENESIS, is_compared=False, fault=fault)
            return Verified(course_id=course_id, verdict=verdict, unanswered=why), []
        match ledger.locked:
            case CourseErased(at=at, ended_with=ended_with):
                left, verdict = await self._left_in_temporal(course_id), verify_erased(ledger.stored, ended_with)
                return Verified(course_id=course_id, verdict=verdict, unanswered=left, erased_at=at), []
            case RecordLocked() as locked:
                verdict = verify(ledger.stored, None)
                return Verified(course_id=course_id, verdict=verdict, unanswered=str(locked)), []
        head = (held.head.sequence, held.head.hash) if held is not None else None
        verdict = verify(ledger.entries, head, stored=ledger.stored)
        has_ended = held is not None and held.has_ended
        verified = Verified(course_id=course_id, verdict=verdict, unanswered=why, has_ended=has_ended)
        return verified, await self._differing(verified, ledger.entries)

    async def _left_in_temporal(self, course_id: CourseId) -> str | None:
        """What Temporal may hold of a course that was erased, its workflow ended or not; None if it holds nothing."""
        try:
            return STILL_IN_TEMPORAL if await self._courses.is_in_temporal(course_id) else None
        except Unavailable as away:
            return str(away)

    async def _differing(self, verified: Verified, entries: Sequence[Entry]) -> list[Differs]:
        """What differs in the lists, where there is a whole ledger to compare them with."""
        is_whole = verified.verdict.is_whole and bool(entries)
        is_silent = verified.unanswered is not None
        return await self._lists.of(verified.course_id, entries, is_silent=is_silent) if is_whole else []

    async def _held_head(self, course_id: CourseId) -> HeldHead | None:
        try:
            return await self._courses.held_head(course_id)
        except Refused:
            return None


def _may_be_behind(looked: Looked) -> bool:
    """Whether what differs may be no more than what the outbox has not written yet."""
    verified, differing = looked
    is_answered = verified.unanswered in {None, UNKNOWN_TO_TEMPORAL}
    return is_answered and (bool(differing) or not verified.verdict.is_whole)


def _findings(looked: Looked) -> list[Verified | Differs]:
    verified, differing = looked
    return [verified, *differing]


def _name(finding: Finding) -> str:
    """The name of what differs: the same again as long as nothing else does."""
    match finding:
        case Verified(verdict=verdict):
            return f"{finding.course_id} {verdict.fault.sequence if verdict.fault else ''}"
        case AuditVerdict():
            rows = " ".join(str(fault.sequence) for fault in finding.faults)
            return f"{finding.chain} {rows} of {finding.differing}"
        case _:
            return f"{finding.relation} {finding.id}"


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
