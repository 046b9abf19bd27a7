"""The SDK's workflow sandbox, entered only to run a workflow."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial

from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from gateway.codec import UnreadablePayloads, is_locked

INSIDE = "__temporal_in_sandbox"


class Sandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox, asked directly in which context a payload is encoded.

    The SDK (1.35) asks that for every payload by compiling a line of source and running it in the sandbox, which with a
    codec is two fifths of a worker's time. The answer is a look at the SDK's own list of commands: no workflow runs.

    A signal for which this worker has not the key waits for one that has: the SDK would drop it, and it is never sent
    again.

    What a run began with is let go once the workflow has read it: a message stays whole for as long as the SDK keeps a
    part of it, and of a course's first one it would keep the headers and the empty result of a run before.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """The workflow in its sandbox. One that an SDK has built otherwise is left as it is."""
        instance = super().create_instance(_apart(det))
        inside = getattr(instance, "globals_and_locals", {}).get(INSIDE)
        if inside is not None:
            for name in ("get_serialization_context", "get_external_store_context"):
                setattr(instance, name, getattr(inside, name))
        activate = partial(_activate, instance.activate, getattr(inside, "instance", None))
        instance.activate = activate  # type: ignore[method-assign] # of this one instance
        return instance


def _apart(det: WorkflowInstanceDetails) -> WorkflowInstanceDetails:
    """The same, without a part of the first activation's message."""
    info = replace(det.info, headers=_copied(det.info.headers), raw_memo=_copied(det.info.raw_memo))
    return replace(
        det,
        info=info,
        last_completion_result=deepcopy(det.last_completion_result),
        last_failure=deepcopy(det.last_failure),
    )


def _copied(payloads: Mapping[str, Payload]) -> dict[str, Payload]:
    return {name: deepcopy(payload) for name, payload in payloads.items()}


def _activate(
    run: Callable[[WorkflowActivation], WorkflowActivationCompletion], workflow: object, told: WorkflowActivation
) -> WorkflowActivationCompletion:
    """Runs the workflow. Raises `Undecipherable`, which fails the task, for a signal that another worker could read."""
    for job in told.jobs:
        for payload in job.signal_workflow.input if job.HasField("signal_workflow") else ():
            if is_locked(payload):
                UnreadablePayloads().from_payload(payload)
    done = run(told)
    began_with = getattr(workflow, "_workflow_input", None)
    if began_with is not None and not isinstance(began_with.headers, dict):
        began_with.headers = _copied(began_with.headers)
    return done
