"""One run of the measurements: how large they are, the house they share, and the loader that plays its clients."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Final

import asyncpg

from bench import on_paper
from bench.house import House, open_house
from bench.load import Kind, Loader, Order, open_loader
from domain.values import CourseId

LOOK_AGAIN_AFTER: Final = 0.05  # seconds
SETTLED_WITHIN: Final = 60.0  # seconds
LOOK_FOR: Final = 1.2  # seconds in which nothing is written: longer than a course gathers
WARM: Final = 1.0  # seconds


@dataclass(frozen=True)
class Sizes:
    """How much is measured. Seconds are those of one load in one round."""

    rounds: int
    transition_seconds: float
    crowd: int
    """Courses that get readings at once."""
    clinic_clients: int
    clinic_seconds: float
    pages: int
    """Pages a round, idle, and as many under load."""
    cached: tuple[int, int]
    """Courses in a worker's cache: at first, and then."""
    replayed: tuple[int, int]
    """Open courses of the two cold starts; a tenth of them dosed."""
    fleet: tuple[int, int]
    """Open courses of the small and the large fleet."""
    readings: tuple[int, ...]
    """Readings of a session at which a decision is timed."""
    looks: int
    """Times that the board is looked at."""


FULL: Final = Sizes(
    rounds=3,
    transition_seconds=3,
    crowd=50,
    clinic_clients=20,
    clinic_seconds=8,
    pages=15,
    cached=(300, 600),
    replayed=(500, 2_000),
    fleet=(1_000, 10_000),
    readings=(10, 300, 1_000, 5_000),
    looks=100,
)
QUICK: Final = Sizes(
    rounds=2,
    transition_seconds=1,
    crowd=5,
    clinic_clients=4,
    clinic_seconds=2,
    pages=3,
    cached=(20, 40),
    replayed=(20, 40),
    fleet=(50, 100),
    readings=(10, 200),
    looks=10,
)
"""To see that everything works: its figures say nothing."""


class Run:
    """What the measurements of one run share. Their house is opened by the first that needs it."""

    def __init__(self, sizes: Sizes, exits: AsyncExitStack) -> None:
        self.sizes = sizes
        self._exits = exits
        self._shared: tuple[House, Loader] | None = None
        self._dosed: tuple[CourseId, ...] = ()

    async def shared(self) -> tuple[House, Loader]:
        """The house that most measurements share, with one worker, and its loader."""
        if self._shared is None:
            house = await self._exits.enter_async_context(open_house())
            self._shared = house, await self._exits.enter_async_context(open_loader(house))
        return self._shared

    async def crowd(self) -> tuple[CourseId, ...]:
        """The dosed patients of the shared house who get readings."""
        if not self._dosed:
            house, loader = await self.shared()
            self._dosed = tuple(f"READ-{number:03}" for number in range(self.sizes.crowd))
            await on_paper.started(house, on_paper.dosed(self._dosed))
            await loader.does(Order(kind=Kind.REPORTS, clients=len(self._dosed), seconds=WARM, courses=self._dosed))
            await settled(house)
        return self._dosed


def percentile(times: Sequence[float], percent: int) -> float:
    """The percentile of these times; the slowest of them if they are too few to tell."""
    return quantiles(times, n=100, method="inclusive")[percent - 1] if len(times) > 1 else times[0]


async def settled(house: House) -> None:
    """Waits until the record store has taken everything, the floor's rows too: nothing is written any more."""
    connection = await asyncpg.connect(house.database)
    try:
        async with asyncio.timeout(SETTLED_WITHIN):
            newest = await _newest(connection)
            while True:
                await asyncio.sleep(LOOK_FOR)
                before, newest = newest, await _newest(connection)
                if newest == before:
                    return
    finally:
        await connection.close()


async def _newest(connection: asyncpg.Connection) -> tuple[datetime | None, ...]:
    return (
        await connection.fetchval("SELECT max(stored_at) FROM ledger"),
        await connection.fetchval("SELECT max(stored_at) FROM floor_rows"),
    )
