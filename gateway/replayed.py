"""What a workflow asked of the world: as a history recorded it, and as the code at hand asks it in a replay.

A replay by itself compares the order of commands and their types, not what they carry.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import (
    ContinueAsNewInput,
    ExecuteWorkflowInput,
    HandleUpdateInput,
    Interceptor,
    Replayer,
    SignalExternalWorkflowInput,
    StartActivityInput,
    StartChildWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from gateway.codec import reason_of
from gateway.undecipherable import Undecipherable
from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow


@dataclass(frozen=True)
class Asked:
    """One thing that left a workflow: its kind, whom or what it names, and the JSON values that it carried."""

    kind: str
    of: str
    said: tuple[Any, ...]


async def asked_then(history: WorkflowHistory, converter: DataConverter) -> list[Asked]:
    """What the history recorded, in order. An update that was accepted and then failed has no answer.

    Raises `Undecipherable` without the key of one.
    """
    asked = []
    for event in history.events:
        kind, of, payloads = _recorded(getattr(event, event.WhichOneof("attributes") or ""))
        if kind:
            codec = converter.payload_codec
            asked.append(Asked(kind, of, _read(await codec.decode(payloads) if codec else payloads)))
    return asked


async def asked_now(
    history: WorkflowHistory,
    converter: DataConverter,
    runner: WorkflowRunner | None = None,
    namespace: str = "ReplayNamespace",
) -> list[Asked]:
    """What the code at hand asks when it replays the history, which was recorded in this namespace.

    Raises `NondeterminismError` when its commands are others, or in another order, and `RuntimeError` when it fails.
    """
    listener = Listener()
    replayer = Replayer(
        workflows=[PatientCourse, EscalationWorkflow],
        namespace=namespace,
        data_converter=converter,
        interceptors=[listener],
        workflow_runner=runner or SandboxedWorkflowRunner(),
    )
    await replayer.replay_workflow(history)
    return listener.heard


def _recorded(event: Any) -> tuple[str, str, Sequence[Payload]]:
    """Kind, name and payloads of what this event of a history says was asked; of no kind when it says nothing."""
    match type(event).__name__:
        case "ActivityTaskScheduledEventAttributes":
            return "activity", event.activity_type.name, event.input.payloads
        case "StartChildWorkflowExecutionInitiatedEventAttributes":
            return "child workflow", event.workflow_id, event.input.payloads
        case "SignalExternalWorkflowExecutionInitiatedEventAttributes":
            return "signal", f"{event.signal_name} to {event.workflow_execution.workflow_id}", event.input.payloads
        case "WorkflowExecutionContinuedAsNewEventAttributes":
            return "next run", event.workflow_type.name, event.input.payloads
        case "WorkflowExecutionCompletedEventAttributes":
            return "result", "", event.result.payloads
        case "WorkflowExecutionUpdateCompletedEventAttributes" if event.outcome.HasField("success"):
            return "answer", event.meta.update_id, event.outcome.success.payloads
        case _:
            return "", "", ()


def _read(payloads: Iterable[Payload]) -> tuple[Any, ...]:
    return tuple(map(_value, payloads))


def _value(payload: Payload) -> Any:
    if (why := reason_of(payload)) is not None:
        raise Undecipherable(why)
    return json.loads(payload.data or b"null")


@dataclass
class Listener(Interceptor):
    """Hears all that a workflow asks, in order, as the JSON that would go to the server."""

    heard: list[Asked] = field(default_factory=list)

    def hear(self, kind: str, of: str, values: Sequence[Any]) -> None:
        """Converted at once, by the converter of the workflow that says it."""
        self.heard.append(Asked(kind, of, _read(workflow.payload_converter().to_payloads(values))))

    def workflow_interceptor_class(self, _: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """Temporal itself makes the instance, so what it tells is given to its class."""
        listener = self

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, asked: StartActivityInput) -> workflow.ActivityHandle[Any]:
                listener.hear("activity", asked.activity, asked.args)
                return super().start_activity(asked)

            async def start_child_workflow(
                self, asked: StartChildWorkflowInput
            ) -> workflow.ChildWorkflowHandle[Any, Any]:
                listener.hear("child workflow", asked.id, asked.args)
                return await super().start_child_workflow(asked)

            async def signal_external_workflow(self, asked: SignalExternalWorkflowInput) -> None:
                listener.hear("signal", f"{asked.signal} to {asked.workflow_id}", asked.args)
                await super().signal_external_workflow(asked)

            def continue_as_new(self, asked: ContinueAsNewInput) -> NoReturn:
                listener.hear("next run", workflow.info().workflow_type, asked.args)
                super().continue_as_new(asked)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

            async def execute_workflow(self, asked: ExecuteWorkflowInput) -> Any:
                result = await super().execute_workflow(asked)
                listener.hear("result", "", [result])
                return result

            async def handle_update_handler(self, asked: HandleUpdateInput) -> Any:
                answer = await super().handle_update_handler(asked)
                listener.hear("answer", asked.id, [answer])
                return answer

        return Inbound
