"""The fleet's list: it finds what it is asked for, loses nothing while courses move, and says when one does."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from domain.values import CourseId, Severity
from domain.views.summary import CourseSummary
from records.store import CourseFilter, RecordStore
from tests.support.eventually import WITHIN
from tests.support.record_samples import MARA, MONDAY, batch, ledger, readings, view

pytestmark = pytest.mark.xdist_group("postgres")


async def _arrives(store: RecordStore, course_id: CourseId, **where_it_is: object) -> CourseSummary:
    told = batch(ledger(readings(1), course_id), **where_it_is)
    await store.append(told)
    return told.summary


async def test_the_fleet_is_listed_by_what_the_clinic_asks(store: RecordStore) -> None:
    """Each filter alone and together, newest start first; attention means that severity or worse."""
    mara = await _arrives(store, MARA, attention=Severity.EMERGENCY)
    nils = await _arrives(
        store, "NILS-7", site="cork", started_at=MONDAY + timedelta(days=1), attention=Severity.ROUTINE
    )
    ada = await _arrives(
        store, "ADA-3", phase="closed", outcome="completed", started_at=MONDAY + timedelta(days=2), protocol_id="other"
    )
    iris = await _arrives(store, "IRIS-2", held=True, hold_reason="asked for", started_at=MONDAY + timedelta(days=3))

    async def listed(**asked: object) -> list[CourseSummary]:
        return await store.courses(CourseFilter.model_validate(asked))

    assert await listed() == [iris, ada, nils, mara]
    assert await listed(phase="medicine") == [iris, nils, mara]
    assert await listed(site="cork") == [nils]
    assert await listed(attention="routine") == [nils, mara]
    assert await listed(attention="urgent") == [mara]
    assert await listed(held=True) == [iris]
    assert await listed(held=False) == [ada, nils, mara]
    assert await listed(protocol="other") == [ada]
    assert await listed(outcome="completed") == [ada]
    assert await listed(phase="medicine", site="bend", held=False) == [mara]
    assert await listed(site="nowhere") == []


async def test_pages_miss_no_course_and_double_none_while_courses_move(store: RecordStore) -> None:
    """A list read page by page shows each course once, though every one of them changes between two pages."""
    ids = [f"C-{n}" for n in range(25)]
    for n, each in enumerate(ids):
        await _arrives(store, each, started_at=MONDAY + timedelta(days=n // 5))
    seen: list[str] = []
    cursor = None

    while page := await store.courses(CourseFilter(limit=4, cursor=cursor)):
        seen += [course.course_id for course in page]
        cursor = page[-1].course_id
        for n, each in enumerate(ids):
            moved = ledger(readings(2 + len(seen)), each)
            await store.append(batch(moved, started_at=MONDAY + timedelta(days=n // 5), phase="integration"))

    assert sorted(seen) == sorted(ids)


async def test_a_change_is_announced_by_id_and_by_nothing_else(
    store: RecordStore, superuser: asyncpg.Connection
) -> None:
    """Whoever listens hears the course's or the escalation's id once it is committed; a repeat is no news."""
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    for channel in ("kapstan_courses", "kapstan_escalations"):
        await superuser.add_listener(channel, lambda *told: heard.put_nowait((str(told[2]), str(told[3]))))
    told = view()

    for _ in range(2):
        await _arrives(store, MARA)
        await store.record_escalation(told)
    await superuser.execute("NOTIFY kapstan_courses, 'the end'")

    news = [await asyncio.wait_for(heard.get(), timeout=WITHIN.total_seconds()) for _ in range(3)]
    assert news == [
        ("kapstan_courses", MARA),
        ("kapstan_escalations", told.id),
        ("kapstan_courses", "the end"),
    ]


async def test_who_has_seen_a_change_has_missed_none_before_it(
    store: RecordStore, superuser: asyncpg.Connection
) -> None:
    """Asking only for what lies above the newest change seen finds every course, however many are written at once."""
    ids = [f"C-{n}" for n in range(60)]
    writing = asyncio.gather(*(_arrives(store, each) for each in ids))
    seen: list[str] = []
    newest = 0

    async with asyncio.timeout(WITHIN.total_seconds()):
        while len(seen) < len(ids):
            rows = await superuser.fetch(
                "SELECT course_id, change FROM courses WHERE change > $1 ORDER BY change", newest
            )
            seen += [row["course_id"] for row in rows]
            newest = rows[-1]["change"] if rows else newest
    await writing

    assert sorted(seen) == sorted(ids)
