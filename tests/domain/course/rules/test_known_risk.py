"""A risk that is known: somebody was referred for suicidal ideation, and says each week what they said at first."""

from datetime import timedelta

import pytest

from domain.course.rules.risk_screens import is_at_risk
from domain.escalation.messages import Change, Kind
from domain.values import Severity
from tests.support.cast import (
    CALM,
    HAS_A_METHOD,
    HAS_A_PLAN,
    HAS_INTENT,
    MARA,
    WEEKLY,
    call,
    check_in,
    clearance,
    correction,
    cssrs,
    days,
    dose,
    eligible,
    hours,
    measure,
    minutes,
    missed,
    over,
    phq9,
    referral,
    resumption,
    seconds,
    vitals,
    withdrawal,
)
from tests.support.ward import EDGES, Ward, holds

WISHES = over("measure.cssrs_raised", rationale="Chronic since 2019, no plan; seen by me, with their safety plan")
"""What the prescriber says of it at the decision, and before each dose."""

WORSE = {
    "a plan that was not there": HAS_A_PLAN,
    "any behaviour": (1, 1, 1, 1, 0, 1),
}


def referred_for_ideation(ward: Ward) -> Ward:
    """Their first C-SSRS shows intent: it is news, and a prescriber has seen them since."""
    ward.reports(referral(MARA, at=ward.now, indications=["R45.851"]))
    ward.screened().reports(cssrs(MARA, at=ward.now, items=HAS_INTENT))
    return ward


def seen_by_the_prescriber(ward: Ward) -> Ward:
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED, by="osei")
    ward.reports(resumption(MARA, at=ward.now + minutes(1)))
    return ward


@pytest.fixture
def known(ward: Ward) -> Ward:
    """They are found eligible: the prescriber has weighed that answer, and says why."""
    seen_by_the_prescriber(referred_for_ideation(ward)).reports(eligible(MARA, at=ward.now, overrides=WISHES))
    return ward


def comes(ward: Ward, session: int = 1, items: tuple[int, ...] = HAS_INTENT) -> Ward:
    """The visit of this week, up to its clearance."""
    begins = ward.booked(session).begins(session)
    if session > 1:
        ward.reports(call(MARA, session - 1, at=begins - hours(2), days_after=7))
    ward.reports(cssrs(MARA, at=begins - minutes(30), items=items))
    ward.reports(check_in(MARA, session, at=begins - minutes(20)))
    ward.reports(vitals(MARA, session, at=begins - minutes(10)))
    return ward


def is_dosed_and_goes_home(ward: Ward, session: int = 1) -> None:
    ward.reports(clearance(MARA, session, at=ward.begins(session) - minutes(5), overrides=WISHES))
    ward.reports(dose(MARA, session, at=ward.begins(session)))
    ward.discharged(session)


def test_the_first_raised_screen_is_news(ward: Ward) -> None:
    """Whatever they were referred for: somebody looks at them before anybody knows anything."""
    referred_for_ideation(ward)

    assert ward.open == {Kind.SUICIDE_RISK: Severity.EMERGENCY}
    assert ward.course.hold is not None


def test_the_decision_weighs_it_with_a_rationale(ward: Ward) -> None:
    """Nobody is found eligible over it in silence; of another indication nothing is known from the start."""
    seen_by_the_prescriber(referred_for_ideation(ward))
    assert ward.reasons(eligible(MARA, at=ward.now)) == ["measure.cssrs_raised"]
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=over("measure.cssrs_raised", rationale=" "))) != []
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=WISHES)) == []

    another = Ward().screened()
    another.reports(cssrs(MARA, at=another.now, items=HAS_INTENT))
    assert another.reasons(eligible(MARA, at=another.now)) == []


