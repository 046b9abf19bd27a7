"""Client of the course workflows: reports clinic events and queries courses."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Protocol, TypeVar
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
from temporalio.common import (
    QueryRejectCondition,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.access import SentBy
from domain.course.answer import AlreadyAnswered, Answer
from domain.course.asking import Foretold, Intent
from domain.course.course import Course
from domain.course.projection import Ahead, CallsToCome
from domain.course.state import Phase
from domain.escalation.ids import COURSE, course_workflow_id
from domain.events.clinic_events import ClinicEvent, CourseReferred, ProtocolMigrated
from domain.ledger import LedgerHead
from domain.moments import on_its_clock
from domain.oncall.rota import UTC_ZONE, Zone
from domain.protocol.pinned import PinnedProtocol, Pins
from domain.refusal import FieldError, RefusalCode, Refused, invalid
from domain.values import Blocker, Code, CourseId, Frozen
from domain.views.course import CourseView
from domain.views.migration import Foreseen
from domain.views.summary import Batch
from gateway.protocols import Library
from gateway.workflow_calls import (
    ANSWER_WITHIN,
    PAUSES,
    Ended,
    NotReady,
    Unavailable,
    answer,
    counted,
    named,
    running,
)
from records.errors import CourseErased, RecordLocked, RecordStoreError
from records.unreadable_rows import RowUnreadable
from workflows.attributes import HERE, PHASE, PROTOCOL, attributes
from workflows.course import WORKFLOW_TYPE, PatientCourse
from workflows.course_messages import CourseRun, PinnedCourse, Question, Report
from workflows.course_queries import CourseQueries
from workflows.queues import COURSES
from workflows.size_limits import Fullness

UNLESS_RUNNING: Final = QueryRejectCondition.NOT_OPEN
"""Without this condition a course that Temporal has ended would answer as if it were running."""

_AS_INTENDED: Final = {WorkflowExecutionStatus.COMPLETED, WorkflowExecutionStatus.CONTINUED_AS_NEW}
"""How a run ends by itself. Whoever asks just then asks the next one, if there is one."""

Answered = TypeVar("Answered")


class Reported(Frozen):
    """The result of reporting an event. `replayed`: it was accepted before, and this is the first answer again."""

    answer: Answer
    started: bool = False
    replayed: bool = False


class HeldHead(Frozen):
    """The head that a ledger must have: as the course's workflow holds it, or held it when it ended.

    That is remembered by Temporal, and after the retention by the record alone.
    """

    head: LedgerHead
    has_ended: bool = False


class EndedCourses(Protocol):
    """The record of the courses whose workflow has ended, or whose content was erased.

    May raise `RecordStoreError`, but for `erased_at`.
    """

    async def ended_course(self, course_id: CourseId) -> Course | None:
        """The course as its workflow left it; None if none was kept, or its ledger has gone on since."""

    async def erased_at(self, course_id: CourseId) -> datetime | None:
        """When the content of the course was erased; None if it was not, or nobody can say."""

    async def has_course(self, course_id: str) -> bool:
        """Whether there is a course of this id, ended or not."""


class NothingRecorded:
    """For whoever has no record store, such as a measurement: no course of it has ended."""

    async def ended_course(self, course_id: CourseId) -> None:
        """None."""

    async def erased_at(self, course_id: CourseId) -> None:
        """None."""

    async def has_course(self, course_id: str) -> bool:  # noqa: ARG002  it knows none
        """False."""
        return False


class Courses:
    """Reports to and queries courses through their workflows; `record` answers for those whose workflow has ended.

    Whatever is asked of one whose content was erased is refused (`unknown_course`), with when that was.

    Pins a protocol of `library`, and the time zone that `timezone_of` has for the site, into each new course.
    """

    def __init__(
        self,
        client: Client,
        library: Library,
        record: EndedCourses,
        *,
        allow_unapproved: bool,
        timezone_of: Callable[[Code], Zone] = lambda _site: UTC_ZONE,
    ) -> None:
        self._client = client
        self._timezone_of = timezone_of
        self._library = library
        self._pins = Pins()
        self._record = record
        self._allow_unapproved = allow_unapproved

    async def report(
        self, event: ClinicEvent, *, request_id: str | None = None, sent_by: SentBy | None = None
    ) -> Reported:
        """Reports the event; returns once it is durably accepted. Raises `Refused`, `Unavailable` or `TooMany`.

        The ledger records `request_id` and `sent_by`; an event's id is its sender's own.
        """
        return await _reported(event, self._decided(Report(event=event, request_id=request_id, sent_by=sent_by)))

    async def report_again(self, report: Report) -> Reported:
        """Reports once more what a course had accepted, as it came then. Raises as `report` does."""
        return await _reported(report.event, self._update(report))

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
                PatientCourse.foresee, question, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN
            ),
            lambda ended: ended.foresee(question),
        )
        assert found is not None
        return found

    async def in_the_way(self, course_id: CourseId, kind: str, session: int | None) -> tuple[Blocker, ...]:
        """What stands in the way of an event of this type in this session, whatever it says. Raises as `view` does."""
        course, intent = self._course(course_id), Intent(type=kind, session=session, at=datetime.now(UTC))
        return await self._asked(
            course_id,
            lambda: course.query(
                PatientCourse.in_the_way, intent, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN
            ),
            lambda ended: ended.in_the_way(intent),
        )

    async def view(self, course_id: CourseId) -> CourseView:
        """The course's view, as its workflow holds it now.

        Raises `Refused` (`unknown_course`), `Unavailable`, `Ended` if Temporal has ended it, or `Defect`.
        """
        course, now = self._course(course_id), datetime.now(UTC)
        view = await self._asked(
            course_id,
            lambda: course.query(PatientCourse.view, now, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN),
            lambda ended: ended.view(now),
        )
        if view is None:
            await self._check_not_ended(course_id)
            raise Refused.because(*_unless_known(course_id))
        if view.phase is Phase.CLOSED:
            # Nobody erases any other. An erasure that was cut off leaves the workflow in Temporal, which answers still.
            await self._check_not_erased(course_id)
        return view

    async def calls_to_come(self, course_id: CourseId, ahead: Ahead) -> CallsToCome:
        """The commands to the on-call side that the course will issue if nobody acts. Raises as `view` does."""
        course = self._course(course_id)

        async def ask() -> CallsToCome:
            try:
                return await course.query(
                    PatientCourse.calls_to_come, ahead, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN
                )
            except WorkflowQueryFailedError as failed:
                # The course exists, but its worker runs a release without this query, or is so busy that it was
                # stopped while it computed the forecast.
                raise NotReady("the course's worker is of an older release, or too busy to foretell") from failed

        return await self._asked(course_id, ask, lambda ended: ended.calls_to_come(ahead))

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
            lambda: course.query(PatientCourse.ledger_head, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN),
            lambda ended: ended.ledger_head(),
        )

    async def held_head(self, course_id: CourseId) -> HeldHead:
        """What the ledger of the course is to be compared with. Raises as `view` does."""
        course = self._course(course_id)
        told = await self._answer(
            course_id,
            lambda: course.query(PatientCourse.ledger_head, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN),
        )
        if isinstance(told, LedgerHead):
            return HeldHead(head=told)
        return HeldHead(head=await self._remembered(course_id) or told.ledger_head(), has_ended=True)

    async def has_ended(self, course_id: CourseId) -> bool:
        """Whether its workflow has come to its end, and the record answers for it. Raises `Unavailable` or `Ended`.

        So has one whose content was erased: nothing of it was owed.
        """
        if not _may_have_ended(await self._described(course_id)):
            return False
        return await self._record.erased_at(course_id) is not None or await self._ended(course_id) is not None

    async def is_in_temporal(self, course_id: CourseId) -> bool:
        """Whether Temporal holds anything of the course, ended or not. Raises `Unavailable`."""
        return await self._described(course_id) is not None

    async def pinned(self, course_id: CourseId) -> PinnedCourse:
        """The protocol version and the time zone that the course goes by. Raises as `view` does."""
        course = self._course(course_id)
        return await self._asked(
            course_id,
            lambda: course.query(PatientCourse.pinned, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN),
            lambda ended: ended.pinned(),
        )

    async def as_listed(self, course_id: CourseId, at: datetime) -> Batch:
        """The course as the lists of the record store must show it at this moment, without an entry.

        Raises as `view` does.
        """
        course = self._course(course_id)
        batch = await self._asked(
            course_id,
            lambda: course.query(
                PatientCourse.as_listed, at, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN
            ),
            lambda ended: ended.as_listed(at),
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
            return _foretold(
                await course.query(
                    PatientCourse.ask, question, reject_condition=UNLESS_RUNNING, rpc_timeout=ANSWER_WITHIN
                )
            )

        return await self._asked(course_id, ask, lambda ended: _foretold(ended.ask(question)))

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
        await self._check_not_recorded(report)
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
        await self._check_not_recorded(report)
        run, once = CourseRun(course=blank, ends=True), WorkflowIDReusePolicy.REJECT_DUPLICATE
        try:
            return await answer(lambda: self._start(report, run, once), *_unless_known(event.subject))
        except WorkflowAlreadyStartedError:
            await self._check_never_referred(event.subject)
        anew = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        return await answer(lambda: self._start(report, run, anew), *_unless_known(event.subject))

    async def _wake(self, ended: CourseQueries, report: Report) -> Answer:
        """Reports to a course whose workflow has ended: it begins again as it is in the record."""
        # Decided first, beside what else is asked: what is refused, or was answered before, wakes nobody.
        await asyncio.to_thread(ended.decided, report, datetime.now(UTC))
        course, anew = ended.course, WorkflowIDReusePolicy.ALLOW_DUPLICATE
        run = Fullness(0, course).measured(CourseRun(course=course, is_woken=True, ends=True))
        return await answer(
            lambda: self._start(report, run, anew, attributes(ended.shown)), *_unless_known(course.course_id)
        )

    async def _start(
        self,
        report: Report,
        run: CourseRun,
        reuse: WorkflowIDReusePolicy,
        shown: TypedSearchAttributes = TypedSearchAttributes.empty,
    ) -> Answer:
        start = WithStartWorkflowOperation(
            PatientCourse.run,
            run,
            id=course_workflow_id(report.event.subject),
            task_queue=COURSES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=reuse,
            search_attributes=shown,
            static_summary=f"{run.course.protocol.id} {run.course.protocol.version}",
        )
        try:
            return await self._client.execute_update_with_start_workflow(
                PatientCourse.report,
                report,
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
        told = await self._answer(
            course_id,
            lambda: course.execute_update(PatientCourse.report, report, id=uuid4().hex, rpc_timeout=ANSWER_WITHIN),
        )
        return await self._wake(told, report) if isinstance(told, CourseQueries) else told

    async def _asked(
        self,
        course_id: CourseId,
        ask: Callable[[], Awaitable[Answered]],
        of_ended: Callable[[CourseQueries], Answered],
    ) -> Answered:
        """The workflow's answer, or that of the record after its end. Raises as `_answer` does."""
        told = await self._answer(course_id, ask)
        return of_ended(told) if isinstance(told, CourseQueries) else told

    async def _answer(self, course_id: CourseId, ask: Callable[[], Awaitable[Answered]]) -> Answered | CourseQueries:
        """The workflow's answer, or the course as the record keeps it after its end.

        Raises as `answer` does, and `Ended` if it ended in Temporal and the record does not keep it.
        """
        for pause in PAUSES:
            try:
                return await answer(ask, *_unless_known(course_id))
            except WorkflowQueryRejectedError as rejected:
                if rejected.status not in _AS_INTENDED:
                    await self._check_not_erased(course_id)
                    raise _ended(course_id, rejected.status) from None
                unknown = Refused.because(*_unless_known(course_id))
            except Refused as refused:
                if refused.refusal.code is not RefusalCode.UNKNOWN_COURSE:
                    raise
                unknown = refused
            found = await self._described(course_id)
            if _may_have_ended(found) and (ended := await self._ended(course_id)) is not None:
                return ended
            await self._check_not_erased(course_id)
            await self._check_not_ended(course_id)
            if found is None or not _goes_on(found):
                raise unknown
            await asyncio.sleep(pause.total_seconds())
        raise Unavailable("it was woken or came to its end just now; send it again")

    async def _remembered(self, course_id: CourseId) -> LedgerHead | None:
        """The head with which the workflow ended, as Temporal remembers it; None once it has forgotten."""
        try:
            return await self._course(course_id).result(rpc_timeout=ANSWER_WITHIN)
        except RPCError as failed:
            if failed.status is RPCStatusCode.NOT_FOUND:
                return None
            raise Unavailable(f"Temporal did not answer: {failed.message}") from failed

    async def _ended(self, course_id: CourseId) -> CourseQueries | None:
        """The course as the record keeps it after its end; None if it does not.

        Raises `Refused` (`unknown_course`) if its content was erased, `Unavailable`, or `Ended`.
        """
        try:
            course = await self._record.ended_course(course_id)
        except CourseErased as erased:
            raise _erased(course_id, erased.at) from None
        except (RowUnreadable, RecordLocked) as broken:
            raise Ended(f"Course {course_id} has ended, and the record of it cannot be read: {broken}") from None
        except RecordStoreError as away:
            raise Unavailable(f"the record store, which knows the courses that have ended: {away}") from away
        return CourseQueries.of_ended(course) if course is not None else None

    async def _check_not_recorded(self, referral: Report) -> None:
        """Raises `AlreadyAnswered` or `Refused` (`course_exists`) if the record has a course that Temporal forgot.

        Raises `Unavailable` if nobody can say: an id must never become another patient's.
        """
        course_id = referral.event.subject
        if not _may_have_ended(await self._described(course_id)):
            return
        if (ended := await self._ended(course_id)) is not None:
            ended.decided(referral, datetime.now(UTC))
        try:
            is_recorded = await self._record.has_course(course_id)
        except RecordStoreError as away:
            raise Unavailable(f"the record store, which knows whether the id is free: {away}") from away
        # The same referral may have come twice, and have started the course meanwhile.
        if is_recorded and await self._described(course_id) is None:
            raise Refused.because(*_exists(course_id))

    async def _check_not_erased(
        self, course_id: CourseId, code: RefusalCode = RefusalCode.UNKNOWN_COURSE, but: str = ""
    ) -> None:
        """Raises `Refused` with this code if the course's content was erased."""
        if (at := await self._record.erased_at(course_id)) is not None:
            raise _erased(course_id, at, code, but)

    async def _check_not_ended(self, course_id: CourseId) -> None:
        """Raises `Ended` if the course existed, and was ended in Temporal or reset to before its referral."""
        found = await self._described(course_id)
        if found is None:
            return
        if not _goes_on(found) and (_was_referred(found) or await self._was_another_run_referred(found)):
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

    def _course(self, course_id: CourseId) -> WorkflowHandle[PatientCourse, LedgerHead | None]:
        return self._client.get_workflow_handle_for(PatientCourse.run, course_workflow_id(course_id))

    def _protocol_to_start(self, protocol_id: str) -> PinnedProtocol:
        approved = self._library.latest_approved(protocol_id)
        found = approved or (self._library.latest(protocol_id) if self._allow_unapproved else None)
        if found is not None:
            return self._pins.of(found)
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
        return self._pins.of(found)


