"""The floor: the least that Temporal's SDK takes for what Kapstan does.

For an event, an update that adds to a counter; for what is also recorded, the same and one activity that inserts a row;
for a page, an update that starts a child with one activity that posts it. Its worker is `bench.floor_worker`.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow

EVENTS = "bench-floor-events"
PAGES = "bench-floor-pages"
"""Task queues, two as Kapstan's own are."""

INSERT_ROW = "insert_row"
POST_PAGE = "post_page"
WITHIN = timedelta(seconds=30)


@dataclass
class Call:
    """Who is to be paged about what, and at which sink."""

    number: str
    sink: str


@workflow.defn
class Counter:
    """Adds what it is told, and never ends."""

    def __init__(self) -> None:
        self._count = 0

    @workflow.run
    async def run(self) -> None:
        """Waits for ever."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def add(self, number: int) -> int:
        """The count after it."""
        self._count += number
        return self._count


@workflow.defn
class RecordedCounter:
    """Adds what it is told, has each sum inserted into PostgreSQL, and never ends."""

    def __init__(self) -> None:
        self._count = 0

    @workflow.run
    async def run(self) -> None:
        """Waits for ever."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def add(self, number: int) -> int:
        """The count after it; the row is inserted meanwhile."""
        self._count += number
        workflow.start_activity(
            INSERT_ROW, args=[workflow.info().workflow_id, self._count], start_to_close_timeout=WITHIN
        )
        return self._count


@workflow.defn
class Post:
    """Posts one page."""

    @workflow.run
    async def run(self, call: Call) -> None:
        """Ends when the page was taken."""
        await workflow.execute_activity(POST_PAGE, call, start_to_close_timeout=WITHIN)


@workflow.defn
class Caller:
    """Starts a child for each call, and never ends."""

    def __init__(self) -> None:
        self._starting: set[asyncio.Task[workflow.ChildWorkflowHandle[Post, None]]] = set()

    @workflow.run
    async def run(self) -> None:
        """Waits for ever."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def call(self, call: Call) -> str:
        """The call's number; its child is started meanwhile."""
        child = workflow.start_child_workflow(
            Post.run,
            call,
            id=f"floor-page/{call.number}",
            task_queue=PAGES,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        )
        self._starting.add(asyncio.create_task(child))
        return call.number