def test_what_was_weighed_at_the_decision_is_no_news_each_week(known: Ward) -> None:
    """`known_baseline`: no page and no hold; the prescriber weighs it before each dose, and it counts as taken."""
    for session in (1, 2, 3):
        comes(known, session)
        assert Kind.SUICIDE_RISK not in known.open
        assert known.course.hold is None
        assert is_at_risk(known.course)
        assert known.reasons(clearance(MARA, session, at=known.now)) == ["measure.cssrs_raised"]
        is_dosed_and_goes_home(known, session)

    assert [kind for kind, _ in known.pages if kind is Kind.SUICIDE_RISK] == [Kind.SUICIDE_RISK]
    assert holds(known)


@pytest.mark.parametrize("items", WORSE.values(), ids=WORSE)
def test_more_than_was_weighed_is_news(known: Ward, items: tuple[int, ...]) -> None:
    """As loud as it was at first, and it holds the course."""
    comes(known, items=items)

    assert known.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY
    assert known.course.hold is not None
    assert "escalation.suicide_risk_open" in known.reasons(clearance(MARA, at=known.now))


def test_a_higher_level_than_was_weighed_is_news(ward: Ward) -> None:
    """A method was weighed, and now there is intent."""
    ward.reports(referral(MARA, at=ward.now, indications=["R45.851"]))
    ward.screened().reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED, by="osei")
    ward.reports(eligible(MARA, at=ward.now, overrides=WISHES))
    comes(ward, items=HAS_A_METHOD)
    assert Kind.SUICIDE_RISK not in ward.open

    ward.reports(cssrs(MARA, at=ward.now, items=HAS_INTENT))
    assert ward.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY


def test_an_attempt_that_is_first_told_is_news(known: Ward) -> None:
    """Of earlier in their life: nobody had weighed that."""
    known.reports(cssrs(MARA, at=known.now + days(1), items=HAS_INTENT, behavior_lifetime=True))

    assert known.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY


def test_after_any_behaviour_nothing_is_known_any_more(known: Ward) -> None:
    """The answer of the week after is that of the first week, and the patient is not."""
    known.reports(cssrs(MARA, at=known.now + days(1), items=(1, 1, 1, 1, 0, 1)))
    seen_by_the_prescriber(known).reports(cssrs(MARA, at=known.now + days(7), items=HAS_INTENT))

    assert known.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY


def test_what_had_gone_and_is_back_is_news(known: Ward) -> None:
    """A relapse: they had said no for a whole month."""
    known.reports(cssrs(MARA, at=known.now + days(1), items=CALM))
    known.reports(cssrs(MARA, at=known.now + days(8), items=HAS_INTENT))

    assert known.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY
    assert known.course.hold is not None


def test_what_had_gone_is_news_however_fast_it_was_told(known: Ward) -> None:
    """Four screens of one moment: the ledger says in which order they were told."""
    known.sends(cssrs(MARA, at=known.now, items=CALM))
    known.sends(cssrs(MARA, at=known.now, items=HAS_INTENT))
    known.hears(Kind.SUICIDE_RISK, Change.RESOLVED, by="osei")
    known.sends(cssrs(MARA, at=known.now, items=HAS_A_METHOD))

    assert Kind.SUICIDE_RISK in known.open


def test_a_calm_screen_told_before_the_one_that_was_weighed_takes_nothing_back(ward: Ward) -> None:
    """Both are of one moment: what the prescriber weighed came later."""
    ward.reports(referral(MARA, at=ward.now, indications=["R45.851"]))
    ward.screened().sends(cssrs(MARA, at=ward.now, items=CALM))
    ward.sends(cssrs(MARA, at=ward.now, items=HAS_INTENT))
    seen_by_the_prescriber(ward).reports(eligible(MARA, at=ward.now, overrides=WISHES))
    ward.sends(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))

    assert Kind.SUICIDE_RISK not in ward.open


