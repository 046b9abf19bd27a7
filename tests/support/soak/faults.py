"""The faults of a soak, each for real: what is killed, frozen, filled or cut off, and comes back at the end."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Final, TypeAlias

import asyncpg

from stack.stackfile import StackFile
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.outages import record_store_away, temporal_away
from tests.support.running_stack import asleep
from tests.support.soak.sink import Manner, Sink

MINUTE: Final = 60.0


@dataclass(frozen=True)
class Ground:
    """What a fault has its hands on: the house, its paging target, and the disk that its data lies on."""

    house: House
    sink: Sink
    disk: Path
    chance: random.Random
    hold: float = 20.0
    """Seconds that what is away for a while is away."""

    async def stack(self) -> StackFile:
        """As it runs now: what was killed has another pid."""

        async def runs() -> StackFile | None:
            return await self.house.floor.stack()

        return await eventually(runs)

    async def waits(self, seconds: float | None = None) -> None:
        """While it is away."""
        await asyncio.sleep(self.hold if seconds is None else min(seconds, self.hold * 3))


Fault: TypeAlias = Callable[[Ground], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def one_worker_killed(ground: Ground) -> AsyncIterator[None]:
    """With -9; its supervisor starts another."""
    _kill((await ground.stack()).pids.workers[0])
    yield


@asynccontextmanager
async def all_workers_killed(ground: Ground) -> AsyncIterator[None]:
    """With -9, and no other for a minute."""
    async with ground.house.floor.without_workers():
        await ground.waits(MINUTE)
        yield


@asynccontextmanager
async def a_worker_frozen(ground: Ground) -> AsyncIterator[None]:
    """Longer than each of its timeouts, and then it goes on with what it had in hand."""
    with asleep((await ground.stack()).pids.workers[0]):
        await ground.waits(MINUTE)
        yield


@asynccontextmanager
async def postgresql_killed(ground: Ground) -> AsyncIterator[None]:
    """It crashes, and recovers when it is started again."""
    async with ground.house.floor.without("postgres"):
        await ground.waits()
        yield


@asynccontextmanager
async def postgresql_stopped(ground: Ground) -> AsyncIterator[None]:
    """As an operator stops it; it is started again."""
    if process := (await ground.stack()).pids.postgres:
        os.kill(process, Signals.SIGINT)
    yield


@asynccontextmanager
async def postgresql_frozen(ground: Ground) -> AsyncIterator[None]:
    """It ends every connection, and answers nobody."""
    async with record_store_away(await _as_it_runs(ground)):
        await ground.waits()
        yield


@asynccontextmanager
async def temporal_killed(ground: Ground) -> AsyncIterator[None]:
    """With -9; it is started again on what it had written."""
    async with ground.house.floor.without("temporal"):
        await ground.waits()
        yield


@asynccontextmanager
async def temporal_frozen(ground: Ground) -> AsyncIterator[None]:
    """It answers nobody, for longer than anybody waits for it."""
    with temporal_away(await _as_it_runs(ground)):
        await ground.waits(MINUTE / 2)
        yield


@asynccontextmanager
async def console_killed(ground: Ground) -> AsyncIterator[None]:
    """With -9, under load."""
    if process := (await ground.stack()).pids.console:
        _kill(process)
    yield


@asynccontextmanager
async def console_frozen(ground: Ground) -> AsyncIterator[None]:
    """It takes connections and answers none."""
    if process := (await ground.stack()).pids.console:
        with asleep(process):
            await ground.waits()
            yield


@asynccontextmanager
async def no_connection_left(ground: Ground) -> AsyncIterator[None]:
    """Somebody else has every connection that PostgreSQL gives."""
    async with AsyncExitStack() as held:
        with suppress(asyncpg.PostgresError, OSError):
            while True:
                connection = await asyncpg.connect(ground.house.stack.database)
                held.push_async_callback(connection.close)
        await ground.waits()
        yield


@asynccontextmanager
async def the_disk_is_full(ground: Ground) -> AsyncIterator[None]:
    """Not one byte more of PostgreSQL, of Temporal, or of any log."""
    filler = ground.disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 2**20)
        await ground.waits()
        yield
    finally:
        filler.unlink(missing_ok=True)


def paging_target(manner: Manner) -> Fault:
    """The paging target behaves like this."""

    @asynccontextmanager
    async def fault(ground: Ground) -> AsyncIterator[None]:
        ground.sink.manner = manner
        try:
            await ground.waits(2 * ground.hold)
            yield
        finally:
            ground.sink.manner = Manner.WELL

    return fault


FAULTS: Final[Mapping[str, Fault]] = {
    "one worker killed": one_worker_killed,
    "all workers killed": all_workers_killed,
    "a worker frozen": a_worker_frozen,
    "PostgreSQL killed": postgresql_killed,
    "PostgreSQL stopped": postgresql_stopped,
    "PostgreSQL frozen": postgresql_frozen,
    "no connection left in PostgreSQL": no_connection_left,
    "Temporal killed": temporal_killed,
    "Temporal frozen": temporal_frozen,
    "console killed": console_killed,
    "console frozen": console_frozen,
    "the disk is full": the_disk_is_full,
    **{f"paging target {one}": paging_target(one) for one in Manner if one is not Manner.WELL},
}


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, Signals.SIGKILL)


async def _as_it_runs(ground: Ground) -> House:
    ground.house.stack = await ground.stack()
    return ground.house
