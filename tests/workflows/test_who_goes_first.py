"""Whose course Temporal gives the workers first: who is dosed, however many others wait after an outage."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.escalation.ids import course_workflow_id, escalation_id, escalation_workflow_id
from domain.escalation.messages import Kind
from gateway import precedence
from gateway.precedence import FIRST, Precedence
from tests.support.cast import vitals
from tests.support.clinic import Clinic, open_clinic
from tests.support.eventually import eventually
from tests.workflows.conftest import Temporal

DEFAULT = 0
"""How Temporal describes a workflow that nobody gave a priority: that is 3."""

DOSED, OTHERS = 8, 40

ran: list[str] = []


@pytest.fixture
async def clinic(temporal: Temporal) -> AsyncIterator[Clinic]:
    async with open_clinic(temporal) as opened:
        yield opened


@workflow.defn
class Waiting:
    """Says that it ran once it is told to."""

    def __init__(self) -> None:
        self._is_told = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self._is_told)
        ran.append(workflow.info().workflow_id)

    @workflow.query
    def is_told(self) -> bool:
        return self._is_told

    @workflow.signal
    def go(self) -> None:
        self._is_told = True


async def priority(client: Client, workflow_id: str) -> int:
    told = await client.get_workflow_handle(workflow_id).describe()
    return told.raw_description.workflow_execution_info.priority.priority_key


async def waits(handle: WorkflowHandle[Waiting, None], queue: str) -> bool:
    """Whether its task waits for any worker, no more for the one that is gone."""
    last = (await handle.fetch_history()).events[-1].workflow_task_scheduled_event_attributes
    return last.task_queue.name == queue


async def test_a_course_says_when_it_begins_to_go_first_and_when_no_more(clinic: Clinic) -> None:
    """From the dose to the discharge; what is as it was is not said again."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.passes(timedelta(minutes=15))
    await mara.sends(vitals(mara.course, 1, at=await mara.now()))
    await mara.ledger()
    finn = await clinic.has(lambda ward: ward.discharged())
    await finn.ledger()

    assert clinic.records.goes_first[mara.course][-1] is True
    assert clinic.records.goes_first[mara.course].count(True) == 1
    assert clinic.records.goes_first[finn.course][-1] is False


async def test_temporal_is_told_and_told_again(temporal: Temporal, clinic: Clinic) -> None:
    """Twice the same changes nothing; afterwards they are like everybody else."""
    mara = await clinic.has(lambda ward: ward.dosed())
    first = Precedence(temporal.client)
    name = course_workflow_id(mara.course)
    assert await priority(temporal.client, name) == DEFAULT

    for _ in range(2):
        await first.set(mara.course, True)
        assert await priority(temporal.client, name) == FIRST
    for _ in range(2):
        await first.set(mara.course, False)
        assert await priority(temporal.client, name) == DEFAULT


async def test_an_emergency_is_paged_before_what_can_wait(temporal: Temporal, clinic: Clinic) -> None:
    """By its severity, whoever's it is."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.sends(vitals(mara.course, 1, at=await mara.now(), spo2=80))
    emergency = escalation_workflow_id(escalation_id(mara.course, Kind.VITALS_EMERGENCY, 1, 1))

    async def is_first() -> bool:
        try:
            return await priority(temporal.client, emergency) == FIRST
        except RPCError:
            return False

    await eventually(is_first)


async def test_who_goes_first_is_served_first_after_an_outage(
    temporal: Temporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty have waited longer for a worker; the eight that go first come in the first half. A queue has four parts."""
    monkeypatch.setattr(precedence, "course_workflow_id", str)
    client, queue, run = temporal.client, f"first-{uuid4()}", uuid4().hex[:8]
    dosed = [f"{run}-dosed-{number}" for number in range(DOSED)]
    names = [*(f"{run}-{number}" for number in range(OTHERS)), *dosed]

    def working(slots: int) -> Worker:
        return Worker(
            client,
            task_queue=queue,
            workflows=[Waiting],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_concurrent_workflow_tasks=slots,
            sticky_queue_schedule_to_start_timeout=timedelta(milliseconds=100),
        )

    handles = [await client.start_workflow(Waiting.run, id=name, task_queue=queue) for name in names]
    async with working(20):
        for handle in handles:
            await handle.query(Waiting.is_told)
    for name in dosed:
        await Precedence(client).set(name, True)
    for handle in handles:
        await handle.signal(Waiting.go)

    async def all_wait() -> bool:
        """The queue of the worker that is gone has let go of them."""
        return all([await waits(handle, queue) for handle in handles])

    await eventually(all_wait)
    async with working(2):
        await asyncio.gather(*(handle.result() for handle in handles))

    served = [name for name in ran if name.startswith(run)]
    assert max(served.index(name) for name in dosed) < len(names) / 2


async def test_a_server_that_refuses_it_keeps_nothing_from_being_recorded(caplog: pytest.LogCaptureFixture) -> None:
    """An older one does not know the call."""

    class Older:
        async def update_workflow_execution_options(self, *_: object, **__: object) -> None:
            raise RPCError("unknown method", RPCStatusCode.UNIMPLEMENTED, b"")

    class ItsClient:
        namespace = "default"
        workflow_service = Older()

    with caplog.at_level(logging.WARNING):
        await Precedence(ItsClient()).set("MARA-01", True)  # type: ignore[arg-type] # all that is asked of it

    assert "UNIMPLEMENTED" in caplog.text
