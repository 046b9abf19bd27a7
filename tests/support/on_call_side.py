"""The on-call side for tests: the real Escalation on a real server; pager and record store only remember."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Worker

from domain.escalation.ids import escalation_id, escalation_workflow_id
from domain.escalation.ladder import EscalationProgress
from domain.escalation.messages import EscalationView, Kind, Notice, Opening, Page, PageOrder
from domain.oncall.file import OnCall, OnCallQuery, OnCallSnapshot, parse_on_call
from domain.refusal import Refusal, RefusalCode
from domain.values import PersonId, Role, Severity
from gateway.workflow_calls import answer
from tests.support.eventually import eventually, eventually_holds
from tests.workflows.conftest import Temporal
from workflows.escalation import EscalationWorkflow
from workflows.queues import COURSES, PAGING

Told = TypeVar("Told")

_courses = count(1)


class PagerTwin:
    """Knows who is on call; a page reaches everybody but the `unreachable`, and hangs for the `slow`.

    While `knows` is cleared it does not say who is on call, and where it `is_broken` it cannot. While it `is_lost` it
    cannot even try to page anybody.
    """

    def __init__(self, on_call: OnCall) -> None:
        self.on_call = on_call
        self.sent: list[PageOrder] = []
        self.unreachable: set[PersonId] = set()
        self.slow: dict[PersonId, asyncio.Event] = {}
        self.knows = asyncio.Event()
        self.knows.set()
        self.is_broken = False
        self.is_lost = False

    @activity.defn
    async def standing(self, duty: OnCallQuery) -> OnCallSnapshot:
        await self.knows.wait()
        if self.is_broken:
            raise ApplicationError("the rota cannot be told")
        return self.on_call.standing(duty)

    @activity.defn
    async def page(self, order: PageOrder) -> tuple[Page, ...]:
        self.sent.append(order)
        if self.is_lost:
            raise ApplicationError("there is no on-call file", non_retryable=True)
        if order.person in self.slow:
            await self.slow[order.person].wait()
        ok = order.person not in self.unreachable
        error = None if ok else "the channel did not take the page"
        return (Page(at=order.at, step=order.step, person=order.person, channel="twin", ok=ok, error=error),)


class RecordTwin:
    """Keeps the views it is given; while `is_down` it fails like a database that is away."""

    def __init__(self) -> None:
        self.views: list[EscalationView] = []
        self.is_down = False

    @activity.defn
    async def record_escalation(self, view: EscalationView) -> None:
        if self.is_down:
            raise ApplicationError("away")
        self.views.append(view)


@workflow.defn(sandboxed=False)
class CourseTwin:
    """A course that only listens."""

    def __init__(self) -> None:
        self._notices: list[Notice] = []

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def escalation_moved(self, notice: Notice) -> None:
        self._notices.append(notice)

    @workflow.query
    def notices(self) -> list[Notice]:
        return self._notices


class Alarm:
    """One escalation, and the test's hand on its clock."""

    def __init__(self, temporal: Temporal, opening: Opening, pager: PagerTwin, record: RecordTwin) -> None:
        self._temporal = temporal
        self.opening = opening
        self.pager = pager
        self.record = record

    @property
    def handle(self) -> WorkflowHandle[EscalationWorkflow, EscalationView]:
        return self._temporal.client.get_workflow_handle_for(
            EscalationWorkflow.run, escalation_workflow_id(self.opening.id)
        )

    @property
    def paged(self) -> list[tuple[int, PersonId]]:
        """Step and person of each page so far."""
        return [(order.step, order.person) for order in self.pager.sent if order.escalation.id == self.opening.id]

    async def view(self) -> EscalationView:
        return await self._told(lambda: self.handle.query(EscalationWorkflow.view))

    async def shows(self, holds: Callable[[EscalationView], bool]) -> EscalationView:
        """The escalation, as soon as this is so."""

        async def shown() -> EscalationView | None:
            view = await self.view()
            return view if holds(view) else None

        return await eventually(shown)

    async def progress(self) -> EscalationProgress:
        return await self._told(lambda: self.handle.query(EscalationWorkflow.progress))

    async def _told(self, ask: Callable[[], Awaitable[Told]]) -> Told:
        # A run that has just begun is asked again until it is ready.
        return await answer(ask, RefusalCode.UNKNOWN_ESCALATION, self.opening.id)

    async def passes(self, **duration: float) -> None:
        await self._temporal.env.fast_forward(self.handle, timedelta(**duration))

    async def pages(self, *expected: tuple[int, PersonId]) -> None:
        """Waits until exactly these pages were sent since the start; those of one step in any order."""
        await eventually_holds(
            lambda: sorted(self.paged) == sorted(expected), lambda: f"{self.paged} instead of {list(expected)}"
        )

    async def has_sent(self, pages: int) -> None:
        """Waits until at least so many pages were sent since the start."""
        await eventually_holds(lambda: len(self.paged) >= pages, lambda: f"{self.paged} instead of {pages} pages")

    async def told(self, times: int) -> list[Notice]:
        """What the course heard, as soon as it heard so much."""
        course = self._temporal.client.get_workflow_handle(f"course/{self.opening.course_id}")

        async def heard() -> list[Notice] | None:
            notices = await course.query(CourseTwin.notices)
            return notices if len(notices) >= times else None

        return await eventually(heard)


