"""What is due and when it passes: at its own moment, or when it was learned too late, a grace after that."""

from datetime import timedelta

import pytest

from domain.course.deadlines import Deadline, DeadlineKind
from domain.escalation.messages import Kind
from domain.values import Severity
from tests.support.cast import MARA, MONDAY, assessment, days, discharge, hours, minutes, referral
from tests.support.ward import EDGES, TICK, Ward


@pytest.mark.parametrize(
    ("learned", "grace", "passes"),
    [
        (-hours(1), minutes(0), minutes(0)),
        (-hours(1), minutes(5), minutes(5)),
        (minutes(0), minutes(0), minutes(0)),
        (minutes(0), minutes(5), minutes(5)),
        (TICK, minutes(0), minutes(10) + TICK),
        (minutes(4), minutes(5), minutes(9)),
        (hours(9), minutes(5), hours(9) + minutes(5)),
        (hours(9), minutes(0), hours(9) + minutes(10)),
        (minutes(1), hours(4), hours(4) + minutes(1)),
    ],
)
def test_a_deadline_passes_after_its_grace_and_no_sooner_after_it_was_learned(
    learned: timedelta, grace: timedelta, passes: timedelta
) -> None:
    """CONTRACT 5, backfill: its own grace, ten minutes where it has none."""
    deadline = Deadline(kind=DeadlineKind.FORM, due_at=MONDAY, learned_at=MONDAY + learned, grace=grace)
    assert deadline.passes_at == MONDAY + passes


def test_deadlines_stand_in_the_order_in_which_they_pass(ward: Ward) -> None:
    """The first one is what the course waits for."""
    ward.discharged()
    moments = [deadline.passes_at for deadline in ward.course.deadlines()]

    assert moments == sorted(moments)
    assert len({deadline.key for deadline in ward.course.deadlines()}) == len(moments)


@EDGES
def test_a_deadline_passes_at_its_moment_and_is_written_with_it(ward: Ward, edge: timedelta) -> None:
    """Written with the moment at which it passed, each time that it is asked again."""
    ward.referred().until(MONDAY + days(14) + edge)
    passed = ward.written("deadline.passed")
    ward.passes(days(30))

    assert passed == (["deadline.passed"] if edge >= timedelta() else [])
    assert ward.written("deadline.passed") == ["deadline.passed"] * 5
    entry = next(entry for entry in ward.entries if entry.type == "kap.deadline.passed")
    assert entry.time == MONDAY + days(14)
    assert entry.data == {"kind": "phase", "subject": "screening", "due_at": "2026-01-19T09:00:00Z"}


def test_what_nobody_asks_again_passes_once(ward: Ward) -> None:
    """A paper, a reminder, a call: not again, however much time goes by."""
    ward.discharged().passes(days(100))
    kinds = [entry.data["kind"] for entry in ward.entries if entry.type == "kap.deadline.passed"]

    assert kinds.count("form") == 1
    assert kinds.count("check_in") == kinds.count("check_in_reminder") == 3


def test_what_is_met_before_it_is_due_is_due_no_more(ward: Ward) -> None:
    """The decision came in time: the screening is not overdue, and the preparation has its own fortnight."""
    ward.eligible()
    (deadline,) = ward.due(DeadlineKind.PHASE)

    assert (deadline.subject, deadline.due_at) == ("preparation", MONDAY + days(2) + days(14))


def test_time_without_a_deadline_changes_nothing(ward: Ward) -> None:
    """Passing what has not passed gives the very same course, and not a word in the ledger."""
    ward.discharged()
    decision = ward.course.pass_deadlines(ward.now)

    assert (decision.course, decision.entries, decision.calls, decision.answer) == (ward.course, (), (), None)


def test_several_that_pass_in_one_moment_make_one_call_an_escalation(ward: Ward) -> None:
    """Kapstan was away for two days: nobody is called three times for the same thing."""
    ward.discharged()
    ward.sleeps(days(8))

    assert sorted(ward.pages) == sorted(
        [
            (Kind.CHECK_IN_MISSED, Severity.URGENT),
            (Kind.INTEGRATION_OVERDUE, Severity.ROUTINE),
            (Kind.FORM_OVERDUE, Severity.ROUTINE),
        ]
    )
    assert len(ward.written("deadline.passed")) == 6 + 1 + 3


def test_a_referral_of_last_month_gives_ten_minutes_to_send_the_rest() -> None:
    """A whole past is sent event by event: nothing passes while it is being sent."""
    ward = Ward(now=MONDAY + days(60))
    ward.sends(referral(MARA, at=MONDAY))

    ward.passes(minutes(10) - TICK)
    quiet = ward.pages
    ward.passes(TICK)

    assert quiet == []
    assert ward.pages == [(Kind.PHASE_OVERDUE, Severity.ROUTINE)]


def test_a_past_discharge_gives_each_call_its_own_grace(ward: Ward) -> None:
    """Learned a week late: the reminder two hours after that, and not three at once before anybody could send them."""
    ward.watched().sleeps(minutes(1))
    ward.sends(assessment(MARA, at=ward.now))
    leaves = discharge(MARA, at=ward.now)
    later = ward.now + days(6)
    course = ward.course.accept(leaves, later).course
    passes = {(one.kind, one.subject): one.passes_at for one in course.deadlines()}

    assert passes[DeadlineKind.CHECK_IN_REMINDER, "P1D"] == later + hours(2)
    assert passes[DeadlineKind.CHECK_IN, "P1D"] == later + hours(4)
    assert passes[DeadlineKind.INTEGRATION, None] == later + minutes(10)
    assert passes[DeadlineKind.CHECK_IN, "P7D"] == leaves.time + days(7) + hours(4)
    assert passes[DeadlineKind.FORM, "session_monitoring"] == leaves.time + days(7)


def test_time_never_moves_a_course(ward: Ward) -> None:
    """Decision 4: it only reminds. Nothing but phase, stage, hold and outcome as they were, after a year of nothing."""
    for point in ("referred", "eligible", "prepared", "booked", "checked_in", "cleared"):
        getattr(ward, point)()
        before = (ward.course.phase, ward.course.hold, ward.course.outcome, ward.course.sessions)
        course = ward.course.pass_deadlines(ward.now + days(365)).course
        assert (course.phase, course.hold, course.outcome, course.sessions) == before
