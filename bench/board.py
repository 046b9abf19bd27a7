"""How long the record store takes for the board's query with ten thousand open courses: `python -m bench.board`."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import asyncpg

from bench.floor import NOW, courses, fill
from domain.course.state import Phase
from domain.values import Severity
from records.board import BoardFilter
from records.schema import migrate
from records.store import RecordStore, open_store
from stack.postgres import Postgres

OPEN = 10_000
CLOSED = 5_000
TIMES = 100
LIMIT_MS = 50
"""Limit of the query in ms at the 95th percentile, so that its page stays under twice that."""

ASKED = {
    "the whole floor": BoardFilter(),
    "one site": BoardFilter(site="bend"),
    "one phase": BoardFilter(phase=Phase.MEDICINE),
    "urgent or worse": BoardFilter(attention=Severity.URGENT),
    "one protocol": BoardFilter(protocol="kap-iv-weekly"),
    "a course by its id": BoardFilter(search="c-0999"),
    "an id that nobody has": BoardFilter(search="zzz"),
    "behind escalations": BoardFilter(behind_escalations=True),
}


async def main() -> int:
    """Prints a line for each query; returns 1 if one exceeds its limit."""
    with tempfile.TemporaryDirectory() as folder:
        async with Postgres(Path(folder) / "postgres") as postgres:
            await migrate(postgres.url)
            connection = await asyncpg.connect(postgres.url)
            await fill(connection, courses(OPEN, closed=CLOSED))
            await connection.close()
            async with open_store(postgres.url) as store:
                return await _measured(store)


async def _measured(store: RecordStore) -> int:
    say = sys.stdout.write
    say(
        f"{OPEN} open and {CLOSED} closed courses, {TIMES} times each; ms\n{'':24}{'median':>8}{'p95':>8}{'worst':>8}\n"
    )
    slowest = 0.0
    for name, asked in ASKED.items():
        slowest = max(slowest, await _line(name, partial(store.board, asked, NOW)))
    slowest = max(slowest, await _line("sessions under way", store.sessions_under_way))
    say(f"the slowest took {slowest:.1f} ms at the 95th percentile; {LIMIT_MS} ms are allowed\n")
    return 0 if slowest < LIMIT_MS else 1


async def _line(name: str, ask: Callable[[], Awaitable[object]]) -> float:
    taken = []
    for _ in range(TIMES):
        begun = perf_counter()
        await ask()
        taken.append((perf_counter() - begun) * 1000)
    twentieths = quantiles(taken, n=20)
    sys.stdout.write(f"{name:24}{twentieths[9]:8.1f}{twentieths[18]:8.1f}{max(taken):8.1f}\n")
    return twentieths[18]


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
