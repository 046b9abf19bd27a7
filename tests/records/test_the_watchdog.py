"""The watch at work on the real PostgreSQL; the orchestrator and the channels are twins."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from console.watchdog.alarms import AlarmPager
from console.watchdog.watchdog import Watchdog
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView, Page
from domain.escalation.page_text import Text
from domain.escalation.pager import Pager
from domain.escalation.watchdog import ExpectedMove, NextMove, NoAnswer, Tick
from domain.escalation.watchdog_alarm import WatchdogAlarm
from domain.oncall.file import parse_on_call
from domain.values import Severity
from records.connections import Connections, open_connections
from records.errors import RecordStoreError
from records.sealing import WITHOUT_KEYS, Keyring
from records.store import EscalationFilter, RecordStore
from records.watchdog import WatchdogStore, turn_to_watch
from tests.records.conftest import Postgres
from tests.records.test_record_encrypted import ENCRYPTS
from tests.support.eventually import eventually
from tests.support.record_samples import MARA, batch, ledger, readings
from tests.support.running_stack import example_on_call

CLINIC = parse_on_call(example_on_call(), "oncall.toml")
GRACE = timedelta(minutes=2)
FIRST_STEP = ["json://127.0.0.1:9900/lind", "json://127.0.0.1:9900/osei", "mailto://127.0.0.1:2525"]


@dataclass
class Orchestrator:
    """Temporal and its workers, as they answer; who was asked for."""

    answer: NextMove | NoAnswer = field(default_factory=NoAnswer)
    asked: list[ExpectedMove] = field(default_factory=list)

    async def ask(self, expected: ExpectedMove) -> NextMove | NoAnswer:
        self.asked.append(expected)
        return self.answer


@dataclass
class Phones:
    """Everybody's channels: `broken` ones take nothing, `postgres` stops as a page arrives where it is given.

    Dr Osei's ring until `answers` is set.
    """

    arrived: list[tuple[str, Text, Severity]] = field(default_factory=list)
    broken: bool = False
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    postgres: Postgres | None = None

    @property
    def addresses(self) -> list[str]:
        return sorted(url.partition("?")[0] for url, _, _ in self.arrived)

    async def send(self, url: str, text: Text, severity: Severity) -> str | None:
        self.arrived.append((url, text, severity))
        if "osei" in url:
            await self.answers.wait()
        elif self.postgres is not None:
            self.postgres.stop()
        return "the channel did not take the page" if self.broken else None


class Record(WatchdogStore):
    """The real one; how often it could not keep a step of an alarm."""

    failed = 0

    async def move(
        self, escalation: EscalationId, step: Callable[[WatchdogAlarm], WatchdogAlarm]
    ) -> WatchdogAlarm | None:
        try:
            return await super().move(escalation, step)
        except RecordStoreError:
            self.failed += 1
            raise


class Night:
    """One console's watch over one clinic's record."""

    def __init__(self, connections: Connections, database_url: str) -> None:
        self.store = RecordStore(connections)
        self.watched = Record(connections)
        self.orchestrator = Orchestrator()
        self.phones = Phones()
        self.phones.answers.set()
        self._database_url = database_url
        self.console_starts()

    def console_starts(self) -> None:
        """A new console, which knows nothing of the one before."""
        turn = partial(turn_to_watch, self._database_url)
        on_call = lambda: CLINIC  # noqa: E731
        self.alarms = AlarmPager(self.watched, on_call, Pager(lambda *_: "https://k.example/ack/1", self.phones.send))
        self.watch = Watchdog(self.watched, turn, self.orchestrator.ask, self.alarms, on_call, GRACE)

    async def mara_is_due(self, ago: timedelta, sequence: int = 1) -> None:
        """Mara is dosed, and their course was to move so long ago. Somebody has watched all the time."""
        now = datetime.now(UTC)
        entries = ledger(readings(sequence))[sequence - 1 :]
        await self.store.append(batch(entries, monitored_session=1, next_passes_at=now - ago))
        await self.watched.look(Tick(looked_at=now, watching_since=now - timedelta(hours=9)))

    async def looks(self) -> None:
        """The watch looks, and whatever is to be paged then has been."""
        await self.watch.look()
        await self.pages()

    async def pages(self) -> None:
        """Every page that is due has been tried: leaving waits for those under way."""
        await self.alarms.progress()
        await self.alarms.leave()

    async def escalations(self) -> list[EscalationView]:
        return await self.store.escalations(EscalationFilter(course_id=MARA))


@pytest.fixture
async def night(database_url: str) -> AsyncIterator[Night]:
    async with open_connections(database_url) as connections:
        yield Night(connections, database_url)


@pytest.mark.parametrize("keyring", [ENCRYPTS, WITHOUT_KEYS], ids=["with its keys", "without"])
async def test_an_encrypted_record_keeps_no_page_back(database_url: str, keyring: Keyring) -> None:
    """Whoever watches without the key of a course says nothing of the patient in clear, and calls all the same."""
    async with open_connections(database_url, ENCRYPTS) as workers, open_connections(database_url, keyring) as watching:
        night = Night(watching, database_url)
        night.store = RecordStore(workers)
        await night.mara_is_due(ago=GRACE)

        await night.looks()
        await night.looks()

        assert night.phones.addresses == FIRST_STEP
        assert [(one.state, len(one.pages)) for one in await night.escalations()] == [(EscalationState.OPEN, 3)]


async def test_who_is_overlooked_has_the_first_step_paged(night: Night) -> None:
    """Nobody answers for them: everybody of the emergency policy's first step, by every channel, once."""
    await night.mara_is_due(ago=GRACE)

    await night.looks()
    await night.looks()

    assert night.phones.addresses == FIRST_STEP
    (_, text, severity) = night.phones.arrived[0]
    assert (text.title, severity) == ("EMERGENCY: monitoring silent", Severity.EMERGENCY)
    assert text.body == f"Course {MARA}, session 1\nAnswer: https://k.example/ack/1"
    (shown,) = await night.escalations()
    assert (shown.id, shown.state) == (f"{MARA}~orchestrator_silent~1~1", EscalationState.OPEN)
    assert sorted(page.person for page in shown.pages) == ["lind", "osei", "osei"]


