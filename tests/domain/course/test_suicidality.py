"""Suicidality is one thing, however it is told: a question for a clinician, a patient at risk, a C-SSRS to come."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.course.deadlines import Consequence, DeadlineKind
from domain.course.rules import clearance as clearance_rules
from domain.course.rules.risk_screens import is_at_risk
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.values import Role, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    HAS_A_METHOD,
    HAS_A_PLAN,
    LIND,
    MARA,
    WEEKLY,
    abortion,
    adverse_event,
    call,
    clearance,
    correction,
    cssrs,
    days,
    died,
    discontinuation,
    dose,
    eligible,
    hold,
    hours,
    minutes,
    missed,
    over,
    phq9,
    vitals,
    voiding,
    weekly,
)
from tests.support.ward import TICK, Ward, holds

HINT = (0, 0, 0, 0, 0, 0, 0, 0, 1)

Says = Callable[[Ward], ClinicEvent]

TOLD: dict[str, Says] = {
    "asked on a call": lambda ward: call(MARA, None, at=ward.now, days_after=None, suicidal_ideation=True),
    "a symptom of a call": lambda ward: call(MARA, None, at=ward.now, days_after=None, symptoms=["Suicidal thoughts"]),
    "a symptom of a reading": lambda ward: vitals(MARA, at=ward.now, symptoms=["suicidal ideation"]),
    "a reading outside a session": lambda ward: vitals(MARA, None, at=ward.now, symptoms=["Wants to die"]),
    "an adverse event": lambda ward: adverse_event(MARA, at=ward.now, term="Suicide attempt"),
    "self-harm": lambda ward: adverse_event(MARA, at=ward.now, term="Deliberate self-harm (superficial)"),
    "an overdose with intent": lambda ward: adverse_event(MARA, at=ward.now, term="intentional overdose", grade=2),
}
HOWEVER_TOLD = pytest.mark.parametrize("says", TOLD.values(), ids=TOLD)


def told(ward: Ward, says: Says) -> Ward:
    """Calm screen, check-in, a calm reading, and then this; a prescriber has looked at whatever it opened."""
    ward.checked_in().reports(cssrs(MARA, at=ward.now))
    ward.reports(vitals(MARA, at=ward.now))
    ward.now += minutes(1)
    ward.reports(says(ward))
    return ward


def looked_at(ward: Ward) -> Ward:
    for kind in tuple(ward.open):
        ward.hears(kind, Change.RESOLVED, by="osei")
    return ward


@HOWEVER_TOLD
def test_whatever_tells_of_suicide_is_a_question_for_a_clinician(ward: Ward, says: Says) -> None:
    """`suicide_risk` of the course, which only a prescriber or a monitor resolves; nobody is dosed before."""
    told(ward, says)

    assert ward.open[Kind.SUICIDE_RISK].rank >= Severity.URGENT.rank
    assert WEEKLY.escalations.resolvers_of(Kind.SUICIDE_RISK) == (Role.PRESCRIBER, Role.MONITOR)
    assert "escalation.suicide_risk_open" in ward.reasons(clearance(MARA, at=ward.now))
    assert holds(ward)


@HOWEVER_TOLD
def test_the_screen_of_before_does_not_answer_it_and_neither_does_a_resolved_page(ward: Ward, says: Says) -> None:
    """A calm C-SSRS half an hour before, and a calm reading after it: a new one is asked for until it is taken."""
    looked_at(told(ward, says))
    ward.reports(vitals(MARA, at=ward.now + minutes(1)))
    assert ward.reasons(clearance(MARA, at=ward.now)) == ["measure.cssrs_missing"]

    ward.reports(cssrs(MARA, at=ward.now + minutes(1)))
    assert ward.reasons(clearance(MARA, at=ward.now)) == []
    assert not is_at_risk(ward.course)


@pytest.mark.parametrize("says", [TOLD["asked on a call"], TOLD["a symptom of a reading"], TOLD["an adverse event"]])
def test_told_between_clearance_and_dose_it_stands_before_the_dose(ward: Ward, says: Says) -> None:
    """What a prescriber weighed before it was said is not weighed any more."""
    ward.cleared().reports(clearance(MARA, at=ward.now, overrides=over("measure.cssrs_missing")))
    ward.now += minutes(1)
    ward.reports(says(ward))
    looked_at(ward).reports(vitals(MARA, at=ward.now + minutes(1)))

    assert ward.reasons(dose(MARA, at=ward.now)) == ["measure.cssrs_missing"]


def test_talk_of_suicide_after_the_dose_stands_before_a_booster(opens: Opens) -> None:
    """A booster is a dose."""
    ward = opens(weekly({"medicine.dose.boosters_max": 1, "medicine.dose.first_max": 1.0})).dosed()
    ward.reports(vitals(MARA, at=ward.now + minutes(5), symptoms=["suicidal thoughts"]))
    looked_at(ward).reports(vitals(MARA, at=ward.now + minutes(1)))
    assert "measure.cssrs_missing" in ward.reasons(dose(MARA, at=ward.now, mg=10))

    ward.reports(cssrs(MARA, at=ward.now + minutes(1)))
    assert "measure.cssrs_missing" not in ward.reasons(dose(MARA, at=ward.now, mg=10))


def test_learned_after_the_dose_it_is_held_against_the_dose(ward: Ward) -> None:
    """An attempt of that morning, entered in the afternoon: no C-SSRS had followed it."""
    before = ward.cleared().now
    ward.dosed()
    ward.reports(cssrs(MARA, at=ward.now + minutes(10)))
    answer = ward.sends(adverse_event(MARA, at=before, term="suicide attempt"))

    assert [one.code for one in answer.deviations] == ["measure.cssrs_missing"]


def test_a_later_word_hides_none_from_before_the_dose(ward: Ward) -> None:
    """Talk of suicide on the way home is known, and that of the morning is told after it."""
    before = ward.cleared().now
    ward.discharged().reports(call(MARA, at=ward.now + hours(20), suicidal_ideation=True))
    answer = ward.sends(adverse_event(MARA, at=before, term="suicidal ideation"))

    assert "measure.cssrs_missing" in [one.code for one in answer.deviations]


@HOWEVER_TOLD
def test_the_patient_is_at_risk_from_then_on(ward: Ward, says: Says) -> None:
    """Their next calls are missed after an hour, until a calm C-SSRS; a resolved page changes nothing."""
    ward.discharged()
    ward.now += hours(25)
    ward.reports(says(ward))
    looked_at(ward)
    assert {one.grace for one in ward.due(DeadlineKind.CHECK_IN)} == {WEEKLY.check_ins.missed_at_risk}

    ward.reports(cssrs(MARA, at=ward.now + hours(1)))
    assert WEEKLY.check_ins.missed_at_risk not in {one.grace for one in ward.due(DeadlineKind.CHECK_IN)}


def test_a_no_show_the_day_after_a_suicidal_adverse_event_is_urgent(ward: Ward) -> None:
    """`medicine.missed_visit_at_risk`."""
    ward.booked().reports(adverse_event(MARA, at=ward.now, term="suicidal ideation"))
    ward.reports(missed(MARA, at=ward.begins()))

    assert ward.open[Kind.SESSION_MISSED] is Severity.URGENT


@pytest.mark.parametrize(
    ("term", "severity"),
    [("suicidal ideation", Severity.URGENT), ("suicide attempt", Severity.EMERGENCY)],
)
def test_the_lists_say_how_loudly(ward: Ward, term: str, severity: Severity) -> None:
    """As a symptom of a call; it is no second question then."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(20), symptoms=[term, "nausea"]))

    assert ward.open == {Kind.SUICIDE_RISK: severity}


