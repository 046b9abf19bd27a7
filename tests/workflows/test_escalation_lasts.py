"""What an escalation's history holds: nothing that names anybody, and everything it needs to go on for months."""

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from domain.escalation.ladder import EscalationProgress
from domain.escalation.messages import Acknowledge, EscalationState, EscalationView, Kind, Resolve
from domain.values import Severity
from gateway.temporal import data_converter
from tests.support.on_call_side import Alarm, on_call_side
from tests.support.running_stack import example_on_call
from tests.workflows.conftest import Temporal, running_temporal
from workflows.escalation import EscalationWorkflow

CLINIC = example_on_call()
LIND, OSEI = "lind", "osei"


@pytest.fixture(scope="module")
async def told_story(temporal: Temporal) -> WorkflowHistory:
    """The history of an escalation that climbed, was promised, lapsed and was resolved."""
    async with on_call_side(temporal, CLINIC) as side:
        alarm = await side.alarm(Severity.URGENT)
        await alarm.pages((1, LIND))
        await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))
        await alarm.passes(minutes=61)
        await alarm.pages((1, LIND), (2, OSEI))
        await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=OSEI, note="Done"))
        await alarm.handle.result()
        return await alarm.handle.fetch_history()


async def test_a_worker_that_starts_anew_tells_the_same_story(told_story: WorkflowHistory) -> None:
    """Replayed by today's code, the history asks for the very same pages and timers."""
    replayer = Replayer(workflows=[EscalationWorkflow], data_converter=data_converter())

    result = await replayer.replay_workflow(told_story, raise_on_replay_failure=False)

    assert result.replay_failure is None


async def test_no_name_and_no_contact_enters_the_history(told_story: WorkflowHistory) -> None:
    """People are there by their ids; how they are called and reached stays in the on-call file."""
    history = b"".join(event.SerializeToString() for event in told_story.events)

    assert LIND.encode() in history
    for secret in ("json://", "127.0.0.1:9900", "Duty nurse", "Dr Osei"):
        assert secret.encode() not in history


async def test_a_long_climb_is_carried_over_into_a_new_run() -> None:
    """When Temporal asks for a shorter history, the next run knows state, step, pages and the moment that is due."""
    short = {"limit.historyCount.suggestContinueAsNew": "25"}
    async with running_temporal(**short) as temporal, on_call_side(temporal, CLINIC) as side:
        alarm = await side.alarm(Severity.EMERGENCY, Kind.VITALS_EMERGENCY)
        await alarm.pages((1, LIND), (1, OSEI))
        first_run = (await alarm.handle.describe()).run_id
        before, progress = await settled(alarm, pages=2)

        await alarm.passes(minutes=1, seconds=1)
        after, _ = await settled(alarm, pages=5)

        assert (await alarm.handle.describe()).run_id != first_run
        assert (before.step, progress.next_step, after.step, after.state) == (1, 2, 2, EscalationState.OPEN)
        assert after.pages[:2] == before.pages
        await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=LIND, note="Done"))
        assert (await alarm.handle.result()).pages == after.pages


async def settled(alarm: Alarm, *, pages: int) -> tuple[EscalationView, EscalationProgress]:
    """The escalation as soon as so many pages came back."""
    return await alarm.shows(lambda view: len(view.pages) >= pages), await alarm.progress()
