"""The watch's judgment of courses without a dosed patient: who is told of which, how many alarms one outage makes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from domain.escalation.ids import escalation_id
from domain.escalation.messages import Kind, Resolve
from domain.escalation.silence import SilenceReason, words
from domain.escalation.watchdog import (
    GRACES_WITHOUT_A_DOSE,
    ExpectedMove,
    Move,
    NextMove,
    NoAnswer,
    RaiseAlarm,
    SettleAlarm,
    Tick,
    WatchedSession,
)
from domain.escalation.watchdog_alarm import WatchdogAlarm, raised
from domain.escalation.watchdog_rounds import (
    MOST_OF_THEIR_OWN,
    Asked,
    Judged,
    Measure,
    is_late,
    judged,
    moves,
)
from domain.oncall.file import parse_on_call
from domain.values import Severity
from tests.support.paths import ROOT

CLINIC = parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
MONDAY = datetime(2026, 3, 2, 18, tzinfo=UTC)
GRACE = timedelta(minutes=2)
SECOND = timedelta(seconds=1)
LONGER = GRACE * GRACES_WITHOUT_A_DOSE
MARA, NIKO = WatchedSession("MARA-1", None), WatchedSession("NIKO-1", None)
COURSE = ExpectedMove(course_id="MARA-1", session=None, moves_at=MONDAY)
ESCALATION = COURSE.but(escalation=escalation_id("MARA-1", Kind.PHASE_OVERDUE, None, 1), policy=Severity.ROUTINE)
ALARM = COURSE.but(escalation=escalation_id("MARA-1", Kind.SUICIDE_RISK, None, 1), policy=Severity.EMERGENCY)
SILENT = [SilenceReason.STANDS_STILL, SilenceReason.UNANSWERED, SilenceReason.KEEPS_FAILING, SilenceReason.ENDED]
THEIR_OWN = [SilenceReason.STANDS_STILL, SilenceReason.KEEPS_FAILING, SilenceReason.ENDED]


def by(now: datetime) -> Measure:
    """The watch has been kept for long."""
    look = Tick(looked_at=now, watching_since=MONDAY - timedelta(days=1))
    return Measure(look, GRACE, CLINIC.policies)


def found(
    what: SilenceReason, visit: WatchedSession = MARA, severity: Severity = Severity.URGENT, ago: timedelta = LONGER
) -> Judged:
    return Judged(visit, what, None, severity, MONDAY - ago)


def follows(*every: Judged, before: Sequence[WatchdogAlarm] = (), later: timedelta = timedelta()) -> tuple[Move, ...]:
    return moves(every, before, CLINIC.policies, MONDAY + later)


def raises(*every: Judged, before: Sequence[WatchdogAlarm] = (), later: timedelta = timedelta()) -> list[WatchdogAlarm]:
    return [one.incident for one in follows(*every, before=before, later=later) if isinstance(one, RaiseAlarm)]


def open_alarm(
    what: SilenceReason, visit: WatchedSession = MARA, *, is_for_all: bool = False, n: int = 1
) -> WatchdogAlarm:
    severity = Severity.URGENT
    return raised(*visit, n, MONDAY - SECOND, severity=severity, found=what, is_for_all=is_for_all)


def resolved(alarm: WatchdogAlarm) -> WatchdogAlarm:
    return alarm.obeyed(Resolve(by="lind", note="Kapstan's machine is being mended"), CLINIC, MONDAY)


@pytest.mark.parametrize(
    ("expected", "grace"),
    [(COURSE, LONGER), (ALARM, GRACE), (COURSE.but(session=1), GRACE), (ALARM.but(policy=Severity.URGENT), LONGER)],
)
def test_what_is_not_urgent_is_waited_for_longer(expected: ExpectedMove, grace: timedelta) -> None:
    """A dosed patient, and an emergency that pages nobody, are given the grace; all else some times as long."""
    assert not is_late(expected, None, by(MONDAY + grace - SECOND))
    assert is_late(expected, None, by(MONDAY + grace))


def test_who_sleeps_until_the_office_opens_is_not_late() -> None:
    """A routine escalation pages in its hours alone: nobody is woken on a Sunday because it rests."""
    saturday = datetime(2026, 3, 7, 18, tzinfo=UTC)
    resting = ESCALATION.but(moves_at=saturday)

    assert not is_late(resting, None, by(saturday + timedelta(hours=30)))
    assert is_late(resting, None, by(saturday + timedelta(days=3)))
    assert judged(MARA, [Asked(resting, NextMove(moves_at=saturday))], [], by(saturday + timedelta(days=3)), saturday)[
        1
    ] is (SilenceReason.RECORD_BEHIND)


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ([], SilenceReason.ON_TIME),
        ([NextMove(moves_at=MONDAY + timedelta(days=3))], SilenceReason.RECORD_BEHIND),
        ([NextMove(moves_at=None)], SilenceReason.RECORD_BEHIND),
        ([NextMove(moves_at=MONDAY - LONGER)], SilenceReason.STANDS_STILL),
        ([NextMove(moves_at=MONDAY - LONGER + SECOND)], SilenceReason.RECORD_BEHIND),
        ([NextMove(moves_at=MONDAY - LONGER), NoAnswer()], SilenceReason.UNANSWERED),
        ([NoAnswer(), NoAnswer(why=SilenceReason.KEEPS_FAILING)], SilenceReason.KEEPS_FAILING),
        ([NoAnswer(why=SilenceReason.ENDED), NoAnswer(why=SilenceReason.KEEPS_FAILING)], SilenceReason.ENDED),
    ],
)
def test_the_worst_answer_counts(answers: list[NextMove | NoAnswer], what: SilenceReason) -> None:
    """Of a course and its escalations: what is broken for good is said before what may only be away."""
    asked = [Asked(COURSE, one) for one in answers]

    assert judged(MARA, asked, [], by(MONDAY), MONDAY).found is what


def test_an_emergency_that_pages_nobody_is_an_emergency() -> None:
    """Whoever is dosed or not: somebody is in danger and nobody is called."""
    lost = [Asked(COURSE, NextMove(moves_at=None)), Asked(ALARM, NoAnswer(why=SilenceReason.ENDED))]

    one = judged(MARA, lost, [], by(MONDAY), MONDAY)

    assert (one.severity, one.of) == (Severity.EMERGENCY, ALARM.escalation)


@pytest.mark.parametrize("what", list(SilenceReason))
def test_a_silent_course_raises_an_alarm_of_no_session(what: SilenceReason) -> None:
    """Urgent, its first step due at once, and it says in neutral words what was found."""
    told = raises(found(what))

    assert bool(told) is (what in SILENT)
    for alarm in told:
        view = alarm.escalation.view
        assert (view.id, view.session, view.severity) == ("MARA-1~orchestrator_silent~0~1", None, Severity.URGENT)
        assert (view.moves_at, view.note) == (MONDAY, words(what))
        assert alarm.is_for_all is (what is SilenceReason.UNANSWERED)


def test_one_alarm_stands_for_all_that_nobody_answers_for() -> None:
    """Temporal is away, and forty courses have something due: one page, for the one that waits longest."""
    silent = [
        found(SilenceReason.UNANSWERED, WatchedSession(f"C-{n}", None), ago=LONGER + n * SECOND) for n in range(40)
    ]

    (alarm,) = raises(*silent)

    assert alarm.escalation.view.course_id == "C-39"
    assert follows(*silent, before=[alarm]) == ()


@pytest.mark.parametrize("what", THEIR_OWN)
def test_what_is_the_trouble_of_one_course_is_told_of_that_course(what: SilenceReason) -> None:
    """Beside the alarm that stands for all: it will not pass when Temporal is back."""
    away = open_alarm(SilenceReason.UNANSWERED, NIKO, is_for_all=True)

    (alarm,) = raises(found(SilenceReason.UNANSWERED, NIKO), found(what), before=[away])

    assert (alarm.escalation.view.course_id, alarm.is_for_all) == ("MARA-1", False)


@pytest.mark.parametrize("number", [MOST_OF_THEIR_OWN - 1, MOST_OF_THEIR_OWN, MOST_OF_THEIR_OWN + 1, 200])
def test_a_release_that_fails_everywhere_is_no_storm(number: int) -> None:
    """A few courses are told of by themselves, and one alarm stands for the others, however often one looks."""
    failing = [found(SilenceReason.KEEPS_FAILING, WatchedSession(f"C-{n}", None)) for n in range(number)]

    told = raises(*failing)

    assert sum(not one.is_for_all for one in told) == min(number, MOST_OF_THEIR_OWN)
    assert sum(one.is_for_all for one in told) == (number > MOST_OF_THEIR_OWN)
    assert follows(*failing, before=told) == ()


@pytest.mark.parametrize("what", list(SilenceReason))
def test_an_alarm_is_over_when_its_course_moves_again(what: SilenceReason) -> None:
    """And not because Temporal is away meanwhile, so that nobody can say."""
    alarm = open_alarm(SilenceReason.KEEPS_FAILING)

    settled = [one for one in follows(found(what), before=[alarm]) if isinstance(one, SettleAlarm)]

    assert settled == ([] if what in SILENT else [SettleAlarm(id=alarm.id)])


def test_the_alarm_for_all_is_over_when_nobody_is_silent_any_more() -> None:
    """Its own course may answer sooner than the others."""
    alarm = open_alarm(SilenceReason.UNANSWERED, is_for_all=True)

    assert follows(found(SilenceReason.ON_TIME), found(SilenceReason.UNANSWERED, NIKO), before=[alarm]) == ()
    assert follows(found(SilenceReason.ON_TIME), found(SilenceReason.ON_TIME, NIKO), before=[alarm]) == (
        SettleAlarm(id=alarm.id),
    )
    assert follows(before=[alarm]) == (SettleAlarm(id=alarm.id),)


def test_an_outage_that_silences_an_emergency_is_told_as_one() -> None:
    """Though an urgent alarm stands for all already."""
    alarm = open_alarm(SilenceReason.UNANSWERED, NIKO, is_for_all=True)

    (worse,) = raises(
        found(SilenceReason.UNANSWERED, NIKO),
        found(SilenceReason.UNANSWERED, severity=Severity.EMERGENCY),
        before=[alarm],
    )

    assert worse.escalation.view.severity is Severity.EMERGENCY


@pytest.mark.parametrize("what", [SilenceReason.STANDS_STILL, SilenceReason.UNANSWERED, SilenceReason.KEEPS_FAILING])
def test_who_resolves_an_alarm_is_not_called_again_at_once(what: SilenceReason) -> None:
    """But after the policy's `resolve_within`, if it is still so."""
    over = resolved(open_alarm(what, is_for_all=what is SilenceReason.UNANSWERED))
    within = CLINIC.policies[Severity.URGENT].resolve_within

    assert raises(found(what), before=[over], later=within - SECOND) == []
    assert [one.number for one in raises(found(what), before=[over], later=within)] == [2]


def test_what_temporal_has_ended_is_told_once() -> None:
    """It stays ended: who has resolved the alarm knows. Another escalation of the course that is ended is news."""
    over = resolved(open_alarm(SilenceReason.ENDED))
    later = MONDAY + timedelta(days=9)
    ended = NoAnswer(why=SilenceReason.ENDED)

    again = judged(MARA, [Asked(COURSE, ended)], [over], by(later), later)
    news = judged(MARA, [Asked(COURSE, ended), Asked(ESCALATION, ended)], [over], by(later), later)

    assert (again.found, again.is_known) == (SilenceReason.ENDED, True)
    assert moves([again], [over], CLINIC.policies, later) == ()
    assert [
        one.incident.of for one in moves([news], [over], CLINIC.policies, later) if isinstance(one, RaiseAlarm)
    ] == [ESCALATION.escalation]


def test_no_words_of_it_are_clinical() -> None:
    """Not even an escalation's kind: what a phone shows says what to hurry for, and nothing more."""
    said = {words(what, of) for what in SilenceReason for of in (None, ALARM.escalation)}

    assert not any("suicide" in one or "MARA" in one for one in said)
    assert len(said) > len(SILENT)
