"""The worker processes of the embedded stack, each serving both task queues."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from signal import Signals
from typing import Self

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from stack.processes import ShutdownStep
from stack.programs import KeptProgram, Oversight, Program
from workflows.queues import COURSES, PAGING

READY_WITHIN = timedelta(minutes=1)
FAREWELL = (ShutdownStep(signal=Signals.SIGTERM, patience=timedelta(seconds=20)),)


def worker_identity(pid: int) -> str:
    """A worker's identity in Temporal."""
    return f"kapstan-worker-{pid}"


class Workers:
    """Context manager: every worker polls while it is open; after that they have ended.

    Each logs to `folder/worker-N.log`. Raises `ServiceDown` if one does not come up.
    """

    def __init__(
        self,
        command: tuple[str, ...],
        *,
        count: int,
        environment: Mapping[str, str],
        folder: Path,
        client: Client,
        oversight: Oversight,
    ) -> None:
        self._client = client
        self._oversight = oversight
        self._workers = {
            name: KeptProgram(
                Program(
                    name=name,
                    command=command,
                    environment=environment,
                    log=folder / f"{name}.log",
                    farewell=FAREWELL,
                    # Temporal stops at the same moment: a worker that shut down in order would wait ten seconds for it.
                    signal_at_death=Signals.SIGKILL,
                ),
                oversight,
            )
            for name in (f"worker-{number}" for number in range(1, count + 1))
        }

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of their processes now."""
        found = (self._oversight.roll.pid(name) for name in self._workers)
        return tuple(pid for pid in found if pid is not None)

    async def __aenter__(self) -> Self:
        try:
            for worker in self._workers.values():
                await worker.launch()
            for worker in self._workers.values():
                await worker.until_ready(partial(self._polls, worker), READY_WITHIN)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers.values()))

    async def _polls(self, worker: KeptProgram) -> bool:
        if (pid := worker.pid) is None:
            return False
        try:
            polled = [await self._pollers(queue) for queue in (COURSES, PAGING)]
        except RPCError:
            return False
        return all(worker_identity(pid) in pollers for pollers in polled)

    async def _pollers(self, queue: str) -> set[str]:
        description = await self._client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self._client.namespace,
                task_queue=TaskQueue(name=queue),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
            )
        )
        return {poller.identity for poller in description.pollers}
