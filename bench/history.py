"""What the example course leaves in Temporal: history events, bytes and state transitions for each clinic event.

Played twice: unhurried, each event when all that followed from the one before is done, as in a clinic's life; and
hurried, each as soon as the one before is answered, where the record is written in larger batches.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence

import httpx
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle

from bench.house import House
from bench.on_paper import EXAMPLE
from bench.run import LOOK_AGAIN_AFTER, Run
from bench.table import Bound, Figure, Row
from domain.escalation.ids import course_workflow_id
from domain.values import CourseId, Frozen

ACCEPTED = {200, 201}
KIB = 1024
LEAST = 5
"""History events of an update alone."""

STARTED = "WORKFLOW_EXECUTION_STARTED"


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


async def rows(run: Run) -> list[Row]:
    """The rows of `history`."""
    house, _ = await run.shared()
    unhurried = await lived(house, "HISTORY-1", EXAMPLE, is_hurried=False)
    hurried = await lived(house, "HISTORY-2", EXAMPLE, is_hurried=True)
    return told(unhurried, hurried, len(EXAMPLE))


def told(unhurried: Footprint, hurried: Footprint, reported: int) -> list[Row]:
    """The rows for two lives of so many clinic events each."""
    least = Figure.of(LEAST)
    others = [
        Row(what=f"of these {_in_words(name)}", unit="an event", ours=Figure.of(number / reported))
        for name, number in unhurried.types.items()
        if name != STARTED
    ]
    return [
        Row(
            what="history events, unhurried",
            unit="an event",
            floor=least,
            ours=Figure.of(unhurried.events / reported),
            bound=Bound.at_most(8),
        ),
        Row(
            what="history, unhurried",
            unit="KiB an event",
            ours=Figure.of(unhurried.bytes / KIB / reported),
            bound=Bound.at_most(3),
        ),
        Row(what="state transitions, unhurried", unit="an event", ours=Figure.of(unhurried.transitions / reported)),
        *others,
        Row(
            what="history events, hurried",
            unit="an event",
            floor=least,
            ours=Figure.of(hurried.events / reported),
            bound=Bound.at_most(8),
        ),
        Row(
            what="history, hurried",
            unit="KiB an event",
            ours=Figure.of(hurried.bytes / KIB / reported),
            bound=Bound.at_most(3),
        ),
        Row(what="state transitions, hurried", unit="an event", ours=Figure.of(hurried.transitions / reported)),
    ]


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
    size = transitions = 0
    events: list[HistoryEvent] = []
    while run_id:
        handle = client.get_workflow_handle(workflow, run_id=run_id)
        info = (await handle.describe()).raw_description.workflow_execution_info
        history = await handle.fetch_history()
        size, transitions = size + info.history_size_bytes, transitions + info.state_transition_count
        events += history.events
        started = history.events[0].workflow_execution_started_event_attributes
        run_id = started.continued_execution_run_id or None
    return Footprint(bytes=size, transitions=transitions, types=counted(events))


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