def test_an_adverse_event_is_graded_all_the_same(ward: Ward) -> None:
    """`adverse_event` by its grade, beside the risk; the graver of grade and list for both."""
    ward.booked().reports(adverse_event(MARA, at=ward.now, term="suicidal ideation", serious=True))

    assert ward.open == {Kind.ADVERSE_EVENT: Severity.EMERGENCY, Kind.SUICIDE_RISK: Severity.EMERGENCY}


@pytest.mark.parametrize("items", [(0, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0)], ids=["calm", "low"])
def test_a_calm_answer_raises_nothing(ward: Ward, items: tuple[int, ...]) -> None:
    """Nor does a call on which nobody speaks of it."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(20), symptoms=["nausea"]))
    ward.reports(cssrs(MARA, at=ward.now, items=items))

    assert ward.open == {}
    assert not is_at_risk(ward.course)


@pytest.mark.parametrize("denied", ["no suicidal ideation", "denies suicidal thoughts, nausea"])
def test_what_is_denied_is_not_told(ward: Ward, denied: str) -> None:
    """A nurse writes down that they asked."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(20), symptoms=[denied]))

    assert Kind.SUICIDE_RISK not in ward.open
    assert not is_at_risk(ward.course)


def test_it_is_read_out_of_a_sentence(ward: Ward) -> None:
    """With anything else that is in it."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(20), symptoms=["nausea, and wants to kill himself"]))

    assert ward.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY


def test_a_protocol_may_name_the_codes(opens: Opens) -> None:
    """`medicine.symptoms.suicidal`; whatever it names is urgent at least, also where no other list names it."""
    ward = opens(weekly({"medicine.symptoms.suicidal": ("lebensmuede",)})).discharged()
    ward.reports(call(MARA, at=ward.now + hours(20), symptoms=["Lebensmuede"]))

    assert ward.open == {Kind.SUICIDE_RISK: Severity.URGENT}


def test_a_protocol_that_names_none_knows_the_usual_ones(opens: Opens) -> None:
    """An older file says nothing of it."""
    ward = opens(weekly({"medicine.symptoms.suicidal": None, "vocabulary": {}})).discharged()
    ward.reports(call(MARA, at=ward.now + hours(20), symptoms=["suicide attempt"]))

    assert Kind.SUICIDE_RISK in ward.open


def test_a_reading_that_is_corrected_to_it_tells_of_it(ward: Ward) -> None:
    """As if it had been told now: the screen of before does not answer it; taken back, nothing is asked."""
    ward.checked_in().reports(cssrs(MARA, at=ward.now))
    reading = vitals(MARA, at=ward.now + minutes(1))
    ward.reports(reading)
    wrong = correction(reading, at=ward.now + minutes(1), symptoms=("suicidal_ideation",))
    ward.reports(wrong)
    assert ward.open[Kind.SUICIDE_RISK] is Severity.URGENT
    assert "measure.cssrs_missing" in ward.reasons(clearance(MARA, at=ward.now))

    ward.reports(correction(reading, at=ward.now + minutes(1)))
    assert "measure.cssrs_missing" not in ward.reasons(clearance(MARA, at=ward.now))
    assert next(one for one in ward.course.unresolved if one.kind is Kind.SUICIDE_RISK).rests_on_corrected
    assert holds(ward)


def test_a_page_that_another_reading_asks_for_too_does_not_rest_on_the_corrected_one(ward: Ward) -> None:
    """The call was wrong; the reading since says the same."""
    wrong = call(MARA, None, at=ward.checked_in().now, days_after=None, suicidal_ideation=True)
    ward.reports(wrong)
    ward.reports(vitals(MARA, at=ward.now + minutes(1), symptoms=["suicidal_ideation"]))
    ward.reports(correction(wrong, at=ward.now + minutes(2), suicidal_ideation=False))

    assert not next(one for one in ward.course.unresolved if one.kind is Kind.SUICIDE_RISK).rests_on_corrected


LATE: dict[str, Says] = {
    "high": lambda ward: cssrs(MARA, at=ward.now - days(365), items=HAS_A_PLAN),
    "moderate": lambda ward: cssrs(MARA, at=ward.now - days(365), items=HAS_A_METHOD),
    "hint": lambda ward: phq9(MARA, at=ward.now - days(365), items=HINT),
    "call": lambda ward: call(MARA, None, at=ward.now - days(365), days_after=None, suicidal_ideation=True),
    "event": lambda ward: adverse_event(MARA, at=ward.now - days(365), term="suicide attempt"),
}


@pytest.mark.parametrize("says", LATE.values(), ids=LATE)
def test_a_danger_told_late_is_a_danger_until_somebody_has_looked(ward: Ward, says: Says) -> None:
    """A year that is a slip, or a paper found: at risk until its escalation is resolved."""
    ward.discharged()
    ward.now += hours(3)
    ward.sends(says(ward))
    assert is_at_risk(ward.course)

    looked_at(ward)
    assert not is_at_risk(ward.course)


def test_a_screen_reported_after_it_answers_a_danger_told_late(ward: Ward) -> None:
    """Whatever has become of the page."""
    ward.discharged()
    ward.now += hours(3)
    ward.sends(LATE["high"](ward))
    ward.reports(cssrs(MARA, at=ward.now))

    assert Kind.SUICIDE_RISK in ward.open
    assert not is_at_risk(ward.course)


def test_a_hold_for_a_danger_told_late_is_reviewed_from_when_it_was_told(ward: Ward) -> None:
    """Not ten minutes later, and urgently while nobody has looked."""
    ward.discharged()
    ward.now += hours(3)
    told_at = ward.now
    ward.sends(LATE["high"](ward))
    (review,) = ward.due(DeadlineKind.HOLD_REVIEW)

    assert review.passes_at == told_at + WEEKLY.course.safety_hold_review
    assert review.consequence is not None
    assert review.consequence.severity is Severity.URGENT


RISKY: dict[str, tuple[Says, Severity]] = {
    "call": (TOLD["asked on a call"], Severity.URGENT),
    "moderate": (lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_METHOD), Severity.URGENT),
    "emergency": (lambda ward: adverse_event(MARA, at=ward.now, grade=4), Severity.ROUTINE),
}


@pytest.mark.parametrize(("says", "severity"), RISKY.values(), ids=RISKY)
def test_a_hold_by_hand_while_a_question_of_safety_is_open_is_reviewed_as_one_of_safety(
    ward: Ward, says: Says, severity: Severity
) -> None:
    """`course.safety_hold_review` after both were known; urgent of a patient at risk."""
    ward.booked().reports(says(ward))
    ward.reports(hold(MARA, at=ward.now + minutes(5), by=LIND, reason="risk"))
    (review,) = ward.due(DeadlineKind.HOLD_REVIEW)

    assert review.passes_at == ward.now + WEEKLY.course.safety_hold_review
    assert review.consequence is not None
    assert review.consequence.severity is severity


def test_a_hold_by_hand_of_a_patient_whose_page_was_resolved_is_still_one_at_risk(ward: Ward) -> None:
    """No C-SSRS has followed the call; with a calm one it is a hold like any other."""
    ward.booked().reports(TOLD["asked on a call"](ward))
    ward.reports(hold(MARA, at=ward.now + minutes(5)))
    since = ward.now
    looked_at(ward).passes(hours(1))
    assert ward.due(DeadlineKind.HOLD_REVIEW)[0].due_at == since + WEEKLY.course.safety_hold_review

    ward.reports(cssrs(MARA, at=ward.now))
    assert ward.due(DeadlineKind.HOLD_REVIEW)[0].due_at == since + WEEKLY.course.hold_review


def test_a_risk_that_comes_up_under_a_hold_by_hand_is_reviewed_sooner_from_then_on(ward: Ward) -> None:
    """Never later than the hold itself would have been."""
    ward.booked().reports(hold(MARA, at=ward.now))
    since = ward.now
    ward.passes(days(3))
    ward.reports(TOLD["asked on a call"](ward))
    assert ward.due(DeadlineKind.HOLD_REVIEW)[0].due_at == ward.now + WEEKLY.course.safety_hold_review

    ward.passes(days(3))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.reports(TOLD["asked on a call"](ward))
    assert ward.due(DeadlineKind.HOLD_REVIEW)[0].due_at <= since + WEEKLY.course.hold_review


# The C-SSRS that a word of suicide asks for


@HOWEVER_TOLD
def test_after_a_word_of_suicide_the_screen_is_due_at_the_end_of_the_day(ward: Ward, says: Says) -> None:
    """Whatever became of the page; a calm C-SSRS that is taken answers it."""
    looked_at(told(ward, says))
    (asked,) = ward.due(DeadlineKind.RISK_SCREEN)
    assert (asked.subject, asked.due_at) == ("cssrs", ward.now.replace(hour=0, minute=0) + days(1))

    ward.reports(cssrs(MARA, at=ward.now + minutes(1)))
    assert ward.due(DeadlineKind.RISK_SCREEN) == []


@pytest.mark.parametrize("edge", [-TICK, timedelta(), TICK], ids=["just before", "at", "just after"])
def test_a_screen_after_a_word_is_asked_for_by_day(ward: Ward, edge: timedelta) -> None:
    """A nurse has resolved the page at once: nobody is woken, and at 08:00 it is a question for a clinician again."""
    midnight = ward.screened().now.replace(hour=0, minute=0) + days(1)
    ward.reports(call(MARA, None, at=midnight + hours(15), days_after=None, suicidal_ideation=True))
    looked_at(ward).calls.clear()
    ward.until(midnight + days(1) + hours(8) + edge)

    assert ward.pages == ([(Kind.SUICIDE_RISK, Severity.URGENT)] if edge >= timedelta() else [])


def test_a_screen_after_a_word_is_asked_for_every_day_until_it_is_taken(ward: Ward) -> None:
    """Resolving the page takes none."""
    ward.prepared().reports(call(MARA, None, at=ward.now, days_after=None, suicidal_ideation=True))
    asked = []
    for _ in range(3):
        looked_at(ward).calls.clear()
        ward.sleeps(days(1))
        asked.append((Kind.SUICIDE_RISK, Severity.URGENT) in ward.pages)
    assert asked == [True, True, True]

    ward.reports(cssrs(MARA, at=ward.now))
    looked_at(ward).sleeps(days(2))
    assert Kind.SUICIDE_RISK not in ward.open


def test_a_session_that_is_aborted_for_it_leaves_the_screen_due(ward: Ward) -> None:
    """Nothing else would be asked of anybody for weeks."""
    told(ward, TOLD["a symptom of a reading"])
    ward.reports(abortion(MARA, at=ward.now + minutes(1)))
    looked_at(ward).sleeps(days(1))

    assert Kind.SUICIDE_RISK in ward.open


@pytest.mark.parametrize("is_answer_first", [True, False], ids=["answer first", "word first"])
def test_an_answer_and_a_word_ask_for_one_screen(ward: Ward, is_answer_first: bool) -> None:
    """The sooner and the louder: due at the end of the first day, and asked for as the risk."""
    first_day = ward.screened().now.replace(hour=0, minute=0) + days(1)
    answer = phq9(MARA, at=first_day + hours(9 if is_answer_first else 33), items=HINT)
    word = call(
        MARA,
        None,
        at=first_day + hours(33 if is_answer_first else 9),
        days_after=None,
        suicidal_ideation=True,
    )
    for event in (answer, word) if is_answer_first else (word, answer):
        ward.reports(event)
    (asked,) = ward.due(DeadlineKind.RISK_SCREEN)

    assert asked.due_at == first_day + days(1)
    assert asked.consequence == Consequence(kind=Kind.SUICIDE_RISK, severity=Severity.URGENT)


def test_an_answer_that_the_protocol_calls_an_emergency_stays_the_louder_one(opens: Opens) -> None:
    """`measures.phq9.item9.severity`."""
    measure = WEEKLY.measures["phq9"]
    assert measure.item9 is not None
    loud = measure.but(item9=measure.item9.but(severity=Severity.EMERGENCY))
    ward = opens(weekly({"measures": {**WEEKLY.measures, "phq9": loud}})).screened()
    ward.reports(phq9(MARA, at=ward.now + hours(1), items=HINT))
    ward.reports(call(MARA, None, at=ward.now + hours(1), days_after=None, suicidal_ideation=True))
    (asked,) = ward.due(DeadlineKind.RISK_SCREEN)

    assert asked.consequence == Consequence(kind=Kind.ITEM9_POSITIVE, severity=Severity.EMERGENCY)


def test_after_closing_a_word_asks_for_its_screen_until_the_safety_window_ends(ward: Ward) -> None:
    """The desk discontinues the course the morning after."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(6), suicidal_ideation=True))
    ward.reports(discontinuation(MARA, at=ward.now + hours(16)))
    looked_at(ward).sleeps(days(5))
    assert Kind.SUICIDE_RISK in ward.open

    ward.sleeps(days(30))
    assert ward.due(DeadlineKind.RISK_SCREEN) == []


