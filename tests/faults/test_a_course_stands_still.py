"""A course that nobody watches over any more is told to people, dosed or not, though nothing of it is due for days."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.escalation.ids import course_workflow_id, escalation_workflow_id
from domain.escalation.messages import EscalationState, EscalationView
from domain.escalation.silence import SilenceReason, words
from domain.values import CourseId, Severity
from gateway.courses import Courses, NothingRecorded
from gateway.protocols import load_folder
from records.store import EscalationFilter, RecordStore, open_store
from tests.support.cast import adverse_event
from tests.support.eventually import eventually
from tests.support.running_stack import Floor, Inbox, example_course, floor, fresh_folder, inbox, spoken_to
from workflows.queues import COURSES

MONITORING_SILENT = "URGENT: monitoring silent"


@workflow.defn(name="PatientCourse")
class Broken:
    """The course's workflow in a release with a fault."""

    def __init__(self) -> None:
        raise ValueError("a fault")

    @workflow.run
    async def run(self) -> None: ...


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
            await self.courses.report(referral)
        for course in courses:
            await eventually(lambda course=course: self.store.course(course))  # type: ignore[misc]

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
    await night.courses.report(adverse_event("MARA", None, grade=3, at=datetime.now(UTC)))

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
