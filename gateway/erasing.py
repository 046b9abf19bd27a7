"""Erases the content of a course that is over: its key in the record, and all that Temporal holds of it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.access import SentBy
from domain.course.state import Phase
from domain.escalation.ids import course_workflow_id, escalation_workflow_id
from domain.escalation.messages import EscalationState
from domain.moments import on_its_clock
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId, Frozen, Moment
from domain.views.summary import CourseSummary
from gateway.courses import Courses
from gateway.workflow_calls import ANSWER_WITHIN, Unavailable, runs_of
from records.access import AdministrationAct
from records.errors import CourseErased
from records.record_keys import ErasedCourse, NotEncrypted, RecordKeys, WentOn
from records.store import EscalationFilter, RecordStore
from records.verify import verify

PAGE = 1000
"""Escalations of one course that are looked at, at most: a course has some dozens."""


class Erased(Frozen):
    """What was erased: the course's content in the record, and so many workflow runs in Temporal.

    `was_before` is when the content had been erased already; then only what Temporal still held was.
    """

    course_id: CourseId
    sequence: int
    hash: str
    runs: int
    was_before: Moment | None = None


class Erasing:
    """Erases courses, one at a time, and for ever."""

    def __init__(self, client: Client, courses: Courses, store: RecordStore, keys: RecordKeys) -> None:
        self._client = client
        self._courses = courses
        self._store = store
        self._keys = keys

    async def erase(self, course_id: CourseId, sent_by: SentBy) -> Erased:
        """Erases a course that is closed, with nothing due and nothing unanswered, whose record is whole and encrypted.

        Again it erases what an earlier time did not come to. Raises `Refused` for any other course, `Unavailable` if
        Temporal does not answer, and `RoleMayNot` unless it connects as the owner of the database.
        """
        before = await self._store.locked(course_id)
        ends_with = None if isinstance(before, CourseErased) else await self._checked(course_id)
        act = AdministrationAct(at=datetime.now(UTC), what="course erased", about=course_id, sent_by=sent_by)
        try:
            erased: ErasedCourse = await self._keys.erase(course_id, act, ends_with)
        except NotEncrypted as in_clear:
            raise _blocked(str(in_clear)) from None
        except WentOn as went_on:
            raise _blocked(f"Course {course_id} cannot be erased: {went_on}") from None
        escalations = await self._store.escalation_ids(course_id)
        runs = await self._delete([course_workflow_id(course_id), *map(escalation_workflow_id, escalations)])
        return Erased(
            course_id=course_id,
            sequence=erased.sequence,
            hash=erased.hash,
            runs=runs,
            was_before=before.at if isinstance(before, CourseErased) else None,
        )

    async def _checked(self, course_id: CourseId) -> int:
        """The row with which the ledger of a course ends that may be erased. Raises as `erase` does."""
        listed = (await self._courses.as_listed(course_id, datetime.now(UTC))).summary
        if (why := _still_needed(listed)) is not None:
            raise _blocked(f"Course {course_id} cannot be erased: {why}")
        escalations = await self._store.escalations(EscalationFilter(course_id=course_id, limit=PAGE))
        if any(one.state is not EscalationState.RESOLVED for one in escalations) or escalations.unreadable:
            raise _blocked(f"Course {course_id} cannot be erased: an escalation of it is not resolved")
        ledger = await self._store.stored_ledger(course_id)
        if ledger.locked is not None:
            raise ledger.locked
        verdict = verify(ledger.entries, (listed.sequence, listed.ledger_head), stored=ledger.stored)
        if verdict.fault is not None:
            raise _blocked(
                f"Course {course_id} cannot be erased: row {verdict.fault.sequence} of its ledger: "
                f"{verdict.fault.reason}; see kapstan verify"
            )
        return verdict.sequence

    async def _delete(self, workflows: Iterable[str]) -> int:
        """How many runs of these workflows Temporal held; it holds none from then on, after a moment."""
        count = 0
        for workflow in workflows:
            for run in await runs_of(self._client, workflow):
                count += await self._delete_run(workflow, run)
        return count

    async def _delete_run(self, workflow: str, run: str) -> bool:
        request = DeleteWorkflowExecutionRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow, run_id=run),
        )
        try:
            await self._client.workflow_service.delete_workflow_execution(request, timeout=ANSWER_WITHIN)
        except RPCError as failed:
            if failed.status is RPCStatusCode.NOT_FOUND:
                return False
            raise Unavailable(f"Temporal did not delete {workflow}: {failed.message}") from failed
        return True


def _still_needed(listed: CourseSummary) -> str | None:
    """Why somebody still goes by this course; None if nobody does."""
    if listed.phase != Phase.CLOSED:
        return f"it is open ({listed.phase}); close it first"
    if listed.monitored_session is not None:
        return "its patient was dosed, and is not discharged"
    if listed.next_passes_at is not None:
        due = (
            "something"
            if listed.next_due_at is None
            else f"by {on_its_clock(listed.next_due_at.astimezone(UTC))} something"
        )
        return f"{due} is still due in it"
    if listed.open_escalations:
        return "an escalation of it is not resolved"
    return None


def _blocked(why: str) -> Refused:
    return Refused.because(RefusalCode.BLOCKED, why)
