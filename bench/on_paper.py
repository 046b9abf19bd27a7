"""Courses that are lived on paper first, which takes milliseconds, and then started where they have come to."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.client import Client

from bench.house import ROOT, House
from domain.course.course import Course
from domain.course.transition import EscalationCommand
from domain.escalation.ids import course_workflow_id
from domain.events.clinic_events import ClinicEvent
from domain.events.parsing import event_from
from domain.ledger import Entry
from domain.values import CourseId, Frozen
from domain.views.course import batch_of
from records.store import RecordStore, open_store
from tests.support.cast import pinned
from tests.support.ward import Ward
from workflows.course import PatientCourse
from workflows.course_messages import CourseRun
from workflows.payloads import compressed
from workflows.queues import COURSES

EXAMPLE: Final = tuple((ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8").splitlines())
"""The example course's events, a JSON object each."""

BATCH: Final = 500
"""Entries that are recorded at once."""


class Lived(Frozen):
    """A course as it is on paper: what it holds, what was written, and whom it still has to call."""

    course: Course
    entries: tuple[Entry, ...]
    calls: tuple[EscalationCommand, ...] = ()


def example(course_id: CourseId, events: int) -> Lived:
    """The example course after so many events, each reported now, as whoever posts the file does."""
    return _reported(course_id, [event_from(json.loads(line)) for line in EXAMPLE[:events]], now=datetime.now(UTC))


def come_so_far(names: Iterable[CourseId], reach: Callable[[Ward], Ward], ends_at: datetime) -> list[Lived]:
    """Courses with good days only, the last of them at this moment. They are alike, but for their ids."""
    on_paper = reach(Ward())
    template = reach(Ward(now=on_paper.began_at + (ends_at - on_paper.now)))
    return [_reported(name, [event for event, _ in template.answers]) for name in names]


def dosed(names: Iterable[CourseId]) -> list[Lived]:
    """Courses whose patients were dosed a second ago, and read once: nothing is due for a quarter of an hour."""
    return come_so_far(names, lambda ward: ward.watched(until=timedelta()), datetime.now(UTC) - timedelta(seconds=1))


def _reported(course_id: CourseId, events: Iterable[ClinicEvent], now: datetime | None = None) -> Lived:
    """A course whose events were each reported when they happened, or all of them at this moment."""
    course = Course.blank(course_id, pinned())
    entries: list[Entry] = []
    calls: list[EscalationCommand] = []
    for event in events:
        reported_at = now or event.time
        passed = course.pass_deadlines(reported_at)
        decision = passed.course.accept(event.but(subject=course_id), reported_at)
        course = decision.course
        entries.extend((*passed.entries, *decision.entries))
        calls.extend((*passed.calls, *decision.calls))
    return Lived(course=course, entries=tuple(entries), calls=tuple(calls))


async def started(house: House, lived: Sequence[Lived]) -> None:
    """Records what was written of these courses, and starts their workflows."""
    client = await house.courses()
    async with open_store(house.database) as store:
        for one in lived:
            await record(store, one)
            await start(client, one)


async def record(store: RecordStore, lived: Lived) -> None:
    """Everything that was written is in the record store."""
    now = datetime.now(UTC)
    for first in range(0, len(lived.entries), BATCH):
        await store.append(batch_of(lived.course, lived.entries[first : first + BATCH], now))


async def start(client: Client, lived: Lived) -> None:
    """The course's workflow goes on from there."""
    await client.start_workflow(
        PatientCourse.run, run_of(lived), id=course_workflow_id(lived.course.course_id), task_queue=COURSES
    )


def run_of(lived: Lived) -> CourseRun:
    """What the workflow is started with, as if an earlier run had handed it on."""
    size = len(compressed(lived.course.model_dump_json().encode()))
    return CourseRun(course=lived.course, calls=lived.calls, carried_bytes=size)
