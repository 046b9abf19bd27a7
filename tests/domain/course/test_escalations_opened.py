"""Whom a course calls: one open escalation a course, kind and session, whose severity only rises."""

from datetime import timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.rules.risk_screens import is_at_risk
from domain.course.transition import OpenEscalation, RepeatEscalation
from domain.escalation.messages import Change, EscalationState, Kind, Repeat
from domain.values import Actor, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    EVERYBODY,
    HAS_A_METHOD,
    HAS_A_PLAN,
    MARA,
    adverse_event,
    call,
    correction,
    cssrs,
    days,
    discontinuation,
    hours,
    minutes,
    phq9,
    seconds,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward, is_whole

ITEM9 = (2, 2, 2, 2, 2, 1, 1, 1, 2)
MILD_ITEM9 = (2, 2, 2, 2, 2, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("grade", "serious", "severity"),
    [
        (1, False, None),
        (2, False, Severity.ROUTINE),
        (3, False, Severity.URGENT),
        (4, False, Severity.EMERGENCY),
        (5, False, Severity.EMERGENCY),
        (1, True, Severity.EMERGENCY),
    ],
)
def test_an_adverse_event_wakes_people_by_its_grade(
    ward: Ward, grade: int, serious: bool, severity: Severity | None
) -> None:
    """CTCAE v5 (S45): serious or life-threatening is an emergency, severe urgent, moderate routine."""
    answer = ward.referred().reports(adverse_event(MARA, at=ward.now, grade=grade, serious=serious))

    assert ward.open.get(Kind.ADVERSE_EVENT) == severity
    assert answer.escalations == (() if severity is None else ("MARA-1~adverse_event~0~1",))


@pytest.mark.parametrize(
    ("term", "grade", "severity"),
    [
        ("Chest pain", 1, Severity.EMERGENCY),
        ("cardiac arrest", 2, Severity.EMERGENCY),
        ("Seizures.", 3, Severity.EMERGENCY),
        ("agitation", 1, Severity.URGENT),
        ("agitation", 4, Severity.EMERGENCY),
        ("nausea", 1, None),
        ("nausea", 3, Severity.URGENT),
        ("Bruise where the needle went in", 1, Severity.ROUTINE),
        ("left_before_discharge", 1, None),
    ],
)
def test_an_adverse_event_is_the_higher_of_its_grade_and_its_term(
    ward: Ward, term: str, grade: int, severity: Severity | None
) -> None:
    """Whoever graded it may have erred: a term is read as a symptom is, and one that no list names is told."""
    answer = ward.booked().reports(adverse_event(MARA, at=ward.now, term=term, grade=grade))

    assert ward.open.get(Kind.ADVERSE_EVENT) == severity
    assert answer.verdict is not None
    assert answer.verdict.severity.pages_as is (None if severity is Severity.ROUTINE else severity)


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_everybody_reports_an_adverse_event(ward: Ward, actor: Actor) -> None:
    """The patient too; in a session that exists or in none."""
    ward.booked()
    assert ward.reasons(adverse_event(MARA, at=ward.now, by=actor)) == []
    assert ward.reasons(adverse_event(MARA, 1, at=ward.now, by=actor)) == []


def test_an_adverse_event_belongs_to_its_session(ward: Ward) -> None:
    """Of the first session, of the second, of none: three obligations."""
    ward.booked(2)
    for session in (1, 2, None):
        ward.reports(adverse_event(MARA, session, at=ward.now, grade=2))

    assert [one.id for one in ward.course.unresolved] == [
        "MARA-1~adverse_event~1~1",
        "MARA-1~adverse_event~2~1",
        "MARA-1~adverse_event~0~1",
    ]


def test_a_worse_repeat_raises_the_open_one_and_a_milder_one_never_lowers_it(ward: Ward) -> None:
    """Each is told; the chart and the ledger keep the highest."""
    ward.referred()
    for minute, grade in enumerate((2, 4, 3)):
        ward.reports(adverse_event(MARA, at=ward.now + minutes(minute), grade=grade))

    assert ward.open == {Kind.ADVERSE_EVENT: Severity.EMERGENCY}
    assert [severity for _, severity in ward.pages] == [Severity.ROUTINE, Severity.EMERGENCY, Severity.URGENT]
    assert ward.written("escalation.opened", "escalation.raised") == ["escalation.opened", "escalation.raised"]


