"""A small fleet of open courses, and a large one: what a reading, a page, the board and the databases take with each.

The courses are in Temporal, each with its timer, and in the record store, over all phases, sites and protocols.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Final

import asyncpg

from bench import on_paper
from bench.house import House, open_house
from bench.load import Kind, Loader, Order, open_loader
from bench.made_up_courses import courses as made_up
from bench.made_up_courses import fill
from bench.many_courses import ManyCourses
from bench.page import Breaches
from bench.run import Run, Sizes, percentile, settled
from bench.table import Bound, Figure, Row
from domain.course.state import Phase
from domain.values import CourseId, Frozen
from tests.support.ward import Ward

ALIKE: Final = 1.3
BOARD_MS: Final = 100
"""Most that the board may take at the 95th percentile with the large fleet."""

CLIENTS: Final = 5
MILLISECONDS: Final = 1000
KB: Final = 1000
BOARD: Final = {
    "the whole floor": "/",
    "one site": "/?site=bend",
    "one phase": "/?phase=medicine",
    "urgent or worse": "/?attention=urgent",
    "a course by its id": "/?q=c-0099",
}
WARM: Final = 5
"""Looks at each view that are not counted: what is compiled and planned once."""

REACHED: Final[dict[Phase, Callable[[Ward], Ward]]] = {
    Phase.SCREENING: lambda ward: ward.screened(),
    Phase.PREPARATION: lambda ward: ward.planned(),
    Phase.MEDICINE: lambda ward: ward.booked(),
    Phase.INTEGRATION: lambda ward: ward.integrated(3),
    Phase.FOLLOW_UP: lambda ward: ward.in_follow_up(),
}


class Taken(Frozen):
    """What was measured with one fleet."""

    reading_p50: Figure
    reading_p99: Figure
    page_p50: Figure
    page_p99: Figure
    board_p95: Figure
    slowest_view: Figure
    postgresql: Figure
    temporal: Figure


async def rows(run: Run) -> list[Row]:
    """The rows of `fleet`, in a house of its own."""
    small, large = run.sizes.fleet
    fleet = list(made_up(large))
    async with open_house() as house, open_loader(house) as loader:
        connection = await asyncpg.connect(house.database)
        try:
            many = ManyCourses(house, await house.courses(), connection)
            crowd = tuple(f"READ-{number:03}" for number in range(CLIENTS))
            await on_paper.started(house, on_paper.dosed(crowd))
            breaches = Breaches(house, await house.courses(), await house.counters())
            taken: list[Taken] = []
            now = await _sizes(house, connection)
            for had, has in ((0, small), (small, large)):
                await fill(connection, iter(fleet[had:has]))
                for phase, reach in REACHED.items():
                    names = [one.course_id for one in fleet[had:has] if one.phase == phase]
                    if names:
                        await many.start(names, reach, datetime.now(UTC), with_rows=False)
                        await many.until_begun(names)
                await many.until_open(has)
                await settled(house)
                before, now = now, await _sizes(house, connection)
                each = [Figure.of((most - least) / (has - had) / KB) for least, most in zip(before, now, strict=True)]
                await breaches.prepare(run.sizes.rounds * run.sizes.pages, prefix=f"PAGE{has}")
                taken.append(await _taken(house, loader, breaches, crowd, run.sizes, each))
        finally:
            await connection.close()
    return told(taken[0], taken[1], small, large)


def told(small: Taken, large: Taken, few: int, many: int) -> list[Row]:
    """Each row is the large fleet over the small one."""
    alike = Bound.at_most_times(ALIKE)

    def row(what: str, unit: str, least: Figure, most: Figure) -> Row:
        return Row(what=f"{what}, {many:,} over {few:,} open", unit=unit, floor=least, ours=most, bound=alike)

    return [
        row("a reading over HTTP, p50", "ms", small.reading_p50, large.reading_p50),
        row("a reading over HTTP, p99", "ms", small.reading_p99, large.reading_p99),
        row("accepted to page arrived, p50", "ms", small.page_p50, large.page_p50),
        row("accepted to page arrived, p99", "ms", small.page_p99, large.page_p99),
        row("the board, p95", "ms", small.board_p95, large.board_p95),
        row("PostgreSQL, each course more", "kB", small.postgresql, large.postgresql),
        row("Temporal, each course more", "kB", small.temporal, large.temporal),
        Row(
            what=f"the board's slowest view, {many:,} open, p95",
            unit="ms",
            ours=large.slowest_view,
            bound=Bound.at_most(BOARD_MS),
        ),
    ]


async def _taken(
    house: House,
    loader: Loader,
    breaches: Breaches,
    crowd: tuple[CourseId, ...],
    sizes: Sizes,
    databases: list[Figure],
) -> Taken:
    read: list[tuple[float, ...]] = []
    paged: list[list[float]] = []
    looked: list[dict[str, list[float]]] = []
    for _ in range(sizes.rounds):
        order = Order(kind=Kind.READINGS, clients=CLIENTS, seconds=sizes.transition_seconds, courses=crowd)
        read.append((await loader.does(order)).seconds)
        await settled(house)
        paged.append(await breaches.ours(house, sizes.pages))
        await settled(house)
        looked.append(await _looks(house, sizes.looks))
    views = [Figure.of(*(percentile(one[name], 95) * MILLISECONDS for one in looked)) for name in BOARD]
    return Taken(
        reading_p50=_figure(read, 50),
        reading_p99=_figure(read, 99),
        page_p50=_figure(paged, 50),
        page_p99=_figure(paged, 99),
        board_p95=_figure([list(chain(*one.values())) for one in looked], 95),
        slowest_view=max(views, key=lambda view: view.median),
        postgresql=databases[0],
        temporal=databases[1],
    )


async def _looks(house: House, times: int) -> dict[str, list[float]]:
    """How long each view of the board took, so many times over all views."""
    taken: dict[str, list[float]] = {name: [] for name in BOARD}
    async with house.client() as client:
        for name, path in BOARD.items():
            for number in range(WARM + times // len(BOARD)):
                begun = perf_counter()
                (await client.get(path)).raise_for_status()
                if number >= WARM:
                    taken[name].append(perf_counter() - begun)
    return taken


async def _sizes(house: House, connection: asyncpg.Connection) -> tuple[int, int]:
    """Bytes that both databases hold: PostgreSQL's and Temporal's."""
    await connection.execute("CHECKPOINT")
    postgresql: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    return postgresql, _sqlite_size(house.folder / "temporal.db")


def _sqlite_size(file: Path) -> int:
    """What is in use of it, the part that still waits in its write-ahead log included."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        pages, free, size = (
            database.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


def _figure(rounds: list[tuple[float, ...]] | list[list[float]], percent: int) -> Figure:
    return Figure.of(*(percentile(one, percent) * MILLISECONDS for one in rounds))
