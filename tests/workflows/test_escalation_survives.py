"""What an escalation survives: its own bugs until a deploy cures them, a cancellation, a course that forgot it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError

from domain.escalation.escalation import EscalationRun
from domain.escalation.messages import (
    Acknowledge,
    Change,
    EscalationState,
    EscalationView,
    Repeat,
    Resolve,
    Settlement,
)
from domain.oncall.file import parse_on_call
from domain.values import Severity
from workflows.escalation import EscalationWorkflow

# The sandbox that the releases with a bug run in reads this module again, and needs none of these.
with workflow.unsafe.imports_passed_through():
    from tests.support.eventually import eventually, eventually_holds
    from tests.support.on_call_side import Alarm, OnCallSide, on_call_side
    from tests.support.running_stack import example_on_call
    from tests.workflows.conftest import Temporal

CLINIC = example_on_call()
LIND, OSEI = "lind", "osei"


@pytest.fixture
async def night(temporal: Temporal) -> AsyncIterator[OnCallSide]:
    async with on_call_side(temporal, CLINIC) as side:
        yield side


@workflow.defn(name="Escalation")
class SilentMessenger(EscalationWorkflow):
    """A release with a bug: what tells the course fails at its first word."""

    @workflow.init
    def __init__(self, start: EscalationRun) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: EscalationRun) -> EscalationView:
        return await super().run(start)

    async def _tell_the_course(self) -> None:
        raise ApplicationError("a bug, of a kind that Temporal takes for a failure of the workflow")


@workflow.defn(name="Escalation")
class SilentPager(EscalationWorkflow):
    """A release with a bug: what pages people fails."""

    @workflow.init
    def __init__(self, start: EscalationRun) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: EscalationRun) -> EscalationView:
        return await super().run(start)

    async def _page_everybody(self, *_: object) -> None:
        raise TimeoutError


@workflow.defn(name="Escalation")
class SilentRecorder(EscalationWorkflow):
    """A release with a bug: what keeps the record fails."""

    @workflow.init
    def __init__(self, start: EscalationRun) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: EscalationRun) -> EscalationView:
        return await super().run(start)

    async def _keep_the_record(self) -> None:
        raise KeyError("a bug")


@pytest.mark.parametrize("release", [SilentMessenger, SilentPager, SilentRecorder])
async def test_a_bug_beside_the_ladder_is_seen_and_cured_by_a_deploy(temporal: Temporal, release: type) -> None:
    """The workflow task fails, which Temporal shows and tries again; the next release goes on, and nothing is lost."""
    side = OnCallSide(temporal, parse_on_call(CLINIC, "oncall.toml"))
    async with side.record_at_work(), AsyncExitStack() as finally_:
        async with side.pager_at_work(release):
            alarm = await side.alarm(Severity.URGENT)
            finally_.push_async_callback(side.end)
            await eventually(lambda: has_failed_a_task(alarm))
        assert (await alarm.handle.describe()).status is WorkflowExecutionStatus.RUNNING

        async with side.pager_at_work():
            await alarm.pages((1, LIND))
            await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))
            assert [notice.change for notice in await alarm.told(1)] == [Change.ACKNOWLEDGED]
            await eventually_holds(lambda: bool(side.record.views), lambda: "no record")


async def test_a_cancellation_ends_no_escalation(night: OnCallSide) -> None:
    """Cancelled while it waits for an answer, it pages its next step, is acknowledged and resolved as ever."""
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))

    await alarm.handle.cancel()
    await eventually(lambda: says_that_it_was_cancelled(alarm))
    await alarm.passes(minutes=5, seconds=1)

    await alarm.pages((1, LIND), (2, OSEI))
    view = await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=OSEI))
    assert view.state is EscalationState.ACKNOWLEDGED
    assert await says_that_it_was_cancelled(alarm)
    await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=OSEI, note="Seen"))
    assert (await alarm.handle.result()).resolved_by == OSEI
    assert (await alarm.handle.describe()).status is WorkflowExecutionStatus.COMPLETED
    assert [notice.change for notice in await alarm.told(2)] == [Change.ACKNOWLEDGED, Change.RESOLVED]


async def test_a_cancellation_loses_no_page(night: OnCallSide) -> None:
    """Neither the question who is on call nor a page under way is cut off by it."""
    night.pager.knows.clear()
    alarm = await night.alarm(Severity.EMERGENCY)
    await alarm.handle.cancel()
    await eventually(lambda: says_that_it_was_cancelled(alarm))

    night.hold_back(LIND)
    night.pager.knows.set()
    await alarm.pages((1, LIND), (1, OSEI))
    night.let_go()

    await eventually(lambda: has_pages(alarm, 2))
    assert all(page.ok for page in (await alarm.view()).pages)


async def test_a_page_under_way_survives_a_cancellation(night: OnCallSide) -> None:
    """The phone that is just ringing rings on."""
    night.hold_back(LIND)
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))

    await alarm.handle.cancel()
    await eventually(lambda: says_that_it_was_cancelled(alarm))
    night.let_go()

    await eventually(lambda: has_pages(alarm, 1))
    assert [page.ok for page in (await alarm.view()).pages] == [True]


async def test_a_course_that_forgot_its_escalation_is_told_how_it_stands(night: OnCallSide) -> None:
    """Reset to before the breach it opens the same escalation again; asked to report back, it says who has it."""
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))
    await alarm.handle.signal(EscalationWorkflow.report_back)
    await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND, note="On my way"))

    await alarm.handle.signal(EscalationWorkflow.report_back)

    told = [(notice.change, notice.by, notice.note) for notice in await alarm.told(2)]
    assert told == [(Change.ACKNOWLEDGED, LIND, "On my way")] * 2, "as long as it has only been opened it has no news"
    assert alarm.paged == [(1, LIND)]


async def test_a_resolved_escalation_that_waits_for_the_record_reports_back(night: OnCallSide) -> None:
    """The course hears once more that it is resolved, by whom and how."""
    night.record.is_down = True
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))
    await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=LIND, note="Seen"))

    await alarm.handle.signal(EscalationWorkflow.report_back)

    assert [(one.change, one.by, one.note) for one in await alarm.told(2)] == [(Change.RESOLVED, LIND, "Seen")] * 2


async def test_what_has_arrived_once_resolves_what_is_open_again_no_more(night: OnCallSide) -> None:
    """The reading came, and then none again: the course's word of the first is not sent off Temporal once more."""
    night.record.is_down = True  # the escalation waits for the record, and can be opened again
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))
    arrived = Settlement(at=datetime.now(UTC), reason="the reading has arrived")
    await alarm.handle.signal(EscalationWorkflow.settle, arrived)
    await alarm.handle.signal(EscalationWorkflow.repeat, Repeat(severity=Severity.URGENT, at=datetime.now(UTC)))
    await alarm.pages((1, LIND), (1, LIND))

    await alarm.handle.signal(EscalationWorkflow.settle, arrived)
    assert (await alarm.view()).state is EscalationState.OPEN

    await alarm.handle.signal(EscalationWorkflow.settle, arrived.but(at=datetime.now(UTC)))
    assert (await alarm.view()).state is EscalationState.RESOLVED


async def has_failed_a_task(alarm: Alarm) -> bool:
    async for event in alarm.handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            return event.workflow_task_failed_event_attributes.failure.application_failure_info.type == "GoneWrong"
    return False


async def says_that_it_was_cancelled(alarm: Alarm) -> bool:
    return "cancelled in Temporal, and goes on" in str(await alarm.handle.query("__temporal_workflow_metadata"))


async def has_pages(alarm: Alarm, number: int) -> bool:
    return len((await alarm.view()).pages) == number