def test_an_emergency_that_passed_while_kapstan_was_away_is_not_hidden_behind_the_next_miss(ward: Ward) -> None:
    """Told of a missed reading, then cut off: back again, the emergency of before counts over the urgent one after."""
    ward.watched(until=minutes(0)).until(ward.begins() + minutes(21))
    ward.calls.clear()
    ward.sleeps(minutes(15))

    (told,) = ward.calls
    assert isinstance(told, RepeatEscalation)
    assert told.repeat.severity is Severity.EMERGENCY
    assert ward.open == {Kind.VITALS_OVERDUE: Severity.EMERGENCY}


def test_what_opened_and_grew_in_one_moment_is_opened_at_its_worst(ward: Ward) -> None:
    """One call, with the highest severity."""
    ward.watched(until=minutes(0)).sleeps(minutes(36))

    (told,) = ward.calls
    assert isinstance(told, OpenEscalation)
    assert told.opening.severity is Severity.EMERGENCY


def test_a_positive_item_nine_is_urgent(ward: Ward) -> None:
    """`[measures.phq9] item9`: from `routine_to` upward; the total alone hides it and is not taken."""
    ward.screened()
    assert ward.open == {}
    ward.reports(phq9(MARA, at=ward.now, items=ITEM9))
    assert ward.pages == [(Kind.ITEM9_POSITIVE, Severity.URGENT)]


@EDGES
def test_a_hint_in_a_questionnaire_is_followed_up_the_same_day(ward: Ward, edge: timedelta) -> None:
    """`item9.needs`: without the screen by the end of that day people are paged again (CLINICAL.md 5.1), by day."""
    ward.screened()
    midnight = ward.now.replace(hour=0, minute=0) + days(1)
    ward.reports(phq9(MARA, at=midnight + hours(9), items=ITEM9))
    ward.until(midnight + days(1) + hours(8) + edge)

    asked = [(Kind.ITEM9_POSITIVE, Severity.URGENT)]
    assert ward.pages == (asked * 2 if edge >= timedelta() else asked)


@EDGES
def test_of_a_patient_at_risk_a_missing_screen_is_told_at_the_end_of_the_day(ward: Ward, edge: timedelta) -> None:
    """A call has heard of suicide as well: nobody waits for the morning, and it is asked for as the risk."""
    ward.screened()
    midnight = ward.now.replace(hour=0, minute=0) + days(1)
    ward.reports(phq9(MARA, at=midnight + hours(9), items=ITEM9))
    ward.reports(call(MARA, None, at=midnight + hours(10), days_after=None, suicidal_ideation=True))
    ward.calls.clear()
    ward.until(midnight + days(1) + edge)

    assert ward.pages == ([(Kind.SUICIDE_RISK, Severity.URGENT)] if edge >= timedelta() else [])


@pytest.mark.parametrize(("hour", "minute"), [(15, 0), (23, 50)])
def test_a_hint_that_was_answered_that_day_pages_nobody_by_night(ward: Ward, hour: int, minute: int) -> None:
    """Resolved by a prescriber at once; the missing screen is asked for between 08:00 and 21:00, and every day so."""
    ward.screened()
    midnight = ward.now.replace(hour=0, minute=0) + days(1)
    ward.reports(phq9(MARA, at=midnight + hours(hour) + minutes(minute), items=ITEM9))
    ward.hears(Kind.ITEM9_POSITIVE, Change.RESOLVED, by="osei")
    ward.calls.clear()
    ward.until(midnight + days(1) + hours(8) - TICK)
    assert ward.pages == []

    ward.passes(TICK)
    assert ward.pages == [(Kind.ITEM9_POSITIVE, Severity.URGENT)]
    assert [one.passes_at for one in ward.due(DeadlineKind.RISK_SCREEN)] == [midnight + days(2) + hours(8)]


def test_an_old_hint_that_is_told_at_night_is_asked_for_in_the_morning(ward: Ward) -> None:
    """A form of yesterday, entered at 22:00: its day is over, and it is asked for by day all the same."""
    ward.screened()
    midnight = ward.now.replace(hour=0, minute=0) + days(1)
    ward.until(midnight + days(1) + hours(22))
    ward.sends(phq9(MARA, at=midnight + hours(9), items=ITEM9))

    assert [one.passes_at for one in ward.due(DeadlineKind.RISK_SCREEN)] == [midnight + days(2) + hours(8)]


