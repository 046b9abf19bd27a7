"""What runs beside a workflow's story on the real server: it fails loudly, and a cancellation ends none of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from tests.support.eventually import eventually
from tests.workflows.conftest import Temporal
from workflows.background_tasks import Alongside

QUEUE = "alongside"
FAILURES = {
    "a bug": ValueError("a bug"),
    "a timeout": TimeoutError(),
    "a cancellation": asyncio.CancelledError(),
    "one of Temporal's": ApplicationError("refused"),
}


class Ward:
    """Where the round goes: a look at its patient ends once the ward is `open`."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    @activity.defn
    async def look(self) -> str:
        await self.open.wait()
        return "seen"


@workflow.defn(sandboxed=False)
class RoundWithParts:
    """Looks once, then waits for its end; a part, or the story itself, fails by a bug when told to."""

    @workflow.init
    def __init__(self) -> None:
        self._alongside = Alongside()
        self._seen = ""
        self._bug: str | None = None
        self._bug_in_the_story: str | None = None
        self._ends = False
        self._again = False

    @workflow.run
    async def run(self) -> str:
        self._alongside.start(self._part())
        return await self._alongside.see_through(
            self._story(), lambda: workflow.set_current_details("cancelled, and goes on")
        )

    @workflow.signal
    def fail(self, bug: str) -> None:
        self._bug = bug

    @workflow.signal
    def fail_in_the_story(self, bug: str) -> None:
        self._bug_in_the_story = bug

    @workflow.signal
    def end(self) -> None:
        self._ends = True

    @workflow.signal
    def begin_anew(self) -> None:
        self._again = True

    async def _part(self) -> None:
        await workflow.wait_condition(lambda: self._bug is not None)
        raise FAILURES[self._bug or ""]

    async def _story(self) -> str:
        self._seen = await workflow.execute_activity("look", start_to_close_timeout=timedelta(minutes=1))
        await workflow.wait_condition(lambda: self._ends or self._again or self._bug_in_the_story is not None)
        if self._bug_in_the_story:
            raise FAILURES[self._bug_in_the_story]
        if self._again:
            workflow.continue_as_new()
        return self._seen


@dataclass(frozen=True)
class Started:
    """A round on the server, and the ward that it goes to."""

    ward: Ward
    handle: WorkflowHandle[RoundWithParts, str]


@pytest.fixture
async def begun(temporal: Temporal, request: pytest.FixtureRequest) -> AsyncIterator[Started]:
    ward = Ward()
    async with Worker(temporal.client, task_queue=QUEUE, workflows=[RoundWithParts], activities=[ward.look]):
        handle = await temporal.client.start_workflow(RoundWithParts.run, id=request.node.name, task_queue=QUEUE)
        yield Started(ward, handle)
        ward.open.set()
        if (await handle.describe()).close_time is None:
            await handle.terminate()


async def details(handle: WorkflowHandle[RoundWithParts, str]) -> str:
    """What Temporal's UI shows of the workflow."""
    return str(await handle.query("__temporal_workflow_metadata"))


async def failed_task(handle: WorkflowHandle[RoundWithParts, str]) -> str:
    """What failed a workflow task, as soon as one has failed."""

    async def failed() -> str | None:
        async for event in handle.fetch_history_events():
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                return event.workflow_task_failed_event_attributes.failure.application_failure_info.type
        return None

    return await eventually(failed)


@pytest.mark.parametrize("bug", FAILURES)
async def test_a_part_that_fails_fails_the_workflow_task(begun: Started, bug: str) -> None:
    """Whatever it raised, and although the story waits for something else: the task fails, the workflow lives on."""
    await begun.handle.signal(RoundWithParts.fail, bug)

    assert await failed_task(begun.handle) == "GoneWrong"
    assert (await begun.handle.describe()).status is WorkflowExecutionStatus.RUNNING


@pytest.mark.parametrize("bug", FAILURES)
async def test_a_story_that_fails_fails_the_workflow_task(begun: Started, bug: str) -> None:
    """Not even what Temporal takes for a failure of the workflow ends it, nor a cancellation asked for before."""
    begun.ward.open.set()
    await begun.handle.cancel()
    await begun.handle.signal(RoundWithParts.fail_in_the_story, bug)

    assert await failed_task(begun.handle) == "GoneWrong"
    assert (await begun.handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_cancellation_is_survived_and_said(begun: Started) -> None:
    """It reaches neither the story nor the activity that the story waits for; the workflow says that it was asked."""
    handle = begun.handle
    await eventually(lambda: contains(handle, "look"))
    await handle.cancel()
    await eventually(lambda: contains(handle, "cancelled, and goes on"))

    begun.ward.open.set()
    await handle.signal(RoundWithParts.end)

    assert await handle.result() == "seen"
    assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_a_story_continues_as_new(begun: Started) -> None:
    """Its continue-as-new is the workflow's, also after a cancellation."""
    begun.ward.open.set()
    await begun.handle.cancel()
    await begun.handle.signal(RoundWithParts.begin_anew)
    first = begun.handle.first_execution_run_id

    async def is_another_run() -> bool:
        return (await begun.handle.describe()).run_id != first

    await eventually(is_another_run)
    await begun.handle.signal(RoundWithParts.end)
    assert await begun.handle.result() == "seen"


async def contains(handle: WorkflowHandle[RoundWithParts, str], text: str) -> bool:
    """Whether Temporal shows the text: what the workflow says of itself, or waits for."""
    described = await handle.describe()
    waits_for = [one.activity_type.name for one in described.raw_description.pending_activities]
    return text in waits_for or text in await details(handle)
