"""The ladder: who is next and when, after everything that people and the patient may do meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.escalation.escalation import (
    AGAIN_AFTER,
    FIRST_PAGES,
    LAST_PAGES,
    SETTLED_BY_ITSELF,
    Attempt,
    Escalation,
    opened,
)
from domain.escalation.ids import escalation_id
from domain.escalation.ladder import EscalationProgress, NextStep
from domain.escalation.messages import (
    ASKS_FOR_THE_PATIENT,
    Acknowledge,
    Change,
    EscalationState,
    Kind,
    Opening,
    Page,
    Reassign,
    Repeat,
    Resolve,
    Settlement,
    Snooze,
)
from domain.oncall.file import OnCallQuery, parse_on_call
from domain.refusal import RefusalCode, Refused
from domain.values import Severity
from tests.support.ladders import forecast

CLINIC = parse_on_call(Path("examples/oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
MONDAY = datetime(2026, 3, 2, 18, tzinfo=UTC)
EMERGENCY, URGENT, ROUTINE = (
    CLINIC.standing(OnCallQuery(severity=severity, at=MONDAY)) for severity in reversed(Severity)
)
LIND, OSEI, WARD = "lind", "osei", "ward"


def after(**duration: float) -> datetime:
    return MONDAY + timedelta(**duration)


def climbing(severity: Severity = Severity.URGENT) -> EscalationProgress:
    """A ladder whose first step has just paged."""
    policy = CLINIC.policies[severity]
    progress = EscalationProgress(severity=severity, due_at=MONDAY)
    next_step = progress.upcoming(policy)
    assert next_step
    return progress.advanced(policy, next_step, MONDAY)


def new(severity: Severity = Severity.URGENT, kind: Kind = Kind.VITALS_OVERDUE) -> Escalation:
    """An escalation that has just been opened."""
    opening = Opening(
        id=escalation_id("EX-1", kind, 2, 1),
        course_id="EX-1",
        kind=kind,
        session=2,
        severity=severity,
        opened_at=MONDAY,
    )
    return opened(opening, MONDAY)


def alarm(severity: Severity = Severity.URGENT, kind: Kind = Kind.VITALS_OVERDUE) -> Escalation:
    """An escalation whose first step has just paged."""
    return new(severity, kind).advanced(CLINIC.policies[severity], NextStep(step=1, at=MONDAY), MONDAY)


def snooze(**duration: float) -> Snooze:
    return Snooze(by=LIND, for_=timedelta(**duration), note="In the room")


def next_steps(*expected: tuple[int, datetime]) -> tuple[NextStep, ...]:
    return tuple(NextStep(step=step, at=at) for step, at in expected)


def test_the_forecast_of_a_new_escalation_is_its_whole_ladder() -> None:
    """If nobody acts: each step after its wait, after the last one the first again, for ever."""
    new = EscalationProgress(severity=Severity.URGENT, due_at=MONDAY)

    assert forecast(URGENT.policy, new, MONDAY, after(minutes=35)) == next_steps(
        (1, MONDAY), (2, after(minutes=5)), (3, after(minutes=15)), (1, after(minutes=30)), (2, after(minutes=35))
    )


def test_the_forecast_of_a_promise_begins_where_it_lapses() -> None:
    """Acknowledged: nothing for `resolve_within`, then the next step."""
    promised = climbing().acknowledged(URGENT.policy, after(minutes=1))

    assert forecast(URGENT.policy, promised, after(minutes=1), after(minutes=71)) == next_steps(
        (2, after(minutes=61)), (3, after(minutes=71))
    )


def test_routine_is_put_off_to_the_opening_and_nothing_else_is() -> None:
    """Opened on Friday at 17:00 local: the desk at once, the director four hours later is Monday at 8:00."""
    friday = datetime(2026, 3, 7, 1, tzinfo=UTC)
    monday = datetime(2026, 3, 9, 15, tzinfo=UTC)

    routine = forecast(ROUTINE.policy, EscalationProgress(severity=Severity.ROUTINE, due_at=friday), friday, monday)
    urgent = forecast(
        URGENT.policy,
        EscalationProgress(severity=Severity.URGENT, due_at=friday),
        friday,
        friday + timedelta(minutes=5),
    )

    assert routine == next_steps((1, friday), (2, monday))
    assert [next_step.at for next_step in urgent] == [friday, friday + timedelta(minutes=5)]


def test_a_ladder_that_was_held_up_pages_one_step_not_all_it_missed() -> None:
    """The workers were away for an hour: the due step pages on their return, and its wait runs from then."""
    late = forecast(URGENT.policy, climbing(), after(minutes=60), after(minutes=75))

    assert late == next_steps((2, after(minutes=60)), (3, after(minutes=70)))


def test_a_policy_that_became_shorter_starts_again() -> None:
    """The next step was taken out of the file: the first one is next."""
    short = URGENT.policy.but(steps=URGENT.policy.steps[:1])

    assert climbing().upcoming(short) == NextStep(step=1, at=after(minutes=5))


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (3599, EscalationState.ACKNOWLEDGED),
        (3600, EscalationState.OPEN),
        (3601, EscalationState.OPEN),
    ],
)
def test_a_promise_lapses_on_the_second(seconds: int, state: EscalationState) -> None:
    """`resolve_within` is an hour: just before it holds, at the hour it is open again, and the course is told."""
    promised = alarm().acknowledge(Acknowledge(by=LIND), URGENT, MONDAY)

    lapsed = promised.lapse(after(seconds=seconds))

    assert lapsed.view.state is state
    assert [notice.change for notice in lapsed.notices[1:]] == [Change.REOPENED] * (state is EscalationState.OPEN)


@pytest.mark.parametrize(("minutes", "page_at"), [(4, 5), (5, 5), (6, 6), (30, 30)])
def test_a_snooze_only_puts_off(minutes: int, page_at: int) -> None:
    """A snooze that ends before the next step was due changes nothing; a longer one puts the step off to its end."""
    snoozed = alarm().snooze(snooze(minutes=minutes), URGENT, MONDAY)

    assert snoozed.progress.upcoming(URGENT.policy) == NextStep(step=2, at=after(minutes=page_at))


def test_one_snooze_after_another_stays_within_the_bound() -> None:
    """`max_snooze` of 30 min counts from the first snooze after a page; the next page begins a new count."""
    snoozed = alarm().snooze(snooze(minutes=20), URGENT, MONDAY)

    with pytest.raises(Refused, match="at most 10 min more"):
        snoozed.snooze(snooze(minutes=11), URGENT, after(minutes=20))
    longer = snoozed.snooze(snooze(minutes=10), URGENT, after(minutes=20))
    assert longer.view.snoozed_until == after(minutes=30)
    paged = longer.advanced(URGENT.policy, NextStep(step=2, at=after(minutes=30)), after(minutes=30))
    assert paged.view.snoozed_until is None
    assert paged.snooze(snooze(minutes=30), URGENT, after(minutes=30)).view.snoozed_until == after(minutes=60)


def test_an_emergency_is_not_snoozed() -> None:
    """Its `max_snooze` is zero."""
    with pytest.raises(Refused, match="may be snoozed not at all"):
        alarm(Severity.EMERGENCY).snooze(snooze(seconds=1), EMERGENCY, MONDAY)


def test_a_new_breach_wakes_a_snoozed_escalation() -> None:
    """The snooze was for what was known then: the step that was reached pages again at once."""
    snoozed = alarm(kind=Kind.VITALS_URGENT).snooze(snooze(minutes=30), URGENT, MONDAY)

    woken = snoozed.repeat(Repeat(severity=Severity.URGENT, at=after(minutes=2)), after(minutes=2))

    assert woken.progress.upcoming(URGENT.policy) == NextStep(step=1, at=after(minutes=2))


def test_a_breach_that_arrives_with_the_resolution_is_not_lost() -> None:
    """Resolved a moment before its course reported again: it is open once more, and the course is told."""
    resolved = alarm(kind=Kind.VITALS_URGENT).resolve(Resolve(by=LIND, note="Seen"), URGENT, after(minutes=1))

    again = resolved.repeat(Repeat(severity=Severity.URGENT, at=MONDAY), after(minutes=2))

    assert (again.view.state, again.view.resolved_by, again.view.resolved_at) == (EscalationState.OPEN, None, None)
    assert [notice.change for notice in again.notices] == [Change.RESOLVED, Change.REOPENED]


def test_a_repeat_while_it_pages_changes_nothing() -> None:
    """It is being paged already; a milder repeat lowers nothing."""
    open_alarm = alarm()
    for severity in (Severity.URGENT, Severity.ROUTINE):
        assert open_alarm.repeat(Repeat(severity=severity, at=MONDAY), after(minutes=1)) == open_alarm


@pytest.mark.parametrize("minutes", [0, 1, 4, 5, 14])
def test_worse_is_never_later_than_it_would_have_been(minutes: int) -> None:
    """A raise pages the higher policy's first step at once, wherever the lower ladder stood."""
    routine = climbing(Severity.ROUTINE)

    raised = routine.repeated(Severity.EMERGENCY, after(minutes=minutes))

    assert raised.upcoming(EMERGENCY.policy) == NextStep(step=1, at=after(minutes=minutes))


