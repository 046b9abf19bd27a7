"""A course that nobody watches over any more is told to people, dosed or not, though nothing of it is due for days."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from html import unescape
from itertools import islice
from uuid import uuid4

import httpx
import pytest
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.course.answer import AlreadyAnswered
from domain.escalation.ids import course_workflow_id, escalation_workflow_id
from domain.escalation.messages import EscalationState, EscalationView
from domain.escalation.silence import SilenceReason, words
from domain.events.clinic_events import ClinicEvent
from domain.refusal import Refused
from domain.values import CourseId, Severity
from gateway.courses import Courses, NothingRecorded, Reported
from gateway.protocols import load_folder
from records.store import EscalationFilter, RecordStore, open_store
from tests.support.cast import adverse_event, note
from tests.support.cli import Said, kapstan
from tests.support.eventually import eventually
from tests.support.running_stack import Floor, Inbox, example_course, floor, fresh_folder, inbox, sent, spoken_to
from workflows.course import PatientCourse
from workflows.course_messages import CourseRun
from workflows.queues import COURSES

MONITORING_SILENT = "URGENT: monitoring silent"
EVENT_TO_REVIEW = "URGENT: event to review"


@workflow.defn(name="PatientCourse")
class Broken:
    """The course's workflow in a release with a fault."""

    def __init__(self) -> None:
        raise ValueError("a fault")

    @workflow.run
    async def run(self) -> None: ...


@workflow.defn(name="PatientCourse", failure_exception_types=[Refused, AlreadyAnswered])
class Odd(PatientCourse):
    """The course's workflow in a release that nobody has any more: its history has a timer that no other sets."""

    @workflow.init
    def __init__(self, run: CourseRun) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: CourseRun) -> None:
        self._odd = asyncio.create_task(asyncio.sleep(3600))
        await super().run(run)


class Night:
    """A whole Kapstan, its record, and whoever is paged."""

    def __init__(self, running: Floor, received: Inbox, client: Client, courses: Courses, store: RecordStore) -> None:
        self.running = running
        self.received = received
        self.client = client
        self.courses = courses
        self.store = store
        self.browser: httpx.AsyncClient

    async def has(self, *courses: CourseId) -> None:
        """These were referred, nobody is dosed, and the record knows them: nothing is due for days."""
        for course in courses:
            referral = next(iter(example_course(course, datetime.now(UTC))))
            await self.reports(referral)
        for course in courses:
            await eventually(lambda course=course: self.store.course(course))  # type: ignore[misc]

    async def reports(self, event: ClinicEvent) -> Reported:
        return await sent(self.courses, event)

    async def alarm(self, course: CourseId, state: EscalationState = EscalationState.OPEN) -> EscalationView:
        """The watch's alarm of the course, as soon as it stands so and somebody was paged."""

        async def raised() -> EscalationView | None:
            found = await self.store.escalation(f"{course}~orchestrator_silent~0~1")
            return found if found is not None and found.state is state and found.pages else None

        return await eventually(raised)

    async def alarms(self) -> list[str]:
        """The courses of all that is not resolved."""
        found = await self.store.escalations(EscalationFilter(state=EscalationState.OPEN))
        return sorted(one.course_id for one in found)

    async def is_paged(self, course: CourseId, title: str) -> bool:
        return title in {page.title for page in self.received.of(course)}

    async def has_recorded(self, course: CourseId, event: ClinicEvent) -> bool:
        return event.id in {one.event_id for one in await self.store.ledger(course)}

    async def says(self, *command: str) -> Said:
        """What `kapstan …` says of this stack."""
        return await kapstan(*command, "--data", str(self.running.data))

    async def cannot_record(self, course: CourseId) -> bool:
        return await self.store.escalation(f"{course}~record_store_behind~0~1") is not None

    async def shows(self, path: str, said: str) -> httpx.Response:
        """What is answered there, as soon as it says so."""

        async def found() -> httpx.Response | None:
            answered = await self.browser.get(path, headers={"Accept": "text/html"})
            return answered if said in unescape(answered.text) else None

        return await eventually(found)


