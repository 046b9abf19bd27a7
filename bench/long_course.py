"""What one reading costs in a long session, and how large a long course becomes: `python -m bench.growth`.

With `--server` so many readings of a course are sent to a whole stack: it continues as new, its workers are killed, it
answers, and its ledger is verified. With `--before` it starts with so many readings.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from statistics import median
from time import perf_counter

from bench.house import House, open_house
from domain.course.course import Course
from domain.escalation.ids import course_workflow_id
from domain.events.clinic_events import VitalsRecorded
from domain.ledger import Entry, first_fault
from domain.views.course import batch_of
from gateway.temporal import connect
from records.store import open_store
from tests.support.cast import vitals
from tests.support.ward import Ward
from workflows.course import PatientCourse
from workflows.course_messages import CourseRun
from workflows.payloads import compressed
from workflows.queues import COURSES

READINGS = (10, 100, 1_000, 2_000)
EVENTS = (1_000, 5_000, 20_000)
AROUND = 9
"""Readings timed at each of these points; their median is printed."""

AT_ONCE = 5
SAID_EVERY = 500
COURSE = "GROWTH-1"
BATCH = 500
OK = 200


def readings(ward: Ward, every: timedelta) -> Iterator[VitalsRecorded]:
    """An endless series of slightly different readings of one patient."""
    chance = Random(7)  # noqa: S311  not a secret
    number = 0
    while True:
        number += 1
        yield vitals(
            ward.course_id,
            at=ward.now + number * every,
            systolic=chance.randint(105, 135),
            diastolic=chance.randint(62, 84),
            heart_rate=chance.randint(58, 95),
            spo2=chance.randint(95, 100),
            respiratory_rate=chance.randint(11, 19),
        )


def main_on_paper() -> None:
    """Decides readings without a server and prints the tables."""
    say = sys.stdout.write
    say(f"{'readings':>10}{'a decision':>14}{'state':>12}{'compressed':>12}\n")
    _grow(READINGS, timedelta(minutes=1), say)
    say(f"\n{'events':>10}{'a decision':>14}{'state':>12}{'compressed':>12}{'written':>10}{'read':>10}\n")
    _grow(EVENTS, timedelta(seconds=30), say, with_run=True)


def _grow(points: tuple[int, ...], every: timedelta, say: Callable[[str], object], *, with_run: bool = False) -> None:
    ward = Ward().dosed()
    course, taken = ward.course, 0
    coming = readings(ward, every)
    for point in points:
        while (course.events if with_run else taken) < point - AROUND:
            course, _ = _decided(course, next(coming))
            taken += 1
        times = []
        for _ in range(AROUND):
            course, seconds = _decided(course, next(coming))
            taken += 1
            times.append(seconds)
        begun = perf_counter()
        carried = CourseRun(course=course).model_dump_json().encode()
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


def _decided(course: Course, reading: VitalsRecorded) -> tuple[Course, float]:
    now = reading.time
    course = course.pass_deadlines(now).course
    begun = perf_counter()
    decision = course.accept(reading, now)
    return decision.course, perf_counter() - begun


async def main_on_a_server(events: int, before: int) -> int:
    """Prints how the course fares on a server; returns 1 if anything of it is lost."""
    async with open_house() as house, house.client() as client:
        await _has_come_so_far(house, before)
        begun = perf_counter()
        chance = Random(7)  # noqa: S311
        times: list[float] = []

        async def send(number: int) -> None:
            reading = vitals(COURSE, at=datetime.now(UTC), systolic=chance.randint(105, 135)).but(id=f"r-{number}")
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
            if (first + AT_ONCE) % SAID_EVERY == 0:
                recent = sorted(times[-SAID_EVERY:])
                sys.stdout.write(
                    f"{before + first + AT_ONCE:>7,} readings, {perf_counter() - begun:,.0f} s; the last {SAID_EVERY} "
                    f"took {median(recent) * 1000:.0f} ms (median), {recent[-SAID_EVERY // 100] * 1000:.0f} ms (99 %)\n"
                )
                sys.stdout.flush()
        return await _after_a_fall(house, COURSE)


async def _has_come_so_far(house: House, readings_before: int) -> None:
    """Starts a dosed patient's course with so many readings: decided without a server, recorded, then started."""
    every = timedelta(seconds=0.4)
    ward = Ward(COURSE, now=datetime.now(UTC) - (Ward().dosed().now - Ward().now) - readings_before * every)
    course, entries = ward.dosed().course, list(ward.entries)
    for reading in islice(readings(ward, every), readings_before):
        for decision in (course.pass_deadlines(reading.time), course.accept(reading, reading.time)):
            course = decision.course
            entries.extend(decision.entries)
    async with open_store(house.database) as store:
        for first in range(0, len(entries), BATCH):
            await store.append(batch_of(course, tuple(entries[first : first + BATCH]), ward.now))
    client = await connect(identity="bench", target_host=house.temporal)
    run = CourseRun(course=course)
    size = len(compressed(course.model_dump_json().encode()))
    await client.start_workflow(
        PatientCourse.run, run.but(carried_bytes=size), id=course_workflow_id(COURSE), task_queue=COURSES
    )
    sys.stdout.write(f"{course.events:,} events on paper, {len(entries):,} entries, {size / 1000:,.0f} kB carried\n")
    sys.stdout.flush()


async def _after_a_fall(house: House, course: str) -> int:
    async with house.client() as client:
        workers = house.others["workers"]
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
        begun = perf_counter()
        while (answer := await client.get(f"/v1/courses/{course}")).status_code != OK:  # noqa: ASYNC110  another process answers
            await asyncio.sleep(0.2)
        sys.stdout.write(f"after all workers were killed it answers within {perf_counter() - begun:.1f} s\n")
        view = answer.json()
        ledger = f"/v1/courses/{course}/ledger"
        while len(entries := (await client.get(ledger)).json()) < view["sequence"]:  # noqa: ASYNC110  another process records
            await asyncio.sleep(1)
        fault = first_fault(Entry.model_validate({"course_id": course, **entry}) for entry in entries)
        sys.stdout.write(f"{len(entries):,} entries in its ledger, {'whole' if fault is None else fault.reason}\n")
        return 0 if fault is None else 1


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--server", type=int, metavar="EVENTS", help="live so many of a course on a real stack")
    asked.add_argument("--before", type=int, default=0, metavar="READINGS", help="which has had so many before")
    given = asked.parse_args()
    if given.server is None:
        main_on_paper()
    else:
        sys.exit(asyncio.run(main_on_a_server(given.server, given.before)))
