"""A clinic for tests: real courses and escalations on a real Temporal server, whose clocks a test moves ahead."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.paging import Paging
from activities.records import Records
from domain.course.answer import Answer
from domain.course.course import Course
from domain.course.deadlines import DeadlineKind
from domain.course.ended_course import EndedCourse
from domain.escalation.ids import EscalationId, course_workflow_id
from domain.escalation.messages import EscalationState, EscalationView
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry, LedgerHead
from domain.oncall.file import OnCall, parse_on_call
from domain.protocol.model import Protocol
from domain.values import Actor, CourseId
from domain.views.course import CourseView
from domain.views.figures import CourseFigures
from domain.views.summary import Batch, CourseSummary
from gateway.courses import Courses, Reported
from gateway.escalations import Escalations
from gateway.protocols import Library, Shelved
from gateway.whole_tasks import applying_whole_tasks
from gateway.workflow_calls import TooMany, Unavailable
from records.errors import CourseErased, RecordStoreUnreachable
from tests.support.cast import WEEKLY
from tests.support.eventually import eventually
from tests.support.on_call_side import PagerTwin
from tests.support.running_stack import example_on_call
from tests.support.ward import Ward
from tests.workflows.conftest import Temporal
from worker import GIVEN_UP_AFTER
from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow
from workflows.queues import COURSES, PAGING

_numbers = count(1)

LOOKS_EVERY = timedelta(seconds=1)
STANDS_AFTER = timedelta(seconds=15)
"""A skip takes about a second for each deadline on its way, and more on a busy machine: a clock that was not moved for
so long stands."""

ON_CALL = parse_on_call(example_on_call(), "oncall.toml")
LIBRARY = Library(shelf=(Shelved(file="kap-im-weekly.toml", protocol=WEEKLY),))


class RecordsTwin:
    """A record store in memory; while `is_away` it fails like one that is not there.

    While its ledger `differs` from the course's it takes nothing, and no retry would cure that.
    """

    def __init__(self) -> None:
        self.entries: dict[CourseId, list[Entry]] = {}
        self.summaries: dict[CourseId, CourseSummary] = {}
        self.figures: dict[CourseId, list[CourseFigures]] = {}
        self.goes_first: dict[CourseId, list[bool]] = {}
        self.escalations: dict[EscalationId, EscalationView] = {}
        self.ended: dict[CourseId, Course] = {}
        self.erased: dict[CourseId, datetime] = {}
        self.is_away = False
        self.differs = False

    @activity.defn(name=Records.append_entries.__name__)
    async def append_entries(self, batch: Batch) -> None:
        if self.is_away:
            raise ApplicationError("away")
        if self.differs:
            raise ApplicationError("other content", non_retryable=True)
        kept = self.entries.setdefault(batch.course_id, [])
        assert [entry.sequence for entry in batch.entries][:1] <= [len(kept) + 1], "the ledger has a gap"
        kept.extend(batch.entries[len(kept) - batch.entries[0].sequence + 1 :])
        self.summaries[batch.course_id] = batch.summary
        if batch.figures is not None:
            self.figures.setdefault(batch.course_id, []).append(batch.figures)
        if batch.goes_first is not None:
            self.goes_first.setdefault(batch.course_id, []).append(batch.goes_first)

    @activity.defn(name=Records.keep_ended_course.__name__)
    async def keep_ended_course(self, ended: EndedCourse) -> None:
        if self.is_away:
            raise ApplicationError("away")
        self.ended[ended.head.course_id] = ended.read()

    @activity.defn(name=Records.is_kept.__name__)
    async def is_kept(self, head: LedgerHead) -> bool:
        kept = await self.ended_course(head.course_id)
        return kept is not None and kept.head == head

    async def ended_course(self, course_id: CourseId) -> Course | None:
        """For whoever asks after a course, as the record store answers."""
        self._check_there()
        if (at := self.erased.get(course_id)) is not None:
            raise CourseErased(course_id, at, (len(self.entries[course_id]), "as stored"))
        kept = self.ended.get(course_id)
        return kept if kept and kept.sequence == len(self.entries[course_id]) else None

    async def erased_at(self, course_id: CourseId) -> datetime | None:
        return None if self.is_away else self.erased.get(course_id)

    async def has_course(self, course_id: str) -> bool:
        self._check_there()
        return course_id in self.entries

    @activity.defn(name=Records.record_escalation.__name__)
    async def record_escalation(self, view: EscalationView) -> None:
        if self.is_away:
            raise ApplicationError("away")
        self.escalations[view.id] = view

    def _check_there(self) -> None:
        if self.is_away:
            raise RecordStoreUnreachable("PostgreSQL does not answer")

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        return (self.append_entries, self.keep_ended_course, self.is_kept, self.record_escalation)


class Patient:
    """One course on the server, and the test's hand on its clock."""

    def __init__(self, clinic: "Clinic", course_id: CourseId) -> None:
        self._clinic = clinic
        self.course = course_id

    @property
    def handle(self) -> WorkflowHandle[PatientCourse, LedgerHead | None]:
        return self._clinic.temporal.client.get_workflow_handle_for(PatientCourse.run, course_workflow_id(self.course))

    async def sends(self, event: ClinicEvent) -> Answer:
        """The clinic reports it: it is accepted."""
        return (await self.reports(event)).answer

    async def reports(self, event: ClinicEvent) -> Reported:
        """Sent again until somebody decides it, as the contract tells a clinic's software to."""

        async def decided() -> Reported | None:
            with suppress(Unavailable, TooMany):
                return await self._clinic.courses.report(event)
            return None

        return await eventually(decided)

    async def view(self) -> CourseView:
        return await self._clinic.courses.view(self.course)

    async def now(self) -> datetime:
        """What the course's own clock shows."""
        return await self._clinic.temporal.env.get_current_time(self.handle)

    async def passes(self, length: timedelta) -> None:
        """The course's clock moves ahead, up to where an escalation opens: with one open it stands, see `Clinic`."""
        skipping = asyncio.create_task(self._clinic.temporal.env.fast_forward(self.handle, length))
        seen, stands_for = await self.now(), timedelta()
        while stands_for < STANDS_AFTER:
            done, _ = await asyncio.wait({skipping}, timeout=LOOKS_EVERY.total_seconds())
            if done:
                await skipping
                return
            before, seen = seen, await self.now()
            is_moved = seen - before > 5 * LOOKS_EVERY
            stands_for = timedelta() if is_moved else stands_for + LOOKS_EVERY
        skipping.cancel()
        with suppress(asyncio.CancelledError):
            await skipping

    async def until(self, kind: DeadlineKind) -> None:
        """The course's clock moves on until the first deadline of this kind has passed."""
        due = next(one for one in (await self.view()).deadlines if one.kind is kind)
        await self.passes(due.passes_at - await self.now() + timedelta(seconds=1))

    async def accepted(self) -> int:
        """How many updates entered history, of all its runs."""
        accepted, client, run_id = 0, self._clinic.temporal.client, (await self.handle.describe()).run_id
        while run_id:
            history = await client.get_workflow_handle(self.handle.id, run_id=run_id).fetch_history()
            events = history.events
            accepted += sum(one.HasField("workflow_execution_update_accepted_event_attributes") for one in events)
            run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        return accepted

    async def ledger(self) -> list[Entry]:
        """Every entry, once the record has all of them."""
        records = self._clinic.records

        async def is_whole() -> list[Entry] | None:
            kept = records.entries.get(self.course, [])
            return kept if len(kept) == (await self.view()).sequence else None

        return await eventually(is_whole)

    async def is_called(self, person: Actor, times: int = 1) -> None:
        """Waits until the person was paged so often about this course, and holds that it was not more often."""

        async def paged() -> bool:
            return self._clinic.paged(person, self.course) >= times

        await eventually(paged)
        assert self._clinic.paged(person, self.course) == times


