"""Finds workflows that Temporal reports as stuck: their task keeps failing, or they have ended."""

from typing import Final

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.escalation.ids import (
    COURSE,
    EscalationId,
    EscalationKey,
    course_workflow_id,
    escalation_of,
    escalation_workflow_id,
)
from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog import Suspect
from domain.values import CourseId
from gateway.workflow_calls import ANSWER_WITHIN, Unavailable
from workflows import course, escalation

FAILS_AFTER: Final = 3
"""Consecutive failed or timed-out workflow tasks from which a workflow counts as stuck.

A killed worker costs one task, about ten seconds; two killed in a row cost two.
"""

REPORTS_AFTER: Final = f"system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute={FAILS_AFTER}"
"""Setting for a self-hosted server, which then marks such workflows before anything of them is due."""

MOST_LISTED: Final = 200

_OURS: Final = f'WorkflowType IN ("{course.WORKFLOW_TYPE}", "{escalation.WORKFLOW_TYPE}")'
_FAILING: Final = f'{_OURS} AND ExecutionStatus = "Running" AND TemporalReportedProblems IS NOT NULL'
_ENDED: Final = f'{_OURS} AND ExecutionStatus IN ("Terminated", "Canceled", "Failed", "TimedOut")'


async def trouble(client: Client, course_id: CourseId, escalation: EscalationId | None) -> SilenceReason | None:
    """Why the workflow of this course, or of its escalation, is stuck; None if it is not.

    Needs no worker. Raises `Unavailable` if Temporal does not answer.
    """
    named = course_workflow_id(course_id) if escalation is None else escalation_workflow_id(escalation)
    try:
        found = await client.get_workflow_handle(named).describe(rpc_timeout=ANSWER_WITHIN)
    except RuntimeError as failed:
        raise Unavailable("Temporal cannot be reached") from failed
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            return SilenceReason.ENDED
        raise Unavailable(f"Temporal did not answer: {failed.message}") from failed
    match found.status:
        case WorkflowExecutionStatus.RUNNING | WorkflowExecutionStatus.CONTINUED_AS_NEW:
            is_failing = found.raw_description.pending_workflow_task.attempt > FAILS_AFTER
            return SilenceReason.KEEPS_FAILING if is_failing else None
        case WorkflowExecutionStatus.COMPLETED if escalation is not None:
            return None  # it is resolved, and nobody needs to act
        case _:
            return SilenceReason.ENDED


async def suspects(client: Client) -> list[Suspect]:
    """Every course and escalation that Temporal's lists show as stuck, newest first. Raises `Unavailable`.

    The lists may be a moment behind, and a workflow may have ended as intended: each must still be asked.
    """
    try:
        failing = [
            one.id async for one in client.list_workflows(_FAILING, limit=MOST_LISTED, rpc_timeout=ANSWER_WITHIN)
        ]
        ended = [one.id async for one in client.list_workflows(_ENDED, limit=MOST_LISTED, rpc_timeout=ANSWER_WITHIN)]
    except RuntimeError as failed:
        raise Unavailable("Temporal cannot be reached") from failed
    except RPCError as failed:
        raise Unavailable(f"Temporal did not answer: {failed.message}") from failed
    named = [*((one, False) for one in dict.fromkeys(failing)), *((one, True) for one in dict.fromkeys(ended))]
    return [one for workflow, is_ended in named if (one := _suspect(workflow, is_ended=is_ended))]


def _suspect(workflow: str, *, is_ended: bool) -> Suspect | None:
    try:
        if workflow.startswith(COURSE):
            return Suspect(course_id=workflow.removeprefix(COURSE), is_ended=is_ended)
        escalation = escalation_of(workflow)
        return Suspect(course_id=EscalationKey.parse(escalation).course_id, escalation=escalation, is_ended=is_ended)
    except ValueError:
        return None  # another application's workflow, of the same name
