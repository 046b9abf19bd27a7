"""How much pages are delayed while clients send invalid events: `python -m bench.edges [--clients N] [--seconds S]`.

An emergency reading is sent again and again, each time for another patient: first on an idle system, then while so many
clients send events in which some field is at an edge of what it may be. It is timed from sending to its page.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx

from bench.house import House, open_house
from domain.events.clinic_events import MODELS, ClinicEvent
from tests.support.cast import moved, vitals
from tests.support.edges import edges_of
from tests.support.running_stack import Inbox, inbox, on_call_file
from tests.support.ward import Ward

EMERGENCIES = 10
"""Emergency readings in each of the two parts: on the idle system, and among the clients."""

MOST_BYTES = 60_000
SHOWN_BY = "KAPSTAN_BENCH_TOKEN"

ALLOWED = timedelta(seconds=1)
"""Longest additional delay of a page."""


def nonsense() -> list[bytes]:
    """For a course that exists, every clinic event with each field at each of its edges."""
    ward = Ward("EDGES-1").discharged()
    samples = {event.type: event for event, _ in ward.answers}
    bodies = [body for name, sample in samples.items() for body in _at_its_edges(name, sample)]
    return [body for body in bodies if len(body) < MOST_BYTES]


def _at_its_edges(name: str, sample: ClinicEvent) -> Iterator[bytes]:
    for number, said in enumerate(edges_of(MODELS[name], sample.model_dump(mode="json", exclude_none=True))):
        named = {"id": f"{name}-{number}"} if said.get("id") == sample.id else {}
        try:
            yield json.dumps({**said, **named}).encode()
        except ValueError:
            continue


async def main(clients: int, seconds: int) -> int:
    """Prints both delays; returns 1 if pages are delayed by more than `ALLOWED`."""
    with tempfile.TemporaryDirectory(prefix="kapstan-bench-") as folder:
        async with inbox() as pages, open_house(on_call_file(Path(folder), pages), rate="100") as house:
            dosed = [f"DANGER-{number}" for number in range(2 * EMERGENCIES)]
            for course in ("EDGES-1", *dosed):
                await _live(house, course)
            quiet = [await _paged(house, pages, course) for course in dosed[:EMERGENCIES]]
            flooding = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.edges", "--clients", str(clients), "--flood", house.url),
                env={**os.environ, SHOWN_BY: house.clinic_token},
                stdout=asyncio.subprocess.PIPE,
            )
            busy = []
            begun = perf_counter()
            for course in dosed[EMERGENCIES:]:
                await asyncio.sleep(seconds / EMERGENCIES)
                busy.append(await _paged(house, pages, course))
            lasted = perf_counter() - begun
            flooding.terminate()
            told, _ = await flooding.communicate()
            answers = Counter({int(status): times for status, times in json.loads(told).items()})
    _say("quiet floor", quiet)
    _say(f"{clients} clients", busy)
    sent = ", ".join(f"{times} × {status}" for status, times in sorted(answers.items()))
    sys.stdout.write(f"{answers.total():,} events in {lasted:.0f} s were answered: {sent}\n")
    return 0 if max(busy) - max(quiet) <= ALLOWED.total_seconds() else 1


def _say(name: str, times: list[float]) -> None:
    sys.stdout.write(
        f"{name:>12}: a page arrives after {median(times):.2f} s (median), {max(times):.2f} s (the slowest)\n"
    )


async def _live(house: House, course: str) -> None:
    ward = Ward(course).dosed()
    past = datetime.now(UTC) - ward.now - timedelta(seconds=1)
    async with house.client() as client:
        for event, _ in ward.answers:
            answer = await client.post("/v1/events", json=moved(event, event.time + past).model_dump(mode="json"))
            answer.raise_for_status()


async def _paged(house: House, pages: Inbox, course: str) -> float:
    before = len(pages.of(course))
    async with house.client() as client:
        begun = perf_counter()
        reading = vitals(course, at=datetime.now(UTC), spo2=80)
        answer = await client.post("/v1/events", json=reading.model_dump(mode="json"))
        answer.raise_for_status()
        while len(pages.of(course)) == before:  # noqa: ASYNC110  it comes from another process
            await asyncio.sleep(0.005)
        return perf_counter() - begun


async def flood(url: str, clients: int) -> int:
    """Sends from a process of its own until it is asked to stop, then prints how it was answered."""
    bodies, answers, stop = nonsense(), Counter[int](), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    shown = {"Authorization": f"Bearer {os.environ[SHOWN_BY]}", "Content-Type": "application/json"}
    async with asyncio.TaskGroup() as sending:
        for number in range(clients):
            mine = islice(cycle(bodies), number, None, clients)
            sending.create_task(_send(httpx.AsyncClient(base_url=url, headers=shown, timeout=60), mine, answers, stop))
    sys.stdout.write(json.dumps(answers))
    return 0


async def _send(caller: httpx.AsyncClient, bodies: Iterator[bytes], answers: Counter[int], stop: asyncio.Event) -> None:
    async with caller as client:
        for body in bodies:
            if stop.is_set():
                return
            try:
                answer = await client.post("/v1/events", content=body)
            except httpx.HTTPError:
                answers[0] += 1
                continue
            answers[answer.status_code] += 1
            if "retry-after" in answer.headers:
                await asyncio.sleep(float(answer.headers["retry-after"]))


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=200)
    asked.add_argument("--seconds", type=int, default=60)
    asked.add_argument("--flood", metavar="URL", help=argparse.SUPPRESS)
    given = asked.parse_args()
    sys.exit(asyncio.run(flood(given.flood, given.clients) if given.flood else main(given.clients, given.seconds)))
