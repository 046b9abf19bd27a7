"""A course whose workflow has ended is kept as it was left, and only as long as its ledger ends there."""

import asyncpg
import pytest

from domain.course.course import Course
from domain.course.ended_course import EndedCourse
from domain.views.course import batch_of
from records.errors import LedgerGap
from records.store import RecordStore
from records.unreadable_rows import RowUnreadable
from tests.support.cast import MARA, hours, phq9
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture
def ward() -> Ward:
    return Ward()


async def recorded(store: RecordStore, ward: Ward) -> Course:
    """Its whole ledger is in the record."""
    await store.append(batch_of(ward.course, tuple(ward.entries), ward.now))
    return ward.course


async def test_a_course_comes_back_as_it_was_left(store: RecordStore, ward: Ward) -> None:
    """Whatever it holds, and it may be kept twice."""
    course = await recorded(store, ward.completed())
    assert await store.ended_course(MARA) is None
    assert not await store.is_kept(course.head)

    for _ in range(2):
        await store.keep_ended_course(EndedCourse.of(course))

    assert await store.ended_course(MARA) == course
    assert await store.is_kept(course.head)


async def test_a_course_that_has_gone_on_since_is_not_answered_for(store: RecordStore, ward: Ward) -> None:
    """Its ledger has an entry more, of whichever run; what is kept later counts, and a late copy of before does not."""
    before = await recorded(store, ward.planned())
    await store.keep_ended_course(EndedCourse.of(before))
    ward.reports(phq9(MARA, at=ward.now + hours(1)))
    after = await recorded(store, ward)

    assert await store.ended_course(MARA) is None
    assert not await store.is_kept(before.head)

    await store.keep_ended_course(EndedCourse.of(after))
    await store.keep_ended_course(EndedCourse.of(before))
    assert await store.ended_course(MARA) == after


async def test_it_is_not_kept_ahead_of_its_ledger(store: RecordStore, ward: Ward) -> None:
    """Whoever answers for a course must hold all that it accepted."""
    await recorded(store, ward.planned())
    ward.reports(phq9(MARA, at=ward.now + hours(1)))

    with pytest.raises(LedgerGap, match="lacks the entry that the course ends with"):
        await store.keep_ended_course(EndedCourse.of(ward.course))


@pytest.mark.parametrize(
    "change",
    [
        "content = '{}'",
        "content = replace(content, 'MARA-1', 'MARA-2')",
        "content = replace(content, '\"closed\"', '\"x\"')",
    ],
)
async def test_one_that_somebody_changed_into_something_else_is_named(
    store: RecordStore, superuser: asyncpg.Connection, ward: Ward, change: str
) -> None:
    """It is not shown as the course, and its content is quoted nowhere."""
    await store.keep_ended_course(EndedCourse.of(await recorded(store, ward.completed())))
    await superuser.execute(f"UPDATE ended_courses SET {change}")

    with pytest.raises(RowUnreadable, match=r"a row of ended_courses cannot be read, MARA-1: [a-z ]+"):
        await store.ended_course(MARA)