@pytest.mark.parametrize("ends", [died, voiding], ids=["died", "entered in error"])
def test_no_screen_is_asked_of_the_dead_or_of_nobody(ward: Ward, ends: Callable[..., ClinicEvent]) -> None:
    """Outcome `deceased` or `entered_in_error`."""
    ward.discharged().reports(call(MARA, at=ward.now + hours(6), suicidal_ideation=True))
    ward.reports(ends(MARA, at=ward.now + hours(1)))

    assert ward.due(DeadlineKind.RISK_SCREEN) == []


def test_a_word_told_of_a_day_long_past_is_asked_for_ten_minutes_after_it_was_told(ward: Ward) -> None:
    """By day: its own day is over."""
    ward.screened()
    midnight = ward.now.replace(hour=0, minute=0) + days(1)
    ward.until(midnight + days(1) + hours(10))
    ward.sends(adverse_event(MARA, at=midnight + hours(9), term="suicidal ideation"))

    assert [one.passes_at for one in ward.due(DeadlineKind.RISK_SCREEN)] == [ward.now + minutes(10)]


def test_a_word_that_is_taken_back_asks_for_no_screen(ward: Ward) -> None:
    """It was another patient's call."""
    word = call(MARA, None, at=ward.booked().now, days_after=None, suicidal_ideation=True)
    ward.reports(word)
    ward.reports(correction(word, at=ward.now + minutes(5), retracted=True))

    assert ward.due(DeadlineKind.RISK_SCREEN) == []
    assert holds(ward)


