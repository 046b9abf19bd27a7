"""What the example course leaves in Temporal: history events, bytes and state transitions for each clinic event.

It is lived three times: in its own time, where the course's clock moves from each event to the next, over eight months;
late, where all events are reported on one day, each when all that followed from the one before is done; and hurried,
each as soon as the one before is answered, so that the record is written in larger batches.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import httpx
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from bench.house import ROOT, House, open_house
from bench.on_paper import EXAMPLE
from bench.run import LOOK_AGAIN_AFTER, Run
from bench.table import Bound, Figure, Row
from domain.escalation.ids import course_workflow_id
from domain.values import CourseId, Frozen
from gateway.courses import Courses, NothingRecorded
from gateway.protocols import load_folder
from tests.support.running_stack import example_course

ACCEPTED = {200, 201}
KIB = 1024
EVENTS = 8
KIB_AN_EVENT = 3
LEAST = 5
"""History events of an update alone."""

STARTED = "WORKFLOW_EXECUTION_STARTED"
MOVED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED
UNTIL_THE_FIRST_DOSE = timedelta(days=8, hours=1)
"""From the example's referral."""


class Footprint(Frozen):
    """What one workflow left in Temporal, over all its runs."""

    bytes: int
    transitions: int
    types: dict[str, int]

    @property
    def events(self) -> int:
        """History events."""
        return sum(self.types.values())


def counted(events: Iterable[HistoryEvent]) -> dict[str, int]:
    """How often each type of history event comes, the most frequent first."""
    names = (EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in events)
    return dict(Counter(names).most_common())


def is_of_the_clock(event: HistoryEvent) -> bool:
    """Whether it only says that the course's clock was moved ahead, as no clinic does."""
    return "TIME_SKIPPING" in EventType.Name(event.event_type) or event.event_type == MOVED


async def rows(_run: Run) -> list[Row]:
    """The rows of `history`, in a house whose courses' clocks can be moved."""
    async with open_house(time_skipping=True) as house:
        in_time = await lived_in_its_own_time(house, "HISTORY-1")
        late = await lived(house, "HISTORY-2", EXAMPLE, is_hurried=False)
        hurried = await lived(house, "HISTORY-3", EXAMPLE, is_hurried=True)
    return told(in_time, late, hurried, len(EXAMPLE))


def told(in_time: Footprint, late: Footprint, hurried: Footprint, reported: int) -> list[Row]:
    """The rows for three lives of so many clinic events each; the bounds are those of the life in its own time."""
    return [
        *_size("in its own time", in_time, reported, Bound.at_most(EVENTS), Bound.at_most(KIB_AN_EVENT)),
        *(
            Row(what=f"of these {_in_words(name)}", unit="an event", ours=Figure.of(number / reported))
            for name, number in in_time.types.items()
            if name != STARTED
        ),
        *_size("late", late, reported),
        Row(what="state transitions, late", unit="an event", ours=Figure.of(late.transitions / reported)),
        *_size("hurried", hurried, reported),
        Row(what="state transitions, hurried", unit="an event", ours=Figure.of(hurried.transitions / reported)),
    ]


def _size(
    how: str, left: Footprint, reported: int, events: Bound | None = None, kib: Bound | None = None
) -> tuple[Row, Row]:
    return (
        Row(
            what=f"history events, {how}",
            unit="an event",
            floor=Figure.of(LEAST),
            ours=Figure.of(left.events / reported),
            bound=events,
        ),
        Row(what=f"history, {how}", unit="KiB an event", ours=Figure.of(left.bytes / KIB / reported), bound=kib),
    )


async def lived_in_its_own_time(house: House, course: CourseId) -> Footprint:
    """Reports the example course's events when they happen, on the course's own clock, which is moved ahead."""
    client = await house.courses()
    # Escalations do not get the time skipping: their clocks would climb the whole ladder at once.
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False, disable_propagation=True))
    courses = Courses(skipper.client, load_folder(ROOT / "protocols"), NothingRecorded(), allow_unapproved=True)
    handle = skipper.client.get_workflow_handle(course_workflow_id(course))
    is_referred = False
    for event in example_course(course, datetime.now(UTC) + UNTIL_THE_FIRST_DOSE):
        if is_referred:
            ahead = event.time - await skipper.get_current_time(handle)
            if ahead > timedelta():
                await skipper.fast_forward(handle, ahead)
        await courses.report(event)
        is_referred = True
        await _is_quiet(handle)
    return await footprint(client, handle.id)


async def lived(house: House, course: CourseId, lines: Sequence[str], *, is_hurried: bool) -> Footprint:
    """Reports the events of a course over HTTP; what its workflow has left when nothing of it is under way."""
    client = await house.courses()
    handle = client.get_workflow_handle(course_workflow_id(course))
    async with house.clinic() as clinic:
        for line in lines:
            await _accepted(clinic, {**json.loads(line), "subject": course})
            if not is_hurried:
                await _is_quiet(handle)
    await _is_quiet(handle)
    return await footprint(client, handle.id)


async def footprint(client: Client, workflow: str) -> Footprint:
    """What all runs of a workflow have left."""
    run_id: str | None = (await client.get_workflow_handle(workflow).describe()).run_id
    transitions = 0
    events: list[HistoryEvent] = []
    while run_id:
        handle = client.get_workflow_handle(workflow, run_id=run_id)
        transitions += (await handle.describe()).raw_description.workflow_execution_info.state_transition_count
        history = await handle.fetch_history()
        events += (event for event in history.events if not is_of_the_clock(event))
        started = history.events[0].workflow_execution_started_event_attributes
        run_id = started.continued_execution_run_id or None
    return Footprint(bytes=sum(map(_bytes, events)), transitions=transitions, types=counted(events))


def _bytes(event: HistoryEvent) -> int:
    return event.ByteSize()


async def _accepted(clinic: httpx.AsyncClient, event: dict[str, object]) -> None:
    answer = await clinic.post("/v1/events", json=event)
    assert answer.status_code in ACCEPTED, answer.text


async def _is_quiet(handle: WorkflowHandle[object, object]) -> None:
    """Waits until the workflow has no activity and no task that is under way."""
    while await _is_under_way(handle):  # noqa: ASYNC110  in another process
        await asyncio.sleep(LOOK_AGAIN_AFTER)


async def _is_under_way(handle: WorkflowHandle[object, object]) -> bool:
    found = (await handle.describe()).raw_description
    return bool(found.pending_activities) or found.HasField("pending_workflow_task")


def _in_words(name: str) -> str:
    return name.removeprefix("WORKFLOW_").replace("_", " ").lower()
