"""`python -m bench [NAME …]`: takes the measurements, all of them or those named, and ends with the table.

Exit code 0 if every bound holds, else 1. The results are kept in `bench/results/latest.json`.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from time import perf_counter

from bench import alarms, cost, decision, fleet, history, memory, page, peer, records, replay, throughput, transition
from bench.run import FULL, QUICK, Run, Sizes
from bench.table import Row, all_hold, keep, table

MEASURES: dict[str, Callable[[Run], Awaitable[list[Row]]]] = {
    "decision": decision.rows,
    "history": history.rows,
    "transition": transition.rows,
    "throughput": throughput.rows,
    "cost": cost.rows,
    "records": records.rows,
    "page": page.rows,
    "memory": memory.rows,
    "replay": replay.rows,
    "fleet": fleet.rows,
    "peer": peer.rows,
    "alarms": alarms.rows,
}
"""In this order: what wants a fresh house comes before what fills it."""


async def measured(names: Sequence[str], sizes: Sizes) -> dict[str, list[Row]]:
    """The rows of these measures."""
    results: dict[str, list[Row]] = {}
    async with AsyncExitStack() as exits:
        run = Run(sizes, exits)
        for name in names:
            begun = perf_counter()
            results[name] = await MEASURES[name](run)
            sys.stderr.write(f"{name}: {perf_counter() - begun:.0f} s\n")
    return results


def main() -> int:
    """Prints the table; returns 1 if a bound does not hold."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}; all without")
    asked.add_argument(
        "--quick", action="store_true", help="as little as possible, to see that it works: nothing is kept"
    )
    given = asked.parse_args()
    if unknown := set(given.names) - MEASURES.keys():
        asked.error(f"no measure is called {', '.join(sorted(unknown))}")
    names = [name for name in MEASURES if not given.names or name in given.names]
    results = asyncio.run(measured(names, QUICK if given.quick else FULL))
    if not given.quick:
        keep(results)
    sys.stdout.write(table(results))
    return 0 if all_hold(results) else 1


if __name__ == "__main__":
    sys.exit(main())
