"""How long after a breach was accepted its page arrives at an HTTP sink: idle, and while clients report all the time.

The floor's page is a child with one activity that posts to the same sink. Under load each side bears a load of its own
kind, by as many clients: ours the mixed clinic load, the floor's its recorded counters.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from temporalio.client import Client

from bench import on_paper
from bench.floor import EVENTS, Call, Caller
from bench.house import House
from bench.load import Kind, Order
from bench.reports import report
from bench.run import LOOK_AGAIN_AFTER, Run, percentile, settled
from bench.table import Bound, Figure, Row
from domain.values import CourseId
from tests.support.cast import vitals

ARRIVES_WITHIN: Final = 60.0  # seconds
MILLISECONDS: Final = 1000

Breach = Callable[[str], Awaitable[datetime]]
"""Reports a breach; returns when it was answered."""


async def rows(run: Run) -> list[Row]:
    """The rows of `page`."""
    house, loader = await run.shared()
    sizes = run.sizes
    breaches = Breaches(house, await house.courses(), await house.counters())
    await breaches.prepare(2 * sizes.rounds * sizes.pages + 1)
    await breaches.ours(house, 1)
    await breaches.floor(house, 1)
    idle: dict[bool, list[list[float]]] = {True: [], False: []}
    busy: dict[bool, list[list[float]]] = {True: [], False: []}
    for number in range(sizes.rounds):
        for is_ours in (True, False) if number % 2 == 0 else (False, True):
            taken = breaches.ours if is_ours else breaches.floor
            idle[is_ours].append(await taken(house, sizes.pages))
            await settled(house)
            kind = Kind.CLINIC if is_ours else Kind.RECORDED
            order = Order(kind=kind, clients=sizes.clinic_clients, seconds=sizes.clinic_seconds)
            loading = asyncio.create_task(loader.does(order))
            await asyncio.sleep(sizes.clinic_seconds / 10)
            every = 0.8 * sizes.clinic_seconds / sizes.pages
            busy[is_ours].append(await taken(house, sizes.pages, every))
            await loading
            await settled(house)
    return [*told(idle, "idle", None), *told(busy, "under load", 3)]


def told(taken: dict[bool, list[list[float]]], how: str, bound: float | None) -> list[Row]:
    """The rows: ours over the floor, the median bounded, and the 99th percentile under load."""

    def row(percent: int, limit: float | None) -> Row:
        ours, floor = (
            Figure.of(*(percentile(one, percent) * MILLISECONDS for one in taken[is_ours])) for is_ours in (True, False)
        )
        bounded = Bound.at_most_times(limit) if limit else None
        return Row(what=f"accepted to arrived, {how}, p{percent}", unit="ms", floor=floor, ours=ours, bound=bounded)

    return [row(50, 1.3), row(99, bound)]


class Breaches:
    """Dosed patients of whom none has had a breach, and the floor's caller."""

    def __init__(self, house: House, courses: Client, counters: Client) -> None:
        self._house = house
        self._courses = courses
        self._counters = counters
        self._waiting: list[CourseId] = []

    async def prepare(self, pages: int, prefix: str = "PAGE") -> None:
        """So many dosed patients are there, and the caller."""
        self._waiting = [f"{prefix}-{number:05}" for number in range(pages)]
        await on_paper.started(self._house, on_paper.dosed(self._waiting))
        self._caller = await self._counters.start_workflow(Caller.run, id=f"floor-caller/{uuid4()}", task_queue=EVENTS)
        await settled(self._house)

    async def ours(self, house: House, pages: int, every: float = 0) -> list[float]:
        """Seconds until the page of each of so many breaches arrived; one at a time, or one every so many seconds."""

        async def breach(course: str) -> datetime:
            await report(self._courses, vitals(course, at=datetime.now(UTC), spo2=80))
            return datetime.now(UTC)

        return await _paged(house, [self._waiting.pop() for _ in range(pages)], breach, every)

    async def floor(self, house: House, pages: int, every: float = 0) -> list[float]:
        """The same for the floor."""

        async def breach(number: str) -> datetime:
            await self._caller.execute_update(Caller.call, Call(number, house.sink.address))
            return datetime.now(UTC)

        return await _paged(house, [uuid4().hex for _ in range(pages)], breach, every)


async def _paged(house: House, whom: list[str], breach: Breach, every: float) -> list[float]:
    if not every:
        return [await arrives(house, one, breach) for one in whom]
    sending: list[asyncio.Task[float]] = []
    async with asyncio.TaskGroup() as together:
        for one in whom:
            sending.append(together.create_task(arrives(house, one, breach)))
            await asyncio.sleep(every)
    return [one.result() for one in sending]


async def arrives(house: House, whom: str, breach: Breach) -> float:
    """Seconds from the answer to a breach until the first page about it is at the sink."""
    answered_at = await breach(whom)
    async with asyncio.timeout(ARRIVES_WITHIN):
        while not (pages := house.sink.of(whom)):  # noqa: ASYNC110  it comes from another process
            await asyncio.sleep(LOOK_AGAIN_AFTER)
    return max((pages[0].at - answered_at).total_seconds(), 0.001)