class Clinic:
    """Everybody's courses. While an escalation is open, the server moves its course's clock for nobody."""

    def __init__(self, temporal: Temporal, on_call: OnCall) -> None:
        self.temporal = temporal
        self.pager = PagerTwin(on_call)
        self.records = RecordsTwin()
        self.courses = Courses(temporal.client, LIBRARY, self.records, allow_unapproved=True)
        self.escalations = Escalations(temporal.client)
        self._patients: list[Patient] = []

    def follows(self, protocol: Protocol) -> None:
        """Its courses begin with this version of the weekly protocol from now on."""
        library = Library(shelf=(Shelved(file="kap-im-weekly.toml", protocol=protocol),))
        self.courses = Courses(self.temporal.client, library, self.records, allow_unapproved=True)

    def expects(self, name: str = "MARA") -> Patient:
        """A patient whom nobody has referred yet."""
        patient = Patient(self, f"{name}-{next(_numbers)}-{datetime.now(UTC):%H%M%S%f}")
        self._patients.append(patient)
        return patient

    async def has(self, so_far: Callable[[Ward], Ward], name: str = "MARA") -> Patient:
        """A patient whose course has come so far on good days only, the last of them now."""
        patient = self.expects(name)
        on_paper = so_far(Ward(patient.course))
        past = so_far(Ward(patient.course, now=on_paper.began_at + (datetime.now(UTC) - on_paper.now)))
        for event, _ in past.answers:
            await patient.sends(event)
        return patient

    def paged(self, person: Actor, course: CourseId) -> int:
        """How often the person was paged about the course."""
        sent = self.pager.sent
        return len([one for one in sent if one.person == person.id and one.escalation.course_id == course])

    async def is_resolved(self, escalation: EscalationId) -> EscalationView:
        """Waits until it has come to its end, and its course knows."""

        async def resolved() -> EscalationView | None:
            view = await self.escalations.view(escalation)
            known = {one.id for one in (await self.courses.view(view.course_id)).escalations}
            return view if view.state is EscalationState.RESOLVED and escalation not in known else None

        return await eventually(resolved)

    async def end(self) -> None:
        for patient in self._patients:
            prefix = patient.course
            query = f'WorkflowId STARTS_WITH "course/{prefix}" OR WorkflowId STARTS_WITH "escalation/{prefix}"'
            async for running in self.temporal.client.list_workflows(f'({query}) AND ExecutionStatus="Running"'):
                with suppress(RPCError):  # it has come to its own end meanwhile
                    await self.temporal.client.get_workflow_handle(running.id).terminate()


