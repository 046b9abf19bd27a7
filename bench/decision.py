"""How many readings a second the pure course decides on, by how many it has had, and how large it is by then."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from time import process_time

from bench.run import Run
from bench.table import Bound, Figure, Row
from domain.course.course import Course
from domain.course.rules.vitals import verdict
from domain.events.clinic_events import VitalsRecorded
from domain.values import CourseId
from tests.support.cast import vitals
from tests.support.ward import Ward
from workflows.course_messages import CourseRun
from workflows.payloads import compressed

AROUND = 25
"""Readings timed at each point, in each round. Processor time, so that a busy machine says the same."""

ROUNDS = 4
JUDGEMENTS = 2_000
JUDGED_A_SECOND = 5_000
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
    """For each point what is decided and judged a second, over the first of them; and what is carried at the last."""
    ward = Ward().dosed()
    course, coming = ward.course, readings(ward.course_id, ward.now, EVERY)
    found: list[Row] = []
    first: tuple[Figure, Figure] | None = None
    taken = 0
    for point in points:
        for reading in islice(coming, point - taken):
            course, _ = _decided(course, reading)
        decided, judged = list[float](), list[float]()
        for _ in range(ROUNDS):
            spent = 0.0
            for reading in islice(coming, AROUND):
                course, seconds = _decided(course, reading)
                spent += seconds
            decided.append(AROUND / spent)
            judged.append(_judged_a_second(course))
        taken = point + ROUNDS * AROUND
        now = Figure.of(*decided), Figure.of(*judged)
        found += _rows(point, now, first)
        first = first or now
    return [*found, *_carried(course, taken)]


def _rows(point: int, now: tuple[Figure, Figure], first: tuple[Figure, Figure] | None) -> list[Row]:
    """What is decided is all that follows from a reading; what is judged is its verdict alone."""
    rows = [
        Row(what=f"decided after {point:,}", unit="readings/s", ours=now[0]),
        Row(what=f"judged after {point:,}", unit="readings/s", ours=now[1], bound=Bound.at_least(JUDGED_A_SECOND)),
    ]
    if first is not None:
        flat = Bound.at_least_times(1 / FLAT)
        rows += [
            Row(what=f"{what} after {point:,}, over the first", unit="readings/s", floor=before, ours=rate, bound=flat)
            for what, rate, before in zip(("decided", "judged"), now, first, strict=True)
        ]
    return rows


def _carried(course: Course, taken: int) -> list[Row]:
    """What continue-as-new takes: it writes the course, and the next run reads it."""
    begun = process_time()
    carried = CourseRun(course=course).model_dump_json().encode()
    written = process_time() - begun
    begun = process_time()
    CourseRun.model_validate_json(carried)
    read = process_time() - begun
    after = f"after {taken:,}"
    return [
        Row(what=f"carried {after}, compressed", unit="kB", ours=Figure.of(len(compressed(carried)) / 1000)),
        Row(what=f"written {after}", unit="ms", ours=Figure.of(written * 1000)),
        Row(what=f"read {after}", unit="ms", ours=Figure.of(read * 1000)),
    ]


def _decided(course: Course, reading: VitalsRecorded) -> tuple[Course, float]:
    now = reading.time
    course = course.pass_deadlines(now).course
    begun = process_time()
    decision = course.accept(reading, now)
    return decision.course, process_time() - begun


def _judged_a_second(course: Course) -> float:
    session = course.session_numbered(1)
    assert session is not None
    newest = session.readings[-1]
    begun = process_time()
    for _ in range(JUDGEMENTS):
        verdict(course.protocol, session, newest)
    return JUDGEMENTS / (process_time() - begun)
