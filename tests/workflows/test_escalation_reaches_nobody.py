"""An escalation whose pages reach nobody: it is tried again within a minute, and says whom it could not reach."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest

from domain.escalation.messages import Acknowledge, EscalationView, Kind, Reassign, Resolve, Snooze
from domain.oncall.file import FALLBACK, parse_on_call
from domain.values import Severity
from tests.support.eventually import eventually_holds
from tests.support.on_call_side import Alarm, OnCallSide, on_call_side
from tests.support.running_stack import example_on_call
from tests.workflows.conftest import Temporal, running_temporal
from workflows.escalation import EscalationWorkflow

CLINIC = example_on_call()
LIND, OSEI, WARD = "lind", "osei", "ward"
NOBODY = ((1, LIND), (0, FALLBACK))
"""The pages of an urgent escalation's first step that reaches nobody."""


@pytest.fixture
async def night(temporal: Temporal) -> AsyncIterator[OnCallSide]:
    """The example clinic, where nobody's phone and no fallback can be reached."""
    async with on_call_side(temporal, CLINIC) as side:
        side.pager.unreachable = {LIND, OSEI, WARD, FALLBACK}
        yield side


async def tried(alarm: Alarm, *, pages: int) -> EscalationView:
    """The escalation as soon as so many pages are on it."""
    return await alarm.shows(lambda view: len(view.pages) >= pages)


async def tried_in_vain(alarm: Alarm, *, times: int) -> None:
    """Lets time pass until the first step was tried at least so often: on a busy machine, time passes by itself too.

    However often that is, no try comes sooner than half a minute after the one before.
    """
    for pages in range(2 * len(NOBODY), len(NOBODY) * times + 1, len(NOBODY)):
        if len(alarm.paged) < pages:
            await alarm.passes(seconds=31)
        await alarm.has_sent(pages)
    whole = len(alarm.paged) // len(NOBODY)
    assert sorted(alarm.paged[: len(NOBODY) * whole]) == sorted(NOBODY * whole)
    sent = (order for order in alarm.pager.sent if order.escalation.id == alarm.opening.id)
    tries = sorted(order.at for order in sent if order.person == LIND)
    assert all(later - earlier >= timedelta(seconds=30) for earlier, later in pairwise(tries))


async def test_a_step_that_reached_nobody_is_tried_again_within_a_minute(night: OnCallSide) -> None:
    """The way out is away for a moment: the nurse is paged as soon as it is back, and not at the next step."""
    alarm = await night.alarm(Severity.URGENT)
    await tried(alarm, pages=2)

    night.pager.unreachable = set()
    await alarm.passes(seconds=60)
    await alarm.pages(*NOBODY, (1, LIND))

    await alarm.passes(minutes=3)
    assert alarm.paged == [*NOBODY, (1, LIND)], "somebody was reached: the step is not tried again"
    await alarm.passes(minutes=2)
    await alarm.pages(*NOBODY, (1, LIND), (2, OSEI))


async def test_the_fallback_alone_is_somebody(night: OnCallSide) -> None:
    """Where it took the page, the step has reached somebody."""
    night.pager.unreachable = {LIND}
    alarm = await night.alarm(Severity.URGENT)
    await tried(alarm, pages=2)

    await alarm.passes(minutes=4)

    assert alarm.paged == [*NOBODY]


async def test_it_is_tried_until_the_next_step_comes(night: OnCallSide) -> None:
    """Every half minute of the 5 that the step waits; then the next step is called, and tried like it."""
    alarm = await night.alarm(Severity.URGENT)
    await tried(alarm, pages=2)
    await tried_in_vain(alarm, times=4)

    await alarm.passes(minutes=5)
    await eventually_holds(lambda: (2, OSEI) in alarm.paged, lambda: f"{alarm.paged}")
    assert (await alarm.view()).step == 2


async def test_of_all_tries_of_a_step_the_first_and_the_newest_are_told(night: OnCallSide) -> None:
    """A night without a way out does not fill the escalation with the same two failures."""
    alarm = await night.alarm(Severity.URGENT)
    first = (await tried(alarm, pages=2)).pages
    await tried_in_vain(alarm, times=4)

    view = await tried(alarm, pages=4)

    assert view.pages[:2] == first
    assert [(page.step, page.person, page.ok) for page in view.pages[2:]] == [(1, LIND, False), (0, FALLBACK, False)]
    assert view.pages[2].at - first[0].at >= timedelta(seconds=90)


async def test_what_could_not_even_be_tried_has_reached_nobody(night: OnCallSide) -> None:
    """Paging itself fails, for the nurse and for the fallback: both are told of, and tried again."""
    night.pager.is_lost = True
    night.pager.unreachable = set()
    alarm = await night.alarm(Severity.URGENT)
    assert [(one.person, one.step) for one in (await tried(alarm, pages=2)).unreached] == [(LIND, 1), (FALLBACK, 0)]

    night.pager.is_lost = False
    await alarm.passes(seconds=31)

    await alarm.pages(*NOBODY, (1, LIND))


