"""The process that makes a load: reads a place, then orders from its input, a line each, and answers with tallies."""

import asyncio
import json
import sys
import time
from collections import Counter as Counts
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from itertools import count, cycle, islice
from random import Random
from time import perf_counter
from typing import Any, Self
from uuid import uuid4

import httpx
from temporalio.client import Client, WorkflowHandle

from bench.floor import EVENTS, Counter, RecordedCounter
from bench.house import courses_client, shows
from bench.load import LONGEST_LINE, Begun, Kind, Order, Place, Tally
from bench.nonsense import nonsense
from bench.on_paper import EXAMPLE
from bench.reports import report
from domain.events.clinic_events import VitalsRecorded
from gateway.temporal import leave
from tests.support.cast import vitals

ACCEPTED = {"ok", "200", "201"}
AGAIN = {429, 503}
MOST_ADDED = 300
"""Updates after which an order gets a new counter: courses continue as new too, and a run takes 2,000 at most."""

JSON = {"Content-Type": "application/json"}

Deed = Callable[[], Awaitable[str]]
"""Does one thing; returns how it was answered."""


class Adding:
    """One of the floor's counters, warm."""

    def __init__(self, handle: WorkflowHandle[Any, Any]) -> None:
        self._handle = handle
        self.added = 0

    @classmethod
    async def started(cls, client: Client, kind: Kind) -> Self:
        """A new one."""
        counter = Counter if kind is Kind.COUNTER else RecordedCounter
        adding = cls(await client.start_workflow(counter.run, id=f"floor-{kind}/{uuid4()}", task_queue=EVENTS))
        await adding.add()
        return adding

    async def add(self) -> str:
        """One update."""
        await self._handle.execute_update("add", 1)
        self.added += 1
        return "ok"


class Clients:
    """The clients of every kind, kept from one order to the next."""

    def __init__(self, place: Place, courses: Client, counters: Client) -> None:
        self._place = place
        self._courses = courses
        self._counters = counters
        self._web: dict[int, httpx.AsyncClient] = {}
        self._example: dict[int, Iterator[dict[str, object]]] = {}
        self._adding: dict[tuple[Kind, int], Adding] = {}
        self._chance = Random(7)  # noqa: S311  not a secret
        self._numbers = count(1)

    async def deeds(self, order: Order) -> list[Deed]:
        """What each client of this order does, over and over."""
        return [await self._deed(order, number) for number in range(order.clients)]

    async def _deed(self, order: Order, number: int) -> Deed:
        match order.kind:
            case Kind.COUNTER | Kind.RECORDED:
                return await self._adds(order.kind, number)
            case Kind.REPORTS:
                return self._reports(order.courses[number])
            case Kind.READINGS:
                return self._posts_readings(self._client(number), order.courses[number])
            case Kind.CLINIC:
                begun = order.begun[number] if number < len(order.begun) else None
                return self._plays(self._client(number), number, begun)
            case Kind.NONSENSE:
                bodies = islice(cycle(self._nonsense), number, None, order.clients)
                return _babbles(self._client(number), bodies)

    async def _adds(self, kind: Kind, number: int) -> Deed:
        counter = self._adding.get((kind, number))
        if counter is None or counter.added > MOST_ADDED:
            counter = self._adding[kind, number] = await Adding.started(self._counters, kind)
        return counter.add

    def _reports(self, course: str) -> Deed:
        async def one() -> str:
            await report(self._courses, self._reading(course))
            return "ok"

        return one

    def _posts_readings(self, client: httpx.AsyncClient, course: str) -> Deed:
        async def post() -> str:
            return await _posted(client, self._reading(course).model_dump(mode="json"))

        return post

    def _plays(self, client: httpx.AsyncClient, number: int, begun: Begun | None) -> Deed:
        if number not in self._example:
            self._example[number] = _courses(number, begun)

        async def play() -> str:
            return await _posted(client, next(self._example[number]))

        return play

    def _client(self, number: int) -> httpx.AsyncClient:
        if number not in self._web:
            self._web[number] = shows(self._place.url, self._place.token)
        return self._web[number]

    @cached_property
    def _nonsense(self) -> list[bytes]:
        return nonsense()

    def _reading(self, course: str) -> VitalsRecorded:
        reading = vitals(course, at=datetime.now(UTC), systolic=self._chance.randint(105, 135))
        return reading.but(id=f"reading-{next(self._numbers)}-{uuid4().hex[:8]}")


def _babbles(client: httpx.AsyncClient, bodies: Iterator[bytes]) -> Deed:
    async def babble() -> str:
        answer = await client.post("/v1/events", content=next(bodies), headers=JSON)
        if "retry-after" in answer.headers:
            await asyncio.sleep(float(answer.headers["retry-after"]))
        return str(answer.status_code)

    return babble


async def _posted(client: httpx.AsyncClient, event: dict[str, object]) -> str:
    answer = await client.post("/v1/events", json=event)
    while answer.status_code in AGAIN:
        await asyncio.sleep(float(answer.headers["retry-after"]))
        answer = await client.post("/v1/events", json=event)
    return str(answer.status_code)


def _courses(client: int, begun: Begun | None) -> Iterator[dict[str, object]]:
    """The events of one example course after the other; the first may have been begun before."""
    if begun:
        yield from _events(begun.course, begun.events)
    for number in count(1):
        yield from _events(f"CLINIC-{client:02}-{number}", 0)


def _events(course: str, first: int) -> Iterator[dict[str, object]]:
    for line in EXAMPLE[first:]:
        yield {**json.loads(line), "subject": course}


async def carried_out(order: Order, clients: Clients) -> Tally:
    """Has every client do its thing over and over until the time is over."""
    deeds = await clients.deeds(order)
    seconds: list[float] = []
    answers: Counts[str] = Counts()
    worked, begun = time.process_time(), perf_counter()

    async def repeat(deed: Deed) -> None:
        started = begun
        while started < begun + order.seconds:
            answer = await deed()
            answers[answer] += 1
            if answer in ACCEPTED:
                seconds.append(perf_counter() - started)
            started = perf_counter()

    async with asyncio.TaskGroup() as working:
        for deed in deeds:
            working.create_task(repeat(deed))
    return Tally(
        seconds=tuple(seconds),
        answers=dict(answers),
        lasted=perf_counter() - begun,
        processor_seconds=time.process_time() - worked,
    )


async def main() -> None:
    """Carries out orders until the input ends."""
    lines = asyncio.StreamReader(limit=LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    place = Place.model_validate_json(await lines.readline())
    courses, counters = await courses_client(place.temporal, place.key), await Client.connect(place.temporal)
    clients = Clients(place, courses, counters)
    while line := await lines.readline():
        tally = await carried_out(Order.model_validate_json(line), clients)
        sys.stdout.write(f"{tally.model_dump_json()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
    leave(0)
