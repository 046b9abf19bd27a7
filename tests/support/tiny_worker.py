"""A worker with one workflow: what the stack's tests keep running in the place of Kapstan's own."""

import asyncio
import os
import signal
from datetime import timedelta

from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from gateway.pollers import worker_identity
from gateway.temporal import connect
from workflows.queues import COURSES, PAGING


@workflow.defn
class Vigil:
    """Never ends, and remembers whoever came by."""

    def __init__(self) -> None:
        self._visitors: list[str] = []

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def visit(self, name: str) -> list[str]:
        self._visitors.append(name)
        return self._visitors


async def work() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    client = await connect(identity=worker_identity(os.getpid()))
    courses, paging = (
        Worker(
            client,
            task_queue=queue,
            workflows=[Vigil],
            workflow_runner=UnsandboxedWorkflowRunner(),  # starts a second sooner
            # What is meant for a worker that is no more is offered to another one after this; the SDK would wait 10 s.
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        )
        for queue in (COURSES, PAGING)
    )
    async with courses, paging:
        await stopped.wait()
    await asyncio.sleep(0.5)  # the SDK's threads end after the worker: leaving at once may crash the interpreter


if __name__ == "__main__":
    asyncio.run(work())