def test_whoever_passes_it_on_takes_the_promise_back() -> None:
    """After an acknowledgement and a reassignment nobody has promised it: the step's wait runs."""
    promised = alarm().acknowledge(Acknowledge(by=LIND), URGENT, after(minutes=1))

    passed_on = promised.reassign(Reassign(by=LIND, to=WARD, note="My shift ends"), URGENT, after(minutes=2))

    assert (passed_on.view.state, passed_on.view.acknowledged_by) == (EscalationState.OPEN, None)
    assert passed_on.progress.upcoming(URGENT.policy) == NextStep(step=2, at=after(minutes=7))
    assert (passed_on.notices[-1].change, passed_on.notices[-1].by) == (Change.REOPENED, LIND)


def test_passing_it_on_keeps_nobody_waiting() -> None:
    """Passed from one to the other every minute, step 2 pages at the minute at which it was due."""
    escalation, people = alarm(), (LIND, WARD)
    for minute in (1, 2, 3, 4):
        by, to = people[minute % 2], people[(minute + 1) % 2]
        escalation = escalation.reassign(Reassign(by=by, to=to), URGENT, after(minutes=minute))

    assert escalation.progress.upcoming(URGENT.policy) == NextStep(step=2, at=after(minutes=5))


def test_passing_it_on_puts_no_promise_off_either() -> None:
    """Acknowledged for an hour and passed on in its last minute: what was due at its end still is."""
    promised = alarm().acknowledge(Acknowledge(by=LIND), URGENT, after(minutes=1))

    passed_on = promised.reassign(Reassign(by=LIND, to=WARD), URGENT, after(minutes=60))

    assert passed_on.progress.upcoming(URGENT.policy) == NextStep(step=2, at=after(minutes=61))


