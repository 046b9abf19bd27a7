"""A dead man's switch elsewhere hears of Kapstan while it works, and nothing once its workers or its watch are gone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from records.watchdog import turn_to_watch
from tests.support.eventually import eventually
from tests.support.heartbeat_sink import Sink, open_sink
from tests.support.http_stack import House, open_house
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("heartbeat")

SILENT: Final = 12.0
"""Seconds without a heartbeat, where one came every second: no look of a console takes that long."""

NOTICED_WITHIN: Final = timedelta(minutes=2)


@pytest.fixture(scope="module")
async def sink() -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        yield opened


@pytest.fixture(scope="module")
async def house(sink: Sink) -> AsyncIterator[House]:
    async with open_house(KAPSTAN_HEARTBEAT_URL=sink.url, KAPSTAN_HEARTBEAT_EVERY="PT1S") as opened:
        yield opened


async def beats(sink: Sink) -> None:
    """Returns once it is heard again."""
    before = len(sink.requests)

    async def heard() -> bool:
        return len(sink.requests) >= before + 3

    await eventually(heard)


async def falls_silent(sink: Sink) -> None:
    async def silent() -> bool:
        return sink.silent_for > SILENT

    await eventually(silent, NOTICED_WITHIN)


async def test_it_beats_and_says_nothing_of_a_patient(house: House, sink: Sink) -> None:
    """While somebody is dosed here each heartbeat is the same few lines as ever."""
    course = await house.has(Ward.dosed)
    await beats(sink)

    assert len(set(sink.requests)) == 1
    assert course.encode() not in sink.requests[-1]


async def test_it_stops_when_every_worker_is_gone(house: House, sink: Sink) -> None:
    """The console and its watch are well; nobody decides or pages. It beats again as soon as there are workers."""
    await beats(sink)

    async with house.floor.without_workers():
        await falls_silent(sink)

    await beats(sink)


async def test_it_stops_when_the_console_is_gone(house: House, sink: Sink) -> None:
    """Workers page on and the watch watches, and no event is taken."""
    await beats(sink)

    async with house.floor.without("console"):
        await falls_silent(sink)

    await beats(sink)


async def test_it_stops_when_the_watch_alone_has_stopped(house: House, sink: Sink) -> None:
    """The console answers and workers work; the watch's turn is with a process that never looks."""
    await beats(sink)
    connection = await asyncpg.connect(house.stack.database)
    try:
        # The watch seeks its turn again after five seconds, and this test at once.
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        )
        async with turn_to_watch(house.stack.database):
            assert (await house.client().get("/healthz")).is_success
            await falls_silent(sink)
    finally:
        await connection.close()

    await beats(sink)
