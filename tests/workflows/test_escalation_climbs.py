"""An escalation on the real server: who is paged, when, and what makes it stop."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest
from temporalio.client import WorkflowUpdateStage

from domain.escalation.messages import (
    Acknowledge,
    Change,
    EscalationState,
    Kind,
    Reassign,
    Repeat,
    Resolve,
    Settlement,
    Snooze,
)
from domain.refusal import FieldError, RefusalCode
from domain.values import Role, Severity
from tests.support.eventually import eventually_holds
from tests.support.on_call_side import Alarm, OnCallSide, on_call_side, refused
from tests.support.running_stack import example_on_call
from tests.workflows.conftest import Temporal
from workflows.escalation import EscalationWorkflow

CLINIC = example_on_call()
LIND, OSEI, WARD, DESK, FALLBACK = "lind", "osei", "ward", "desk", "fallback"


@pytest.fixture
async def night(temporal: Temporal) -> AsyncIterator[OnCallSide]:
    """The example clinic: Lind holds the nurse's rota, Osei and Ward are prescribers."""
    async with on_call_side(temporal, CLINIC) as side:
        yield side


async def test_nobody_answers_and_the_ladder_is_climbed_and_started_again(night: OnCallSide) -> None:
    """Urgent: the nurse at once, Dr Osei after 5 min, the director after 10 more, after 15 more the nurse again."""
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))

    await alarm.passes(minutes=4)
    assert alarm.paged == [(1, LIND)]

    await alarm.passes(minutes=1, seconds=1)
    await alarm.pages((1, LIND), (2, OSEI))
    await alarm.passes(minutes=10)
    await alarm.pages((1, LIND), (2, OSEI), (3, WARD))
    await alarm.passes(minutes=15)
    await alarm.pages((1, LIND), (2, OSEI), (3, WARD), (1, LIND))


async def test_an_acknowledgement_stops_the_ladder_until_the_promise_lapses(night: OnCallSide) -> None:
    """Not resolved within 60 min of the acknowledgement, it is open again and pages from the next step."""
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))

    view = await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))
    assert (view.state, view.acknowledged_by) == (EscalationState.ACKNOWLEDGED, LIND)

    await alarm.passes(minutes=59)
    assert alarm.paged == [(1, LIND)]
    await alarm.passes(minutes=2)
    await alarm.pages((1, LIND), (2, OSEI))
    view = await alarm.view()
    assert (view.state, view.step, view.acknowledged_by) == (EscalationState.OPEN, 2, None)
    assert [(notice.change, notice.by) for notice in await alarm.told(2)] == [
        (Change.ACKNOWLEDGED, LIND),
        (Change.REOPENED, None),
    ]


async def test_acknowledging_again_changes_nothing_and_another_takes_over(night: OnCallSide) -> None:
    """The same person twice gets the same answer; somebody else is recorded as the one who has it."""
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))

    first = await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))
    await eventually_holds(lambda: bool(alarm.record.views), lambda: "no record")
    again = await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))
    assert again.but(pages=()) == first.but(pages=(), revision=again.revision)

    taken_over = await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=OSEI))
    assert taken_over.acknowledged_by == OSEI
    assert [notice.by for notice in await alarm.told(2)] == [LIND, OSEI]


async def test_a_resolved_escalation_ends_once_course_and_record_know(night: OnCallSide) -> None:
    """It completes with its last view; the course heard who resolved it and how, the record holds the same view."""
    alarm = await night.alarm(Severity.EMERGENCY, Kind.VITALS_EMERGENCY)
    await alarm.pages((1, LIND), (1, OSEI))

    await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=OSEI, note="Seen, pressure falling"))
    view = await alarm.handle.result()

    assert (view.state, view.resolved_by, view.note) == (EscalationState.RESOLVED, OSEI, "Seen, pressure falling")
    assert {(page.step, page.person, page.ok) for page in view.pages} == {(1, LIND, True), (1, OSEI, True)}
    assert alarm.record.views[-1] == view
    [notice] = await alarm.told(1)
    assert (notice.change, notice.by, notice.note) == (Change.RESOLVED, OSEI, "Seen, pressure falling")


async def test_a_question_of_safety_is_resolved_by_a_clinician(night: OnCallSide) -> None:
    """The desk may acknowledge it; resolving is refused with the role that must, and it stays open."""
    alarm = await night.alarm(
        Severity.URGENT, Kind.SUICIDE_RISK, session=None, resolvers=(Role.PRESCRIBER, Role.MONITOR)
    )
    await alarm.pages((1, LIND))
    await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=DESK))

    refusal = await refused(alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=DESK, note="Called")))
    assert (refusal.code, [one.code for one in refusal.blockers]) == (
        RefusalCode.BLOCKED,
        ["actor.role_not_allowed"],
    )
    assert (await alarm.view()).state is EscalationState.ACKNOWLEDGED

    await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=OSEI, note="Seen; safety plan made"))
    assert (await alarm.handle.result()).resolved_by == OSEI