def test_asked_for_again_sooner_than_every_day_a_screen_is_asked_for_by_day(opens: Opens) -> None:
    """`medicine.unreported_again` of eight hours: at 08:00 and 16:00, and not at midnight."""
    ward = opens(weekly({"medicine.unreported_again": hours(8)})).screened()
    midnight = ward.now.replace(hour=0, minute=0) + days(1)
    ward.reports(phq9(MARA, at=midnight + hours(9), items=ITEM9))
    passed = []
    for _ in range(3):
        (due,) = ward.due(DeadlineKind.RISK_SCREEN)
        passed.append(due.passes_at - midnight)
        ward.until(due.passes_at)

    assert passed == [days(1) + hours(8), days(1) + hours(16), days(2) + hours(8)]


def test_a_screen_that_nobody_takes_is_asked_for_again_every_day(ward: Ward) -> None:
    """Resolving the page takes no screen: it is asked for until one is taken, and then no more."""
    ward.prepared().reports(phq9(MARA, at=ward.now, items=ITEM9))
    asked = []
    for _ in range(3):
        ward.hears(Kind.ITEM9_POSITIVE, Change.RESOLVED)
        ward.calls.clear()
        ward.sleeps(days(1))
        asked.append((Kind.ITEM9_POSITIVE, Severity.URGENT) in ward.pages)
    assert asked == [True, True, True]

    ward.reports(cssrs(MARA, at=ward.now))
    ward.hears(Kind.ITEM9_POSITIVE, Change.RESOLVED)
    ward.sleeps(days(2))
    assert Kind.ITEM9_POSITIVE not in ward.open


def test_a_screen_is_asked_for_again_until_the_safety_window_ends(ward: Ward) -> None:
    """After closing too, and then no more."""
    ward.discharged().reports(phq9(MARA, at=ward.now, items=ITEM9))
    ward.reports(discontinuation(MARA, at=ward.now + minutes(1)))
    ward.sleeps(days(5))
    ward.hears(Kind.ITEM9_POSITIVE, Change.RESOLVED)
    ward.sleeps(days(2))
    assert Kind.ITEM9_POSITIVE in ward.open

    ward.sleeps(days(30))
    assert ward.due(DeadlineKind.RISK_SCREEN) == []


def test_a_screen_after_it_answers_the_hint(ward: Ward) -> None:
    """One before it, of the same morning, does not; after it nobody is asked again."""
    ward.screened()
    morning = ward.now.replace(hour=0, minute=0) + days(1)
    ward.reports(cssrs(MARA, at=morning + hours(9)))
    ward.reports(phq9(MARA, at=morning + hours(10), items=ITEM9))
    assert len(ward.due(DeadlineKind.RISK_SCREEN)) == 1

    ward.reports(cssrs(MARA, at=morning + hours(11)))
    assert ward.due(DeadlineKind.RISK_SCREEN) == []


def test_a_mild_hint_is_urgent_only_without_its_screen_that_day(ward: Ward) -> None:
    """`item9.routine_to`: told by day; asked for next morning as any other (story N7)."""
    ward.screened()
    midnight = ward.now.replace(hour=0, minute=0) + days(1)
    ward.reports(phq9(MARA, at=midnight + hours(9), items=MILD_ITEM9))
    assert ward.pages == [(Kind.ITEM9_POSITIVE, Severity.ROUTINE)]
    assert is_at_risk(ward.course)

    ward.until(midnight + days(1) + hours(8))
    assert ward.open == {Kind.ITEM9_POSITIVE: Severity.URGENT}


def test_a_mild_hint_of_a_patient_at_risk_is_told_at_once(ward: Ward) -> None:
    """A call has heard of suicide; whoever has resolved that has not read this."""
    ward.screened().reports(call(MARA, None, at=ward.now, days_after=None, suicidal_ideation=True))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.reports(phq9(MARA, at=ward.now + hours(1), items=MILD_ITEM9))

    assert ward.open[Kind.ITEM9_POSITIVE] is Severity.URGENT