def test_a_snooze_ends_when_it_is_passed_on() -> None:
    """The next step pages at the snooze's end, or after the step's wait for the colleague, whichever comes first."""
    snoozed = alarm().snooze(snooze(minutes=20), URGENT, after(minutes=1))

    early = snoozed.reassign(Reassign(by=LIND, to=WARD), URGENT, after(minutes=2))
    late = snoozed.reassign(Reassign(by=LIND, to=WARD), URGENT, after(minutes=19))

    assert early.progress.upcoming(URGENT.policy) == NextStep(step=2, at=after(minutes=7))
    assert late.progress.upcoming(URGENT.policy) == NextStep(step=2, at=after(minutes=21))


def test_nobody_passes_it_on_to_themselves() -> None:
    """It would page the same phone again, and look as if somebody else knew."""
    with pytest.raises(Refused, match="somebody else") as refused:
        alarm().reassign(Reassign(by=LIND, to=LIND), URGENT, after(minutes=1))

    assert [error.pointer for error in refused.value.refusal.errors] == ["/to"]


@pytest.mark.parametrize("kind", sorted(ASKS_FOR_THE_PATIENT))
def test_what_asks_for_a_patient_ends_without_a_human_when_the_course_says_so(kind: Kind) -> None:
    """After a death nobody is paged until somebody has called the family."""
    ended = alarm(kind=kind).settle(Settlement(at=MONDAY, reason="a death was reported"), MONDAY)

    assert (ended.is_resolved, ended.view.resolved_by, ended.view.note) == (True, None, "a death was reported")
    assert ended.progress.upcoming(URGENT.policy) is None


