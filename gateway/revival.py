"""Revives a course that Temporal can no longer move: its workflow begins anew, where its ledger ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import ConfigDict
from temporalio.api.update.v1 import Request
from temporalio.client import Client, WorkflowHistory
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.course.course import Course, Decision
from domain.course.transition import EscalationCommand, OpenEscalation, RepeatEscalation
from domain.escalation.ids import course_workflow_id, escalation_id
from domain.escalation.messages import EscalationState, Kind, Opening, Repeat
from domain.escalation.silence import SilenceReason
from domain.ledger import GENESIS, Entry, first_fault
from domain.past.ledger_told import ToldOtherwise, told
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId, Frozen
from gateway.codec import KapstanPayloadConverter
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.past_courses import begun_with, versions_of
from gateway.protocols import Library
from gateway.stuck_workflows import trouble
from gateway.undecipherable import Undecipherable
from gateway.workflow_calls import ANSWER_WITHIN, Ended, KeysDiffer, Unavailable
from records.errors import CourseErased, LedgerUnreadable, RecordLocked
from records.store import RecordStore
from workflows.attributes import Shown, changed_attributes
from workflows.course import PatientCourse
from workflows.course_messages import CourseRun, Report
from workflows.queues import COURSES

REVIVED: Final = "revived from its ledger"
"""What Temporal's UI says of such a run."""

TRIES: Final = 12
AGAIN_AFTER: Final = 5.0
"""Seconds between so many tries to report to the new run what the old one had accepted."""

Value = TypeVar("Value")


class CannotBeRevived(Exception):  # noqa: N818  an operator reads it
    """Nothing was changed: the message says why the course cannot be told from its ledger, or need not be."""


class Revived(Frozen):
    """A course whose workflow has begun anew, and what it begins with.

    `entries` of its ledger were told again, of which the record store has yet to be given `unrecorded`. So many
    `events` were accepted, stand in no entry, and were reported once more; `refused` are the ids of those among them
    that were acts, and may not be any more. `escalations` are those that it asks for their state.
    """

    course_id: CourseId
    found: SilenceReason
    entries: int
    unrecorded: int
    events: int
    escalations: int
    refused: tuple[str, ...] = ()


class _Remembered(NamedTuple):
    """The run that cannot go on, and what its history holds: how it began, what it accepted, what it had recorded."""

    run_id: str
    begun: CourseRun
    reports: tuple[Report, ...]
    entries: tuple[Entry, ...]


