"""What the pure course takes to decide on a reading, by how many it has had, and how large it has grown by then."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from time import perf_counter

from bench.run import Run
from bench.table import Bound, Figure, Row
from domain.course.course import Course
from domain.events.clinic_events import VitalsRecorded
from domain.values import CourseId
from tests.support.cast import vitals
from tests.support.ward import Ward
from workflows.course_messages import CourseRun
from workflows.payloads import compressed

AROUND = 25
"""Readings timed at each point, in each round: several, for the machine's clock is coarse beside one."""

ROUNDS = 4
A_SECOND = 5_000
FLAT = 1.3
EVERY = timedelta(seconds=30)


def readings(course_id: CourseId, after: datetime, every: timedelta) -> Iterator[VitalsRecorded]:
    """An endless series of slightly different readings of one patient, the first so long after a moment."""
    chance = Random(7)  # noqa: S311  not a secret
    number = 0
    while True:
        number += 1
        yield vitals(
            course_id,
            at=after + number * every,
            systolic=chance.randint(105, 135),
            diastolic=chance.randint(62, 84),
            heart_rate=chance.randint(58, 95),
            spo2=chance.randint(95, 100),
            respiratory_rate=chance.randint(11, 19),
        )


async def rows(run: Run) -> list[Row]:
    """The rows of `decision`."""
    return measured(run.sizes.readings)


def measured(points: tuple[int, ...]) -> list[Row]:
    """A row for each point, over the first of them, and what the course carries at the last."""
    ward = Ward().dosed()
    course, taken, coming = ward.course, 0, readings(ward.course_id, ward.now, EVERY)
    found: list[Row] = []
    first: Figure | None = None
    for point in points:
        for reading in islice(coming, point - taken):
            course, _ = _decided(course, reading)
        rates: list[float] = []
        for _ in range(ROUNDS):
            spent = 0.0
            for reading in islice(coming, AROUND):
                course, seconds = _decided(course, reading)
                spent += seconds
            rates.append(AROUND / spent)
        taken = point + ROUNDS * AROUND
        rate = Figure.of(*rates)
        found.append(Row(what=f"judged after {point:,}", unit="readings/s", ours=rate, bound=Bound.at_least(A_SECOND)))
        if first is not None:
            flat = Bound.at_least_times(1 / FLAT)
            found.append(
                Row(
                    what=f"judged after {point:,}, over the first",
                    unit="readings/s",
                    floor=first,
                    ours=rate,
                    bound=flat,
                )
            )
        first = first or rate
    return [*found, *_carried(course, taken)]


def _carried(course: Course, taken: int) -> list[Row]:
    """What continue-as-new takes: it writes the course, and the next run reads it."""
    begun = perf_counter()
    carried = CourseRun(course=course).model_dump_json().encode()
    written = perf_counter() - begun
    begun = perf_counter()
    CourseRun.model_validate_json(carried)
    read = perf_counter() - begun
    after = f"after {taken:,}"
    return [
        Row(what=f"carried {after}, compressed", unit="kB", ours=Figure.of(len(compressed(carried)) / 1000)),
        Row(what=f"written {after}", unit="ms", ours=Figure.of(written * 1000)),
        Row(what=f"read {after}", unit="ms", ours=Figure.of(read * 1000)),
    ]


def _decided(course: Course, reading: VitalsRecorded) -> tuple[Course, float]:
    now = reading.time
    course = course.pass_deadlines(now).course
    begun = perf_counter()
    decision = course.accept(reading, now)
    return decision.course, perf_counter() - begun