def test_a_question_of_safety_ends_by_a_human_alone() -> None:
    """Whatever a course says."""
    kinds = set(Kind) - SETTLED_BY_ITSELF
    alarms = [alarm(kind=kind) for kind in sorted(kinds)]

    settled = [one.settle(Settlement(at=MONDAY, reason="a death was reported"), MONDAY) for one in alarms]

    assert settled == alarms


def test_a_resolved_escalation_takes_no_order() -> None:
    """Each act is refused as `not_open`, saying who resolved it; a late settlement changes nothing."""
    done = alarm().resolve(Resolve(by=OSEI, note="Seen"), URGENT, MONDAY)

    acts: tuple[Callable[[], Escalation], ...] = (
        lambda: done.acknowledge(Acknowledge(by=LIND), URGENT, MONDAY),
        lambda: done.resolve(Resolve(by=LIND, note="Me too"), URGENT, MONDAY),
        lambda: done.snooze(snooze(minutes=1), URGENT, MONDAY),
        lambda: done.reassign(Reassign(by=LIND, to=WARD), URGENT, MONDAY),
    )
    for act in acts:
        with pytest.raises(Refused, match="already resolved, by osei") as refused:
            act()
        assert refused.value.refusal.code is RefusalCode.NOT_OPEN
    assert done.settle(Settlement(at=MONDAY, reason="The reading arrived"), MONDAY) == done


def test_an_escalation_nobody_answers_for_days_keeps_its_first_and_last_pages() -> None:
    """What it carries is bounded; how it began and how it stands is never what is dropped."""
    page = Page(at=MONDAY, step=1, person=LIND, channel="json", ok=True)
    escalation = alarm()
    for number in range(FIRST_PAGES + LAST_PAGES + 5):
        escalation = escalation.paged([page.but(step=number)])

    steps = [kept.step for kept in escalation.view.pages]
    assert steps == [*range(FIRST_PAGES), *range(FIRST_PAGES + 5, FIRST_PAGES + LAST_PAGES + 5)]


def test_every_change_has_a_revision_of_its_own() -> None:
    """The newest view wins in the record, so no two differ under one number."""
    first = alarm()
    second = first.acknowledge(Acknowledge(by=LIND), URGENT, MONDAY)
    third = second.acknowledge(Acknowledge(by=OSEI, note="I am here"), URGENT, MONDAY)

    assert first.view.revision < second.view.revision < third.view.revision
    assert third.acknowledge(Acknowledge(by=OSEI), URGENT, after(minutes=9)) == third
    assert Escalation.model_validate_json(third.model_dump_json()) == third


def test_an_escalation_says_when_it_moves_by_itself() -> None:
    """Its next page, put off by a snooze, or the end of a promise; resolved it never does. The watch goes by it."""
    paged = alarm()
    promised = paged.acknowledge(Acknowledge(by=LIND), URGENT, after(minutes=1))
    snoozed = paged.snooze(snooze(minutes=20), URGENT, after(minutes=1))

    assert paged.view.moves_at == after(minutes=5)
    assert promised.view.moves_at == after(minutes=61)
    assert snoozed.view.moves_at == after(minutes=21)
    assert promised.resolve(Resolve(by=LIND, note="Seen"), URGENT, after(minutes=2)).view.moves_at is None
    assert new().view.moves_at == MONDAY


