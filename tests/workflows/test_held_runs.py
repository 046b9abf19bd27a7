"""A worker that can no longer let go of a run says so, and its program ends, to begin anew."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import worker as program
from gateway.held_runs import held_runs
from tests.support.eventually import WITHIN
from tests.workflows.conftest import Temporal

QUEUE = "held-runs"
AT_ONCE = timedelta(milliseconds=50)


class Grip:
    """Whether runs of `Clinging` stay where they are."""

    holds = False


@workflow.defn
class Clinging:
    """Waits for ever. Asked to leave the worker's memory it waits on, as a run that was interrupted in its work may."""

    @workflow.run
    async def run(self) -> None:
        while True:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                if not Grip.holds:
                    raise


@pytest.fixture
def clings() -> Iterator[None]:
    """They hold on until the end of the test."""
    Grip.holds = True
    yield
    Grip.holds = False


def worker(temporal: Temporal) -> Worker:
    """It remembers no run: each leaves its memory as soon as its task is done."""
    return Worker(
        temporal.client,
        task_queue=QUEUE,
        workflows=[Clinging],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=0,
    )


async def begun(temporal: Temporal, workflow_id: str) -> None:
    await temporal.client.start_workflow(Clinging.run, id=workflow_id, task_queue=QUEUE)


@pytest.mark.usefixtures("clings")
async def test_a_run_that_does_not_leave_is_told(temporal: Temporal) -> None:
    async with worker(temporal) as one:
        await begun(temporal, "held")
        async with asyncio.timeout(WITHIN.total_seconds()):
            held = await held_runs([one], after=AT_ONCE, every=AT_ONCE, not_before=AT_ONCE)
        Grip.holds = False  # else the worker could not be stopped

    assert held == 1


@pytest.mark.usefixtures("clings")
async def test_a_worker_that_has_just_begun_stays(temporal: Temporal) -> None:
    """One run that no worker can let go of would have them all begin anew for ever, and nobody would page."""
    async with worker(temporal) as one:
        looking = asyncio.create_task(held_runs([one], after=AT_ONCE, every=AT_ONCE))
        await begun(temporal, "held-by-all")
        async with asyncio.timeout(WITHIN.total_seconds()):
            await held_runs([one], after=AT_ONCE, every=AT_ONCE, not_before=AT_ONCE)
        await asyncio.sleep(4 * AT_ONCE.total_seconds())
        Grip.holds = False

        assert not looking.done()
        looking.cancel()


@pytest.mark.usefixtures("clings")
async def test_the_program_of_such_a_worker_ends(
    temporal: Temporal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever started it starts another: its own stop would wait for the run for ever."""
    monkeypatch.setattr(program, "held_runs", partial(held_runs, after=AT_ONCE, every=AT_ONCE, not_before=AT_ONCE))
    codes: list[int] = []
    async with worker(temporal) as one:
        await begun(temporal, "held-to-the-end")
        async with asyncio.timeout(WITHIN.total_seconds()):
            await program.works_until(asyncio.Event(), [one], codes.append)
        Grip.holds = False

    assert codes == [4]
    assert capsys.readouterr().err == "kapstan: this worker cannot let go of 1 runs; it ends, to be started anew\n"


async def test_a_program_that_is_stopped_returns(temporal: Temporal) -> None:
    stop = asyncio.Event()
    codes: list[int] = []
    async with worker(temporal) as one:
        stop.set()
        await program.works_until(stop, [one], codes.append)

    assert codes == []


async def test_runs_that_leave_are_not_told(temporal: Temporal) -> None:
    async with worker(temporal) as one:
        looking = asyncio.create_task(held_runs([one], after=AT_ONCE, every=AT_ONCE, not_before=AT_ONCE))
        for number in range(3):
            await begun(temporal, f"free-{number}")
        await asyncio.sleep(3)  # longer than the SDK waits before it tries a second time

        assert not looking.done()
        looking.cancel()
