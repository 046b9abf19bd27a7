"""How much pages are delayed while clients send invalid events: `python -m bench.edges [--clients N] [--seconds S]`.

An emergency reading is sent again and again, each time for another patient: first on an idle system, then while so many
clients send events in which some field is at an edge of what it may be. It is timed from sending to its page.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from bench import on_paper
from bench.house import House, open_house
from bench.load import Kind, Order, open_loader
from bench.nonsense import COURSE, discharged
from tests.support.cast import vitals

EMERGENCIES = 10
"""Emergency readings in each of the two parts: on the idle system, and among the clients."""

A_TOKEN_A_SECOND = "100"  # noqa: S105  a rate
ALLOWED = timedelta(seconds=1)
"""Longest additional delay of a page."""


async def main(clients: int, seconds: int) -> int:
    """Prints both delays; returns 1 if pages are delayed by more than `ALLOWED`."""
    async with open_house(rate=A_TOKEN_A_SECOND) as house, open_loader(house) as loader:
        dosed = [f"DANGER-{number:02}" for number in range(2 * EMERGENCIES)]
        await on_paper.started(house, on_paper.dosed(dosed))
        await on_paper.started(house, on_paper.come_so_far([COURSE], discharged, datetime.now(UTC)))
        quiet = [await _paged(house, course) for course in dosed[:EMERGENCIES]]
        flooding = asyncio.create_task(loader.does(Order(kind=Kind.NONSENSE, clients=clients, seconds=seconds)))
        busy = []
        for course in dosed[EMERGENCIES:]:
            await asyncio.sleep(seconds / (EMERGENCIES + 1))
            busy.append(await _paged(house, course))
        flood = await flooding
    _say("quiet floor", quiet)
    _say(f"{clients} clients", busy)
    sent = ", ".join(f"{times} × {status}" for status, times in sorted(flood.answers.items()))
    sys.stdout.write(f"{sum(flood.answers.values()):,} events in {flood.lasted:.0f} s were answered: {sent}\n")
    return 0 if max(busy) - max(quiet) <= ALLOWED.total_seconds() else 1


def _say(name: str, times: list[float]) -> None:
    sys.stdout.write(
        f"{name:>12}: a page arrives after {median(times):.2f} s (median), {max(times):.2f} s (the slowest)\n"
    )


async def _paged(house: House, course: str) -> float:
    async with house.client() as client:
        begun = perf_counter()
        reading = vitals(course, at=datetime.now(UTC), spo2=80)
        answer = await client.post("/v1/events", json=reading.model_dump(mode="json"))
        answer.raise_for_status()
        while not house.sink.of(course):  # noqa: ASYNC110  it comes from another process
            await asyncio.sleep(0.005)
        return perf_counter() - begun


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=200)
    asked.add_argument("--seconds", type=int, default=60)
    given = asked.parse_args()
    sys.exit(asyncio.run(main(given.clients, given.seconds)))