class OnCallSide:
    """The workers of a test, and the alarms that it starts."""

    def __init__(self, temporal: Temporal, on_call: OnCall) -> None:
        self._temporal = temporal
        self._started: list[WorkflowHandle[Any, Any]] = []
        self.pager = PagerTwin(on_call)
        self.record = RecordTwin()

    async def alarm(
        self,
        severity: Severity,
        kind: Kind = Kind.VITALS_OVERDUE,
        *,
        has_course: bool = True,
        session: int | None = 2,
        resolvers: tuple[Role, ...] = (),
    ) -> Alarm:
        """An escalation that has just been opened by a course."""
        course_id = f"EX-{next(_courses)}"
        client = self._temporal.client
        if has_course:
            course = await client.start_workflow(CourseTwin.run, id=f"course/{course_id}", task_queue=COURSES)
            self._started.append(course)
        opening = Opening(
            id=escalation_id(course_id, kind, session, 1),
            course_id=course_id,
            kind=kind,
            session=session,
            severity=severity,
            opened_at=datetime.now(UTC),
            resolvers=resolvers,
        )
        self._started.append(
            await client.start_workflow("Escalation", opening, id=escalation_workflow_id(opening.id), task_queue=PAGING)
        )
        return Alarm(self._temporal, opening, self.pager, self.record)

    def hold_back(self, person: PersonId) -> None:
        """The person's pages stay on their way until the test ends."""
        self.pager.slow[person] = asyncio.Event()

    async def end(self) -> None:
        for handle in self._started:
            with suppress(RPCError):  # it has come to its end by itself
                await handle.terminate()

    def pager_at_work(self, escalation: type = EscalationWorkflow) -> Worker:
        """A worker for escalations and their pages: as `async with`, until its end."""
        return Worker(
            self._temporal.client,
            task_queue=PAGING,
            workflows=[escalation],
            activities=[self.pager.standing, self.pager.page],
        )

    def record_at_work(self) -> Worker:
        """A worker for courses and the record."""
        return Worker(
            self._temporal.client,
            task_queue=COURSES,
            workflows=[CourseTwin],
            activities=[self.record.record_escalation],
        )

    def let_go(self) -> None:
        """Whatever was held back goes on."""
        for event in self.pager.slow.values():
            event.set()


@asynccontextmanager
async def on_call_side(temporal: Temporal, file: str) -> AsyncIterator[OnCallSide]:
    """Workers for both queues, for one test."""
    side = OnCallSide(temporal, parse_on_call(file, "oncall.toml"))
    async with side.pager_at_work(), side.record_at_work():
        yield side
        side.let_go()
        await side.end()


async def refused(act: Awaitable[EscalationView]) -> Refusal:
    """The refusal that an update was answered with."""
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await act
    assert isinstance(failed.value.cause, ApplicationError)
    return Refusal.model_validate(failed.value.cause.details[0])
