"""The watch's judgment: when a dosed patient counts as overlooked, when not, and what follows."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.escalation.ids import escalation_id
from domain.escalation.messages import Acknowledge, EscalationState, Resolve
from domain.escalation.messages import Kind as EscalationKind
from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog import (
    CLOCKS_DIFFER,
    UNBROKEN,
    ExpectedMove,
    NextMove,
    NoAnswer,
    OverduePolicy,
    RaiseAlarm,
    SettleAlarm,
    Tick,
    WatchedSession,
    finding,
    look,
    move,
    overdue,
    patience,
)
from domain.escalation.watchdog_alarm import WatchdogAlarm, raised
from domain.oncall.file import parse_on_call
from domain.values import Severity
from tests.support.paths import ROOT

CLINIC = parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
POLICY = CLINIC.policies[Severity.EMERGENCY]
MONDAY = datetime(2026, 3, 2, 18, tzinfo=UTC)
GRACE = timedelta(minutes=2)
SECOND = timedelta(seconds=1)
MARA = WatchedSession("MARA-1", 1)
LONG_SINCE = OverduePolicy(grace=GRACE, since=MONDAY - timedelta(days=1))
"""The watch has been kept for long."""

COURSE = ExpectedMove(course_id=MARA.course_id, session=MARA.session, moves_at=MONDAY)
ALARM = escalation_id(MARA.course_id, EscalationKind.VITALS_URGENT, MARA.session, 1)
ESCALATION = COURSE.but(escalation=ALARM)


@pytest.mark.parametrize("expected", [COURSE, ESCALATION])
@pytest.mark.parametrize(
    ("later", "is_asked_for"),
    [(timedelta(), False), (GRACE - SECOND, False), (GRACE, True), (GRACE + SECOND, True)],
)
def test_what_stands_still_is_asked_for_after_the_grace(
    expected: ExpectedMove, later: timedelta, is_asked_for: bool
) -> None:
    """A course or an escalation that has not moved is let be until the grace is over, on its second."""
    assert bool(overdue([expected], LONG_SINCE, MONDAY + later)) is is_asked_for


def test_what_moved_in_time_is_never_asked_for() -> None:
    """While all is well every moment of the record lies ahead, and nobody asks Temporal for anything."""
    ahead = [COURSE.but(moves_at=MONDAY + SECOND), ESCALATION.but(moves_at=MONDAY + timedelta(minutes=5))]

    assert overdue(ahead, LONG_SINCE, MONDAY) == ()
    assert finding([], LONG_SINCE, MONDAY) is SilenceReason.ON_TIME


@pytest.mark.parametrize(("later", "is_asked_for"), [(GRACE - SECOND, False), (GRACE, True), (GRACE + SECOND, True)])
def test_a_watch_that_begins_gives_what_is_long_overdue_the_grace_too(later: timedelta, is_asked_for: bool) -> None:
    """The host was off for the night: workers, Temporal and console come up together, and nobody is paged for it."""
    begun = OverduePolicy(grace=GRACE, since=MONDAY)
    last_night = COURSE.but(moves_at=MONDAY - timedelta(hours=9))

    assert bool(overdue([last_night], begun, MONDAY + later)) is is_asked_for


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([NextMove(moves_at=MONDAY + SECOND)], SilenceReason.RECORD_BEHIND),
        ([NextMove(moves_at=None)], SilenceReason.RECORD_BEHIND),
        ([NextMove(moves_at=MONDAY - GRACE + SECOND)], SilenceReason.RECORD_BEHIND),
        ([NextMove(moves_at=MONDAY - GRACE)], SilenceReason.STANDS_STILL),
        ([NextMove(moves_at=MONDAY - GRACE - SECOND)], SilenceReason.STANDS_STILL),
        ([NextMove(moves_at=MONDAY + SECOND), NextMove(moves_at=MONDAY - GRACE)], SilenceReason.STANDS_STILL),
        ([NoAnswer()], SilenceReason.UNANSWERED),
        ([NextMove(moves_at=MONDAY + SECOND), NoAnswer()], SilenceReason.UNANSWERED),
        ([NextMove(moves_at=MONDAY - GRACE), NoAnswer()], SilenceReason.UNANSWERED),
    ],
)
def test_only_the_course_itself_can_say_that_all_is_well(
    answers: list[NextMove | NoAnswer], found: SilenceReason
) -> None:
    """The record may be behind: the course has moved then, and says so. Who does not answer watches over nobody."""
    assert finding(answers, LONG_SINCE, MONDAY) is found
    assert found.is_silent is (found in {SilenceReason.STANDS_STILL, SilenceReason.UNANSWERED})


@pytest.mark.parametrize(
    ("since_the_last", "is_kept"),
    [(timedelta(seconds=5), True), (UNBROKEN - SECOND, True), (UNBROKEN, True), (UNBROKEN + SECOND, False)],
)
def test_a_console_that_takes_over_at_once_goes_on_with_the_watch(since_the_last: timedelta, is_kept: bool) -> None:
    """A console that dies and is started again delays no page; after a longer break all is given its time again."""
    last = Tick(looked_at=MONDAY, watching_since=MONDAY - timedelta(hours=1))

    now = MONDAY + since_the_last

    assert look(last, now) == Tick(looked_at=now, watching_since=last.watching_since if is_kept else now)


def test_nobody_watches_from_a_moment_to_come() -> None:
    """Whoever writes that into the record keeps nobody from being called for what is overdue now."""
    last = Tick(looked_at=MONDAY, watching_since=MONDAY + timedelta(days=365))
    now = MONDAY + timedelta(seconds=5)

    assert look(last, now) == Tick(looked_at=now, watching_since=now)
    assert look(last.but(looked_at=now + timedelta(days=365)), now) == Tick(looked_at=now, watching_since=now)


@pytest.mark.parametrize(
    ("ahead", "is_raised"), [(CLOCKS_DIFFER, False), (CLOCKS_DIFFER + SECOND, True), (timedelta(days=365), True)]
)
def test_nobody_has_looked_at_a_moment_to_come(ahead: timedelta, is_raised: bool) -> None:
    """An alarm that is said to be resolved next year is no reason to be silent until then; clocks differ a little."""
    resolved = raised(*MARA, 1, MONDAY).obeyed(Resolve(by="lind", note="Seen"), CLINIC, MONDAY + ahead)

    made = move(MARA, SilenceReason.STANDS_STILL, resolved, POLICY, MONDAY)

    assert isinstance(made, RaiseAlarm) is is_raised


def test_the_first_look_of_all_begins_the_watch() -> None:
    assert look(None, MONDAY) == Tick(looked_at=MONDAY, watching_since=MONDAY)


def test_a_silent_course_raises_an_alarm_of_its_session() -> None:
    """An emergency, by its own kind, whose first step is due at once."""
    made = move(MARA, SilenceReason.UNANSWERED, None, POLICY, MONDAY)

    assert isinstance(made, RaiseAlarm)
    view = made.incident.escalation.view
    assert (view.id, view.severity, view.state) == (
        "MARA-1~orchestrator_silent~1~1",
        Severity.EMERGENCY,
        EscalationState.OPEN,
    )
    assert (view.opened_at, view.moves_at, view.session) == (MONDAY, MONDAY, 1)


@pytest.mark.parametrize("found", list(SilenceReason))
def test_there_is_one_alarm_at_a_time(found: SilenceReason) -> None:
    """An open one stays while nobody watches, whoever has promised it, and is over as soon as somebody does again."""
    opened = raised(*MARA, 1, MONDAY)
    promised = opened.obeyed(Acknowledge(by="lind"), CLINIC, MONDAY)

    for alarm in (opened, promised):
        made = move(MARA, found, alarm, POLICY, MONDAY + timedelta(minutes=1))
        assert made == (None if found.is_silent else SettleAlarm(id=alarm.id))


def test_the_watch_broken_off_ends_no_alarm() -> None:
    """No console ran for an hour: what was silent before is asked for at once, and given no new grace."""
    begun = Tick(looked_at=MONDAY, watching_since=MONDAY)
    late = COURSE.but(moves_at=MONDAY - timedelta(hours=1))
    opened = raised(*MARA, 1, MONDAY - timedelta(minutes=58))

    assert overdue([late], patience(begun, opened, GRACE), MONDAY) == (late,)
    assert overdue([late], patience(begun, None, GRACE), MONDAY) == ()
    assert overdue([late], patience(begun, opened.settled(MONDAY), GRACE), MONDAY) == ()


@pytest.mark.parametrize(
    ("later", "is_raised"),
    [(timedelta(), False), (POLICY.resolve_within - SECOND, False), (POLICY.resolve_within, True)],
)
def test_who_resolves_an_alarm_has_looked_at_the_patient(later: timedelta, is_raised: bool) -> None:
    """And is not called again for `resolve_within`; then, if still nobody watches, a new alarm begins."""
    seen = raised(*MARA, 1, MONDAY).obeyed(Resolve(by="lind", note="I sit with them"), CLINIC, MONDAY)

    made = move(MARA, SilenceReason.UNANSWERED, seen, POLICY, MONDAY + later)

    assert (made is not None) is is_raised
    assert made is None or (isinstance(made, RaiseAlarm) and made.incident.id == "MARA-1~orchestrator_silent~1~2")


def test_who_falls_silent_again_is_called_for_again_at_once() -> None:
    """What settled by itself was no promise of anybody's."""
    over: WatchdogAlarm = raised(*MARA, 9, MONDAY).settled(MONDAY + SECOND)

    made = move(MARA, SilenceReason.STANDS_STILL, over, POLICY, MONDAY + 2 * SECOND)

    assert isinstance(made, RaiseAlarm)
    assert made.incident.number == 10
    assert move(MARA, SilenceReason.RECORD_BEHIND, over, POLICY, MONDAY + 2 * SECOND) is None