def test_a_link_promises_once() -> None:
    """Pressed twice it changes nothing; raised again since, the alarm wants an answer to its newest page."""
    promised = alarm().acknowledge(Acknowledge(by=LIND, link="first"), URGENT, after(minutes=1))
    assert promised.acknowledge(Acknowledge(by=LIND, link="first"), URGENT, after(minutes=2)) == promised
    again = promised.lapse(after(minutes=62))

    with pytest.raises(Refused) as refused:
        again.acknowledge(Acknowledge(by=LIND, link="first"), URGENT, after(minutes=63))

    assert refused.value.refusal.code is RefusalCode.LINK_USED
    newest = again.acknowledge(Acknowledge(by=LIND, link="second"), URGENT, after(minutes=63))
    assert (newest.view.acknowledged_by, newest.used_links) == (LIND, ("first", "second"))
    assert again.acknowledge(Acknowledge(by=LIND), URGENT, after(minutes=63)).view.acknowledged_by == LIND


def test_a_link_answers_once_whatever_the_answer_was() -> None:
    """Who acknowledged by it passes nothing on by it; who passed it on takes nothing back by it."""
    acknowledge, pass_on = Acknowledge(by=LIND, link="first"), Reassign(by=LIND, to=WARD, link="first")

    def is_used(used: Escalation, order: Acknowledge | Reassign) -> bool:
        with pytest.raises(Refused) as refused:
            used.act(order, URGENT, after(minutes=2))
        return refused.value.refusal.code is RefusalCode.LINK_USED

    assert is_used(alarm().acknowledge(acknowledge, URGENT, after(minutes=1)), pass_on)
    assert is_used(alarm().reassign(pass_on, URGENT, after(minutes=1)), acknowledge)
    assert is_used(alarm().reassign(pass_on, URGENT, after(minutes=1)), pass_on)


def test_the_link_of_another_page_is_used_up_by_saying_the_same_again() -> None:
    """They had it and pressed the button of their second page too: neither takes it from whoever has it later."""
    twice = alarm().acknowledge(Acknowledge(by=LIND, link="first"), URGENT, after(minutes=1))
    twice = twice.acknowledge(Acknowledge(by=LIND, link="second"), URGENT, after(minutes=2))

    passed_on = twice.reassign(Reassign(by=OSEI, to=WARD), URGENT, after(minutes=3))

    with pytest.raises(Refused) as refused:
        passed_on.acknowledge(Acknowledge(by=LIND, link="second"), URGENT, after(minutes=4))
    assert refused.value.refusal.code is RefusalCode.LINK_USED


FIRST = Attempt(step=1, at=MONDAY)


def test_an_attempt_before_it_was_passed_on_is_not_repeated() -> None:
    """That nobody heard of the page before is no reason to try those people again: the colleague has it now."""
    passed_on = alarm().reassign(Reassign(by=LIND, to=WARD), URGENT, after(minutes=1))

    late = passed_on.nobody_reached(FIRST, passed_on.progress)
    theirs = passed_on.nobody_reached(Attempt(step=1, to=WARD, at=after(minutes=1)), passed_on.progress)

    assert (late.unheard, theirs.unheard and theirs.unheard.to) == (None, WARD)


def test_an_attempt_that_reached_nobody_is_due_again_within_a_minute() -> None:
    """Half a minute after it began, unless the next step comes before."""
    unheard = alarm().nobody_reached(FIRST, alarm().progress)

    assert unheard.wakes_at(URGENT.policy) == MONDAY + AGAIN_AFTER < after(minutes=1)
    assert not unheard.is_to_be_tried_again(URGENT.policy, after(seconds=29))
    assert unheard.is_to_be_tried_again(URGENT.policy, after(seconds=30))
    assert alarm().wakes_at(URGENT.policy) == after(minutes=5)