@pytest.fixture
async def night() -> AsyncIterator[Night]:
    with fresh_folder() as folder:
        async with AsyncExitStack() as stack:
            received = await stack.enter_async_context(inbox())
            running = await stack.enter_async_context(floor(received, folder))
            found = await running.stack()
            assert found is not None
            assert found.admin_token_file is not None
            client = await spoken_to(found)
            courses = Courses(client, load_folder(found.protocols), NothingRecorded(), allow_unapproved=True)
            store = await stack.enter_async_context(open_store(found.database))
            token = found.admin_token_file.read_text(encoding="utf-8").strip()
            opened = Night(running, received, client, courses, store)
            opened.browser = await stack.enter_async_context(
                httpx.AsyncClient(base_url=str(found.console), headers={"Authorization": f"Bearer {token}"}, timeout=60)
            )
            yield opened


async def test_a_course_that_somebody_ended_in_temporal_is_told(night: Night) -> None:
    """By the button of its UI, say: nobody is dosed and nothing is due, and nothing is watched any more either."""
    await night.has("NIKO", "MARA")

    await night.client.get_workflow_handle(course_workflow_id("NIKO")).terminate("by mistake")
    alarm = await night.alarm("NIKO")

    assert (alarm.id, alarm.session, alarm.severity) == ("NIKO~orchestrator_silent~0~1", None, Severity.URGENT)
    assert alarm.note == words(SilenceReason.ENDED)
    (page, *_) = night.received.of("NIKO")
    assert (page.title, page.body.splitlines()[0]) == (MONITORING_SILENT, "Course NIKO")
    assert await night.alarms() == ["NIKO"]
    for path in ("/", "/courses/NIKO", "/escalations"):
        await night.shows(path, words(SilenceReason.ENDED))
    await night.shows("/metrics", 'kapstan_courses_silent{found="ended"} 1.0')


async def test_an_escalation_that_somebody_ended_in_temporal_is_told(night: Night) -> None:
    """It pages nobody any more, while its course and the record say that it is open."""
    await night.has("MARA")
    await night.reports(adverse_event("MARA", None, grade=3, at=datetime.now(UTC)))

    async def opened() -> EscalationView | None:
        found = await night.store.escalations(EscalationFilter(course_id="MARA"))
        return found[0] if found else None

    escalation = await eventually(opened)
    await night.client.get_workflow_handle(escalation_workflow_id(escalation.id)).terminate("by mistake")
    alarm = await night.alarm("MARA")

    assert alarm.note == words(SilenceReason.ENDED, escalation.id)


async def test_a_course_whose_task_keeps_failing_is_told_and_heals(night: Night) -> None:
    """A release with a fault: found by Temporal's own list, said wherever one looks, and over with the next release."""
    await night.has("NIKO")

    async with night.running.without_workers(), broken_worker(night.client):
        asking = asyncio.create_task(asks_in_vain(night.courses, "NIKO"))
        alarm = await night.alarm("NIKO")
        shown = await night.shows("/courses/NIKO", words(SilenceReason.KEEPS_FAILING))
        await night.shows("/", words(SilenceReason.KEEPS_FAILING))
        await night.shows("/metrics", 'kapstan_courses_silent{found="keeps_failing"} 1.0')
        asking.cancel()
    over = await night.alarm("NIKO", EscalationState.RESOLVED)

    assert alarm.note == words(SilenceReason.KEEPS_FAILING)
    assert alarm.severity is Severity.URGENT
    assert {page.title for page in night.received.of("NIKO")} == {MONITORING_SILENT}
    assert shown.status_code == 503
    assert (over.resolved_by, over.note) == (None, "Kapstan moves again")


