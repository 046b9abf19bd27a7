"""Which workers poll Temporal's task queues, as the server itself has seen them."""

import asyncio
import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from workflows.queues import COURSES, PAGING

WORKFLOWS: Final = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
ACTIVITIES: Final = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY

QUEUES: Final = (COURSES, PAGING)

POLLED_WITHIN: Final = timedelta(seconds=75)
"""A worker polls at least once a minute; Temporal still lists a dead one for longer than that."""

ANSWER_WITHIN: Final = timedelta(seconds=1.5)


def worker_identity(pid: int) -> str:
    """A worker's identity in Temporal. In containers many a worker has the same process id, so the host is in it."""
    return f"kapstan-worker-{pid}@{socket.gethostname()}"


async def pollers(client: Client, queue: str, kind: TaskQueueType.ValueType = WORKFLOWS) -> frozenset[str]:
    """The identities of those that have polled this queue lately. Raises `RPCError`."""
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind),
        timeout=ANSWER_WITHIN,
    )
    since = datetime.now(UTC) - POLLED_WITHIN
    return frozenset(one.identity for one in described.pollers if one.last_access_time.ToDatetime(UTC) > since)


async def workers_of_each_queue(client: Client) -> Mapping[str, int]:
    """How many workers have polled each queue lately, for workflows and for activities. Raises `RPCError`.

    One that takes no activity any more, since all that it took hang, decides and pages nobody: it does not count.
    """
    found = await asyncio.gather(*(_workers(client, queue) for queue in QUEUES))
    return dict(zip(QUEUES, found, strict=True))


async def _workers(client: Client, queue: str) -> int:
    deciding, acting = await asyncio.gather(pollers(client, queue, WORKFLOWS), pollers(client, queue, ACTIVITIES))
    return len(deciding & acting)
