"""The SDK's workflow sandbox, entered only to run a workflow."""

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

INSIDE = "__temporal_in_sandbox"


class Sandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox, asked directly in which context a payload is encoded.

    The SDK (1.35) asks that for every payload by compiling a line of source and running it in the sandbox, which with a
    codec is two fifths of a worker's time. The answer is a look at the SDK's own list of commands: no workflow runs.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """The workflow in its sandbox. One that an SDK has built otherwise is left as it is."""
        instance = super().create_instance(det)
        inside = getattr(instance, "globals_and_locals", {}).get(INSIDE)
        if inside is not None:
            for name in ("get_serialization_context", "get_external_store_context"):
                setattr(instance, name, getattr(inside, name))
        return instance
