"""What a course that is cached by a worker takes of its memory, beside the floor's counter."""

from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Final

import psutil

from bench import on_paper
from bench.floor import EVENTS, Counter
from bench.house import open_house
from bench.reports import report
from bench.run import Run, settled
from bench.table import Bound, Figure, Row
from tests.support.cast import vitals

WARM: Final = 20
"""Cached before it is measured: what is loaded by the first of them stays for all."""

KB: Final = 1000
TIMES_THE_FLOOR: Final = 1.5


async def rows(run: Run) -> list[Row]:
    """The rows of `memory`, in a house of its own."""
    async with open_house() as house:
        courses, counters = await house.courses(), await house.counters()
        numbers = count()

        async def more_courses(number: int) -> None:
            lived = on_paper.dosed(f"CACHED-{next(numbers):05}" for _ in range(number))
            await on_paper.started(house, lived)
            for one in lived:
                await report(courses, vitals(one.course.course_id, at=datetime.now(UTC)))

        async def more_counters(number: int) -> None:
            for _ in range(number):
                handle = await counters.start_workflow(
                    Counter.run, id=f"floor-cached/{next(numbers)}", task_queue=EVENTS
                )
                await handle.execute_update(Counter.add, 1)

        await more_courses(WARM)
        await more_counters(WARM)
        await settled(house)
        ours, floor = [_memory(house.workers[0])], [_memory(house.floor_worker)]
        steps = (run.sizes.cached[0], run.sizes.cached[1] - run.sizes.cached[0])
        for step in steps:
            await more_courses(step)
            await settled(house)
            ours.append(_memory(house.workers[0]))
            await more_counters(step)
            floor.append(_memory(house.floor_worker))
    return [
        Row(
            what=f"a cached course, of {run.sizes.cached[1]}",
            unit="kB",
            floor=_each(floor, steps),
            ours=_each(ours, steps),
            bound=Bound.at_most_times(TIMES_THE_FLOOR),
        ),
        Row(what="a worker with hardly any", unit="MB", floor=_mega(floor[0]), ours=_mega(ours[0])),
    ]


def _memory(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def _each(memory: list[int], steps: tuple[int, ...]) -> Figure:
    grown = (after - before for before, after in pairwise(memory))
    return Figure.of(*(max(more, 1) / step / KB for more, step in zip(grown, steps, strict=True)))


def _mega(memory: int) -> Figure:
    return Figure.of(memory / KB / KB)