async def test_while_all_is_well_nobody_is_asked(night: Night) -> None:
    """The record alone shows it, up to the end of the grace."""
    await night.mara_is_due(ago=GRACE - timedelta(minutes=1))

    await night.looks()

    assert night.orchestrator.asked == []
    assert (await night.escalations(), night.phones.arrived) == ([], [])


async def test_a_record_that_is_behind_wakes_nobody(night: Night) -> None:
    """The course itself answers that it moves: PostgreSQL is late, and nobody is overlooked."""
    await night.mara_is_due(ago=timedelta(hours=1))
    night.orchestrator.answer = NextMove(moves_at=datetime.now(UTC) + timedelta(minutes=3))

    await night.looks()

    assert len(night.orchestrator.asked) == 1
    assert (await night.escalations(), night.phones.arrived) == ([], [])


async def test_a_look_that_fails_is_none(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks whether somebody watches is told the truth: it has looked after nobody."""
    await night.mara_is_due(ago=timedelta(hours=1))
    before = await night.watched.last_look()
    monkeypatch.setattr(night.watch, "_ask", None)

    with pytest.raises(TypeError):
        await night.watch.look()

    assert await night.watched.last_look() == before


async def test_a_course_that_answers_and_stands_still_is_silent(night: Night) -> None:
    """Its worker answers, but its own deadline has not passed though its moment has: nobody would be woken."""
    await night.mara_is_due(ago=timedelta(hours=1))
    night.orchestrator.answer = NextMove(moves_at=datetime.now(UTC) - timedelta(hours=1))

    await night.looks()

    assert night.phones.addresses == FIRST_STEP


async def test_a_console_that_has_only_begun_to_watch_wakes_nobody(night: Night) -> None:
    """After a night with the host off: what is to move is given the grace to do so."""
    await night.mara_is_due(ago=timedelta(hours=9))
    long_ago = datetime.now(UTC) - timedelta(hours=9)
    await night.watched.look(Tick(looked_at=long_ago, watching_since=long_ago))

    await night.looks()

    assert night.orchestrator.asked == []


async def test_the_alarm_is_over_when_their_course_moves_again(night: Night) -> None:
    """By the record; nothing more is sent."""
    await night.mara_is_due(ago=timedelta(hours=1))
    await night.looks()
    await night.mara_is_due(ago=timedelta(minutes=-5), sequence=2)

    await night.looks()

    (over,) = await night.escalations()
    assert (over.state, over.resolved_by, over.note) == (EscalationState.RESOLVED, None, "Kapstan moves again")
    assert night.phones.addresses == FIRST_STEP


async def test_the_alarm_is_over_when_their_course_answers_again(night: Night) -> None:
    """Though the record is still behind."""
    await night.mara_is_due(ago=timedelta(hours=1))
    await night.looks()
    night.orchestrator.answer = NextMove(moves_at=datetime.now(UTC) + timedelta(minutes=3))

    await night.looks()

    assert [one.state for one in await night.escalations()] == [EscalationState.RESOLVED]


async def test_the_next_console_sends_what_is_left_and_nothing_twice(night: Night) -> None:
    """The first one died after the step was reached and one of its pages was out."""
    await night.mara_is_due(ago=timedelta(hours=1))
    await night.watch.look()
    alarm = f"{MARA}~orchestrator_silent~1~1"
    reached = await night.watched.move(alarm, lambda one: one.advanced(CLINIC, datetime.now(UTC)))
    assert reached is not None
    lind = reached.due[0]
    sent = Page(at=lind.at, step=lind.step, person=lind.person, channel="json", ok=True)
    await night.watched.move(alarm, lambda one: one.tried(lind, sent, CLINIC))
    night.console_starts()

    await night.looks()

    assert night.phones.addresses == FIRST_STEP[1:]
    (shown,) = await night.escalations()
    assert sorted(page.person for page in shown.pages) == ["lind", "osei", "osei"]


async def test_a_page_that_could_not_be_recorded_is_not_sent_again_for_that(night: Night, postgres: Postgres) -> None:
    """PostgreSQL stops while the phones ring; when it is back the record is made good, and no phone rings twice."""
    await night.mara_is_due(ago=timedelta(hours=1))
    await night.watch.look()
    night.phones.postgres = postgres
    try:
        await night.pages()
    finally:
        postgres.start()
    night.phones.postgres = None
    assert night.phones.addresses == FIRST_STEP

    await night.pages()

    assert night.phones.addresses == FIRST_STEP
    (shown,) = await night.escalations()
    assert len(shown.pages) == len(FIRST_STEP)


async def test_a_phone_that_still_rings_is_not_rung_again(night: Night, postgres: Postgres) -> None:
    """Lind's page could not be recorded while Osei's are still on their way: only what is over is made good."""
    await night.mara_is_due(ago=timedelta(hours=1))
    await night.watch.look()
    night.phones.answers.clear()
    night.phones.postgres = postgres
    try:
        await night.alarms.progress()

        async def ringing() -> bool:
            return night.phones.addresses == FIRST_STEP and night.watched.failed == 1

        await eventually(ringing)
    finally:
        postgres.start()
    night.phones.postgres = None

    await night.alarms.progress()

    async def rings_twice() -> bool:
        return night.phones.addresses != FIRST_STEP

    with pytest.raises(TimeoutError):
        await eventually(rings_twice, timedelta(seconds=1))
    night.phones.answers.set()
    await night.pages()
    await night.pages()

    assert night.phones.addresses == FIRST_STEP
    (shown,) = await night.escalations()
    assert len(shown.pages) == len(FIRST_STEP)


async def test_the_fallback_rings_where_nobody_was_reached(night: Night) -> None:
    """At once, and once."""
    night.phones.broken = True
    await night.mara_is_due(ago=timedelta(hours=1))

    await night.looks()
    await night.looks()

    assert night.phones.addresses == sorted([*FIRST_STEP, "json://127.0.0.1:9900/fallback"])
    (shown,) = await night.escalations()
    assert [(page.step, page.person, page.ok) for page in shown.pages][-1] == (0, "fallback", False)


async def test_the_watch_goes_on_after_postgresql_was_away(night: Night, postgres: Postgres) -> None:
    """It says so, looks for its turn again, and looks."""
    await night.mara_is_due(ago=timedelta(hours=1))
    postgres.stop()
    async with night.watch.kept():
        postgres.start()

        async def paged() -> bool:
            return night.phones.addresses == FIRST_STEP

        await eventually(paged)
