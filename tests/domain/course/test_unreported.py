"""A visit of which nobody says what became: booked, checked in or cleared, somebody is asked for the patient."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Severity
from tests.support.cast import (
    CALM,
    HAS_A_METHOD,
    HAS_A_PLAN,
    MARA,
    WEEKLY,
    WISHES_TO_BE_DEAD,
    abortion,
    adverse_event,
    booking,
    call,
    cancellation,
    check_in,
    clearance,
    consent_withdrawn,
    cssrs,
    days,
    discontinuation,
    dose,
    handed_over,
    hold,
    hours,
    left,
    minutes,
    missed,
    phq9,
    plan,
    rebooking,
    returned,
    transfer,
    vitals,
    weekly,
    withdrawal,
)
from tests.support.ward import EDGES, Ward, holds

UNREPORTED = WEEKLY.medicine.unreported_after
ASKED = {DeadlineKind.ATTENDANCE, DeadlineKind.CLEARANCE, DeadlineKind.DOSE}


def asked(ward: Ward) -> set[DeadlineKind]:
    """Of what is asked what became of the visit."""
    return {one.kind for one in ward.course.deadlines() if one.kind in ASKED}


def is_told(ward: Ward) -> bool:
    return Kind.SESSION_UNREPORTED in ward.open


@EDGES
def test_a_visit_of_which_nobody_says_what_became_is_asked_for_the_same_day(ward: Ward, edge: timedelta) -> None:
    """`medicine.unreported_after` its time (S60); a visit that is a day away is not."""
    ward.booked().until(ward.begins() + UNREPORTED + edge)

    assert ward.open == ({Kind.SESSION_UNREPORTED: Severity.ROUTINE} if edge >= timedelta() else {})


@pytest.mark.parametrize(
    ("says", "severity"),
    [
        (lambda ward: cssrs(MARA, at=ward.now, items=CALM), Severity.ROUTINE),
        (lambda ward: cssrs(MARA, at=ward.now, items=WISHES_TO_BE_DEAD), Severity.ROUTINE),
        (lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_METHOD), Severity.URGENT),
        (lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_PLAN), Severity.URGENT),
        (lambda ward: phq9(MARA, at=ward.now, items=(0, 0, 0, 0, 0, 0, 0, 0, 1)), Severity.URGENT),
        (lambda ward: call(MARA, at=ward.now, days_after=2, suicidal_ideation=True), Severity.URGENT),
    ],
    ids=["calm", "low", "moderate", "high", "hint", "call"],
)
def test_a_patient_at_risk_is_asked_for_sooner_and_louder(
    ward: Ward, says: Callable[[Ward], object], severity: Severity
) -> None:
    """`medicine.unreported_at_risk`: urgent, whatever tells of the risk, also under the hold that it lays."""
    ward.booked().reports(says(ward))  # type: ignore[arg-type]
    ward.until(ward.begins() + WEEKLY.medicine.unreported_at_risk)
    sooner = ward.open.get(Kind.SESSION_UNREPORTED)
    ward.until(ward.begins() + UNREPORTED)

    assert sooner == (severity if severity is Severity.URGENT else None)
    assert ward.open[Kind.SESSION_UNREPORTED] is severity


def test_a_calm_screen_after_the_call_ends_the_hurry(ward: Ward) -> None:
    """What was said on a call is answered by a C-SSRS since."""
    ward.booked().reports(call(MARA, at=ward.now, days_after=2, suicidal_ideation=True))
    ward.reports(cssrs(MARA, at=ward.now + hours(1)))
    ward.until(ward.begins() + minutes(40))

    assert not is_told(ward)


def test_it_is_asked_again_until_somebody_says(ward: Ward) -> None:
    """`medicine.unreported_again`: every day, also after the escalation was resolved without a word of the visit."""
    ward.booked().until(ward.begins() + UNREPORTED)
    ward.hears(Kind.SESSION_UNREPORTED, Change.RESOLVED)
    ward.calls.clear()
    ward.passes(days(3))
    kinds = [kind for kind, _ in ward.pages]
    ward.reports(missed(MARA, at=ward.now))
    ward.calls.clear()
    ward.passes(days(5))

    assert kinds == [Kind.SESSION_UNREPORTED] * 3
    assert Kind.SESSION_UNREPORTED not in dict(ward.pages)


@pytest.mark.parametrize(
    "says",
    [
        lambda ward: check_in(MARA, at=ward.begins()),
        lambda ward: missed(MARA, at=ward.begins()),
        lambda ward: cancellation(MARA, at=ward.now),
        lambda ward: rebooking(MARA, at=ward.now, starts_at=ward.begins() + days(3)),
        lambda ward: dose(MARA, at=ward.begins()),
        lambda ward: withdrawal(MARA, at=ward.now),
    ],
    ids=["checked in", "missed", "canceled", "moved", "dosed", "withdrawn"],
)
def test_whatever_is_said_of_the_visit_answers_it(ward: Ward, says: Callable[[Ward], object]) -> None:
    """Nobody is asked what became of a visit that came, fell through, was moved, or belongs to no course any more."""
    ward.booked().reports(says(ward))  # type: ignore[arg-type]
    ward.until(ward.begins() + UNREPORTED - minutes(1))

    assert DeadlineKind.ATTENDANCE not in {one.kind for one in ward.course.deadlines() if one.due_at <= ward.now}


def test_a_moved_visit_is_asked_for_at_its_new_time(ward: Ward) -> None:
    """Told a week after that time, it has its own grace from then."""
    ward.booked().reports(rebooking(MARA, at=ward.now, starts_at=ward.begins() + days(1)))
    ward.until(ward.begins() + days(1) + UNREPORTED)
    on_time = is_told(ward)

    late = Ward().booked()
    late.sleeps(days(9))
    late.sends(rebooking(MARA, at=late.begins(), starts_at=late.begins() + days(1)))
    late.hears(Kind.SESSION_UNREPORTED, Change.RESOLVED)
    late.passes(UNREPORTED - minutes(1))

    assert on_time
    assert not is_told(late)


def test_a_visit_is_asked_for_under_a_hold_and_in_any_phase(ward: Ward) -> None:
    """They may come all the same, or lie at home."""
    ward.booked().reports(hold(MARA, at=ward.now))
    ward.until(ward.begins() + UNREPORTED)
    held = is_told(ward)

    early = Ward().planned()
    early.reports(booking(MARA, at=early.now, starts_at=early.now + days(1)))
    early.passes(days(1) + UNREPORTED)

    assert held
    assert is_told(early)


def test_a_visit_beyond_a_plan_that_was_cut_is_asked_for_and_may_be_canceled() -> None:
    """The treatment ended, and the visit still stands in the calendar."""
    ward = Ward(protocol=weekly({"course.sessions_min": 1})).booked(2)
    ward.reports(plan(MARA, at=ward.now, sessions=1))
    assert DeadlineKind.ATTENDANCE in asked(ward)

    ward.reports(cancellation(MARA, 2, at=ward.now))

    assert asked(ward) == set()


@EDGES
def test_a_check_in_that_leads_nowhere_is_asked_for(ward: Ward, edge: timedelta) -> None:
    """Checked in and neither cleared nor sent away: left from the waiting room."""
    ward.checked_in().until(ward.begins() + UNREPORTED + edge)

    assert is_told(ward) is (edge >= timedelta())


def test_while_readings_are_taken_the_patient_is_here(ward: Ward) -> None:
    """A pressure that is to fall first is measured every half hour: nobody is lost."""
    ward.checked_in()
    for number in range(1, 8):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(30) * number, systolic=150))
    quiet = is_told(ward)
    ward.passes(UNREPORTED)

    assert not quiet
    assert is_told(ward)


@EDGES
def test_a_clearance_that_is_neither_used_nor_called_off_is_urgent(ward: Ward, edge: timedelta) -> None:
    """When `medicine.clearance_valid` is over: the patient may have been dosed, and nobody watches."""
    ward.cleared().until(ward.begins() - minutes(5) + WEEKLY.medicine.clearance_valid + edge)

    assert ward.open == ({Kind.DOSE_UNREPORTED: Severity.URGENT} if edge >= timedelta() else {})


def test_a_clearance_is_asked_for_every_day(ward: Ward) -> None:
    """Until there is a dose or an abort; neither stands in the way of the other."""
    ward.cleared().passes(hours(1))
    ward.hears(Kind.DOSE_UNREPORTED, Change.RESOLVED)
    ward.passes(days(1))
    told = ward.open.get(Kind.DOSE_UNREPORTED)
    ward.reports(abortion(MARA, at=ward.now))

    assert told is Severity.URGENT
    assert asked(ward) == set()


def test_a_dose_that_is_told_at_last_is_watched_and_not_held_up_by_the_question(ward: Ward) -> None:
    """Told 40 minutes late: the checkpoints run, and the escalation that asked for it speaks against nothing."""
    ward.cleared().until(ward.begins() + minutes(40))
    answer = ward.sends(dose(MARA, at=ward.begins()))

    assert Kind.DOSE_UNREPORTED in ward.open
    assert answer.deviations == ()
    assert asked(ward) == set()
    assert ward.due(DeadlineKind.CHECKPOINT) != []


def test_a_clearance_given_anew_holds_anew(ward: Ward) -> None:
    """The question is of the newest one."""
    ward.cleared()
    ward.reports(vitals(MARA, at=ward.begins() + minutes(15)))
    ward.reports(clearance(MARA, at=ward.begins() + minutes(20)))
    ward.until(ward.begins() + minutes(49))

    assert Kind.DOSE_UNREPORTED not in ward.open


def test_a_visit_of_an_import_is_a_gap_in_the_record(ward: Ward) -> None:
    """Told more than a day late: routine, after its own grace, and asked again like a course that stands still."""
    ward.checked_in().reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.sleeps(days(30))
    ward.calls.clear()
    told = Ward().prepared()
    told.sleeps(days(100))
    told.sends(booking(MARA, at=told.begins() - days(1), starts_at=told.begins()))
    told.sends(cssrs(MARA, at=told.begins(), items=HAS_A_METHOD))
    told.calls.clear()
    told.passes(days(1))

    assert [(kind, severity) for kind, severity in told.pages if kind is Kind.SESSION_UNREPORTED] == [
        (Kind.SESSION_UNREPORTED, Severity.ROUTINE)
    ]


@pytest.mark.parametrize(
    ("answers", "severity"),
    [(CALM, Severity.ROUTINE), (WISHES_TO_BE_DEAD, Severity.ROUTINE), (HAS_A_METHOD, Severity.URGENT)],
)
def test_a_no_show_of_a_patient_at_risk_is_urgent(ward: Ward, answers: tuple[int, ...], severity: Severity) -> None:
    """`medicine.missed_visit_at_risk`, and `missed_visit` of anybody else (S60)."""
    ward.booked().reports(cssrs(MARA, at=ward.begins() - hours(2), items=answers))
    ward.reports(missed(MARA, at=ward.begins() + minutes(20)))

    assert ward.open[Kind.SESSION_MISSED] is severity


@pytest.mark.parametrize(
    "says",
    [
        lambda at: withdrawal(MARA, at=at),
        lambda at: discontinuation(MARA, at=at),
        lambda at: transfer(MARA, at=at),
        lambda at: adverse_event(MARA, at=at, grade=5, serious=True),
        lambda at: left(MARA, at=at),
        lambda at: handed_over(MARA, at=at),
        lambda at: consent_withdrawn(MARA, at=at),
        lambda at: missed(MARA, at=at),
        lambda at: hold(MARA, at=at),
        lambda at: check_in(MARA, at=at),
    ],
    ids=[
        "withdrew",
        "discontinued",
        "transferred",
        "grade 5",
        "left",
        "handed over",
        "no consent",
        "missed",
        "held",
        "checked in again",
    ],
)
def test_what_does_not_say_whether_they_were_dosed_does_not_answer_it(
    ward: Ward, says: Callable[[datetime], ClinicEvent]
) -> None:
    """Cleared at 9:55: whatever else is told at 10:20, at 10:25 somebody is asked, and the next day again."""
    ward.cleared().reports(says(ward.begins() + minutes(20)))
    ward.calls.clear()
    ward.until(ward.begins() + minutes(26))
    assert (Kind.DOSE_UNREPORTED, Severity.URGENT) in ward.pages

    ward.passes(days(2))
    assert ward.pages.count((Kind.DOSE_UNREPORTED, Severity.URGENT)) == 3
    assert holds(ward)


@pytest.mark.parametrize(
    "answers",
    [lambda at: abortion(MARA, at=at), lambda at: dose(MARA, at=at)],
    ids=["the session is aborted", "the dose is told"],
)
def test_an_answer_ends_the_question_after_the_course_has_closed(
    ward: Ward, answers: Callable[[datetime], ClinicEvent]
) -> None:
    """Nobody was dosed, or they were and are watched."""
    ward.cleared().reports(discontinuation(MARA, at=ward.now))
    ward.reports(answers(ward.begins()))

    assert ward.due(DeadlineKind.DOSE) == []
    assert ward.session().is_watched == bool(ward.session().doses)


@pytest.mark.parametrize(
    "says", [lambda at: handed_over(MARA, at=at), lambda at: left(MARA, at=at)], ids=["handed over", "left"]
)
def test_an_abortion_answers_it_after_they_have_gone(ward: Ward, says: Callable[[datetime], ClinicEvent]) -> None:
    """Nobody was dosed."""
    ward.cleared().reports(says(ward.now + minutes(5)))
    ward.reports(abortion(MARA, at=ward.now + minutes(5)))

    assert ward.due(DeadlineKind.DOSE) == []


def test_who_left_under_the_medicine_is_looked_for_urgently_once_the_dose_is_told(ward: Ward) -> None:
    """Dosed at ten, gone at twenty past, the dose told at twenty to: it was inside its gates, and they are dosed."""
    ward.cleared().reports(left(MARA, at=ward.begins() + minutes(20)))
    assert ward.open == {Kind.LEFT_BEFORE_DISCHARGE: Severity.ROUTINE}

    ward.until(ward.begins() + minutes(24))
    answer = ward.sends(dose(MARA, at=ward.begins()))
    assert [one.code for one in answer.deviations] == []
    assert ward.open == {Kind.LEFT_BEFORE_DISCHARGE: Severity.URGENT}
    assert [one.session for one in ward.course.unresolved] == [1]


def test_nobody_is_dosed_on_the_clearance_of_before_they_left(ward: Ward) -> None:
    """Back, they are cleared again first."""
    ward.cleared().reports(left(MARA, at=ward.now + minutes(1)))
    ward.reports(returned(MARA, at=ward.now + minutes(5)))

    assert "session.not_cleared" in ward.reasons(dose(MARA, at=ward.now + minutes(1)))
    assert "kap.dose.administered" not in ward.course.next_acts(ward.now)
    ward.reports(clearance(MARA, at=ward.now + minutes(2)))
    assert ward.reasons(dose(MARA, at=ward.now + minutes(1))) == []
