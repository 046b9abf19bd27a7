"""Temporal's Schedule by which the record is verified, and what it remembers of the verification before."""

import logging
from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowExecutionStatus,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.verification import VerificationReport
from gateway.workflow_calls import ANSWER_WITHIN, Unavailable
from workflows.queues import COURSES
from workflows.verification import RecordVerification

SCHEDULE: Final = "kapstan-verification"

CATCH_UP_WITHIN: Final = timedelta(hours=1)
"""How late a verification still begins that was missed while Temporal was away."""

NO_SCHEDULE: Final = {RPCStatusCode.NOT_FOUND, RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED}
"""How Temporal answers about a schedule that it has not, or never took."""

log = logging.getLogger(__name__)


async def keep_schedule(client: Client, every: timedelta) -> None:
    """Has the record verified so often from now on; safe to repeat at every start. Logs a refusal of Temporal's."""
    schedule = _schedule(every)
    try:
        try:
            await client.create_schedule(SCHEDULE, schedule, rpc_timeout=ANSWER_WITHIN)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(SCHEDULE).update(
                lambda found: _changed(found, schedule), rpc_timeout=ANSWER_WITHIN
            )
    except RPCError as refused:
        log.warning("Temporal takes no schedule (%s): run kapstan verify by another one", refused.message)


async def newest_report(client: Client) -> VerificationReport | None:
    """The report of the newest scheduled verification that ended well and that Temporal still remembers.

    Raises `Unavailable` if Temporal does not answer.
    """
    try:
        return await _newest_report(client)
    except RPCError as failed:
        if failed.status in NO_SCHEDULE:
            return None
        raise Unavailable(f"Temporal did not answer: {failed.message}") from failed


async def _newest_report(client: Client) -> VerificationReport | None:
    described = await client.get_schedule_handle(SCHEDULE).describe(rpc_timeout=ANSWER_WITHIN)
    for started in reversed(described.info.recent_actions):
        if isinstance(started.action, ScheduleActionExecutionStartWorkflow):
            report = await _report(client, started.action)
            if report is not None:
                return report
    return None


async def _report(client: Client, begun: ScheduleActionExecutionStartWorkflow) -> VerificationReport | None:
    # By its run: two that were asked for in the same second have one id.
    handle = client.get_workflow_handle(
        begun.workflow_id, run_id=begun.first_execution_run_id, result_type=VerificationReport
    )
    try:
        described = await handle.describe(rpc_timeout=ANSWER_WITHIN)
        is_done = described.status is WorkflowExecutionStatus.COMPLETED
        if not is_done:
            return None
        report: VerificationReport = await handle.result(rpc_timeout=ANSWER_WITHIN)
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:  # its retention is over
            return None
        raise
    return report


def _schedule(every: timedelta) -> Schedule:
    return Schedule(
        # Without an input: it would be encrypted for the schedule, and bound to no workflow.
        action=ScheduleActionStartWorkflow(RecordVerification.run, id=SCHEDULE, task_queue=COURSES),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP_WITHIN),
    )


def _changed(found: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate | None:
    """What is to be changed: how often alone. Whoever paused it at Temporal finds it paused."""
    schedule = found.description.schedule
    if schedule.spec.intervals == wanted.spec.intervals:
        return None
    schedule.spec = wanted.spec
    return ScheduleUpdate(schedule=schedule)