@pytest.mark.parametrize("answer", ["acknowledge", "snooze", "resolve"])
async def test_nobody_is_tried_again_once_somebody_acted(night: OnCallSide, answer: str) -> None:
    """Whoever opened the page in the browser has it: their phone need not ring any more."""
    alarm = await night.alarm(Severity.URGENT)
    await tried(alarm, pages=2)

    match answer:
        case "acknowledge":
            await alarm.handle.execute_update(EscalationWorkflow.acknowledge, Acknowledge(by=LIND))
        case "snooze":
            snooze = Snooze.model_validate({"by": LIND, "for": "PT30M", "note": "In the room"})
            await alarm.handle.execute_update(EscalationWorkflow.snooze, snooze)
        case _:
            await alarm.handle.execute_update(EscalationWorkflow.resolve, Resolve(by=LIND, note="Seen"))
    if answer != "resolve":
        await alarm.passes(minutes=4)

    assert alarm.paged == [*NOBODY]


async def test_whoever_it_was_passed_on_to_is_tried_again(night: OnCallSide) -> None:
    """Ward cannot be reached, nor the fallback: Ward is tried again, and not the step that passed it on."""
    alarm = await night.alarm(Severity.URGENT)
    await tried(alarm, pages=2)
    await alarm.handle.execute_update(EscalationWorkflow.reassign, Reassign(by=LIND, to=WARD))
    await tried(alarm, pages=4)

    night.pager.unreachable = {LIND, OSEI}
    await alarm.passes(seconds=31)

    await alarm.pages(*NOBODY, (1, WARD), (0, FALLBACK), (1, WARD))


async def test_a_worker_that_ends_in_between_loses_no_try(temporal: Temporal) -> None:
    """Another one goes on: the step is tried again although nobody works for a while."""
    side = OnCallSide(temporal, parse_on_call(CLINIC, "oncall.toml"))
    side.pager.unreachable = {LIND, FALLBACK}
    async with side.record_at_work():
        async with side.pager_at_work():
            alarm = await side.alarm(Severity.URGENT)
            await tried(alarm, pages=2)
        side.pager.unreachable = set()
        passing = asyncio.create_task(alarm.passes(seconds=31))
        async with side.pager_at_work():
            await alarm.pages(*NOBODY, (1, LIND))
            await passing
            await side.end()


async def test_a_person_whom_no_channel_reached_is_told_of(night: OnCallSide) -> None:
    """Although somebody else of the step was reached; until a page reaches them."""
    night.pager.unreachable = {OSEI}
    alarm = await night.alarm(Severity.EMERGENCY, Kind.VITALS_EMERGENCY)

    view = await tried(alarm, pages=2)
    assert [(one.person, one.step) for one in view.unreached] == [(OSEI, 1)]

    night.pager.unreachable = set()
    await alarm.passes(minutes=1, seconds=1)
    assert (await tried(alarm, pages=5)).unreached == ()


async def test_the_fallback_is_called_where_nobody_can_say_who_is_on_call(night: OnCallSide) -> None:
    """A rota that cannot be told is no reason for silence; as soon as it can, the ladder begins with its first step."""
    night.pager.unreachable = set()
    night.pager.is_broken = True
    alarm = await night.alarm(Severity.EMERGENCY, Kind.VITALS_EMERGENCY)

    await alarm.passes(seconds=60)
    await alarm.pages((0, FALLBACK))
    await alarm.passes(minutes=2)
    assert alarm.paged == [(0, FALLBACK)], "who heard it is left in peace for 5 min"

    night.pager.is_broken = False
    await alarm.passes(seconds=60)
    await alarm.pages((0, FALLBACK), (1, LIND), (1, OSEI))


async def test_the_last_answer_counts_where_it_cannot_be_told_anew(night: OnCallSide) -> None:
    """The rota breaks after the first step: the second one is called as it was told then."""
    night.pager.unreachable = set()
    alarm = await night.alarm(Severity.URGENT)
    await alarm.pages((1, LIND))
    night.pager.is_broken = True

    await alarm.passes(minutes=6)

    await alarm.pages((1, LIND), (2, OSEI))


async def test_a_month_of_tries_is_carried_over_into_new_runs() -> None:
    """They count for the length of a history as steps do, and the next run goes on with them."""
    short = {"limit.historyCount.suggestContinueAsNew": "40"}
    async with running_temporal(**short) as temporal, on_call_side(temporal, CLINIC) as side:
        side.pager.unreachable = {LIND, OSEI, WARD, FALLBACK}
        alarm = await side.alarm(Severity.URGENT)
        await tried(alarm, pages=2)
        first = (await alarm.handle.describe()).run_id
        await tried_in_vain(alarm, times=5)

        assert (await alarm.handle.describe()).run_id != first
        assert len((await alarm.handle.fetch_history()).events) < 80
        side.pager.unreachable = set()
        await alarm.passes(seconds=31)
        await alarm.shows(lambda view: view.pages[-1].person == LIND and view.pages[-1].ok)
