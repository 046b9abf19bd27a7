"""What a reading costs in a long session, and how large a long course becomes: `python -m bench.growth`.

With `--server` a course of so many events is lived on a whole Kapstan of its own: it continues as new, its workers are
killed, it answers, and its ledger is verified.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from time import perf_counter

from bench.house import House, open_house
from domain.chart import Chart
from domain.events import VitalsRecorded
from domain.ledger import Entry, first_fault
from tests.cast import moved, vitals
from tests.domain.ward import Ward
from workflows.course import CourseRun
from workflows.payloads import compressed

READINGS = (10, 100, 1_000, 2_000)
EVENTS = (1_000, 5_000, 20_000)
AROUND = 9
"""Readings that are timed at each of these points; their median is printed."""

AT_ONCE = 5
OK = 200


def readings(ward: Ward, every: timedelta) -> Iterator[VitalsRecorded]:
    """A patient's readings, each a little different, without end."""
    chance = Random(7)  # noqa: S311  readings to measure, no secret
    number = 0
    while True:
        number += 1
        yield vitals(
            ward.course,
            at=ward.now + number * every,
            systolic=chance.randint(105, 135),
            diastolic=chance.randint(62, 84),
            heart_rate=chance.randint(58, 95),
            spo2=chance.randint(95, 100),
            respiratory_rate=chance.randint(11, 19),
        )


def main_on_paper() -> None:
    """Prints the tables."""
    say = sys.stdout.write
    say(f"{'readings':>10}{'a decision':>14}{'state':>12}{'compressed':>12}\n")
    _grow(READINGS, timedelta(minutes=1), say)
    say(f"\n{'events':>10}{'a decision':>14}{'state':>12}{'compressed':>12}{'written':>10}{'read':>10}\n")
    _grow(EVENTS, timedelta(seconds=30), say, with_run=True)


def _grow(points: tuple[int, ...], every: timedelta, say: Callable[[str], object], *, with_run: bool = False) -> None:
    ward = Ward().dosed()
    chart, taken = ward.chart, 0
    coming = readings(ward, every)
    for point in points:
        while (chart.events if with_run else taken) < point - AROUND:
            chart, _ = _decided(chart, next(coming))
            taken += 1
        times = []
        for _ in range(AROUND):
            chart, seconds = _decided(chart, next(coming))
            taken += 1
            times.append(seconds)
        begun = perf_counter()
        carried = CourseRun(chart=chart).model_dump_json().encode()
        written = perf_counter() - begun
        small = compressed(carried)
        line = (
            f"{point:>10,}{median(times) * 1000:>11.2f} ms{len(carried) / 1000:>9,.0f} kB{len(small) / 1000:>9,.0f} kB"
        )
        if with_run:
            begun = perf_counter()
            CourseRun.model_validate_json(carried)
            line += f"{written * 1000:>7.0f} ms{(perf_counter() - begun) * 1000:>7.0f} ms"
        say(f"{line}\n")


def _decided(chart: Chart, reading: VitalsRecorded) -> tuple[Chart, float]:
    now = reading.time
    chart = chart.pass_deadlines(now).chart
    begun = perf_counter()
    decision = chart.accept(reading, now)
    return decision.chart, perf_counter() - begun


async def main_on_a_server(events: int) -> int:
    """Prints how the course fares; 1 where anything of it is lost."""
    ward = Ward("GROWTH-1").dosed()
    past = datetime.now(UTC) - ward.now - timedelta(seconds=5)
    async with open_house() as house, house.client() as client:
        for event, _ in ward.answers:
            answer = await client.post("/v1/events", json=moved(event, event.time + past).model_dump(mode="json"))
            answer.raise_for_status()
        begun = perf_counter()
        chance = Random(7)  # noqa: S311
        times: list[float] = []

        async def send(number: int) -> None:
            reading = vitals(ward.course, at=datetime.now(UTC), systolic=chance.randint(105, 135)).but(id=f"r-{number}")
            while True:
                sent = perf_counter()
                answer = await client.post("/v1/events", json=reading.model_dump(mode="json"))
                if answer.status_code not in {429, 503}:
                    answer.raise_for_status()
                    times.append(perf_counter() - sent)
                    return
                await asyncio.sleep(float(answer.headers["retry-after"]))

        for first in range(0, events, AT_ONCE):
            await asyncio.gather(*(send(number) for number in range(first, first + AT_ONCE)))
            if (first + AT_ONCE) % 1000 == 0:
                recent = sorted(times[-1000:])
                sys.stdout.write(
                    f"{first + AT_ONCE:>7,} readings after {perf_counter() - begun:,.0f} s; the last thousand took "
                    f"{median(recent) * 1000:.0f} ms (median), {recent[-10] * 1000:.0f} ms (99 %)\n"
                )
                sys.stdout.flush()
        return await _after_a_fall(house, ward.course)


async def _after_a_fall(house: House, course: str) -> int:
    async with house.client() as client:
        workers = house.others["workers"]
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
        begun = perf_counter()
        while (answer := await client.get(f"/v1/courses/{course}")).status_code != OK:  # noqa: ASYNC110  it is elsewhere
            await asyncio.sleep(0.2)
        sys.stdout.write(f"after all workers were killed it answers within {perf_counter() - begun:.1f} s\n")
        view = answer.json()
        ledger = f"/v1/courses/{course}/ledger"
        while len(entries := (await client.get(ledger)).json()) < view["sequence"]:  # noqa: ASYNC110  it is elsewhere
            await asyncio.sleep(1)
        fault = first_fault(Entry.model_validate({"course_id": course, **entry}) for entry in entries)
        sys.stdout.write(f"{len(entries):,} entries in its ledger, {'whole' if fault is None else fault.reason}\n")
        return 0 if fault is None else 1


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--server", type=int, metavar="EVENTS", help="live a course of so many on a real stack")
    if (number := asked.parse_args().server) is None:
        main_on_paper()
    else:
        sys.exit(asyncio.run(main_on_a_server(number)))
