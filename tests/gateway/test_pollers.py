"""A worker counts where it takes both kinds of work: one that decides and cannot page is none."""

from temporalio import activity
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from gateway.pollers import ACTIVITIES, WORKFLOWS, pollers, workers_of_each_queue
from stack.temporal import TemporalServer
from tests.support.eventually import eventually
from tests.support.running_stack import fresh_folder
from tests.support.tiny_worker import Vigil
from workflows.queues import COURSES, PAGING


@activity.defn
async def nothing() -> None:
    """Whatever a worker of the stack would do."""


async def test_a_worker_counts_once_it_takes_workflows_and_activities() -> None:
    """One that polls for workflows alone, as if all its pages hung, is not counted; the other is, on its own queue."""
    with fresh_folder() as folder:
        async with TemporalServer(folder) as temporal:
            client, runner = temporal.client, UnsandboxedWorkflowRunner()
            assert await workers_of_each_queue(client) == {COURSES: 0, PAGING: 0}
            whole = Worker(client, task_queue=COURSES, workflows=[Vigil], activities=[nothing], workflow_runner=runner)
            half = Worker(client, task_queue=PAGING, workflows=[Vigil], workflow_runner=runner)
            async with whole, half:

                async def all_poll() -> bool:
                    expected = ((COURSES, WORKFLOWS), (COURSES, ACTIVITIES), (PAGING, WORKFLOWS))
                    return all([await pollers(client, queue, kind) for queue, kind in expected])

                await eventually(all_poll)

                assert await workers_of_each_queue(client) == {COURSES: 1, PAGING: 0}
