"""The workers' sandbox tells a codec what the SDK's own would, does not enter itself for that, and keeps no message."""

import gc
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import InitializeWorkflow
from temporalio.client import Client
from temporalio.converter import DataConverter, PayloadCodec, SerializationContext, WithSerializationContext
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._runner import _Instance

from gateway.sandbox import Sandbox
from tests.support.errands import Errands, Listener, fetch
from tests.workflows.conftest import Temporal

Overheard = list[tuple[str, SerializationContext | None]]


class Listening(PayloadCodec, WithSerializationContext):
    """Leaves everything as it is, and keeps in which context it was asked."""

    def __init__(self, overheard: Overheard, context: SerializationContext | None = None) -> None:
        self._overheard = overheard
        self._context = context

    def with_context(self, context: SerializationContext) -> Self:
        return type(self)(self._overheard, context)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        self._overheard.append(("encode", self._context))
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        self._overheard.append(("decode", self._context))
        return list(payloads)


async def overheard(temporal: Temporal, runner: SandboxedWorkflowRunner) -> Overheard:
    """All that a codec is asked while the errands are run."""
    heard: Overheard = []
    converter = replace(DataConverter.default, payload_codec=Listening(heard))
    client = Client(temporal.client.service_client, data_converter=converter)
    async with Worker(
        client, task_queue="errands", workflows=[Errands, Listener], activities=[fetch], workflow_runner=runner
    ):
        said = await client.execute_workflow(Errands.run, "milk", id="errands", task_queue="errands")
    assert said == "heard: milk"
    return heard


async def test_a_codec_hears_what_the_sdk_would_tell_it(temporal: Temporal) -> None:
    """Of an activity, a child and another workflow alike."""
    ours, the_sdks = await overheard(temporal, Sandbox()), await overheard(temporal, SandboxedWorkflowRunner())

    assert sorted(map(repr, ours)) == sorted(map(repr, the_sdks))
    assert {type(context).__name__ for _, context in ours} >= {
        "ActivitySerializationContext",
        "WorkflowSerializationContext",
    }


async def test_it_is_entered_only_to_run_a_workflow(temporal: Temporal, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the SDK that is installed: another one may be built otherwise."""
    entered: list[str] = []
    runs = _Instance._run_code

    def seen(self: _Instance, code: str, **extra: object) -> None:
        entered.append(code)
        runs(self, code, **extra)

    monkeypatch.setattr(_Instance, "_run_code", seen)
    await overheard(temporal, Sandbox())

    assert entered
    assert not [code for code in entered if "_context(" in code]


@pytest.mark.parametrize(
    ("runner", "kept"), [(SandboxedWorkflowRunner(), 1), (Sandbox(), 0)], ids=["the SDK's", "ours"]
)
async def test_what_a_run_began_with_is_let_go(temporal: Temporal, runner: SandboxedWorkflowRunner, kept: int) -> None:
    """While the workflow is cached: the SDK keeps all that the message says, for its headers."""
    async with Worker(temporal.client, task_queue="kept", workflows=[Listener], workflow_runner=runner):
        started = await temporal.client.start_workflow(Listener.run, "heard", id=f"kept-{kept}", task_queue="kept")
        assert await started.query("__stack_trace")  # it has run, and waits
        assert first_messages(started.id) == kept
        await started.terminate()


def first_messages(workflow_id: str) -> int:
    """How many of the messages with which this workflow began are in this process."""
    gc.collect()
    # By their type: whatever else is in this process may be a sandbox's, which says nothing of its class.
    first = [each for each in gc.get_objects() if type(each) is InitializeWorkflow]
    return sum(each.workflow_id == workflow_id for each in first)