async def _reported(event: ClinicEvent, deciding: Awaitable[Answer]) -> Reported:
    try:
        return Reported(answer=await deciding, started=isinstance(event, CourseReferred))
    except AlreadyAnswered as known:
        return Reported(answer=known.answer, replayed=True)


def _foretold(told: Foretold) -> Answer:
    """The answer foretold. Raises what would be raised."""
    if told.answer is None:
        assert told.refusal is not None
        raise Refused(told.refusal)
    if told.replayed:
        raise AlreadyAnswered(told.answer)
    return told.answer


def _exists(course_id: CourseId) -> tuple[RefusalCode, str]:
    return RefusalCode.COURSE_EXISTS, f"Course {course_id} exists already"


def _erased(
    course_id: CourseId, at: datetime, code: RefusalCode = RefusalCode.UNKNOWN_COURSE, but: str = ""
) -> Refused:
    when = on_its_clock(at.astimezone(UTC))
    return Refused.because(code, f"The content of course {course_id} was erased on {when}{but}")


def _unless_known(course_id: CourseId) -> tuple[RefusalCode, str]:
    return RefusalCode.UNKNOWN_COURSE, f"There is no course {course_id}"


def _was_referred(found: WorkflowExecutionDescription) -> bool:
    """Whether this run had its referral: from then on it has a phase."""
    return found.typed_search_attributes.get(PHASE) is not None


def _may_have_ended(found: WorkflowExecutionDescription | None) -> bool:
    """Whether it may be a course that has come to its end: Temporal forgets one after the retention."""
    return found is None or found.status is WorkflowExecutionStatus.COMPLETED


def _goes_on(found: WorkflowExecutionDescription) -> bool:
    return found.status is WorkflowExecutionStatus.RUNNING and _was_referred(found)


def _ended(course_id: CourseId, status: WorkflowExecutionStatus | None) -> Ended:
    is_going_on = status in {None, WorkflowExecutionStatus.RUNNING}
    if status is WorkflowExecutionStatus.COMPLETED:
        return Ended(
            f"The workflow of course {course_id} has come to its end, and the record does not keep it as it ended: "
            "nobody takes or watches anything of it. An operator must restore it"
        )
    how = status.name.lower().replace("_", " ") if status and not is_going_on else "set back"
    return Ended(
        f"The workflow of course {course_id} was {how} in Temporal: it takes nothing and watches nobody. "
        "An operator must revive it (kapstan revive)"
    )