def test_a_routine_attempt_waits_for_the_office_to_open() -> None:
    """Nobody is called at night for what can wait: the last attempt of the day goes on in the morning."""
    closing = datetime(2026, 3, 3, 1, 59, 50, tzinfo=UTC)
    unheard = alarm(Severity.ROUTINE)
    unheard = unheard.nobody_reached(FIRST.but(at=closing), unheard.progress)

    assert not unheard.is_to_be_tried_again(ROUTINE.policy, closing + timedelta(hours=13))
    assert unheard.is_to_be_tried_again(ROUTINE.policy, closing + timedelta(hours=14, seconds=10))


@pytest.mark.parametrize(
    "act",
    [
        lambda one: one.acknowledge(Acknowledge(by=LIND), URGENT, after(seconds=1)),
        lambda one: one.resolve(Resolve(by=LIND, note="Seen"), URGENT, after(seconds=1)),
        lambda one: one.snooze(snooze(minutes=5), URGENT, after(seconds=1)),
        lambda one: one.reassign(Reassign(by=LIND, to=WARD), URGENT, after(seconds=1)),
        lambda one: one.advanced(URGENT.policy, NextStep(step=2, at=after(minutes=5)), after(minutes=5)),
        lambda one: one.repeat(Repeat(severity=Severity.EMERGENCY, at=MONDAY), after(seconds=1)),
    ],
)
def test_whatever_moves_the_ladder_ends_the_attempts(act: Callable[[Escalation], Escalation]) -> None:
    """Before or after the attempt was known to have reached nobody."""
    begun = alarm()

    assert act(begun.nobody_reached(FIRST, begun.progress)).unheard is None
    assert act(begun).nobody_reached(FIRST, begun.progress).unheard is None


def test_a_page_that_comes_back_late_ends_no_attempt() -> None:
    """It changes what is told, not the ladder."""
    late = Page(at=MONDAY, step=1, person=LIND, channel="json", ok=False)

    assert alarm().nobody_reached(FIRST, alarm().progress).paged([late]).unheard == FIRST


def test_an_escalation_reports_back_how_it_stands() -> None:
    """With the moments at which it came to stand so; one that has only been opened has no news."""
    opened_only = alarm()
    promised = opened_only.acknowledge(Acknowledge(by=LIND, note="Coming"), URGENT, after(minutes=1))
    lapsed = promised.lapse(after(minutes=61))
    done = promised.resolve(Resolve(by=OSEI, note="Seen"), URGENT, after(minutes=2))
    later = after(minutes=90)

    assert opened_only.reported_back(later) == opened_only
    for one, change, at, by in (
        (promised, Change.ACKNOWLEDGED, after(minutes=1), LIND),
        (lapsed, Change.REOPENED, after(minutes=61), None),
        (done, Change.RESOLVED, after(minutes=2), OSEI),
    ):
        reported = one.reported_back(later)
        assert reported.notices[:-1] == one.notices
        news = reported.notices[-1]
        assert (news.change, news.at, news.by) == (change, at, by)
        assert reported.reported_back(later).notices[-1] == news, "the very same, however often it is asked"


def test_an_escalation_of_an_earlier_release_reports_back_what_it_shows() -> None:
    """It kept no news: one that is open again says so as of now, and from then on the same."""
    promised = alarm().acknowledge(Acknowledge(by=LIND, note="Coming"), URGENT, after(minutes=1))
    lapsed = promised.lapse(after(minutes=61)).but(newest=None, notices=())
    later = after(minutes=90)

    [news] = lapsed.reported_back(later).notices
    assert (news.change, news.at) == (Change.REOPENED, later)
    assert lapsed.reported_back(later).reported_back(after(minutes=95)).notices == (news, news)
    [news] = promised.but(newest=None, notices=()).reported_back(later).notices
    assert (news.change, news.at, news.by, news.note) == (Change.ACKNOWLEDGED, after(minutes=1), LIND, "Coming")