def test_a_hint_whose_screen_was_calm_wakes_nobody_any_more(ward: Ward) -> None:
    """Story N2: on a Sunday night, twenty minutes after it; somebody reads the answer by day."""
    ward.screened().reports(phq9(MARA, at=ward.now + hours(1), items=ITEM9))
    ward.reports(cssrs(MARA, at=ward.now + minutes(20)))
    assert ward.settled == [Kind.ITEM9_POSITIVE]
    ward.hears(Kind.ITEM9_POSITIVE, Change.RESOLVED, by=None)

    assert ward.open == {Kind.ITEM9_SCREENED: Severity.ROUTINE}
    assert not is_at_risk(ward.course)


def test_a_screen_that_settles_no_hint() -> None:
    """One that was raised, or of before the answer, or of before a word of suicide that followed it."""
    raised, before, on_top = (Ward().screened() for _ in range(3))
    for each in (raised, before, on_top):
        each.reports(phq9(MARA, at=each.now + hours(2), items=ITEM9))
    raised.reports(cssrs(MARA, at=raised.now + minutes(20), items=HAS_A_METHOD))
    before.sends(cssrs(MARA, at=before.now - minutes(20)))
    on_top.reports(call(MARA, None, at=on_top.now + minutes(40), days_after=None, suicidal_ideation=True))
    on_top.sends(cssrs(MARA, at=on_top.now - minutes(20)))

    for each in (raised, before, on_top):
        assert each.settled == []
        assert each.open[Kind.ITEM9_POSITIVE] is Severity.URGENT


def test_a_calm_screen_that_was_wrong_asks_again() -> None:
    """Corrected to a raised one: that is the risk itself. Taken back: another is due, and asked for."""
    corrected, taken_back = (Ward().screened() for _ in range(2))
    for each in (corrected, taken_back):
        each.reports(phq9(MARA, at=each.now + hours(1), items=ITEM9))
        calm = cssrs(MARA, at=each.now + minutes(20))
        each.reports(calm)
        each.hears(Kind.ITEM9_POSITIVE, Change.RESOLVED, by=None)
        right = {"retracted": True} if each is taken_back else {"items": HAS_A_METHOD}
        each.reports(correction(calm, at=each.now + minutes(5), **right))
        assert is_at_risk(each.course)

    assert corrected.open[Kind.SUICIDE_RISK] is Severity.URGENT
    taken_back.passes(days(1))
    assert taken_back.open[Kind.ITEM9_POSITIVE] is Severity.URGENT


def test_who_leaves_before_they_are_discharged_is_looked_for(ward: Ward) -> None:
    """Reported as an adverse event of that term: urgent, and nobody is asked to measure who is not there."""
    ward.dosed()
    left = adverse_event(MARA, at=ward.now + minutes(5), term="left_before_discharge", grade=1)
    ward.reports(left)

    assert ward.open == {Kind.LEFT_BEFORE_DISCHARGE: Severity.URGENT}
    assert ward.due(DeadlineKind.CHECKPOINT) == []
    assert ward.due(DeadlineKind.DISCHARGE) != []


@pytest.mark.parametrize(("grade", "serious"), [(4, False), (1, True)])
def test_who_leaves_in_danger_of_their_life_is_an_emergency(ward: Ward, grade: int, serious: bool) -> None:
    """The term hides neither the grade nor that it is serious."""
    left = adverse_event(MARA, at=ward.dosed().now, term="left_before_discharge", grade=grade, serious=serious)
    ward.reports(left)

    assert ward.open == {Kind.LEFT_BEFORE_DISCHARGE: Severity.EMERGENCY}


def test_a_protocol_may_look_for_more_than_a_one(opens: Opens) -> None:
    """`item9.at_least`."""
    rule = weekly({}).measures["phq9"]
    assert rule.item9 is not None
    measures = {**weekly({}).measures, "phq9": rule.but(item9=rule.item9.but(at_least=3))}
    ward = opens(weekly({"measures": measures})).screened()
    ward.reports(phq9(MARA, at=ward.now, items=ITEM9))

    assert ward.pages == []


def test_suicide_risk_is_one_obligation_however_it_was_heard_of(ward: Ward) -> None:
    """By a call, by a moderate and by a high screen: one escalation of the course, which grows."""
    ward.discharged().reports(call(MARA, at=ward.now + days(1), suicidal_ideation=True))
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.reports(cssrs(MARA, at=ward.now + minutes(1), items=HAS_A_PLAN))

    assert [one.id for one in ward.course.unresolved] == ["MARA-1~suicide_risk~0~1"]
    assert ward.open == {Kind.SUICIDE_RISK: Severity.EMERGENCY}
    assert [severity for _, severity in ward.pages] == [Severity.URGENT, Severity.URGENT, Severity.EMERGENCY]


