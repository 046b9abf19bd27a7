"""An alarm of the watch: it climbs and is answered as every escalation, and survives whoever sends its pages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.escalation.messages import (
    Acknowledge,
    EscalationState,
    Order,
    Page,
    Reassign,
    Resolve,
    Snooze,
)
from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog_alarm import (
    MOVES_AGAIN,
    DueStep,
    WatchdogAlarm,
    has_no_ledger,
    is_of_the_watch,
    raised,
)
from domain.oncall.file import FALLBACK, OnCall, parse_on_call
from domain.refusal import RefusalCode, Refused
from tests.support.paths import ROOT

EXAMPLE = (ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8")
CLINIC = parse_on_call(EXAMPLE, "oncall.toml")
MONDAY = datetime(2026, 3, 2, 18, tzinfo=UTC)


def after(**duration: float) -> datetime:
    return MONDAY + timedelta(**duration)


def new() -> WatchdogAlarm:
    return raised("MARA-1", 1, 1, MONDAY)


def tried(alarm: WatchdogAlarm, *, ok: Callable[[DueStep], bool] = lambda _: True) -> WatchdogAlarm:
    """Every page that is due now has been tried, one after the other."""
    for due in alarm.due:
        error = None if ok(due) else "the channel did not take the page"
        page = Page(at=due.at, step=due.step, person=due.person, channel="json", ok=ok(due), error=error)
        alarm = alarm.tried(due, page, CLINIC)
    return alarm


def to_be_paged(alarm: WatchdogAlarm) -> list[tuple[int, str, int]]:
    """Step, person and channel of each page that is due."""
    return [(due.step, due.person, due.channel) for due in alarm.due]


def test_the_first_step_pages_everybody_by_every_channel_at_once() -> None:
    """Osei has two channels: each is a page of its own, named by its place and never by its address."""
    advanced = new().advanced(CLINIC, MONDAY)

    assert to_be_paged(advanced) == [(1, "lind", 0), (1, "osei", 0), (1, "osei", 1)]
    assert "127.0.0.1" not in advanced.model_dump_json()
    assert WatchdogAlarm.model_validate_json(advanced.model_dump_json()) == advanced


@pytest.mark.parametrize(("seconds", "step"), [(59, 1), (60, 2), (61, 2)])
def test_the_ladder_goes_on_after_each_steps_wait(seconds: int, step: int) -> None:
    """Just before, at and just after the minute that the first step waits."""
    paged = tried(new().advanced(CLINIC, MONDAY))

    advanced = paged.advanced(CLINIC, after(seconds=seconds))

    assert advanced.escalation.view.step == step
    assert len(advanced.due) == (0 if step == 1 else 4)


def test_after_the_last_step_it_begins_anew() -> None:
    """Until somebody answers: nothing expires silently."""
    alarm = new()
    for minute in (0, 1, 3):
        alarm = tried(alarm.advanced(CLINIC, after(minutes=minute)))

    assert [page.step for page in alarm.escalation.view.pages] == [1] * 3 + [2] * 4 + [1] * 3


def test_climbing_twice_pages_once() -> None:
    """Whoever takes over sends what is left, and nothing of it twice."""
    advanced = new().advanced(CLINIC, MONDAY)

    assert advanced.advanced(CLINIC, after(seconds=1)) == advanced
    one, *rest = advanced.due
    page = Page(at=one.at, step=1, person=one.person, channel="json", ok=True)
    assert to_be_paged(advanced.tried(one, page, CLINIC).advanced(CLINIC, after(seconds=2))) == [
        (due.step, due.person, due.channel) for due in rest
    ]


def test_the_fallback_is_paged_where_no_channel_of_a_step_took_it() -> None:
    """Once the last of them has failed, and once only."""
    advanced = new().advanced(CLINIC, MONDAY)

    failed = tried(advanced, ok=lambda _: False)

    assert to_be_paged(failed) == [(0, FALLBACK, 0)]
    assert tried(failed, ok=lambda _: False).due == ()


def unheard() -> WatchdogAlarm:
    """The first step has reached nobody, and the fallback neither."""
    return tried(tried(new().advanced(CLINIC, MONDAY), ok=lambda _: False), ok=lambda _: False)


@pytest.mark.parametrize(("seconds", "is_tried"), [(29, False), (30, True), (31, True)])
def test_a_step_that_reached_nobody_is_tried_again(seconds: int, is_tried: bool) -> None:
    """The fallback included: half a minute after it was called, all its people are due again."""
    again = unheard().advanced(CLINIC, after(seconds=seconds))

    assert to_be_paged(again) == ([(1, "lind", 0), (1, "osei", 0), (1, "osei", 1)] if is_tried else [])
    assert again.escalation.view.step == 1
    assert WatchdogAlarm.model_validate_json(again.model_dump_json()) == again


SLOW = parse_on_call(EXAMPLE.replace('wait = "PT1M"', 'wait = "PT5M"', 1), "oncall.toml")
"""The clinic, whose first step waits for five minutes."""


def nobody_for(seconds: int) -> WatchdogAlarm:
    """The first step was tried every half minute for so long, and reached nobody."""
    alarm = new()
    for moment in range(0, seconds + 1, 30):
        alarm = alarm.advanced(SLOW, after(seconds=moment))
        alarm = tried(tried(alarm, ok=lambda _: False), ok=lambda _: False)
    return alarm


def test_it_is_tried_until_somebody_is_reached() -> None:
    """One channel of one person will do."""
    reached = tried(nobody_for(60).advanced(SLOW, after(seconds=90)), ok=lambda due: due.person == "lind")

    assert reached.advanced(SLOW, after(seconds=299)).due == ()


def test_it_is_tried_until_the_next_step_comes() -> None:
    """Which is tried in its turn."""
    second = nobody_for(270).advanced(SLOW, after(minutes=5))

    assert {due.step for due in second.due} == {2}


def test_of_all_attempts_the_first_and_the_newest_are_told() -> None:
    """A night without a way out does not fill the alarm with the same failures."""
    pages = nobody_for(120).escalation.view.pages

    assert sorted({page.at for page in pages}) == [MONDAY, after(seconds=120)]
    assert len(pages) == 8


@pytest.mark.parametrize(
    "order", [Acknowledge(by="lind"), Resolve(by="lind", note="Seen"), Reassign(by="lind", to="ward")]
)
def test_nobody_is_tried_again_once_somebody_acted(order: Order) -> None:
    """Also where the page that was just going out fails after that."""
    advanced = tried(new().advanced(CLINIC, MONDAY), ok=lambda _: False)
    [last] = advanced.due
    answered = advanced.obeyed(order, CLINIC, after(seconds=1))
    late = Page(at=last.at, step=0, person=FALLBACK, channel="json", ok=False, error="too late")

    answered = answered.tried(last, late, CLINIC)

    assert answered.advanced(CLINIC, after(seconds=31)).due == answered.due
    assert unheard().obeyed(order, CLINIC, after(seconds=1)).escalation.unheard is None


def test_whoever_it_was_passed_on_to_is_tried_again() -> None:
    """They alone, and not the step."""
    passed_on = new().advanced(CLINIC, MONDAY).obeyed(Reassign(by="lind", to="ward"), CLINIC, after(seconds=5))
    nobody = tried(tried(passed_on, ok=lambda _: False), ok=lambda _: False)

    assert to_be_paged(nobody.advanced(CLINIC, after(seconds=35))) == [(1, "ward", 0)]


def test_a_step_whose_people_have_no_channel_goes_to_the_fallback() -> None:
    """Somebody who has left the on-call file since cannot be paged: that is no reason to page nobody."""
    passed_on = new().advanced(CLINIC, MONDAY).obeyed(Reassign(by="lind", to="ward"), CLINIC, after(seconds=5))
    nobody = tried(tried(passed_on, ok=lambda _: False), ok=lambda _: False)
    people = {name: person for name, person in CLINIC.people.items() if name != "ward"}

    again = nobody.advanced(CLINIC.but(people=people), after(seconds=35))

    assert to_be_paged(again) == [(0, FALLBACK, 0)]


def test_one_channel_that_took_it_is_enough() -> None:
    """No fallback."""
    assert tried(new().advanced(CLINIC, MONDAY), ok=lambda due: due.person == "lind").due == ()


def test_a_later_step_that_fails_whole_has_its_own_fallback() -> None:
    """That an earlier step was taken says nothing of this one."""
    first = tried(new().advanced(CLINIC, MONDAY))

    assert to_be_paged(tried(first.advanced(CLINIC, after(minutes=1)), ok=lambda _: False)) == [(0, FALLBACK, 0)]


@pytest.mark.parametrize("order", [Acknowledge(by="lind"), Resolve(by="lind", note="I sit with them")])
def test_whoever_answers_stops_what_has_not_gone_out(order: Order) -> None:
    """The pages still due are not sent; the one that was just going out is on the record, and calls no fallback."""
    advanced = new().advanced(CLINIC, MONDAY)
    answered = advanced.obeyed(order, CLINIC, after(seconds=1))

    assert answered.due == ()
    page = Page(at=MONDAY, step=1, person="osei", channel="json", ok=False, error="too late")
    late = answered.tried(advanced.due[1], page, CLINIC)
    assert (late.due, late.escalation.view.pages) == ((), (page,))
    assert late.advanced(CLINIC, after(minutes=5)) == late


@pytest.mark.parametrize(("minutes", "state"), [(14, "acknowledged"), (15, "open"), (16, "open")])
def test_a_promise_that_is_not_kept_is_called_in(minutes: int, state: str) -> None:
    """After `resolve_within` it is open again and pages the next step."""
    promised = tried(new().advanced(CLINIC, MONDAY)).obeyed(Acknowledge(by="lind"), CLINIC, MONDAY)

    later = promised.advanced(CLINIC, after(minutes=minutes))

    assert later.escalation.view.state == state
    assert len(later.due) == (4 if state == "open" else 0)


def test_it_can_be_passed_on() -> None:
    """The colleague is paged at once, and nobody else of the step."""
    passed_on = new().advanced(CLINIC, MONDAY).obeyed(Reassign(by="lind", to="ward"), CLINIC, after(seconds=5))

    assert to_be_paged(passed_on) == [(1, "ward", 0)]
    assert passed_on.escalation.view.state is EscalationState.OPEN


def test_orders_are_refused_as_of_every_escalation() -> None:
    """Nobody is snoozed out of an emergency, strangers order nothing, and what is over is over."""
    alarm = new().advanced(CLINIC, MONDAY)
    over = alarm.settled(MONDAY)
    for ordered, order, code in (
        (alarm, Snooze(by="lind", for_=timedelta(minutes=1), note="Busy"), RefusalCode.INVALID),
        (alarm, Acknowledge(by="stranger"), RefusalCode.INVALID),
        (over, Acknowledge(by="lind"), RefusalCode.NOT_OPEN),
    ):
        with pytest.raises(Refused) as refused:
            ordered.obeyed(order, CLINIC, MONDAY)
        assert refused.value.refusal.code is code


def test_it_is_over_when_kapstan_moves_again() -> None:
    """By itself: nobody is named, the reason is; nothing of it is paged any more."""
    over = new().advanced(CLINIC, MONDAY).settled(after(minutes=1))

    view = over.escalation.view
    assert (view.state, view.resolved_by, view.resolved_at, view.note) == (
        EscalationState.RESOLVED,
        None,
        after(minutes=1),
        MOVES_AGAIN,
    )
    assert (over.due, over.advanced(CLINIC, after(minutes=9)), over.settled(after(minutes=9))) == ((), over, over)


@pytest.mark.parametrize("found", [None, *SilenceReason])
def test_what_somebody_typed_is_told_from_what_kapstan_says(found: SilenceReason | None) -> None:
    """A new alarm states its finding, one that is over that it is: nobody's words but Kapstan's are in either."""
    alarm = raised("MARA-1", 1, 1, MONDAY, found=found, of="MARA-1~vitals_urgent~1~1" if found else None)
    climbed = tried(alarm.advanced(CLINIC, MONDAY))
    taken = climbed.obeyed(Acknowledge(by="lind"), CLINIC, after(seconds=5))
    noted = climbed.obeyed(Acknowledge(by="lind", note="I see them"), CLINIC, after(seconds=5))

    assert [one.is_noted for one in (alarm, climbed, taken, noted)] == [False, False, False, True]
    assert not noted.settled(after(seconds=9)).is_noted
    assert climbed.obeyed(Resolve(by="lind", note="Seen"), CLINIC, after(seconds=5)).is_noted


def test_somebody_who_left_the_file_meanwhile_is_no_hindrance() -> None:
    """The rung is taken from the file as it is at its moment."""
    without_ward: OnCall = parse_on_call(
        EXAMPLE.replace('"rota:nurse", "person:osei", "person:ward"', '"rota:nurse", "person:osei"'), "oncall.toml"
    )
    paged = tried(new().advanced(CLINIC, MONDAY))

    assert {due.person for due in paged.advanced(without_ward, after(minutes=1)).due} == {"lind", "osei"}


@pytest.mark.parametrize(
    ("escalation", "is_ours"),
    [
        ("MARA-1~orchestrator_silent~1~1", True),
        ("MARA-1~orchestrator_silent~0~1", True),
        ("MARA-1~vitals_overdue~1~1", False),
        ("MARA-1~orchestrator_silent~01~1", False),
        ("rubbish", False),
    ],
)
def test_an_id_says_whose_it_is(escalation: str, is_ours: bool) -> None:
    assert is_of_the_watch(escalation) is is_ours
    assert has_no_ledger(escalation) is is_ours


def test_what_is_about_the_record_has_no_ledger_either() -> None:
    """It has a workflow, as one of a course has."""
    about = "kapstan.record~record_differs~0~1"

    assert (is_of_the_watch(about), has_no_ledger(about)) == (False, True)
