"""A very long course on a whole stack: `python -m bench.long_course [--events N] [--before N]`.

So many readings of one patient are sent: the course continues as new, its workers are killed, it answers, and its
ledger is verified. With `--before` it starts with so many readings.
"""

import argparse
import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from statistics import median
from time import perf_counter

from bench import on_paper
from bench.decision import readings
from bench.house import House, open_house
from domain.ledger import Entry, first_fault
from tests.support.cast import vitals

AT_ONCE = 5
SAID_EVERY = 500
COURSE = "LONG-1"
EVERY = timedelta(seconds=0.4)
OK = 200


async def main(events: int, before: int) -> int:
    """Prints how the course fares on a server; returns 1 if anything of it is lost."""
    async with open_house(workers=2) as house, house.client() as client:
        await _has_come_so_far(house, before)
        begun = perf_counter()
        chance = Random(7)  # noqa: S311  not a secret
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
    ends_at = datetime.now(UTC) - readings_before * EVERY
    (lived,) = on_paper.come_so_far([COURSE], lambda ward: ward.dosed(), ends_at)
    course, entries = lived.course, list(lived.entries)
    for reading in islice(readings(COURSE, ends_at, EVERY), readings_before):
        for decision in (course.pass_deadlines(reading.time), course.accept(reading, reading.time)):
            course = decision.course
            entries.extend(decision.entries)
    lived = on_paper.Lived(course=course, entries=tuple(entries))
    await on_paper.started(house, [lived])
    carried = on_paper.run_of(lived).carried_bytes / 1000
    sys.stdout.write(f"{course.events:,} events on paper, {len(entries):,} entries, {carried:,.0f} kB carried\n")
    sys.stdout.flush()


async def _after_a_fall(house: House, course: str) -> int:
    async with house.client() as client:
        workers = house.workers
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
    asked.add_argument("--events", type=int, default=2_000, metavar="READINGS", help="so many are sent")
    asked.add_argument("--before", type=int, default=0, metavar="READINGS", help="so many it has had before")
    given = asked.parse_args()
    sys.exit(asyncio.run(main(given.events, given.before)))