async def test_pages_go_on_while_the_record_store_is_away(night: OnCallSide) -> None:
    """The record follows when it is back, with the newest view; until then the resolved escalation says `not_open`."""
    night.record.is_down = True
    alarm = await night.alarm(Severity.EMERGENCY)
    await alarm.pages((1, LIND), (1, OSEI))
    await alarm.passes(minutes=1, seconds=1)
    await alarm.pages((1, LIND), (1, OSEI), (2, LIND), (2, OSEI), (2, WARD))
    await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=LIND, note="Reading taken by hand"))

    refusal = await refused(alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=OSEI, note="Me too")))
    assert refusal.code is RefusalCode.NOT_OPEN

    night.record.is_down = False
    await alarm.passes(minutes=1)
    view = await alarm.handle.result()
    assert alarm.record.views[-1] == view
    assert view.resolved_by == LIND


async def test_strangers_and_long_snoozes_are_refused(night: OnCallSide) -> None:
    """`by` and `to` are people of the on-call file; an urgent one is snoozed for 30 min at most."""
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))
    handle = alarm.handle

    refusal = await refused(handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by="mallory")))
    assert refusal.code is RefusalCode.INVALID
    assert refusal.errors == (FieldError(pointer="/by", detail="mallory is not a person of the on-call file"),)
    refusal = await refused(handle.execute_update(EscalationWorkflow.reassign, Reassign(by=LIND, to="mallory")))
    assert [error.pointer for error in refusal.errors] == ["/to"]
    too_long = Snooze.model_validate({"by": LIND, "for": "PT31M", "note": "In a minute"})
    refusal = await refused(handle.execute_update(EscalationWorkflow.snooze, too_long))
    assert [error.pointer for error in refusal.errors] == ["/for"]
    assert (await alarm.view()).state is EscalationState.OPEN


async def test_an_answer_before_the_first_page_counts(night: OnCallSide) -> None:
    """It waits until it is known who is on call: a stranger is refused then, the nurse stops the ladder."""
    night.pager.knows.clear()
    alarm = await night.alarm(Severity.URGENT)
    promised, strange = [
        await alarm.handle.start_update(
            EscalationWorkflow.acknowledge, Acknowledge(by=person), wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )
        for person in (LIND, "mallory")
    ]
    night.pager.knows.set()

    assert (await promised.result()).acknowledged_by == LIND
    assert (await refused(strange.result())).code is RefusalCode.INVALID
    await alarm.passes(minutes=59)
    assert OSEI not in [person for _, person in alarm.paged]


async def test_a_snooze_puts_the_next_page_off_and_no_longer(night: OnCallSide) -> None:
    """Snoozed for half an hour, the next step pages then, not after its usual 5 min."""
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))

    snooze = Snooze.model_validate({"by": LIND, "for": "PT30M", "note": "Cuff is being changed"})
    view = await alarm.handle.execute_update(EscalationWorkflow.snooze, snooze)
    assert view.snoozed_until is not None

    await alarm.passes(minutes=29)
    assert alarm.paged == [(1, LIND)]
    await alarm.passes(minutes=2)
    await alarm.pages((1, LIND), (2, OSEI))


async def test_whoever_it_is_passed_on_to_is_paged_at_once(night: OnCallSide) -> None:
    """Reassigned after 4 min of the step's 5, the next step pages a minute later all the same."""
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))
    await alarm.passes(minutes=4)

    await alarm.handle.execute_update(EscalationWorkflow.reassign, Reassign(by=LIND, to=WARD))
    await alarm.pages((1, LIND), (1, WARD))

    await alarm.passes(minutes=1)
    await alarm.pages((1, LIND), (1, WARD), (2, OSEI))


async def test_the_same_breach_again_behind_an_acknowledgement_pages_again(night: OnCallSide) -> None:
    """A second breach is not covered by the first promise: the step that was reached pages at once."""
    alarm = await night.alarm(Severity.URGENT, Kind.VITALS_URGENT)
    await alarm.pages((1, LIND))
    await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))

    again = Repeat(severity=Severity.URGENT, at=alarm.opening.opened_at)
    await alarm.handle.signal(EscalationWorkflow.repeat, again)
    await alarm.pages((1, LIND), (1, LIND))
    await alarm.handle.signal(EscalationWorkflow.repeat, again)

    assert (await alarm.view()).state is EscalationState.OPEN
    assert alarm.paged == [(1, LIND), (1, LIND)]