def test_an_acknowledged_escalation_is_still_the_one_that_is_open(ward: Ward) -> None:
    """A repeat behind a promise goes to the same escalation."""
    ward.referred().reports(adverse_event(MARA, at=ward.now, grade=3))
    ward.hears(Kind.ADVERSE_EVENT, Change.ACKNOWLEDGED)
    ward.reports(adverse_event(MARA, at=ward.now + minutes(1), grade=3))

    assert [one.state for one in ward.course.escalations] == [EscalationState.ACKNOWLEDGED]
    assert ward.calls[-1] == RepeatEscalation(
        id="MARA-1~adverse_event~0~1", repeat=Repeat(severity=Severity.URGENT, at=ward.now)
    )


def test_a_repeat_that_found_its_escalation_resolved_opens_another(ward: Ward) -> None:
    """Whoever resolved it knew nothing of what happened since: it is called anew."""
    ward.referred().reports(adverse_event(MARA, at=ward.now, grade=3))
    ward.reports(adverse_event(MARA, at=ward.now + minutes(1), grade=4))
    unheard = ward.calls[-1]
    assert isinstance(unheard, RepeatEscalation)

    decision = ward.course.call_anew(unheard, ward.now)

    assert [(one.id, one.state, one.severity) for one in decision.course.escalations] == [
        ("MARA-1~adverse_event~0~1", EscalationState.RESOLVED, Severity.EMERGENCY),
        ("MARA-1~adverse_event~0~2", EscalationState.OPEN, Severity.EMERGENCY),
    ]
    assert [type(call) for call in decision.calls] == [OpenEscalation]


def test_what_is_called_anew_is_to_be_reviewed_however_long_ago_it_was(ward: Ward) -> None:
    """Nobody has seen it yet, and its ledger, which tells when it was called anew, gives the same course."""
    ward.checked_in()
    for ago in (minutes(0), days(2)):
        ward.reports(vitals(MARA, 1, at=ward.now - ago, symptoms=("tingling_teeth",)))
    unheard = ward.calls[-1]
    assert isinstance(unheard, RepeatEscalation)

    ward.calls_anew(unheard)

    assert [due.due_at for due in ward.due(DeadlineKind.EVENT_REVIEW)] == [ward.now + days(1)]
    assert is_whole(ward)


def test_an_escalation_names_no_patient_and_no_value(ward: Ward) -> None:
    """Its id is made of the course, the kind, the session and a number."""
    ward.dosed().reports(vitals(MARA, at=ward.now, spo2=85))
    (one,) = ward.course.unresolved

    assert one.id == "MARA-1~vitals_emergency~1~1"
    assert ward.due(DeadlineKind.RECHECK) == []


def test_a_record_that_falls_behind_is_told_once_while_it_lasts(ward: Ward) -> None:
    """Routine, of the course and no session; while it is open, or promised, nobody is told again."""
    ward.dosed().falls_behind()
    ward.passes(seconds(1))
    ward.falls_behind()
    ward.hears(Kind.RECORD_STORE_BEHIND, Change.ACKNOWLEDGED)
    ward.falls_behind()

    assert ward.pages == [(Kind.RECORD_STORE_BEHIND, Severity.ROUTINE)]
    assert ward.written("escalation.opened") == ["escalation.opened"]


def test_a_record_that_is_still_behind_after_its_resolution_is_told_again(ward: Ward) -> None:
    """Whoever resolved it was mistaken: the second of its kind."""
    ward.referred().falls_behind()
    ward.hears(Kind.RECORD_STORE_BEHIND, Change.RESOLVED)
    ward.falls_behind()

    assert [one.id for one in ward.course.unresolved] == ["MARA-1~record_store_behind~0~2"]


def test_a_record_that_is_behind_keeps_nobody_from_their_dose_or_from_home(ward: Ward) -> None:
    """It is the clinic's paper, not the patient."""
    ward.cleared().falls_behind()
    ward.discharged()

    assert ward.open == {Kind.RECORD_STORE_BEHIND: Severity.ROUTINE}
