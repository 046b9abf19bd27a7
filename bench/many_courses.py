"""Thousands of open courses: one is lived on paper, and copied under other ids into the record store and Temporal.

The copies' ledgers have the hashes of the one that was lived, which only a verification would mind.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import asyncpg
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.common import RawValue

from bench import on_paper
from bench.house import House
from bench.run import LOOK_AGAIN_AFTER
from domain.escalation.ids import course_workflow_id
from domain.values import CourseId
from records.store import open_store
from tests.support.ward import Ward
from workflows.course import WORKFLOW_TYPE
from workflows.queues import COURSES

AT_ONCE: Final = 8
"""Workflows that are started at the same time."""

LISTED_WITHIN: Final = 60.0  # seconds
BEGUN_WITHIN: Final = 60.0  # seconds
FIRST_TASK: Final = 4
"""Events of a run that has had its first task: it was started, and the task was scheduled, started and completed."""

OPEN: Final = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'"
COPY_LEDGER: Final = """
INSERT INTO ledger (
    course_id, sequence, recorded_at, "time", type, event_id, source, actor_id, actor_role, late, data, previous_hash,
    hash
)
SELECT
    copy, sequence, recorded_at, "time", type, event_id, source, actor_id, actor_role, late, data, previous_hash, hash
FROM ledger, unnest($2::text[]) AS copy
WHERE course_id = $1
"""
COPY_COURSE: Final = """
INSERT INTO courses
SELECT (jsonb_populate_record(courses, jsonb_build_object('course_id', copy))).*
FROM courses, unnest($2::text[]) AS copy
WHERE course_id = $1
"""


class ManyCourses:
    """Starts courses by the hundreds in one house."""

    def __init__(self, house: House, client: Client, connection: asyncpg.Connection) -> None:
        self._house = house
        self._client = client
        self._connection = connection

    async def start(
        self, names: Sequence[CourseId], reach: Callable[[Ward], Ward], ends_at: datetime, *, with_rows: bool = True
    ) -> int:
        """These courses have come so far on good days and are open; returns how many entries each has.

        Without rows the board does not list them; somebody else has made theirs.
        """
        first, *copies = names
        (lived,) = on_paper.come_so_far([first], reach, ends_at)
        async with open_store(self._house.database) as store:
            await on_paper.record(store, lived)
        await self._connection.execute(COPY_LEDGER, first, copies)
        if with_rows:
            await self._connection.execute(COPY_COURSE, first, copies)
        told = on_paper.run_of(lived).model_dump_json()
        waiting = iter(names)

        async def start() -> None:
            for name in waiting:
                payload = Payload(metadata={"encoding": b"json/plain"}, data=told.replace(first, name).encode())
                await self._client.start_workflow(
                    WORKFLOW_TYPE, RawValue(payload), id=course_workflow_id(name), task_queue=COURSES
                )

        async with asyncio.TaskGroup() as starting:
            for _ in range(AT_ONCE):
                starting.create_task(start())
        return len(lived.entries)

    async def until_open(self, courses: int) -> None:
        """Waits until Temporal itself lists so many open courses."""
        async with asyncio.timeout(LISTED_WITHIN):
            while (await self._client.count_workflows(OPEN)).count < courses:  # noqa: ASYNC110  by other processes
                await asyncio.sleep(LOOK_AGAIN_AFTER)

    async def until_begun(self, names: Sequence[CourseId]) -> None:
        """Waits until each of these courses has had its first task."""
        for name in names:
            course = self._client.get_workflow_handle(course_workflow_id(name))
            async with asyncio.timeout(BEGUN_WITHIN):
                while not _has_begun(await course.describe()):  # noqa: ASYNC110  by other processes
                    await asyncio.sleep(LOOK_AGAIN_AFTER)


def _has_begun(told: WorkflowExecutionDescription) -> bool:
    return told.history_length >= FIRST_TASK and not told.raw_description.HasField("pending_workflow_task")