@EDGES
def test_what_is_known_holds_for_so_long(known: Ward, edge: timedelta) -> None:
    """`known_baseline.valid_for`, from the decision on."""
    rule = WEEKLY.measures["cssrs"].known_baseline
    assert rule is not None
    known.reports(cssrs(MARA, at=known.now + rule.valid_for + edge, items=HAS_INTENT))

    assert (Kind.SUICIDE_RISK in known.open) is (edge > timedelta())


def test_of_before_the_decision_and_of_after_the_course_nothing_is_known(known: Ward) -> None:
    """A paper found, and an answer from home: nobody sees the patient that week."""
    known.sends(cssrs(MARA, at=known.now - seconds(30), items=HAS_INTENT))
    assert known.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY

    seen_by_the_prescriber(known).reports(withdrawal(MARA, at=known.now + days(1)))
    known.reports(cssrs(MARA, at=known.now + days(1), items=HAS_INTENT))
    assert known.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY


def test_a_missed_visit_of_whom_a_risk_is_known_is_urgent(known: Ward) -> None:
    """They are at risk, however well that is known."""
    known.booked().reports(cssrs(MARA, at=known.now, items=HAS_INTENT))
    known.reports(missed(MARA, at=known.begins()))

    assert known.open == {Kind.SESSION_MISSED: Severity.URGENT}


def test_worse_after_the_clearance_is_not_what_the_clearance_weighed(known: Ward) -> None:
    """Both are high; the one was known."""
    comes(known).reports(clearance(MARA, at=known.now, overrides=WISHES))
    assert known.reasons(dose(MARA, at=known.now)) == []

    known.reports(cssrs(MARA, at=known.now + minutes(1), items=HAS_A_PLAN))
    seen_by_the_prescriber(known)
    assert "measure.cssrs_raised" in known.reasons(dose(MARA, at=known.now))


def test_an_answer_in_a_questionnaire_is_settled_by_what_is_known(known: Ward) -> None:
    """Item 9 says each week what the screen says more exactly; somebody reads it by day."""
    known.reports(phq9(MARA, at=known.now + hours(1), items=(0, 0, 0, 0, 0, 0, 0, 0, 3)))
    assert known.open == {Kind.ITEM9_POSITIVE: Severity.URGENT}

    known.reports(cssrs(MARA, at=known.now + minutes(5), items=HAS_INTENT))
    assert known.settled == [Kind.ITEM9_POSITIVE]
    assert known.open[Kind.ITEM9_SCREENED] is Severity.ROUTINE


def test_a_word_of_suicide_is_news_of_whomever_it_is(known: Ward) -> None:
    """A word has no level: a C-SSRS has to say whether it is what is known."""
    known.reports(call(MARA, None, at=known.now + hours(1), days_after=None, suicidal_ideation=True))

    assert known.open[Kind.SUICIDE_RISK] is Severity.URGENT


@pytest.mark.parametrize(("reads", "says"), [(HAS_A_METHOD, HAS_INTENT), (HAS_A_PLAN, HAS_A_PLAN)])
def test_a_screen_that_is_corrected_makes_nothing_known_that_nobody_weighed(
    ward: Ward, reads: tuple[int, ...], says: tuple[int, ...]
) -> None:
    """It was milder, and then so is what is known; it was worse, and nobody had weighed that."""
    first = cssrs(MARA, at=referred_for_ideation(ward).now, items=HAS_INTENT)
    seen_by_the_prescriber(ward).reports(eligible(MARA, at=ward.now, overrides=WISHES))
    ward.reports(correction(first, at=ward.now + hours(1), items=reads))
    for kind in tuple(ward.open):
        ward.hears(kind, Change.RESOLVED, by="osei")
    ward.reports(cssrs(MARA, at=ward.now + days(1), items=says))

    assert ward.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY
    assert holds(ward)