class Revival:
    """Revives courses one by one. Everything else goes on meanwhile."""

    def __init__(
        self, client: Client, store: RecordStore, courses: Courses, escalations: Escalations, library: Library
    ) -> None:
        self._client = client
        self._store = store
        self._courses = courses
        self._escalations = escalations
        self._library = library

    async def revive(self, course_id: CourseId, *, dry_run: bool = False) -> Revived:
        """Ends what is left of the course's workflow, and begins it anew where its ledger ends.

        With `dry_run` it does all but that. Raises `CannotBeRevived` for a course that goes on, that was erased, or
        that the rules of this release do not come to by its ledger; nothing was changed then. Raises
        `LedgerUnreadable`, `RecordLocked`, `KeysDiffer`, `Unavailable`, and `Refused` (`unknown_course`).
        """
        match await self._store.locked(course_id):
            case CourseErased() as erased:
                raise CannotBeRevived(f"{course_id} is not told by its ledger any more: {erased}")
            case RecordLocked() as locked:
                raise locked
        found = await trouble(self._client, course_id, None)
        if found is None:
            raise CannotBeRevived(f"{course_id} goes on: nothing keeps failing, and nobody has ended it")
        if found is SilenceReason.ENDED and await self._is_over(course_id):
            raise CannotBeRevived(f"{course_id} is over, with nothing owed to the patient: the next fact wakes it")
        remembered = await self._remembered(course_id)
        recorded = await self._store.ledger(course_id)
        entries = _with_the_rest(recorded, remembered.entries)
        if (fault := first_fault(entries)) is not None:
            raise LedgerUnreadable(course_id, fault.sequence, fault.reason)
        course = await asyncio.to_thread(self._told, remembered.begun.course, entries)
        if course.referral is None:
            raise CannotBeRevived(f"{course_id} has no entry yet: refer the patient anew, under another id")
        behind = await self._was_behind(course)
        course = behind.course if behind else course
        calls = [call async for call in self._calls(course)]
        unheard = _unheard(remembered.reports, entries)
        refused: list[str] = []
        if not dry_run:
            unrecorded = (*entries[len(recorded) :], *(behind.entries if behind else ()))
            await self._begin(remembered, course, unrecorded, tuple(calls))
            refused = [report.event.id for report in unheard if not await self._is_taken(report)]
        return Revived(
            course_id=course_id,
            found=found,
            entries=len(entries),
            unrecorded=len(entries) - len(recorded),
            events=len(unheard),
            escalations=len(course.unresolved),
            refused=tuple(refused),
        )

    async def _is_over(self, course_id: CourseId) -> bool:
        """Whether it has ended as it was to, and not by somebody's hand in Temporal."""
        with suppress(Ended):
            return await self._courses.has_ended(course_id)
        return False

    async def _remembered(self, course_id: CourseId) -> _Remembered:
        handle = self._client.get_workflow_handle(course_workflow_id(course_id))
        try:
            run_id = (await handle.describe(rpc_timeout=ANSWER_WITHIN)).run_id
            this_run = self._client.get_workflow_handle(handle.id, run_id=run_id)
            return await self._read(run_id, await this_run.fetch_history(rpc_timeout=ANSWER_WITHIN))
        except Undecipherable as unread:
            raise KeysDiffer(str(unread)) from None
        except RuntimeError:  # its message may quote what the course says
            raise CannotBeRevived(f"the history of {course_id} cannot be read by this release") from None
        except RPCError as failed:
            if failed.status is RPCStatusCode.NOT_FOUND:
                raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"Temporal knows no course {course_id}") from None
            raise Unavailable(f"Temporal did not answer: {failed.message}") from failed

    async def _read(self, run_id: str, history: WorkflowHistory) -> _Remembered:
        begun: CourseRun | None = None
        reports: list[Report] = []
        entries: list[Entry] = []
        for event in history.events:
            match event.WhichOneof("attributes"):
                case "workflow_execution_started_event_attributes":
                    begun = await self._one(event.workflow_execution_started_event_attributes.input, CourseRun)
                    entries += begun.unrecorded
                case "workflow_execution_update_accepted_event_attributes":
                    reports += await self._reports(
                        event.workflow_execution_update_accepted_event_attributes.accepted_request
                    )
                case "workflow_execution_update_admitted_event_attributes":
                    # What came after the point of a reset comes again so, and is accepted without being said again.
                    reports += await self._reports(event.workflow_execution_update_admitted_event_attributes.request)
                case "activity_task_scheduled_event_attributes":
                    entries += (await self._one(event.activity_task_scheduled_event_attributes.input, _Told)).entries
        assert begun is not None, "every history tells how its run began"
        return _Remembered(run_id, begun, tuple(reports), tuple(entries))

    async def _reports(self, request: Request) -> list[Report]:
        return [await self._one(request.input.args, Report)] if request.input.args.payloads else []

    async def _one(self, payloads: Any, what: type[Value]) -> Value:
        (value,) = await self._client.data_converter.decode(payloads.payloads, [what])
        return value  # type: ignore[no-any-return]

    def _told(self, begun: Course, entries: Sequence[Entry]) -> Course:
        """The course at the end of its ledger; told from where its run began, or else from the first entry."""
        pinned = _pinned(begun)
        versions = versions_of(self._library, pinned)
        failed: ToldOtherwise | None = None
        for first in _beginnings(begun, pinned, entries, versions):
            try:
                return told(first, entries[first.sequence :], versions)
            except ToldOtherwise as otherwise:
                failed = otherwise
        raise CannotBeRevived(f"{failed}. Refer the patient anew, under another id") from failed

    async def _was_behind(self, course: Course) -> Decision | None:
        """Takes over what the ledger cannot tell: that the old run called for somebody, since nothing was recorded."""
        number = 1 + sum(one.kind is Kind.RECORD_STORE_BEHIND for one in course.escalations)
        try:
            await self._escalations.view(escalation_id(course.course_id, Kind.RECORD_STORE_BEHIND, None, number))
        except Refused:
            return None
        return course.record_is_behind(datetime.now(UTC))

    async def _calls(self, course: Course) -> AsyncIterator[EscalationCommand]:
        """Has the course open each of its escalations again, which by its id is only asked how it stands."""
        for one in course.unresolved:
            resolvers = course.protocol.escalations.resolvers_of(one.kind)
            yield OpenEscalation(
                opening=Opening(
                    id=one.id,
                    course_id=course.course_id,
                    kind=one.kind,
                    session=one.session,
                    severity=one.severity,
                    opened_at=one.opened_at,
                    resolvers=resolvers,
                )
            )
            try:
                held = await self._escalations.view(one.id)
            except Refused:
                continue  # it was never begun
            if held.state is not EscalationState.RESOLVED and held.severity.rank < one.severity.rank:
                yield RepeatEscalation(id=one.id, repeat=Repeat(severity=one.severity, at=datetime.now(UTC)))

    async def _begin(
        self, old: _Remembered, course: Course, unrecorded: tuple[Entry, ...], calls: tuple[EscalationCommand, ...]
    ) -> None:
        """Ends the run that cannot go on, and no other: what another revival began may have accepted more since."""
        before = old.begun
        workflow_id = course_workflow_id(course.course_id)
        shown, nothing = Shown(course, course.deadlines()), Course.blank(course.course_id, _pinned(course))
        attributes = changed_attributes(Shown(nothing, ()), shown)
        try:
            await self._end(workflow_id, old.run_id)
            await _as_a_worker_writes(self._client).start_workflow(
                PatientCourse.run,
                CourseRun(
                    course=course,
                    unrecorded=unrecorded,
                    calls=calls,
                    carried_bytes=before.carried_bytes,
                    ends=before.ends,
                ),
                id=workflow_id,
                task_queue=COURSES,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                search_attributes=TypedSearchAttributes(
                    [SearchAttributePair(one.key, one.value) for one in attributes if one.value is not None]
                ),
                static_summary=f"{course.protocol.id} {course.protocol.version}, {REVIVED}",
                rpc_timeout=ANSWER_WITHIN,
            )
        except WorkflowAlreadyStartedError:
            raise CannotBeRevived(
                f"{course.course_id} goes on: it moved, or somebody else revived it, just now"
            ) from None
        except RPCError as failed:
            raise Unavailable(f"Temporal did not answer: {failed.message}") from failed

    async def _end(self, workflow_id: str, run_id: str) -> None:
        try:
            await self._client.get_workflow_handle(workflow_id, run_id=run_id).terminate(
                REVIVED, rpc_timeout=ANSWER_WITHIN
            )
        except RPCError as failed:
            if failed.status is not RPCStatusCode.NOT_FOUND:  # it has ended already
                raise

    async def _is_taken(self, report: Report) -> bool:
        """Reports what the course had accepted before; False for an act that it may not accept any more."""
        for left in reversed(range(TRIES)):
            try:
                await self._courses.report_again(report)
            except Refused:
                return False
            except Unavailable:
                if not left:
                    raise
                await asyncio.sleep(AGAIN_AFTER)
            else:
                break
        return True


