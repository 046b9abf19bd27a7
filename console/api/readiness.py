"""`GET /readyz`: whether Temporal, the record store, workers on both task queues and the watchdog are up."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Response
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from console.api.answers import answer
from console.services import ClientDep, ConnectionsDep, WatchdogStoreDep
from domain.values import Frozen
from records.errors import RecordStoreError
from records.watchdog import WatchdogStore
from workflows.queues import COURSES, PAGING

ANSWER_WITHIN: Final = timedelta(seconds=1.5)

POLLED_WITHIN: Final = timedelta(seconds=75)
"""A worker polls at least once a minute; Temporal still lists a dead one for longer than that."""

WATCHED_WITHIN: Final = timedelta(minutes=1)

router = APIRouter(tags=["health"])


class Readiness(Frozen):
    """What is up now. `record_store`: it answers and accepts writes.

    `worker`: at least one polls each of the two task queues.

    `watch`: the watchdog of some console has looked at dosed patients within the last minute.
    """

    temporal: bool
    record_store: bool
    worker: bool
    watch: bool


@router.get(
    "/readyz",
    responses=answer(200, "All three are reachable") | answer(503, "Something is not reachable", model=Readiness),
)
async def ready(
    client: ClientDep, connections: ConnectionsDep, watched: WatchdogStoreDep, response: Response
) -> Readiness:
    """Whether Temporal, the record store, a worker and the watchdog are up; 503 if one is not."""
    temporal, record_store, watch, *queues = await asyncio.gather(
        _is_well(client.service_client.check_health(timeout=ANSWER_WITHIN)),
        _is_well(connections.can_write()),
        _is_well(_is_watched(watched)),
        *(_is_well(_is_worked_on(client, queue)) for queue in (COURSES, PAGING)),
    )
    found = Readiness(temporal=temporal, record_store=record_store, worker=all(queues), watch=watch)
    if not (found.temporal and found.record_store and found.worker and found.watch):
        response.status_code = 503
    return found


async def _is_well(look: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await look
    except (RPCError, RecordStoreError, TimeoutError, RuntimeError):
        return False


async def _is_watched(watched: WatchdogStore) -> bool:
    last = await watched.last_look()
    return last is not None and last.looked_at > datetime.now(UTC) - WATCHED_WITHIN


async def _is_worked_on(client: Client, queue: str) -> bool:
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=ANSWER_WITHIN,
    )
    asked_since = datetime.now(UTC) - POLLED_WITHIN
    return any(poller.last_access_time.ToDatetime(UTC) > asked_since for poller in described.pollers)