def test_a_screen_that_is_taken_back_makes_nothing_known(ward: Ward) -> None:
    """It was another patient's."""
    first = cssrs(MARA, at=referred_for_ideation(ward).now, items=HAS_INTENT)
    seen_by_the_prescriber(ward).reports(eligible(MARA, at=ward.now, overrides=WISHES))
    ward.reports(correction(first, at=ward.now + hours(1), retracted=True))
    for kind in tuple(ward.open):
        ward.hears(kind, Change.RESOLVED, by="osei")
    ward.reports(cssrs(MARA, at=ward.now + days(1), items=HAS_INTENT))

    assert ward.open[Kind.SUICIDE_RISK] is Severity.EMERGENCY


# Since the last contact


def test_a_calm_screen_since_the_last_contact_takes_back_nothing_of_the_month(ward: Ward) -> None:
    """It asked about a week; what was said of the month before it is weighed as it would be by the month's screen."""
    ward.booked().reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED, by="osei")
    comes_since_then = cssrs(MARA, at=ward.begins() - minutes(30), since_last_contact=True)
    ward.reports(comes_since_then)
    ward.reports(check_in(MARA, at=ward.now + minutes(10)))
    ward.reports(vitals(MARA, at=ward.now + minutes(10)))
    assert is_at_risk(ward.course)
    assert ward.reasons(clearance(MARA, at=ward.now)) == ["measure.cssrs_raised"]

    ward.reports(cssrs(MARA, at=ward.now + minutes(1)))
    assert not is_at_risk(ward.course)
    assert ward.reasons(clearance(MARA, at=ward.now)) == []


@EDGES
def test_what_was_said_of_a_month_is_over_after_it(ward: Ward, edge: timedelta) -> None:
    """Thirty days later a screen since the last contact speaks for itself."""
    ward.booked().reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED, by="osei")
    ward.reports(cssrs(MARA, at=ward.now + days(30) + edge, since_last_contact=True))

    assert is_at_risk(ward.course) is (edge <= timedelta())


def test_at_the_screening_nobody_has_been_in_contact_before(ward: Ward) -> None:
    """The first C-SSRS is about a month."""
    ward.referred().reports(cssrs(MARA, at=ward.now, since_last_contact=True))
    assert "measure.cssrs_missing" in ward.reasons(eligible(MARA, at=ward.now))

    ward.reports(cssrs(MARA, at=ward.now))
    assert "measure.cssrs_missing" not in ward.reasons(eligible(MARA, at=ward.now))


def test_what_is_new_since_the_last_contact_is_news(ward: Ward) -> None:
    """And of whom it is known it is what is known."""
    ward.screened().reports(cssrs(MARA, at=ward.now, items=HAS_INTENT, since_last_contact=True))

    assert ward.open == {Kind.SUICIDE_RISK: Severity.EMERGENCY}


def test_a_no_since_the_last_contact_makes_no_relapse_of_the_month(known: Ward) -> None:
    """They said no of one week, and yes of the next: the month's screen would have said yes to both."""
    known.reports(cssrs(MARA, at=known.now + days(1), since_last_contact=True))
    known.reports(cssrs(MARA, at=known.now + days(7), items=HAS_INTENT, since_last_contact=True))

    assert Kind.SUICIDE_RISK not in known.open


def test_a_calm_screen_since_the_last_contact_leaves_the_months_to_be_weighed(ward: Ward) -> None:
    """They came twice before the decision."""
    seen_by_the_prescriber(referred_for_ideation(ward))
    ward.reports(cssrs(MARA, at=ward.now + minutes(1), since_last_contact=True))
    assert ward.reasons(eligible(MARA, at=ward.now)) == ["measure.cssrs_raised"]

    ward.reports(eligible(MARA, at=ward.now, overrides=WISHES))
    ward.reports(cssrs(MARA, at=ward.now + days(7), items=HAS_INTENT))
    assert Kind.SUICIDE_RISK not in ward.open


def test_only_the_screener_asks_since_when(ward: Ward) -> None:
    """A questionnaire has a period of its own."""
    again = measure(MARA, "gad7", at=ward.referred().now, items=(0,) * 7, since_last_contact=True)

    assert ward.reasons(again) == ["invalid"]