async def test_a_course_whose_history_cannot_be_lived_again_is_revived(night: Night) -> None:
    """Its task fails for ever, whatever release comes: `kapstan revive` has it begin anew, where its ledger ends.

    The clinic's events are known when they come again, nobody is paged twice for what they were paged for, and Temporal
    and the record agree.
    """
    events = list(islice(example_course("NIKO", datetime.now(UTC)), 6))
    grave = adverse_event("NIKO", None, grade=3, at=datetime.now(UTC))
    async with night.running.without_workers(), odd_worker(night.client):
        for event in (*events, grave):
            await night.reports(event)
    await eventually(lambda: night.is_paged("NIKO", EVENT_TO_REVIEW))
    await night.alarm("NIKO")
    await night.shows("/courses/NIKO", words(SilenceReason.KEEPS_FAILING))

    assert (await night.says("revive", "NIKO", "--dry-run")).code == 0
    assert (await night.says("verify")).code == 1
    revived = await night.says("revive", "NIKO")
    over = await night.alarm("NIKO", EscalationState.RESOLVED)

    assert revived.code == 0, revived.err
    assert over.note == "Kapstan moves again"
    assert all([(await night.reports(event)).replayed for event in (*events, grave)])
    assert [one.state for one in (await night.courses.view("NIKO")).escalations] == [EscalationState.OPEN]
    assert [one.title for one in night.received.of("NIKO")].count(EVENT_TO_REVIEW) == 1
    later = note("NIKO", at=datetime.now(UTC), of="NIKO~adverse_event~0~1")
    await night.reports(later)
    await eventually(lambda: night.has_recorded("NIKO", later))
    ledger = await night.store.ledger("NIKO")
    assert [one.event_id for one in ledger if one.event_id] == [one.id for one in (*events, grave, later)]
    verified = await night.says("verify")
    assert verified.code == 0, verified.out
    assert (await night.says("revive", "NIKO")).code == 1, "nothing is wrong with it any more"


async def test_a_course_that_was_set_back_behind_its_ledger_is_revived(night: Night) -> None:
    """A reset decides anew what the ledger has: the two differ for ever. Ended and revived, they agree again."""
    await night.has("MARA")
    handle = night.client.get_workflow_handle(course_workflow_id("MARA"))
    _, consent, *_ = example_course("MARA", datetime.now(UTC))
    await night.reports(consent)
    await eventually(lambda: night.has_recorded("MARA", consent))

    await set_back(night.client, handle.id)
    await eventually(lambda: night.cannot_record("MARA"))
    assert (await night.says("verify", "MARA")).code == 1
    assert (await night.says("revive", "MARA")).code == 1, "it goes on"
    await handle.terminate("set back behind its ledger")
    revived = await night.says("revive", "MARA")

    assert revived.code == 0, revived.err
    assert (await night.reports(consent)).replayed
    verified = await night.says("verify", "MARA")
    assert verified.code == 0, verified.out


async def asks_in_vain(courses: Courses, course: CourseId) -> None:
    """The clinic sends its next event until it is taken."""
    _, event, *_ = example_course(course, datetime.now(UTC))
    while True:
        with suppress(Exception):
            await courses.report(event)
            return


@asynccontextmanager
async def broken_worker(client: Client) -> AsyncIterator[None]:
    async with Worker(client, task_queue=COURSES, workflows=[Broken], workflow_runner=UnsandboxedWorkflowRunner()):
        yield


@asynccontextmanager
async def odd_worker(client: Client) -> AsyncIterator[None]:
    async with Worker(client, task_queue=COURSES, workflows=[Odd], workflow_runner=UnsandboxedWorkflowRunner()):
        yield


async def set_back(client: Client, workflow_id: str) -> None:
    """An operator resets the workflow to where its first task had finished; the events come again."""
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    first = next(
        one.event_id for one in history.events if one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    )
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id),
            workflow_task_finish_event_id=first,
            request_id=uuid4().hex,
            reason="set back by hand",
        )
    )
