"""A cold start: how long until every deadline that fell due while all workers were away has been written down.

Of the open courses a tenth is dosed and overdue for a reading, and as many others are overdue for something that can
wait. Their workflows were handed on by an earlier run and have had one task since: what is loaded is the course itself.
"""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg

from bench.gated_worker import GATE
from bench.house import ROOT, House, open_house
from bench.many_courses import ManyCourses
from bench.run import LOOK_AGAIN_AFTER, Run, percentile, settled
from bench.table import Bound, Figure, Row
from domain.values import CourseId, Frozen
from gateway.precedence import Precedence
from tests.support.ward import Ward

DUE: Final = 10
"""One of so many courses is dosed and overdue, one is overdue otherwise, and the rest have time."""

LINEAR: Final = 1.3
STARTED_A_SECOND: Final = 20
FIRED_WITHIN: Final = 300.0  # seconds
FIRED: Final = "SELECT recorded_at FROM ledger WHERE course_id LIKE $1 AND sequence = $2"
UNWATCHED: Final = {"KAPSTAN_WATCH_GRACE": "PT1H"}
"""The console's watchdog would page for every course that stands still: that is another measurement."""


class ColdStart(Frozen):
    """When what was due was written down, in seconds after the workers were started."""

    courses: int
    dosed: tuple[float, ...]
    others: tuple[float, ...]

    @property
    def all_after(self) -> float:
        """The last of them."""
        return max(*self.dosed, *self.others)


async def rows(run: Run) -> list[Row]:
    """The rows of `replay`, in a house of its own."""
    small, large = run.sizes.replayed
    with tempfile.TemporaryDirectory() as folder:
        gate = Path(folder) / "closed"
        command = (sys.executable, "-m", "bench.gated_worker")
        environment = {GATE: str(gate), "PYTHONPATH": str(ROOT), **UNWATCHED}
        async with open_house(worker_command=command, environment=environment) as house:
            return told(await _cold(house, gate, small, "S"), await _cold(house, gate, large, "L"))


def told(small: ColdStart, large: ColdStart) -> list[Row]:
    """Linear: a course takes as long in the large start as in the small one. Dosed first: before half of the others."""
    return [
        Row(what=f"{large.courses:,} open: all that was due", unit="s", ours=Figure.of(large.all_after)),
        Row(
            what=f"the same, a course, over {small.courses:,} open",
            unit="ms",
            floor=Figure.of(small.all_after / small.courses * 1000),
            ours=Figure.of(large.all_after / large.courses * 1000),
            bound=Bound.at_most_times(LINEAR),
        ),
        Row(
            what=f"{large.courses:,} open: the last dosed, over half of the others",
            unit="s",
            floor=Figure.of(percentile(large.others, 50)),
            ours=Figure.of(max(large.dosed)),
            bound=Bound.at_most_times(1),
        ),
    ]


async def _cold(house: House, gate: Path, courses: int, letter: str) -> ColdStart:
    """Starts so many courses, kills the workers, waits until the deadlines are past, and lets workers start."""
    due = max(courses // DUE, 1)
    connection = await asyncpg.connect(house.database)
    try:
        many = ManyCourses(house, await house.courses(), connection)
        now = datetime.now(UTC)
        rest = _named(f"{letter}REST", courses - 2 * due)
        await many.start(rest, lambda ward: ward.in_follow_up(), now)
        await many.until_begun(rest)
        due_at = datetime.now(UTC) + timedelta(seconds=10 + 2 * due / STARTED_A_SECOND)
        had = [
            await many.start(_named(f"{letter}{name}", due), reach, due_at - _until_due(reach))
            for name, reach in (("DOSED", _dosed), ("OTHER", _booked))
        ]
        first = Precedence(await house.courses())
        for name in _named(f"{letter}DOSED", due):
            await first.set(name, True)  # as whoever recorded their dose did
        await many.until_begun([*_named(f"{letter}DOSED", due), *_named(f"{letter}OTHER", due)])
        await settled(house)
        gate.touch()  # noqa: ASYNC240  it takes no time
        for worker in house.workers:
            os.kill(worker.pid, signal.SIGKILL)
        assert datetime.now(UTC) < due_at, "it fell due before the workers were away"
        await asyncio.sleep((due_at - datetime.now(UTC)).total_seconds() + 3)
        begun = datetime.now(UTC)
        gate.unlink()  # noqa: ASYNC240  it takes no time
        dosed, others = [
            await _fired(connection, f"{letter}{name}-%", entries + 1, due, begun)
            for name, entries in zip(("DOSED", "OTHER"), had, strict=True)
        ]
        await settled(house)
    finally:
        await connection.close()
    return ColdStart(courses=courses, dosed=tuple(dosed), others=tuple(others))


def _named(prefix: str, number: int) -> list[CourseId]:
    return [f"{prefix}-{each:05}" for each in range(number)]


def _dosed(ward: Ward) -> Ward:
    return ward.dosed()


def _booked(ward: Ward) -> Ward:
    return ward.booked()


def _until_due(reach: Callable[[Ward], Ward]) -> timedelta:
    ward = reach(Ward())
    return ward.course.deadlines()[0].passes_at - ward.now


async def _fired(
    connection: asyncpg.Connection, like: str, sequence: int, due: int, since: datetime
) -> Sequence[float]:
    async with asyncio.timeout(FIRED_WITHIN):
        while len(found := await connection.fetch(FIRED, like, sequence)) < due:  # noqa: ASYNC110  by other processes
            await asyncio.sleep(4 * LOOK_AGAIN_AFTER)
    return [(row["recorded_at"] - since).total_seconds() for row in found]
