"""How many clinic events a second Kapstan accepts over HTTP, and how long each takes: `python -m bench.events`."""

import argparse
import asyncio
import json
import sys
from collections import Counter
from statistics import quantiles
from time import perf_counter

import httpx

from bench.house import ROOT, House, open_house

EXAMPLE = (ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8").splitlines()
LOOK_AGAIN_AFTER = 0.05  # seconds


class Tally:
    """How long each event took, and its status."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.answers: Counter[int] = Counter()

    async def post(self, client: httpx.AsyncClient, event: dict[str, object]) -> None:
        """Sends the event until it is answered: again after a timeout, as the contract says."""
        answer = await self._once(client, event)
        while answer.status_code in {429, 503}:
            await asyncio.sleep(float(answer.headers["retry-after"]))
            answer = await self._once(client, event)

    async def _once(self, client: httpx.AsyncClient, event: dict[str, object]) -> httpx.Response:
        begun = perf_counter()
        answer = await client.post("/v1/events", json=event)
        self.seconds.append(perf_counter() - begun)
        self.answers[answer.status_code] += 1
        return answer


async def main(courses: int, clients: int) -> int:
    """Plays the example course so many times, `clients` at once; returns 1 if an event was not accepted."""
    async with open_house() as house:
        await _played(house, courses=clients, clients=clients, prefix="WARM-UP")
        begun, before = perf_counter(), house.seconds()
        tally = await _played(house, courses=courses, clients=clients, prefix="BENCH")
        seconds = perf_counter() - begun
        used = {name: spent - before[name] for name, spent in house.seconds().items()}
        behind = await _until_recorded(house, courses)
    percentiles = quantiles(tally.seconds, n=100)
    accepted = tally.answers[200] + tally.answers[201]
    sys.stdout.write(
        f"{courses} courses of {accepted // courses} events, {clients} at once: {seconds:.1f} s\n"
        f"{accepted / seconds:.0f} events a second\n"
        f"an event takes {percentiles[49] * 1000:.0f} ms (median), {percentiles[94] * 1000:.0f} ms (95 %), "
        f"{percentiles[98] * 1000:.0f} ms (99 %), {max(tally.seconds) * 1000:.0f} ms (the slowest)\n"
        f"of the processors' time it takes "
        f"{', '.join(f'{name} {spent * 1000 / accepted:.1f} ms' for name, spent in used.items())}\n"
        f"answers: {', '.join(f'{count} × {status}' for status, count in sorted(tally.answers.items()))}\n"
        f"{behind:.1f} s after the last answer everything is recorded\n"
    )
    return 0 if accepted == courses * len(EXAMPLE) else 1


async def _played(house: House, *, courses: int, clients: int, prefix: str) -> Tally:
    waiting, tally = iter(range(courses)), Tally()

    async def play() -> None:
        async with house.client() as client:
            for number in waiting:
                for line in EXAMPLE:
                    await tally.post(client, {**json.loads(line), "subject": f"{prefix}-{number}"})

    async with asyncio.TaskGroup() as ward:
        for _ in range(clients):
            ward.create_task(play())
    return tally


async def _until_recorded(house: House, courses: int) -> float:
    """Waits until the record store has all of each course; returns the seconds."""
    begun = perf_counter()
    async with house.client() as client:
        for number in range(courses):
            while not await _is_recorded(client, f"/v1/courses/BENCH-{number}"):  # noqa: ASYNC110  in other processes
                await asyncio.sleep(LOOK_AGAIN_AFTER)
    return perf_counter() - begun


async def _is_recorded(client: httpx.AsyncClient, course: str) -> bool:
    view, ledger = await client.get(course), await client.get(f"{course}/ledger")
    return int(view.json()["sequence"]) == len(ledger.json())


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--courses", type=int, default=40)
    asked.add_argument("--clients", type=int, default=10)
    told = asked.parse_args()
    sys.exit(asyncio.run(main(told.courses, told.clients)))