@pytest.mark.parametrize(
    "before", [{"behavior_lifetime": True}, {"items": (0, 0, 0, 0, 0, 1)}], ids=["in a lifetime", "of late"]
)
def test_an_attempt_of_long_ago_is_a_risk_when_it_is_first_told(ward: Ward, before: dict[str, Any]) -> None:
    """Asked every week, the answer stays yes: what is new is asked for after that (S47)."""
    ward.booked().reports(cssrs(MARA, at=ward.now, **before))
    assert Kind.SUICIDE_RISK in ward.open
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.sends(cssrs(MARA, at=ward.now + minutes(1), behavior_lifetime=True))

    assert Kind.SUICIDE_RISK not in ward.open
    assert not is_at_risk(ward.course)


def test_a_new_thought_is_a_risk_whatever_was_known_of_long_ago(ward: Ward) -> None:
    """A method in the past month beside the attempt that everybody knows."""
    ward.booked().reports(cssrs(MARA, at=ward.now, behavior_lifetime=True))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.sends(cssrs(MARA, at=ward.now + minutes(1), items=(1, 1, 1, 0, 0, 0), behavior_lifetime=True))

    assert Kind.SUICIDE_RISK in ward.open


def test_a_first_telling_that_is_taken_back_leaves_the_second_to_be_the_first(ward: Ward) -> None:
    """It was another patient's screen: then this one told nobody before."""
    ward.booked()
    first = cssrs(MARA, at=ward.now, behavior_lifetime=True)
    ward.reports(first)
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.sends(cssrs(MARA, at=ward.now + minutes(1), behavior_lifetime=True))
    ward.passes(minutes(2))
    ward.sends(correction(first, at=ward.now, retracted=True))

    assert is_at_risk(ward.course)


