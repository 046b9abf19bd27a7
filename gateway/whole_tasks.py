"""Workers that apply all of a workflow task before the workflow runs."""

from temporalio.worker import Worker
from temporalio.worker._workflow_instance import _WorkflowLogicFlag


def applying_whole_tasks(worker: Worker) -> Worker:
    """Applies whatever woke a workflow at once: an update, the end of an activity and a timer, before its code goes on.

    Without it the SDK (1.35) runs the workflow after the updates, and again after the rest. That loses courses. To a
    worker that does not remember a run an update comes together with the end of the activity before it, when that made
    the workflow ask for nothing (sdk-rust 1146). It acts on the update first. The next worker, to whom the history
    gives them one after the other, asks for the same things in another order: a nondeterminism error, for ever.

    The SDK has this behind a flag, which it writes into each history.
    """
    worker._set_default_workflow_logic_flag(  # noqa: SLF001  nothing public turns it on
        _WorkflowLogicFlag.PROCESS_WORKFLOW_ACTIVATION_JOBS_AS_SINGLE_BATCH, enabled=True
    )
    return worker
