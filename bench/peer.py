"""The same reading and the same page on two peers: DBOS, and a table that is polled every fifteen seconds.

Each is as plain as its documentation would write it: a peer inserts the reading and knows one limit. It has no
protocol, no deadlines, no ledger, no ladder and no encryption, so what it answers sooner it also does less for.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from signal import Signals
from typing import Final

import httpx

from bench import on_paper
from bench.house import FAREWELL, ROOT, UP_WITHIN, House, open_house, shows
from bench.load import Kind, Loader, Order, Tally, open_loader
from bench.page import arrives
from bench.peer_app import DATABASE, PORT, SINK
from bench.run import Run, percentile, settled
from bench.table import Bound, Figure, Row
from domain.values import CourseId
from stack.ports import claim
from stack.programs import KeptProgram, Oversight, Program
from tests.support.cast import vitals

OURS: Final = "Kapstan"
PEERS: Final = {"DBOS": "bench.peer_dbos", "a polled table": "bench.peer_table"}
MILLISECONDS: Final = 1000


async def rows(run: Run) -> list[Row]:
    """The rows of `peer`, in a house of its own."""
    sizes = run.sizes
    async with open_house() as house, AsyncExitStack() as exits:
        urls = {OURS: house.url}
        for name, module in PEERS.items():
            urls[name] = await exits.enter_async_context(_serving(house, name, module))
        loaders = {name: await exits.enter_async_context(open_loader(house, url)) for name, url in urls.items()}
        crowd = tuple(f"READ-{number:03}" for number in range(sizes.crowd))
        dosed = [f"PEER-{number:05}" for number in range(sizes.rounds * sizes.pages)]
        await on_paper.started(house, on_paper.dosed([*crowd, *dosed]))
        read: dict[str, list[Tally]] = {name: [] for name in urls}
        paged: dict[str, list[list[float]]] = {name: [] for name in urls}
        for number in range(sizes.rounds):
            whom = dosed[number * sizes.pages : (number + 1) * sizes.pages]
            for name in urls if number % 2 == 0 else reversed(urls):
                read[name].append(await _read(loaders[name], crowd, sizes.transition_seconds))
                await settled(house)
                paged[name].append(await _paged(house, urls[name], name, whom))
                await settled(house)
    return [row for name in PEERS for row in told(name, sizes.crowd, read, paged)]


def told(peer: str, crowd: int, read: dict[str, list[Tally]], paged: dict[str, list[list[float]]]) -> list[Row]:
    """Ours over this peer, in the place of the floor; ahead is what is bounded."""

    def reading(name: str, percent: int) -> Figure:
        return Figure.of(*(percentile(one.seconds, percent) * MILLISECONDS for one in read[name]))

    def page(name: str, percent: int) -> Figure:
        return Figure.of(*(percentile(one, percent) * MILLISECONDS for one in paged[name]))

    ahead = Bound.at_most_times(1)
    return [
        *(
            Row(
                what=f"a reading over HTTP, {crowd} at once, p{percent}, over {peer}",
                unit="ms",
                floor=reading(peer, percent),
                ours=reading(OURS, percent),
            )
            for percent in (50, 99)
        ),
        *(
            Row(
                what=f"sent to page arrived, p{percent}, over {peer}",
                unit="ms",
                floor=page(peer, percent),
                ours=page(OURS, percent),
                bound=ahead,
            )
            for percent in (50, 99)
        ),
    ]


async def _read(loader: Loader, crowd: tuple[CourseId, ...], seconds: float) -> Tally:
    return await loader.does(Order(kind=Kind.READINGS, clients=len(crowd), seconds=seconds, courses=crowd))


async def _paged(house: House, url: str, name: str, whom: list[CourseId]) -> list[float]:
    """Seconds from sending to the page, a breach about each: DBOS pages before it answers, in the same process.

    A table is polled seldom: of it, all at once.
    """
    async with shows(url, house.clinic_token) as client:

        async def breach(course: str) -> datetime:
            sent_at = datetime.now(UTC)
            reading = vitals(course, at=sent_at, spo2=80)
            answer = await client.post("/v1/events", json=reading.model_dump(mode="json"))
            answer.raise_for_status()
            return sent_at

        house.sink.pages.clear()
        return (
            [await arrives(house, course, breach) for course in whom]
            if name != "a polled table"
            else list(await asyncio.gather(*(arrives(house, course, breach) for course in whom)))
        )


@asynccontextmanager
async def _serving(house: House, name: str, module: str) -> AsyncIterator[str]:
    """The peer's URL while it serves."""
    port = claim("127.0.0.1", {"--port": None})["--port"]
    url = f"http://127.0.0.1:{port}"
    program = Program(
        name=name,
        command=(sys.executable, "-m", module),
        environment={**os.environ, DATABASE: house.database, SINK: house.sink.address, PORT: str(port)},
        log=house.folder / f"{module}.log",
        farewell=FAREWELL,
        signal_at_death=Signals.SIGKILL,
        folder=ROOT,
    )
    peer = KeptProgram(program, Oversight())

    async def answers() -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(url)).status_code > 0
        except httpx.HTTPError:
            return False

    try:
        await peer.launch()
        await peer.until_ready(answers, UP_WITHIN)
        yield url
    finally:
        await peer.stop()
