"""What the watch goes by and leaves behind, on the real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta

import asyncpg
import pytest
from pydantic import JsonValue

from domain.escalation.ids import escalation_id
from domain.escalation.messages import Acknowledge, EscalationState, Kind, Page
from domain.escalation.watchdog import ExpectedMove, Tick
from domain.escalation.watchdog_alarm import WatchdogAlarm, raised
from domain.ledger import Note
from domain.oncall.file import parse_on_call
from domain.refusal import Refused
from domain.values import Severity
from records.connections import open_connections
from records.errors import GivesWay, RecordStoreUnreachable
from records.gauges import gauges
from records.store import EscalationFilter, RecordStore
from records.watchdog import WatchdogLock, WatchdogStore, turn_to_watch
from tests.records.conftest import Postgres
from tests.support.eventually import WITHIN, eventually
from tests.support.paths import ROOT
from tests.support.record_samples import MARA, MONDAY, batch, ledger, readings, view

CLINIC = parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
DUE = MONDAY + timedelta(minutes=20)
PAGES = MONDAY + timedelta(minutes=25)


@pytest.fixture
async def watch(database_url: str) -> AsyncIterator[WatchdogStore]:
    async with open_connections(database_url) as connections:
        yield WatchdogStore(connections)


async def is_dosed(store: RecordStore, *notes: Note) -> None:
    """Mara is dosed; their course moves at `DUE` at the latest."""
    await store.append(batch(ledger([*readings(1), *notes]), monitored_session=1, next_passes_at=DUE))


_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle' AND query LIKE '%pg_try_advisory_lock%kapstan.watch%'"
)
"""How many consoles have asked for the turn last."""


def opened(kind: Kind, severity: Severity) -> Note:
    """The course has opened an escalation."""
    data: dict[str, JsonValue] = {"id": escalation_id(MARA, kind, 1, 1), "kind": kind, "severity": severity}
    return Note(time=MONDAY, type="kap.escalation.opened", data=data)


def alarm(n: int = 1) -> WatchdogAlarm:
    return raised(MARA, 1, n, MONDAY)


async def test_a_dosed_patients_course_is_expected_to_move(store: RecordStore, watch: WatchdogStore) -> None:
    """By its next deadline, as long as they are not discharged."""
    await is_dosed(store)
    dosed = await watch.expected()
    discharged = ledger(readings(2))[1:]
    await store.append(batch(discharged, stage="discharged", next_passes_at=DUE))

    assert dosed == [ExpectedMove(course_id=MARA, session=1, moves_at=DUE)]
    assert await watch.expected() == []


async def test_their_open_escalations_are_expected_to_move(store: RecordStore, watch: WatchdogStore) -> None:
    """What pages or was promised, unless it is routine, over, or the watch's own."""
    await is_dosed(store)
    await store.record_escalation(view(n=1, moves_at=PAGES))
    await store.record_escalation(view(n=2, moves_at=PAGES, state=EscalationState.ACKNOWLEDGED))
    await store.record_escalation(view(n=3, moves_at=PAGES, severity=Severity.ROUTINE))
    await store.record_escalation(view(n=4, moves_at=PAGES, state=EscalationState.RESOLVED))
    await store.record_escalation(view("EX-9", moves_at=PAGES))
    await watch.add(alarm())

    assert {(one.escalation, one.moves_at) for one in await watch.expected()} == {
        (None, DUE),
        (view(n=1).id, PAGES),
        (view(n=2).id, PAGES),
    }


async def test_an_escalation_that_was_opened_is_expected_to_be_recorded(
    store: RecordStore, watch: WatchdogStore
) -> None:
    """The worker died between the course's opening it and its first page: that is not waited for until the next one."""
    urgent, routine = opened(Kind.VITALS_OVERDUE, Severity.URGENT), opened(Kind.FORM_OVERDUE, Severity.ROUTINE)
    await is_dosed(store, urgent, routine)
    missing = [one for one in await watch.expected() if one.escalation]
    await store.record_escalation(view())

    assert [(one.escalation, one.moves_at) for one in missing] == [(view().id, MONDAY + timedelta(seconds=2))]
    assert [one.escalation for one in await watch.expected()] == [None]