@asynccontextmanager
async def working(
    clinic: Clinic,
    paging: Paging | None = None,
    deployment: WorkerDeploymentConfig | None = None,
    remembered: int = 1000,
) -> AsyncIterator[None]:
    """The clinic has workers meanwhile, which remember so many runs; its pager only remembers, unless it is real."""
    pager = paging or clinic.pager
    async with (
        applying_whole_tasks(
            Worker(
                clinic.temporal.client,
                task_queue=COURSES,
                workflows=[PatientCourse],
                activities=clinic.records.activities,
                deployment_config=deployment,
                sticky_queue_schedule_to_start_timeout=GIVEN_UP_AFTER,
                max_cached_workflows=remembered,
            )
        ),
        applying_whole_tasks(
            Worker(
                clinic.temporal.client,
                task_queue=PAGING,
                workflows=[EscalationWorkflow],
                activities=[pager.standing, pager.page],
                deployment_config=deployment,
                sticky_queue_schedule_to_start_timeout=GIVEN_UP_AFTER,
                max_cached_workflows=remembered,
            )
        ),
    ):
        yield


@asynccontextmanager
async def open_clinic(
    temporal: Temporal, on_call: OnCall = ON_CALL, paging: Paging | None = None, *, remembered: int = 1000
) -> AsyncIterator[Clinic]:
    """A clinic with its workers, for one test."""
    clinic = Clinic(temporal, on_call)
    async with working(clinic, paging, remembered=remembered):
        yield clinic
        await clinic.end()
    # What the worker's cache held logs a traceback when it is collected; collected within `ast.parse`, where pytest
    # imports something later, that breaks Python 3.11's parser.
    gc.collect()