# What is brought along


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (lambda at: cssrs(MARA, at=at, items=HAS_A_PLAN), Kind.SUICIDE_RISK),
        (lambda at: cssrs(MARA, at=at, items=HAS_A_METHOD), Kind.SUICIDE_RISK),
        (lambda at: phq9(MARA, at=at, items=HINT), Kind.ITEM9_POSITIVE),
    ],
    ids=["high", "moderate", "hint"],
)
def test_old_answers_that_are_imported_page_nobody(
    ward: Ward, says: Callable[[datetime], ClinicEvent], kind: Kind
) -> None:
    """`screening.earlier_answers`: dated before the referral and older than a month; somebody reads them by day."""
    ward.referred()
    for months in (5, 4, 3, 2):
        ward.sends(says(ward.now - days(30 * months) - TICK))
    ward.passes(days(1))

    assert ward.open == {kind: Severity.ROUTINE}
    assert ward.course.hold is None
    assert is_at_risk(ward.course)


@pytest.mark.parametrize("edge", [-TICK, timedelta(), TICK], ids=["just before", "at", "just after"])
def test_an_answer_of_the_month_before_the_referral_is_a_danger_of_today(ward: Ward, edge: timedelta) -> None:
    """Their doctor sends what they said three weeks ago."""
    ward.referred().sends(cssrs(MARA, at=ward.now - days(30) - edge, items=HAS_A_PLAN))

    assert (ward.open[Kind.SUICIDE_RISK] is Severity.ROUTINE) is (edge > timedelta())
    assert (ward.course.hold is None) is (edge > timedelta())


def test_a_year_that_is_a_slip_is_noticed_at_the_decision(ward: Ward) -> None:
    """The answer of today is missing, and nobody is dosed before a clinician has looked at the other."""
    ward.referred().sends(cssrs(MARA, at=ward.now - days(365), items=HAS_A_PLAN))

    assert "measure.cssrs_missing" in ward.reasons(eligible(MARA, at=ward.now))
    assert "escalation.suicide_risk_open" in [one.code for one in clearance_rules.escalation_blockers(ward.course)]


def test_a_protocol_may_tell_old_answers_as_any_other(opens: Opens) -> None:
    """Left out."""
    ward = opens(weekly({"screening.earlier_answers": None})).referred()
    ward.sends(cssrs(MARA, at=ward.now - days(60), items=HAS_A_PLAN))

    assert ward.open == {Kind.SUICIDE_RISK: Severity.EMERGENCY}
