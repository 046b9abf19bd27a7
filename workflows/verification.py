"""The workflow that verifies the record: Temporal's Schedule starts it, and it calls somebody if anything differs."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from domain.escalation.ids import RECORD, EscalationId, escalation_id, escalation_workflow_id
    from domain.escalation.messages import Kind, Opening, Repeat
    from domain.values import Severity
    from domain.verification import VerificationReport
    from workflows import activity_names
    from workflows.escalation import EscalationWorkflow
    from workflows.escalation_dispatcher import open_escalation

WORKFLOW_TYPE: Final = "RecordVerification"

VERIFY_WITHIN: Final = timedelta(hours=6)
ALIVE_WITHIN: Final = timedelta(minutes=1)
RETRIES: Final = RetryPolicy(initial_interval=timedelta(minutes=1), maximum_interval=timedelta(minutes=15))

SEVERITY: Final = Severity.ROUTINE
"""Calls those who run the clinic, in their hours: nobody who looks after patients can mend a record. An escalation that
a list hides goes on paging by itself."""


@workflow.defn(name=WORKFLOW_TYPE)
class RecordVerification:
    """One verification of the whole record."""

    @workflow.run
    async def run(self) -> VerificationReport:
        """Verifies the record, and returns the report, with which the next verification compares the audit."""
        report = await workflow.execute_activity(
            activity_names.verify_record,
            start_to_close_timeout=VERIFY_WITHIN,
            schedule_to_close_timeout=VERIFY_WITHIN,
            heartbeat_timeout=ALIVE_WITHIN,
            retry_policy=RETRIES,
        )
        # What was found before, somebody has been called for: a row of the audit that is gone can never be mended.
        return report.but(escalation=await _called(report.escalation)) if report.is_news else report


async def _called(before: EscalationId | None) -> EscalationId:
    """Repeats the escalation of the verification before, or opens one if that is resolved."""
    now = workflow.now()
    if before is not None:
        handle = workflow.get_external_workflow_handle_for(EscalationWorkflow.run, escalation_workflow_id(before))
        try:
            await handle.signal(EscalationWorkflow.repeat, Repeat(severity=SEVERITY, at=now))
        except FailureError:
            workflow.logger.info("The escalation before is resolved; another one is opened")
        else:
            return before
    # By its second: an escalation's id is never used again, and no course counts these.
    anew = escalation_id(RECORD, Kind.RECORD_DIFFERS, None, int(now.timestamp()))
    await open_escalation(
        Opening(id=anew, course_id=RECORD, kind=Kind.RECORD_DIFFERS, session=None, severity=SEVERITY, opened_at=now)
    )
    return anew
