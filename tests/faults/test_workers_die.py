"""Nobody is overlooked because a worker died."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from signal import Signals

import pytest

from domain.course.rules.checkpoints import CheckpointStatus
from domain.events.clinic_events import DoseAdministered, VitalsRecorded
from domain.ledger import Entry
from gateway.courses import Courses, NothingRecorded
from gateway.protocols import load_folder
from records.store import open_store
from stack.stackfile import StackFile
from tests.support.eventually import eventually
from tests.support.running_stack import Floor, Inbox, example_course, floor, fresh_folder, inbox, sent, spoken_to

SECOND_CHECKPOINT, GRACE = timedelta(seconds=12), timedelta(seconds=3)
PUNCTUAL_WITHIN = timedelta(seconds=20)
"""The workers are started again, and read the course's history, on a machine that does other things too."""
OVERDUE = "MARA~vitals_overdue~1~1"


@pytest.fixture
async def night() -> AsyncIterator[tuple[Floor, Inbox]]:
    with fresh_folder() as folder:
        async with inbox() as received, floor(received, folder) as running:
            yield running, received


async def courses_of(stack: StackFile) -> Courses:
    client = await spoken_to(stack)
    return Courses(client, load_folder(stack.protocols), NothingRecorded(), allow_unapproved=True)


async def test_a_missed_reading_is_paged_once_and_on_time_though_every_worker_died(
    night: tuple[Floor, Inbox],
) -> None:
    """All workers killed with -9 in a dosed session: the next checkpoint is missed on time, the nurse is paged once."""
    running, received = night
    stack = await running.stack()
    assert stack is not None
    courses = await courses_of(stack)
    before = example_course("MARA", datetime.now(UTC))
    for event in takewhile(lambda event: not isinstance(event, DoseAdministered), before):
        await sent(courses, event)
    dosed_at = datetime.now(UTC)
    events = list(example_course("MARA", dosed_at))
    await sent(courses, next(event for event in events if isinstance(event, DoseAdministered)))
    at_dose = next(event for event in events if isinstance(event, VitalsRecorded) and event.time == dosed_at)
    await sent(courses, at_dose)

    for worker in stack.pids.workers:
        os.kill(worker, Signals.SIGKILL)

    async def paged() -> bool:
        return bool(received.of("MARA"))

    await eventually(paged)
    page = received.of("MARA")[0]
    late_by = page.at - (dosed_at + SECOND_CHECKPOINT + GRACE)
    assert timedelta() <= late_by < PUNCTUAL_WITHIN
    assert (page.person, page.title) == ("lind", "URGENT: reading overdue")
    view = await courses.view("MARA")
    assert [checkpoint.status for checkpoint in view.sessions[0].checkpoints][:2] == [
        CheckpointStatus.MET,
        CheckpointStatus.MISSED,
    ]

    # The reading arrives: the escalation ends by itself, and the ledger tells of one miss of that checkpoint. On a slow
    # machine the next one may have been missed by then, and has an escalation of its own.
    await sent(courses, at_dose.but(id="late-reading", time=datetime.now(UTC)))

    async def settled() -> bool:
        return OVERDUE not in {one.id for one in (await courses.view("MARA")).escalations}

    await eventually(settled)
    next_step = [page.title for page in received.of("MARA") if page.person == "lind"]
    async with open_store(stack.database) as store:

        async def recorded() -> list[Entry] | None:
            found = await store.ledger("MARA")
            return found if len(found) >= (await courses.view("MARA")).sequence else None

        entries = await eventually(recorded)
    opened = [entry for entry in entries if entry.type == "kap.escalation.opened"]
    assert set(next_step) == {"URGENT: reading overdue"}
    assert len(next_step) <= len(opened)
    missed = [entry.data["due_at"] for entry in entries if entry.type == "kap.checkpoint.missed"]
    assert len(missed) == len(set(missed))
    now_running = await running.stack()
    assert now_running is not None
    assert set(now_running.pids.workers).isdisjoint(stack.pids.workers)
