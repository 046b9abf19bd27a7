"""Every ledger is verified, whatever one course's workflow answers: what it keeps from being compared is named."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import pytest

from domain.ledger import GENESIS, LedgerHead
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId
from gateway import verification
from gateway.courses import Courses, HeldHead
from gateway.list_verification import Differs, ListVerification
from gateway.verification import TEMPORAL_IS_AWAY, UNKNOWN_TO_TEMPORAL, Verification, Verified
from gateway.workflow_calls import Defect, Ended, NotReady, TooMany, Unavailable
from records.audit_chains import AuditChain, AuditChains, AuditVerdict, TokenDiffers
from records.projection import Head
from records.store import RecordStore, StoredLedger
from records.unreadable_rows import Found
from tests.support.record_samples import ledger, readings

FLEET = ("ANNA-1", "MARA-1", "NILS-1", "OLGA-1", "PIET-1")


class Store:
    """A record whose ledgers are whole."""

    async def heads(self) -> Found[Head]:
        heads = (Head(course_id=one, sequence=2, hash=ledger(readings(2), one)[-1].hash) for one in FLEET)
        return Found(heads, ids=FLEET)

    async def stored_ledger(self, course: CourseId) -> StoredLedger:
        entries = ledger(readings(2), course)
        return StoredLedger(entries, entries)

    async def course(self, _course: CourseId) -> None: ...

    async def courses(self, _filters: object) -> Found[object]:
        return Found()

    async def escalations(self, _filters: object) -> Found[object]:
        return Found()


class Lists:
    """Lists in which nothing differs."""

    async def of(self, _course: CourseId, _entries: object, /, **_: object) -> list[Differs]:
        return []

    async def without_a_ledger(self, _courses: frozenset[CourseId]) -> AsyncIterator[Differs]:
        for differing in tuple[Differs, ...]():
            yield differing


class ListsBehind(Lists):
    """Lists that differ for good from one course's ledger, and from another's until they were looked at three times."""

    def __init__(self, for_good: CourseId, behind: CourseId) -> None:
        self.for_good = for_good
        self.behind = behind
        self.looks: list[CourseId] = []

    async def of(self, course: CourseId, _entries: object, /, **_: object) -> list[Differs]:
        self.looks.append(course)
        is_behind = course == self.behind and self.looks.count(course) <= 3
        return [Differs(relation="courses", id=course, differs="phase")] * (is_behind or course == self.for_good)


class Fleet:
    """The courses as their workflows answer; some do not."""

    def __init__(self, silent: dict[CourseId, Exception]) -> None:
        self.silent = silent
        self.asked: list[CourseId] = []

    async def ids(self) -> list[CourseId]:
        return list(FLEET)

    async def held_head(self, course: CourseId) -> HeldHead:
        self.asked.append(course)
        if course in self.silent:
            raise self.silent[course]
        return HeldHead(head=LedgerHead(course_id=course, sequence=2, hash=ledger(readings(2), course)[-1].hash))


class Audit:
    """An audit in which nothing differs."""

    async def verify(self, chain: AuditChain, _remembered: None) -> AuditVerdict:
        return AuditVerdict(chain=chain, sequence=0, head=GENESIS, differing=0, faults=())

    async def tokens(self) -> list[TokenDiffers]:
        return []


async def verified(fleet: Fleet, course: CourseId | None = None) -> list[Verified]:
    lists = cast("ListVerification", Lists())
    audit = cast("AuditChains", Audit())
    found = Verification(cast("RecordStore", Store()), cast("Courses", fleet), lists, audit).run(course)
    return [one async for one in found if isinstance(one, Verified)]


async def test_what_differs_for_good_keeps_no_other_from_being_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are looked at before one is looked at again; what its lists caught up with meanwhile is whole."""
    monkeypatch.setattr(verification, "CATCH_UP_WITHIN", timedelta(seconds=1))
    lists = ListsBehind(for_good=FLEET[0], behind=FLEET[-1])
    store, audit = cast("RecordStore", Store()), cast("AuditChains", Audit())
    run = Verification(store, cast("Courses", Fleet({})), cast("ListVerification", lists), audit).run()
    found = [one async for one in run]

    assert lists.looks[: len(FLEET) + 2] == [*FLEET, FLEET[0], FLEET[-1]]
    assert [one.id for one in found if isinstance(one, Differs)] == [FLEET[0]]
    assert sorted(one.course_id for one in found if isinstance(one, Verified)) == sorted(FLEET)


class FleetThatFallsSilent(Fleet):
    """Its courses answer once each; then Temporal is away."""

    async def held_head(self, course: CourseId) -> HeldHead:
        if course in self.asked:
            self.silent = dict.fromkeys(FLEET, Unavailable("no answer"))
        return await super().held_head(course)


class ListsThatDiffer(Lists):
    """Lists that differ from every ledger."""

    async def of(self, course: CourseId, _entries: object, /, **_: object) -> list[Differs]:
        return [Differs(relation="courses", id=course, differs="phase")]


async def test_where_temporal_is_away_by_then_not_each_that_differs_is_waited_for() -> None:
    """A fleet of which all differ would be asked one after the other, each until its time is over."""
    fleet, audit = FleetThatFallsSilent({}), cast("AuditChains", Audit())
    lists = cast("ListVerification", ListsThatDiffer())
    run = Verification(cast("RecordStore", Store()), cast("Courses", fleet), lists, audit).run()

    with pytest.raises(Unavailable):
        [_ async for _ in run]

    assert len(fleet.asked) == len(FLEET) + TEMPORAL_IS_AWAY


@pytest.mark.parametrize("kind", [Ended, Defect, NotReady, TooMany, Unavailable])
async def test_one_course_that_does_not_answer_keeps_no_other_from_being_verified(kind: type[Exception]) -> None:
    """Its own chain is recomputed, what it could not be compared with is said, and it is not whole."""
    found = await verified(Fleet({"MARA-1": kind("it does not answer")}))

    assert [one.course_id for one in found] == list(FLEET)
    assert [one.course_id for one in found if not one.is_whole] == ["MARA-1"]
    assert (found[1].unanswered, found[1].verdict.is_whole) == ("it does not answer", True)


@pytest.mark.parametrize("kind", [Ended, Defect])
async def test_one_that_is_asked_for_alone_says_so_too(kind: type[Exception]) -> None:
    """What is on the record of it can be trusted or not, whatever became of its workflow."""
    (found,) = await verified(Fleet({"MARA-1": kind("it does not answer")}), "MARA-1")

    assert (found.is_whole, found.verdict.sequence) == (False, 2)


async def test_where_nobody_answers_at_all_not_everybody_is_waited_for() -> None:
    """Temporal or every worker is away."""
    fleet = Fleet({one: Unavailable("no answer") for one in FLEET})

    with pytest.raises(Unavailable):
        await verified(fleet)

    assert len(fleet.asked) == 3


async def test_a_course_that_temporal_knows_nothing_of_is_named() -> None:
    """A course's workflow never ends by itself: its rows were written by hand, or somebody has deleted it."""
    gone = Refused.because(RefusalCode.UNKNOWN_COURSE, "There is no course MARA-1")

    found = await verified(Fleet({"MARA-1": gone}))

    assert [(one.course_id, one.unanswered) for one in found if not one.is_whole] == [("MARA-1", UNKNOWN_TO_TEMPORAL)]
