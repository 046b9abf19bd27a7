"""The SDK's workflow sandbox, entered only to run a workflow."""

from collections.abc import Callable
from functools import partial

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
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """The workflow in its sandbox. One that an SDK has built otherwise is left as it is."""
        instance = super().create_instance(det)
        inside = getattr(instance, "globals_and_locals", {}).get(INSIDE)
        if inside is not None:
            for name in ("get_serialization_context", "get_external_store_context"):
                setattr(instance, name, getattr(inside, name))
        instance.activate = partial(_activate, instance.activate)  # type: ignore[method-assign] # of this one instance
        return instance


def _activate(
    run: Callable[[WorkflowActivation], WorkflowActivationCompletion], told: WorkflowActivation
) -> WorkflowActivationCompletion:
    """Runs the workflow. Raises `Undecipherable`, which fails the task, for a signal that another worker could read."""
    for job in told.jobs:
        for payload in job.signal_workflow.input if job.HasField("signal_workflow") else ():
            if is_locked(payload):
                UnreadablePayloads().from_payload(payload)
    return run(told)