async def test_an_alarm_stands_among_the_escalations(store: RecordStore, watch: WatchdogStore) -> None:
    """Open, with every page that it sent; who acknowledged it; resolved by itself."""
    await watch.add(alarm())
    climbed = await watch.move(alarm().id, lambda one: one.advanced(CLINIC, MONDAY))
    assert climbed is not None
    due = climbed.due[0]
    page = Page(at=MONDAY, step=1, person="lind", channel="json", ok=True)
    await watch.move(alarm().id, lambda one: one.tried(due, page, CLINIC))
    shown = await store.escalations(EscalationFilter(state=EscalationState.OPEN))
    await watch.move(alarm().id, lambda one: one.obeyed(Acknowledge(by="lind"), CLINIC, MONDAY))
    await watch.move(alarm().id, lambda one: one.settled(DUE))
    over = await store.escalation(alarm().id)

    assert [(one.id, one.kind, one.pages) for one in shown] == [(alarm().id, Kind.ORCHESTRATOR_SILENT, (page,))]
    assert over is not None
    assert (over.state, over.acknowledged_by, over.resolved_by, over.resolved_at) == (
        EscalationState.RESOLVED,
        "lind",
        None,
        DUE,
    )


async def test_a_refused_act_leaves_the_alarm_as_it_was(watch: WatchdogStore) -> None:
    """And of an alarm that never was there is nothing to move."""
    await watch.add(alarm())

    with pytest.raises(Refused):
        await watch.move(alarm().id, lambda one: one.obeyed(Acknowledge(by="stranger"), CLINIC, MONDAY))

    assert await watch.incident(alarm().id) == alarm()
    assert await watch.move(alarm(7).id, lambda one: one.settled(MONDAY)) is None


async def test_pages_that_end_at_the_same_time_are_all_kept(watch: WatchdogStore) -> None:
    """Each step sees the alarm as the one before left it."""
    await watch.add(alarm())
    climbed = await watch.move(alarm().id, lambda one: one.advanced(CLINIC, MONDAY))
    assert climbed is not None

    await asyncio.gather(
        *(
            watch.move(
                alarm().id,
                lambda one, due=due: one.tried(  # type: ignore[misc]
                    due, Page(at=due.at, step=1, person=due.person, channel="json", ok=True), CLINIC
                ),
            )
            for due in climbed.due
        )
    )

    after = await watch.incident(alarm().id)
    assert after is not None
    assert (after.due, len(after.escalation.view.pages)) == ((), len(climbed.due))


async def test_the_newest_alarm_of_a_dosed_session_is_remembered(store: RecordStore, watch: WatchdogStore) -> None:
    """So that who has looked at the patient is let be; once they are discharged only what is open still matters."""
    await is_dosed(store)
    first, second = alarm(1), raised(MARA, 1, 2, DUE)
    await watch.add(first)
    await watch.move(first.id, lambda one: one.settled(MONDAY))
    await watch.add(second)
    assert await watch.incidents() == [second]

    await store.append(batch(ledger(readings(2))[1:], stage="discharged"))
    assert await watch.incidents() == [second]

    await watch.move(second.id, lambda one: one.settled(DUE))
    assert await watch.incidents() == []


async def test_the_last_look_is_known_to_everybody(database_url: str, watch: WatchdogStore) -> None:
    """To the next console, which goes on with it, and to whoever watches the watch."""
    assert await watch.last_look() is None
    for at in (MONDAY, DUE):
        await watch.look(Tick(looked_at=at, watching_since=MONDAY))
    await watch.add(alarm())

    assert await watch.last_look() == Tick(looked_at=DUE, watching_since=MONDAY)
    async with open_connections(database_url) as connections:
        found = await gauges(connections)
    assert (found.looked_at, found.alarms) == (DUE, 1)


