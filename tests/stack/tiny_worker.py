"""A worker with one workflow: what the stack's tests keep running in the place of Kapstan's own."""

import asyncio
import os
import signal
from datetime import timedelta

from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from gateway.temporal import connect
from workflows.queues import COURSES, PAGING


@workflow.defn
class Vigil:
    """Waits until somebody comes."""

    def __init__(self) -> None:
        self._visitor: str | None = None

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self._visitor is not None)
        return f"relieved by {self._visitor}"

    @workflow.update
    async def visit(self, name: str) -> str:
        self._visitor = name
        return f"good evening, {name}"


async def work() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    client = await connect(identity=f"kapstan-worker-{os.getpid()}")
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
