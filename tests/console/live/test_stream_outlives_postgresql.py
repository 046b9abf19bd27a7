"""A stream stays open while PostgreSQL is away, and tells what was recorded when it is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from console.live.stream import KEEP_ALIVE, Listener, Stream
from domain.access import Caller, TokenRole
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId
from domain.views.course import CourseView
from records.changes import Changes, listening
from records.connections import open_connections
from records.store import RecordStore, migrate, open_store
from tests.records.conftest import running_postgres
from tests.support.eventually import WITHIN
from tests.support.record_samples import batch, ledger, readings

pytestmark = pytest.mark.xdist_group("console")

AUDITOR = Caller(token_id="a1b2c3d4", name="an auditor", roles=(TokenRole.AUDITOR,))


async def nobody_knows(course: CourseId) -> CourseView:
    raise Refused.because(RefusalCode.UNKNOWN_COURSE, course)


@asynccontextmanager
async def streaming(url: str) -> AsyncIterator[tuple[Stream, RecordStore]]:
    async with open_connections(url) as connections:
        stream = Stream(Changes(connections), nobody_knows, partial(listening, url), lambda _: None)
        async with stream.kept():
            yield stream, RecordStore(connections)


async def hears(listener: Listener, course: str) -> int:
    """How many messages came until the one about this course's session; a sign of life is none."""
    for number in range(1, 1000):
        while (message := await listener.waiting.get()) == KEEP_ALIVE:
            pass
        if b"event: session" in message and f'"{course}"'.encode() in message:
            return number
    raise AssertionError(course)


async def test_a_stream_goes_on_when_postgresql_is_back() -> None:
    """Stopped and started again, PostgreSQL has cost no listener their stream, and each change is told once."""
    with running_postgres() as postgres:
        url = postgres.url("postgres")
        await migrate(url)
        async with (
            asyncio.timeout(WITHIN.total_seconds()),
            streaming(url) as (stream, store),
            stream.listener(AUDITOR, 0) as listener,
        ):
            await store.append(batch(ledger(readings(1), "BEFORE-1")))
            await hears(listener, "BEFORE-1")

            postgres.stop()
            postgres.start()
            async with open_store(url) as store_again:
                await store_again.append(batch(ledger(readings(1), "AFTER-1")))

            # The course, and its session; where it was missed, first that nothing can be told, and that something can.
            assert await hears(listener, "AFTER-1") in {2, 4}
            assert not listener.ended.is_set()


async def test_a_listener_who_is_too_slow_is_sent_away_and_comes_back() -> None:
    """More waits for their than is kept: their stream ends, and from their last number on they miss nothing."""
    with running_postgres() as postgres:
        url = postgres.url("postgres")
        await migrate(url)
        async with asyncio.timeout(WITHIN.total_seconds()), streaming(url) as (stream, store):
            async with stream.listener(AUDITOR, 0) as slow, stream.listener(AUDITOR, 0) as quick:
                for number in range(150):
                    await store.append(batch(ledger(readings(1), f"C-{number}")))
                    await hears(quick, f"C-{number}")
                await slow.ended.wait()
                assert not quick.ended.is_set()
            async with stream.listener(AUDITOR, 0) as back:
                assert await hears(back, "C-149") == 301
