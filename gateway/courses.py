"""Client of the course workflows: reports clinic events and queries courses."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import uuid4

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import QueryRejectCondition, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.access import SentBy
from domain.course.answer import AlreadyAnswered, Answer
from domain.course.asking import Intent
from domain.course.course import Course
from domain.course.projection import Ahead, CallsToCome
from domain.course.state import Phase
from domain.escalation.ids import COURSE, course_workflow_id
from domain.events.clinic_events import ClinicEvent, CourseReferred, ProtocolMigrated
from domain.oncall.rota import UTC_ZONE, Zone
from domain.protocol.approval import content_hash
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import FieldError, RefusalCode, Refused, invalid
from domain.values import Blocker, Code, CourseId, Frozen
from domain.views.course import CourseView
from domain.views.migration import Foreseen
from domain.views.summary import Batch
from gateway.protocols import Library
from gateway.workflow_calls import (
    ANSWER_WITHIN,
    Ended,
    NotReady,
    Unavailable,
    answer,
    counted,
    named,
    running,
)
from workflows.attributes import HERE, PHASE, PROTOCOL
from workflows.course import WORKFLOW_TYPE, PatientCourse
from workflows.course_messages import CourseRun, LedgerHead, PinnedCourse, Question, Report
from workflows.queues import COURSES

UNLESS_SOUND: Final = QueryRejectCondition.NOT_COMPLETED_CLEANLY
"""Without this condition a course that Temporal has ended would answer as if it were running."""

Answered = TypeVar("Answered")


async def none_was_erased(_course_id: CourseId) -> None:
    """Knows of no course whose content was erased."""


class Reported(Frozen):
    """The result of reporting an event. `replayed`: it was accepted before, and this is the first answer again."""

    answer: Answer
    started: bool = False
    replayed: bool = False


class Courses:
    """Reports to and queries courses through their workflows.

    Pins a protocol of `library`, and the time zone that `timezone_of` has for the site, into each new course.
    `erased_at` says of a course that Temporal does not know when its content was erased.
    """

    def __init__(
        self,
        client: Client,
        library: Library,
        *,
        allow_unapproved: bool,
        timezone_of: Callable[[Code], Zone] = lambda _site: UTC_ZONE,
        erased_at: Callable[[CourseId], Awaitable[datetime | None]] = none_was_erased,
    ) -> None:
        self._client = client
        self._erased_at = erased_at
        self._timezone_of = timezone_of
        self._library = library
        self._allow_unapproved = allow_unapproved

    async def report(
        self, event: ClinicEvent, *, request_id: str | None = None, sent_by: SentBy | None = None
    ) -> Reported:
        """Reports the event; returns once it is durably accepted. Raises `Refused`, `Unavailable` or `TooMany`.

        The ledger records `request_id` and `sent_by`; an event's id is its sender's own.
        """
        return await _reported(event, self._decided(Report(event=event, request_id=request_id, sent_by=sent_by)))

    async def ask(self, event: ClinicEvent, *, sent_by: SentBy | None = None) -> Reported:
        """What reporting the event would be answered now, recording nothing and starting nothing.

        Raises as `report` does, and `Refused` (`blocked`) for a fact that would deviate from the protocol.
        """
        return await _reported(event, self._asked_before(Report(event=event, sent_by=sent_by)))

    async def foresee(self, event: ProtocolMigrated) -> Foreseen:
        """What the migration would change, were it reported now, recording nothing. Raises as `view` does."""
        offered = await self._migration_target(event)
        question = Question(report=Report(event=event, offered=offered), at=datetime.now(UTC))
        course = self._course(event.subject)
        found = await self._asked(
            event.subject,
            lambda: course.query(
                PatientCourse.foresee, question, reject_condition=UNLESS_SOUND, rpc_timeout=ANSWER_WITHIN
            ),
        )
        assert found is not None
        return found

    async def in_the_way(self, course_id: CourseId, kind: str, session: int | None) -> tuple[Blocker, ...]:
        """What stands in the way of an event of this type in this session, whatever it says. Raises as `view` does."""
        course, intent = self._course(course_id), Intent(type=kind, session=session, at=datetime.now(UTC))
        return await self._asked(
            course_id,
            lambda: course.query(
                PatientCourse.in_the_way, intent, reject_condition=UNLESS_SOUND, rpc_timeout=ANSWER_WITHIN
            ),
        )

    async def view(self, course_id: CourseId) -> CourseView:
        """The course's view, as its workflow holds it now.

        Raises `Refused` (`unknown_course`), `Unavailable`, `Ended` if Temporal has ended it, or `Defect`.
        """
        course, now = self._course(course_id), datetime.now(UTC)
        view = await self._asked(
            course_id,
            lambda: course.query(PatientCourse.view, now, reject_condition=UNLESS_SOUND, rpc_timeout=ANSWER_WITHIN),
        )
        if view is None:
            await self._check_not_ended(course_id)
            raise Refused.because(*_unless_known(course_id))
        return view

    async def calls_to_come(self, course_id: CourseId, ahead: Ahead) -> CallsToCome:
        """The commands to the on-call side that the course will issue if nobody acts. Raises as `view` does."""
        course = self._course(course_id)

        async def ask() -> CallsToCome:
            try:
                return await course.query(
                    PatientCourse.calls_to_come, ahead, reject_condition=UNLESS_SOUND, rpc_timeout=ANSWER_WITHIN
                )
            except WorkflowQueryFailedError as failed:
                # The course exists, but its worker runs a release without this query, or is so busy that it was
                # stopped while it computed the forecast.
                raise NotReady("the course's worker is of an older release, or too busy to foretell") from failed

        return await self._asked(course_id, ask)

    async def with_the_patient_here(self) -> list[CourseId]:
        """The courses whose patient is here now, in any phase, as Temporal itself lists them. Raises `Unavailable`.

        For use while the record store is away.
        """
        listed = await running(self._client, f"{HERE.name} = true")
        return [one.removeprefix(COURSE) for one in listed]

    async def ledger_head(self, course_id: CourseId) -> LedgerHead:
        """The last entry's sequence and hash, as the course's workflow holds them. Raises as `view` does."""
        course = self._course(course_id)
        return await self._asked(
            course_id,
            lambda: course.query(PatientCourse.ledger_head, reject_condition=UNLESS_SOUND, rpc_timeout=ANSWER_WITHIN),
        )

    async def pinned(self, course_id: CourseId) -> PinnedCourse:
        """The protocol version and the time zone that the course goes by. Raises as `view` does."""
        course = self._course(course_id)
        return await self._asked(
            course_id,
            lambda: course.query(PatientCourse.pinned, reject_condition=UNLESS_SOUND, rpc_timeout=ANSWER_WITHIN),
        )

    async def as_listed(self, course_id: CourseId, at: datetime) -> Batch:
        """The course as the lists of the record store must show it at this moment, without an entry.

        Raises as `view` does.
        """
        course = self._course(course_id)
        batch = await self._asked(
            course_id,
            lambda: course.query(PatientCourse.as_listed, at, reject_condition=UNLESS_SOUND, rpc_timeout=ANSWER_WITHIN),
        )
        if batch is None:
            await self._check_not_ended(course_id)
            raise Refused.because(*_unless_known(course_id))
        return batch

    async def open_under(self, protocol_id: str) -> list[CourseId]:
        """The courses under any version of this protocol that are not closed, as Temporal lists them.

        A new one may be missing for a moment. Raises `Unavailable`.
        """
        running = f'ExecutionStatus = "Running" AND {PROTOCOL.name} = "{protocol_id}"'
        found = await named(self._client, f'{running} AND {PHASE.name} != "{Phase.CLOSED}"')
        return sorted(one.removeprefix(COURSE) for one in found)

    async def ids(self) -> list[CourseId]:
        """Every course that Temporal lists, ended ones included; a new one may be missing for a moment.

        Raises `Unavailable`.
        """
        every = await named(self._client, f'WorkflowType = "{WORKFLOW_TYPE}" AND {PHASE.name} IS NOT NULL')
        return [one.removeprefix(COURSE) for one in every if one.startswith(COURSE)]

    async def _decided(self, report: Report) -> Answer:
        match report.event:
            case CourseReferred() as event:
                return await self._refer(event, report)
            case ProtocolMigrated() as event:
                return await self._update(report.but(offered=await self._migration_target(event)))
            case _:
                return await self._update(report)

    async def _asked_before(self, report: Report) -> Answer:
        match report.event:
            case CourseReferred() as event:
                return await self._ask_to_refer(event, report)
            case ProtocolMigrated() as event:
                return await self._ask(report.but(offered=await self._migration_target(event)))
            case _:
                return await self._ask(report)

    async def _ask(self, report: Report) -> Answer:
        course_id, question = report.event.subject, Question(report=report, at=datetime.now(UTC))
        course = self._course(course_id)

        async def ask() -> Answer:
            told = await course.query(
                PatientCourse.ask, question, reject_condition=UNLESS_SOUND, rpc_timeout=ANSWER_WITHIN
            )
            if told.answer is None:
                assert told.refusal is not None
                raise Refused(told.refusal)
            if told.replayed:
                raise AlreadyAnswered(told.answer)
            return told.answer

        return await self._asked(course_id, ask)

    async def _ask_to_refer(self, event: CourseReferred, report: Report) -> Answer:
        """Lets an existing course answer; if there is none, decides on a blank one that nobody starts."""
        try:
            return await self._ask(report)
        except Ended:
            raise Refused.because(*_exists(event.subject)) from None
        except Refused as refused:
            if refused.refusal.code is not RefusalCode.UNKNOWN_COURSE:
                raise
        pinned = self._protocol_to_start(event.data.protocol)
        blank = Course.blank(event.subject, pinned, self._timezone_of(event.data.site))
        decision = blank.accept(event, datetime.now(UTC))
        await self._check_never_erased(event.subject)
        await self._check_not_set_back(event.subject)
        assert decision.answer is not None
        return decision.answer

    async def _refer(self, event: CourseReferred, report: Report) -> Answer:
        try:
            pinned = self._protocol_to_start(event.data.protocol)
            # A refused update would leave its started workflow behind, so whatever can be checked before is.
            blank = Course.blank(event.subject, pinned, self._timezone_of(event.data.site))
            blank.check(event, datetime.now(UTC))
        except Refused as refused:
            return await self._answered_before(report, refused)
        await self._check_never_erased(event.subject)
        await self._check_not_set_back(event.subject)
        try:
            return await answer(lambda: self._start(report, blank), *_unless_known(event.subject))
        except WorkflowAlreadyStartedError:
            await self._check_never_referred(event.subject)
        anew = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        return await answer(lambda: self._start(report, blank, anew), *_unless_known(event.subject))

    async def _start(
        self,
        referral: Report,
        blank: Course,
        reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE,
    ) -> Answer:
        start = WithStartWorkflowOperation(
            PatientCourse.run,
            CourseRun(course=blank),
            id=course_workflow_id(referral.event.subject),
            task_queue=COURSES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=reuse,
            static_summary=f"{blank.protocol.id} {blank.protocol.version}",
        )
        try:
            return await self._client.execute_update_with_start_workflow(
                PatientCourse.report,
                referral,
                id=uuid4().hex,
                start_workflow_operation=start,
                rpc_timeout=ANSWER_WITHIN,
            )
        except (RPCError, RuntimeError, WorkflowAlreadyStartedError):
            # The start operation holds the same error; if nobody retrieves it, asyncio complains at exit.
            with suppress(RPCError, RuntimeError, WorkflowAlreadyStartedError):
                await start.workflow_handle()
            raise

    async def _answered_before(self, referral: Report, refused: Refused) -> Answer:
        """Lets an existing course answer the referral; if there is none, raises the refusal."""
        try:
            return await self._update(referral)
        except Refused as other:
            raise (refused if other.refusal.code is RefusalCode.UNKNOWN_COURSE else other) from None

    async def _update(self, report: Report) -> Answer:
        # A new update id each time: the course itself recognizes a repeated event, across runs and for ever.
        course_id = report.event.subject
        course = self._course(course_id)
        return await self._asked(
            course_id,
            lambda: course.execute_update(PatientCourse.report, report, id=uuid4().hex, rpc_timeout=ANSWER_WITHIN),
        )

    async def _asked(self, course_id: CourseId, ask: Callable[[], Awaitable[Answered]]) -> Answered:
        """The workflow's answer. Raises as `answer` does, and `Ended` if Temporal has ended it."""
        try:
            return await answer(ask, *_unless_known(course_id))
        except WorkflowQueryRejectedError as rejected:
            await self._check_not_erased(course_id)
            raise _ended(course_id, rejected.status) from None
        except Refused as refused:
            if refused.refusal.code is RefusalCode.UNKNOWN_COURSE:
                await self._check_not_erased(course_id)
                await self._check_not_ended(course_id)
            raise

    async def _check_not_erased(
        self, course_id: CourseId, code: RefusalCode = RefusalCode.UNKNOWN_COURSE, but: str = ""
    ) -> None:
        """Raises `Refused` with this code if the course's content was erased."""
        if (at := await self._erased_at(course_id)) is not None:
            when = f"{at.astimezone(UTC):%Y-%m-%d at %H:%M UTC}"
            raise Refused.because(code, f"The content of course {course_id} was erased on {when}{but}")

    async def _check_not_ended(self, course_id: CourseId) -> None:
        """Raises `Ended` if the course existed, and was ended in Temporal or reset to before its referral."""
        found = await self._described(course_id)
        if found is None:
            return
        is_as_it_was = found.status is WorkflowExecutionStatus.RUNNING and _was_referred(found)
        if not is_as_it_was and (_was_referred(found) or await self._was_another_run_referred(found)):
            raise _ended(course_id, found.status)

    async def _check_never_erased(self, course_id: CourseId) -> None:
        """Raises `Refused` (`course_exists`) if a course of this id was erased: ids are never used again."""
        await self._check_not_erased(course_id, RefusalCode.COURSE_EXISTS, ": its id is not used again")

    async def _check_not_set_back(self, course_id: CourseId) -> None:
        """Raises `Refused` (`course_exists`) if a course of this id was reset in Temporal to before its referral."""
        found = await self._described(course_id)
        if found is not None and not _was_referred(found) and await self._was_another_run_referred(found):
            raise Refused.because(*_exists(course_id))

    async def _check_never_referred(self, course_id: CourseId) -> None:
        """Raises `Refused` (`course_exists`) if an ended workflow of this id was a course: ids are never used again.

        A running one is left to answer: it may have been started by the same referral, sent at the same time.
        """
        found = await self._described(course_id)
        if found is None or found.status is WorkflowExecutionStatus.RUNNING:
            return
        if _was_referred(found) or await self._was_another_run_referred(found):
            raise Refused.because(*_exists(course_id))

    async def _was_another_run_referred(self, found: WorkflowExecutionDescription) -> bool:
        """Whether another run of this workflow had a referral, so that somebody has reset it."""
        others = f'WorkflowId = "{found.id}" AND RunId != "{found.run_id}" AND {PHASE.name} IS NOT NULL'
        return bool(await counted(self._client, others))

    async def _described(self, course_id: CourseId) -> WorkflowExecutionDescription | None:
        try:
            return await self._course(course_id).describe(rpc_timeout=ANSWER_WITHIN)
        except RPCError as failed:
            if failed.status is RPCStatusCode.NOT_FOUND:
                return None
            raise Unavailable(f"Temporal did not answer: {failed.message}") from failed

    def _course(self, course_id: CourseId) -> WorkflowHandle[PatientCourse, None]:
        return self._client.get_workflow_handle_for(PatientCourse.run, course_workflow_id(course_id))

    def _protocol_to_start(self, protocol_id: str) -> PinnedProtocol:
        approved = self._library.latest_approved(protocol_id)
        found = approved or (self._library.latest(protocol_id) if self._allow_unapproved else None)
        if found is not None:
            return PinnedProtocol(protocol=found, hash=content_hash(found))
        if self._library.latest(protocol_id) is not None:
            why = f"{protocol_id} is not approved: see `kapstan protocol approve`"
        else:
            known = sorted({shelved.protocol.id for shelved in self._library.shelf})
            why = f"must be one of {', '.join(known)}" if known else "there are no protocols"
        raise invalid(FieldError(pointer="/data/protocol", detail=why))

    async def _migration_target(self, event: ProtocolMigrated) -> PinnedProtocol | None:
        protocol_id = (await self.view(event.subject)).protocol.id
        found = self._library.get(protocol_id, event.data.to_version)
        if found is None or not (self._allow_unapproved or self._library.is_approved(found)):
            return None
        return PinnedProtocol(protocol=found, hash=content_hash(found))


async def _reported(event: ClinicEvent, deciding: Awaitable[Answer]) -> Reported:
    try:
        return Reported(answer=await deciding, started=isinstance(event, CourseReferred))
    except AlreadyAnswered as known:
        return Reported(answer=known.answer, replayed=True)


def _exists(course_id: CourseId) -> tuple[RefusalCode, str]:
    return RefusalCode.COURSE_EXISTS, f"Course {course_id} exists already"


def _unless_known(course_id: CourseId) -> tuple[RefusalCode, str]:
    return RefusalCode.UNKNOWN_COURSE, f"There is no course {course_id}"


def _was_referred(found: WorkflowExecutionDescription) -> bool:
    """Whether this run had its referral: from then on it has a phase."""
    return found.typed_search_attributes.get(PHASE) is not None


def _ended(course_id: CourseId, status: WorkflowExecutionStatus | None) -> Ended:
    is_going_on = status in {None, WorkflowExecutionStatus.RUNNING}
    how = status.name.lower().replace("_", " ") if status and not is_going_on else "set back"
    return Ended(
        f"The workflow of course {course_id} was {how} in Temporal: it takes nothing and watches nobody. "
        "An operator must reset it"
    )