class _Told(Frozen):
    """What this reads of a batch that was sent to the record store, by whatever release."""

    model_config = ConfigDict(extra="ignore")

    entries: tuple[Entry, ...] = ()


def _as_a_worker_writes(client: Client) -> Client:
    """The client that hands a course on whole, as its last run would have: callers leave out what has no value."""
    converter = replace(client.data_converter, payload_converter_class=KapstanPayloadConverter)
    config: dict[str, Any] = {**client.config(), "data_converter": converter}
    return Client(**config)


def _with_the_rest(recorded: Sequence[Entry], remembered: Sequence[Entry]) -> list[Entry]:
    """The ledger, and what the history says was to follow in it."""
    entries = list(recorded)
    for one in remembered:
        head = entries[-1].hash if entries else GENESIS
        if (one.sequence, one.previous_hash) == (len(entries) + 1, head):
            entries.append(one)
    return entries


def _beginnings(
    begun: Course, pinned: PinnedProtocol, entries: Sequence[Entry], versions: Mapping[str, PinnedProtocol]
) -> Iterator[Course]:
    """Where the telling may begin: with the run that cannot go on, or with the blank course.

    Raises `CannotBeRevived` where the record has lost entries.
    """
    if len(entries) < begun.sequence:
        lost = f"the record holds {len(entries)} of its first {begun.sequence} entries"
        raise CannotBeRevived(f"{begun.course_id}: {lost}: restore the record first")
    if begun.sequence == 0 or entries[begun.sequence - 1].hash == begun.ledger_head:
        yield begun
    if begun.sequence:
        for first in begun_with(pinned, entries, versions):
            yield Course.blank(begun.course_id, first, begun.timezone)


def _unheard(reports: Sequence[Report], entries: Sequence[Entry]) -> list[Report]:
    """The reports that were accepted, and of which no entry tells."""
    told_of = {(one.source, one.event_id, one.sent_by) for one in entries}
    return [one for one in reports if (one.event.source, one.event.id, one.sent_by) not in told_of]


def _pinned(course: Course) -> PinnedProtocol:
    return PinnedProtocol(protocol=course.protocol, hash=course.protocol_hash)
