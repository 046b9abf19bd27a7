"""Whoever watches the record: nothing is lost, nothing is doubled, and everything comes in its order."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from domain.escalation.messages import EscalationView
from domain.views.summary import CourseSummary
from records.changes import ChangeKind, Changes, RecordChange, SessionState, listening
from records.connections import open_connections
from records.store import RecordStore
from tests.support.eventually import WITHIN
from tests.support.record_samples import MARA, batch, ledger, readings, summary, view

pytestmark = pytest.mark.xdist_group("postgres")

ALL = 10_000


@pytest.fixture
async def changes(database_url: str) -> AsyncIterator[Changes]:
    async with open_connections(database_url) as connections:
        yield Changes(connections)


async def after(changes: Changes, number: int, limit: int) -> list[RecordChange]:
    """What changed above the number; all of it can be read."""
    return [one for one in await changes.after(number, limit) if isinstance(one, RecordChange)]


def told(seen: list[RecordChange]) -> list[tuple[ChangeKind, str]]:
    return [(change.kind, change.course_id) for change in seen]


async def test_a_change_is_told_as_the_lists_show_it(store: RecordStore, changes: Changes) -> None:
    """A course's change comes as its summary and its session's state, an escalation's as its view with its pages."""
    course = batch(ledger(readings(2)), open_escalations=1)
    await store.append(course)
    await store.record_escalation(view())

    seen = await after(changes, 0, ALL)

    assert told(seen) == [(ChangeKind.COURSE, MARA), (ChangeKind.SESSION, MARA), (ChangeKind.ESCALATION, MARA)]
    assert [change.data for change in seen] == [
        course.summary,
        SessionState(course_id=MARA, site="bend", phase="medicine", session=1, stage="dosed"),
        view(),
    ]
    assert [change.site for change in seen] == ["bend"] * 3
    assert seen[0].is_behind_escalations
    assert seen[0].accepted_at == course.entries[-1].recorded_at


async def test_what_changed_several_times_is_told_once_as_it_is_now(store: RecordStore, changes: Changes) -> None:
    """Who comes back after three readings and a discharge sees the course once, at its newest."""
    entries = ledger(readings(4))
    await store.append(batch(entries[:1]))
    seen = await after(changes, 0, ALL)
    for number in (2, 3):
        await store.append(batch(entries[number - 1 : number]))
    await store.append(batch(entries[3:], stage="discharged"))

    missed = await after(changes, seen[-1].number, ALL)

    assert told(missed) == [(ChangeKind.COURSE, MARA), (ChangeKind.SESSION, MARA)]
    assert [change.data for change in missed] == [
        summary(sequence=4, ledger_head=entries[3].hash, stage="discharged"),
        SessionState(course_id=MARA, site="bend", phase="medicine", session=1, stage="discharged"),
    ]
    assert await after(changes, missed[-1].number, ALL) == []


async def test_whoever_is_torn_off_between_a_course_and_its_session_misses_neither(
    store: RecordStore, changes: Changes
) -> None:
    """From any number on, exactly what lies above it is told, one change at a time as well as all at once."""
    for course in ("A-1", "B-1", "C-1"):
        await store.append(batch(ledger(readings(1), course)))
    whole = await after(changes, 0, ALL)

    one_at_a_time: list[RecordChange] = []
    number = 0
    while step := await after(changes, number, 1):
        one_at_a_time += step
        number = step[-1].number

    assert one_at_a_time == whole
    assert len({change.number for change in whole}) == len(whole) == 6
    for place, change in enumerate(whole, start=1):
        assert await after(changes, change.number, ALL) == whole[place:]


async def test_a_course_without_an_escalation_is_not_behind_one(store: RecordStore, changes: Changes) -> None:
    """An escalation makes its course one behind escalations for good, whether it or the course was recorded first."""
    await store.append(batch(ledger(readings(1), "QUIET-1")))
    await store.append(batch(ledger(readings(1))))
    await store.record_escalation(view())

    seen = await after(changes, 0, ALL)

    behind = {change.course_id: change.is_behind_escalations for change in seen if change.kind is ChangeKind.COURSE}
    assert behind == {"QUIET-1": False, MARA: True}


async def test_an_escalation_recorded_before_its_course_has_no_site_yet(store: RecordStore, changes: Changes) -> None:
    """Paging waits for no ledger: the site is known as soon as the course is recorded."""
    await store.record_escalation(view())
    before = await after(changes, 0, ALL)

    await store.append(batch(ledger(readings(1))))

    assert [change.site for change in before] == [None]
    assert [change.site for change in await after(changes, 0, 1)] == ["bend"]


async def test_nothing_is_lost_while_many_write_at_once(store: RecordStore, changes: Changes) -> None:
    """A watcher who always asks above the last number seen ends with the newest state of every row."""
    ledgers = {f"C-{n}": ledger(readings(12), f"C-{n}") for n in range(8)}

    async def writes(course: str) -> None:
        for entry in ledgers[course]:
            await store.append(batch((entry,), session=1 + entry.sequence % 3))
            await store.record_escalation(
                view(course_id=course, id=f"{course}~vitals_overdue~1~1", revision=entry.sequence)
            )

    async def watches() -> list[RecordChange]:
        seen: list[RecordChange] = []
        while not _is_whole(seen):
            seen += await after(changes, seen[-1].number if seen else 0, 7)
        return seen

    def _is_whole(seen: list[RecordChange]) -> bool:
        newest = {(change.kind, change.course_id): change.data for change in seen}
        courses = [data for data in newest.values() if isinstance(data, CourseSummary) and data.sequence == 12]
        escalations = [data for data in newest.values() if isinstance(data, EscalationView) and data.revision == 12]
        return len(courses) == len(escalations) == 8

    async with asyncio.timeout(WITHIN.total_seconds()):
        watching = asyncio.create_task(watches())
        await asyncio.gather(*(writes(course) for course in ledgers))
        seen = await watching

    numbers = [change.number for change in seen]
    assert numbers == sorted(set(numbers))
    newest = {(change.kind, change.course_id): change for change in seen}
    assert sorted(newest.values(), key=lambda change: change.number) == [
        change for change in await after(changes, 0, ALL) if change.number <= numbers[-1]
    ]


async def test_news_comes_with_the_change(database_url: str, store: RecordStore) -> None:
    """Who listens is told of a course and of an escalation, without asking."""
    async with asyncio.timeout(WITHIN.total_seconds()), listening(database_url) as news:
        await store.append(batch(ledger(readings(1))))
        await news.wait()
        await store.record_escalation(view())
        await news.wait()


async def test_a_lost_connection_is_news_too(database_url: str, superuser: asyncpg.Connection) -> None:
    """Cut off by the server, the listener is told that the record store cannot be reached, at once."""
    async with listening(database_url) as news:
        waiting = asyncio.ensure_future(news.wait())
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database()"
        )
        with pytest.raises(Exception, match="PostgreSQL does not answer"):
            await asyncio.wait_for(waiting, WITHIN.total_seconds())