async def test_worse_behind_an_acknowledgement_starts_the_louder_ladder_at_once(night: OnCallSide) -> None:
    """Urgent and acknowledged, then an emergency: the emergency's first step pages without any wait."""
    alarm = await night.alarm(Severity.URGENT, Kind.VITALS_URGENT)
    await alarm.pages((1, LIND))
    await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))

    await alarm.handle.signal(
        EscalationWorkflow.repeat, Repeat(severity=Severity.EMERGENCY, at=alarm.opening.opened_at)
    )

    await alarm.pages((1, LIND), (1, LIND), (1, OSEI))
    assert {order.severity for order in alarm.pager.sent[1:]} == {Severity.EMERGENCY}
    await alarm.handle.signal(EscalationWorkflow.repeat, Repeat(severity=Severity.ROUTINE, at=alarm.opening.opened_at))
    assert (await alarm.view()).severity is Severity.EMERGENCY
    assert [notice.change for notice in await alarm.told(2)] == [Change.ACKNOWLEDGED, Change.REOPENED]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(Kind.VITALS_OVERDUE, "The reading arrived"), (Kind.CHECK_IN_MISSED, "a death was reported")],
)
async def test_what_is_no_longer_missing_ends_by_itself(night: OnCallSide, kind: Kind, reason: str) -> None:
    """A reading that came, a call that nobody is to make any more; a question of safety waits for a human."""
    overdue = await night.alarm(Severity.URGENT, kind)
    grave = await night.alarm(Severity.EMERGENCY, Kind.VITALS_EMERGENCY)
    settlement = Settlement(at=overdue.opening.opened_at, reason=reason)

    await grave.handle.signal(EscalationWorkflow.settle, settlement)
    await overdue.handle.signal(EscalationWorkflow.settle, settlement)

    view = await overdue.handle.result()
    assert (view.state, view.resolved_by, view.note) == (EscalationState.RESOLVED, None, reason)
    assert (await grave.view()).state is EscalationState.OPEN


async def test_a_course_that_is_gone_stops_nothing(night: OnCallSide) -> None:
    """An escalation outlives its course: it pages, is acknowledged and ends all the same."""
    alarm = await night.alarm(Severity.URGENT, has_course=False)
    await alarm.pages((1, LIND))

    await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))
    await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=LIND, note="Done"))

    assert (await alarm.handle.result()).resolved_by == LIND


async def test_nobody_of_a_step_is_reached_and_the_fallback_sounds(night: OnCallSide) -> None:
    """Only when every channel of the step failed, and the ladder goes on as ever."""
    night.pager.unreachable = {LIND}
    urgent = await night.alarm(Severity.URGENT)
    emergency = await night.alarm(Severity.EMERGENCY)

    await urgent.pages((1, LIND), (0, FALLBACK))
    await emergency.pages((1, LIND), (1, OSEI))
    await urgent.passes(minutes=6)
    await urgent.pages((1, LIND), (0, FALLBACK), (2, OSEI))
    assert [page.ok for page in (await urgent.view()).pages][:2] == [False, True]


async def test_a_slow_channel_does_not_delay_the_next_step(temporal: Temporal) -> None:
    """The second step pages on time although the nurse's page of the first is still on its way."""
    hasty = CLINIC.replace('wait = "PT1M"', 'wait = "PT1S"')
    async with on_call_side(temporal, hasty) as side:
        side.hold_back(LIND)
        alarm = await side.alarm(Severity.EMERGENCY)

        await alarm.pages((1, LIND), (1, OSEI), (2, LIND), (2, OSEI), (2, WARD))
        await eventually_seen(alarm, {OSEI, WARD})


async def test_a_routine_page_waits_for_the_office_to_open(temporal: Temporal) -> None:
    """Outside its hours a routine escalation wakes nobody; it pages when they begin."""
    now = datetime.now(UTC)
    opens = datetime.combine(now.date() + timedelta(days=2), time(8), UTC)
    weekdays = 'days = ["mon", "tue", "wed", "thu", "fri"]'
    seldom_open = CLINIC.replace(weekdays, f'days = ["{opens:%a}"]'.lower()).replace("America/Los_Angeles", "UTC")
    async with on_call_side(temporal, seldom_open) as side:
        alarm = await side.alarm(Severity.ROUTINE, Kind.FORM_OVERDUE)
        await alarm.passes(hours=24)
        assert alarm.paged == []

        await alarm.passes(seconds=(opens - now).total_seconds() - 24 * 3600 + 60)
        await alarm.pages((1, DESK))


async def eventually_seen(alarm: Alarm, reached: set[str]) -> None:
    """The escalation's own view shows pages to exactly these people."""
    await alarm.shows(lambda view: {page.person for page in view.pages} == reached)