async def test_what_should_have_moved_is_measured_apart_for_dosed_patients(
    store: RecordStore, database_url: str
) -> None:
    """Of each, when the course that moves first must move; one whose moment nobody can read is left out."""
    later = DUE + timedelta(days=1)
    await is_dosed(store)
    for course, moves_at in (("NILS-7", later + timedelta(hours=1)), ("TOVE-8", later)):
        await store.append(batch(ledger(readings(1), course), next_passes_at=moves_at))

    async with open_connections(database_url) as connections:
        assert (await gauges(connections)).moves_at == {True: DUE, False: later}
        async with connections.connection() as connection:
            await connection.execute("UPDATE courses SET next_passes_at = '-infinity' WHERE course_id = 'TOVE-8'")
        assert (await gauges(connections)).moves_at == {True: DUE, False: later + timedelta(hours=1)}


async def test_one_watches_at_a_time_and_the_next_takes_over(database_url: str, superuser: asyncpg.Connection) -> None:
    """A second console waits for its turn for as long as the first one has it."""
    taken = asyncio.Event()

    async def next_console() -> None:
        async with turn_to_watch(database_url) as turn:
            await turn.check()
            taken.set()

    async with turn_to_watch(database_url) as turn:
        await turn.check()
        waiting = asyncio.create_task(next_console())

        async def has_asked() -> bool:
            return bool(await superuser.fetchval(_WAITING))

        await eventually(has_asked)
        assert not taken.is_set()
    await asyncio.wait_for(taken.wait(), WITHIN.total_seconds())
    await waiting


async def test_a_turn_ends_with_its_connection(database_url: str, superuser: asyncpg.Connection) -> None:
    """Who lost it is told so before it looks again."""
    async with turn_to_watch(database_url) as turn:
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()"
        )
        with pytest.raises(RecordStoreUnreachable):
            await turn.check()


async def test_a_console_that_hangs_loses_its_turn(database_url: str) -> None:
    """Stopped in the middle it still holds its connection: PostgreSQL ends that, and another one watches."""
    async with turn_to_watch(database_url, frozen_after=timedelta(seconds=1)) as hanging:
        async with asyncio.timeout(WITHIN.total_seconds()), turn_to_watch(database_url) as other:
            await other.check()
        with pytest.raises(RecordStoreUnreachable):
            await hanging.check()


async def test_a_console_stands_in_where_no_watch_is(database_url: str) -> None:
    """It waits a while, for one that died is started again."""
    async with asyncio.timeout(WITHIN.total_seconds()), standing_in(database_url) as turn:
        await turn.check()


async def test_a_console_gives_way_as_soon_as_a_watch_is_there(database_url: str) -> None:
    """It has its turn as soon as whoever stood in for it looks again."""

    async def watch() -> None:
        async with turn_to_watch(database_url) as turn:
            await turn.check()

    async with asyncio.timeout(WITHIN.total_seconds()):
        async with standing_in(database_url) as turn:
            watching = asyncio.create_task(watch())

            async def gives_way() -> bool:
                with suppress(GivesWay):
                    await turn.check()
                    return False
                return True

            await eventually(gives_way)
            assert not watching.done()
        await watching


async def test_a_console_does_not_stand_in_for_a_watch_that_is_there(database_url: str) -> None:
    """Nor while that one only waits: two that do nothing else may be there."""
    async with turn_to_watch(database_url) as turn:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3), standing_in(database_url):
                pass
        await turn.check()


def standing_in(database_url: str) -> AbstractAsyncContextManager[WatchdogLock]:
    return turn_to_watch(database_url, stands_in=True, stands_in_after=timedelta(milliseconds=100))


async def test_nobody_watches_while_postgresql_is_away(postgres: Postgres, database_url: str) -> None:
    """It is said where it was sought."""
    postgres.stop()
    try:
        with pytest.raises(RecordStoreUnreachable, match="PostgreSQL does not answer at"):
            async with turn_to_watch(database_url):
                pass
    finally:
        postgres.start()
