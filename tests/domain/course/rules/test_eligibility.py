"""Who may enter the course: what excludes, what a prescriber must weigh, what is missing (CLINICAL.md 2)."""

from datetime import timedelta

import pytest

from domain.course.course import Course
from domain.course.rules import eligibility
from domain.course.state import Phase
from domain.events.clinic_events import ScreeningRecorded
from domain.events.fields import Override, PregnancyTest
from domain.values import Actor
from tests.domain.conftest import Opens
from tests.support.cast import (
    DESK,
    EVERYBODY,
    MARA,
    MONDAY,
    OSEI,
    WEEKLY,
    consent,
    cssrs,
    days,
    discontinuation,
    eligible,
    gad7,
    hours,
    ineligible,
    moved,
    over,
    phq9,
    plan,
    screening,
    weekly,
)
from tests.support.ward import EDGES, Ward

SCREENED = MONDAY + days(1)


def judged(ward: Ward, visit: ScreeningRecorded, *overrides: str) -> list[str]:
    """What stands between this screening and `eligible`, everything else being there."""
    ward.screened().reports(moved(visit, ward.now))
    return ward.reasons(eligible(MARA, at=ward.now, overrides=over(*overrides)))


def test_a_screening_without_findings_is_eligible(ward: Ward) -> None:
    """The prescriber decides, the phase becomes preparation."""
    answer = ward.screened().reports(eligible(MARA, at=ward.now))

    assert answer.phase is Phase.PREPARATION
    assert [blocker.code for blocker in answer.blockers] == [
        "plan.missing",
        "preparation.sessions_missing",
        "preparation.topics_missing",
    ]


@pytest.mark.parametrize("condition", WEEKLY.screening.absolute)
def test_a_condition_that_excludes_cannot_be_overridden(ward: Ward, condition: str) -> None:
    """`screening.absolute`: the patient is ineligible, whatever the rationale."""
    found = judged(ward, screening(MARA, at=SCREENED, conditions=[condition]), "screening.condition_excludes")
    assert found == ["screening.condition_excludes"]


@pytest.mark.parametrize("condition", WEEKLY.screening.review)
def test_a_condition_to_review_needs_the_prescribers_rationale(ward: Ward, condition: str) -> None:
    """`screening.review`: the patient is eligible once a prescriber has weighed it."""
    visit = screening(MARA, at=SCREENED, conditions=[condition])

    assert judged(ward, visit) == [f"screening.{condition}"]
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=over(f"screening.{condition}"))) == []


def test_theophylline_among_their_medications_excludes_as_it_does_among_their_conditions(ward: Ward) -> None:
    """CLINICAL.md 2.4 (S9): who takes what `screening.absolute` names is not eligible, wherever it is said."""
    visit = screening(MARA, at=SCREENED, medications=["theophylline", "lamotrigine"])
    assert judged(ward, visit) == ["screening.condition_excludes"]


def test_a_code_said_twice_is_one_reason(ward: Ward) -> None:
    """Among the conditions and among the medications: one blocker."""
    visit = screening(MARA, at=SCREENED, conditions=["theophylline"], medications=["theophylline"])
    assert judged(ward, visit) == ["screening.condition_excludes"]


def test_a_condition_that_the_protocol_does_not_know_is_weighed_by_a_prescriber(ward: Ward) -> None:
    """Hay fever may be nothing; that is for the prescriber to say. What `known` names is none."""
    assert judged(ward, screening(MARA, at=SCREENED, conditions=["hay_fever"])) == ["screening.condition_unknown"]
    assert judged(ward, screening(MARA, at=SCREENED + days(0.1), conditions=["asthma"])) == []


def test_cautions_are_shown_and_block_nothing(ward: Ward) -> None:
    """`caution_medications`: the prescriber sees them."""
    assert eligibility.cautions(ward.course) == ()
    visit = screening(MARA, at=SCREENED, medications=["benzodiazepine", "vitamin_d", "maoi"])

    assert judged(ward, visit) == []
    assert eligibility.cautions(ward.course) == ("benzodiazepine", "maoi")


@pytest.mark.parametrize(("age", "weighed"), [(75, []), (76, ["screening.age_above_limit"])])
def test_an_upper_age_is_the_prescribers_to_weigh(opens: Opens, age: int, weighed: list[str]) -> None:
    """`screening.age_max`: nobody is refused for it."""
    ward = opens(weekly({"screening.age_max": 75})).screened()
    ward.reports(screening(MARA, at=ward.now, age_years=age))

    assert ward.reasons(eligible(MARA, at=ward.now)) == weighed
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=over(*weighed))) == []


@pytest.mark.parametrize(
    ("visit", "codes"),
    [
        (screening(MARA, at=SCREENED, age_years=17), ["screening.age_below_limit"]),
        (screening(MARA, at=SCREENED, age_years=18), []),
        (screening(MARA, at=SCREENED, systolic=150), []),
        (screening(MARA, at=SCREENED, systolic=151), ["screening.systolic_above_limit"]),
        (screening(MARA, at=SCREENED, diastolic=90), []),
        (screening(MARA, at=SCREENED, diastolic=91), ["screening.diastolic_above_limit"]),
        (screening(MARA, at=SCREENED, pregnancy_test=PregnancyTest.POSITIVE), ["screening.pregnant"]),
        (
            screening(MARA, at=SCREENED, pregnancy_test=PregnancyTest.NOT_APPLICABLE),
            ["pregnancy_test.no_longer_applicable"],
        ),
        (screening(MARA, at=SCREENED, escort_available=False), ["screening.escort_unavailable"]),
    ],
)
def test_the_screening_is_held_against_the_protocols_bounds(
    ward: Ward, visit: ScreeningRecorded, codes: list[str]
) -> None:
    """`[screening]`: each bound is itself still within."""
    assert judged(ward, visit) == codes


@pytest.mark.parametrize(("trials", "codes"), [(None, True), (1, True), (2, False), (3, False)])
def test_a_protocol_for_resistant_depression_asks_for_treatments_that_did_not_help(
    opens: Opens, trials: int | None, codes: bool
) -> None:
    """`prior_trials_min`: 2 for treatment-resistant depression; an unknown number is none."""
    ward = opens(weekly({"screening.prior_trials_min": 2}))
    visit = screening(MARA, at=SCREENED, prior_adequate_trials=trials)

    assert judged(ward, visit) == (["screening.prior_trials_below_limit"] if codes else [])


def test_all_reasons_are_named_at_once_the_absolute_ones_first(ward: Ward) -> None:
    """Never one after the other."""
    visit = screening(
        MARA,
        at=SCREENED,
        conditions=["sleep_apnoea", "active_mania"],
        systolic=170,
        diastolic=100,
        age_years=17,
        pregnancy_test=PregnancyTest.POSITIVE,
        escort_available=False,
    )

    assert judged(ward, visit) == [
        "screening.condition_excludes",
        "screening.pregnant",
        "screening.age_below_limit",
        "screening.sleep_apnoea",
        "screening.systolic_above_limit",
        "screening.diastolic_above_limit",
        "screening.escort_unavailable",
    ]


def test_the_measures_of_the_screening_are_asked_for_one_by_one(ward: Ward) -> None:
    """`screening.measures`: each that is missing is named."""
    day = SCREENED
    ward.referred().reports(screening(MARA, at=day))
    ward.reports(consent(MARA, at=day))

    missing = [ward.reasons(eligible(MARA, at=day))]
    for taken in (phq9(MARA, at=day), gad7(MARA, at=day), cssrs(MARA, at=day)):
        ward.reports(taken)
        missing.append(ward.reasons(eligible(MARA, at=day)))

    assert missing == [
        ["measure.phq9_missing", "measure.gad7_missing", "measure.cssrs_missing"],
        ["measure.gad7_missing", "measure.cssrs_missing"],
        ["measure.cssrs_missing"],
        [],
    ]


def test_a_missing_screening_cannot_be_overridden_and_a_missing_measure_can(ward: Ward) -> None:
    """What was never looked at cannot be weighed."""
    ward.referred().reports(consent(MARA, at=MONDAY))
    lifted = over("screening.missing", "measure.phq9_missing", "measure.gad7_missing", "measure.cssrs_missing")

    assert ward.reasons(eligible(MARA, at=MONDAY, overrides=lifted)) == ["screening.missing"]


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_only_a_prescriber_decides_on_eligibility(ward: Ward, actor: Actor) -> None:
    """Either way: the decision is theirs, and an override does not change who may make it."""
    ward.screened()
    expected = [] if actor is OSEI else ["actor.role_not_allowed"]
    lifted = over("actor.role_not_allowed")

    assert ward.reasons(eligible(MARA, at=ward.now, by=actor, overrides=lifted)) == expected
    assert ward.reasons(ineligible(MARA, at=ward.now, by=actor)) == expected


def test_an_override_lifts_its_own_blocker_and_no_other(ward: Ward) -> None:
    """By its code, and only that."""
    visit = screening(MARA, at=SCREENED, conditions=["cystitis", "bmi_over_35"])
    assert judged(ward, visit, "screening.cystitis") == ["screening.bmi_over_35"]


NOTHING_SAID = ["  ", ".", "-", "\u2014", "?!", "\u200b", "\u2060\ufeff", "\u3164", "\u2800", "\U0001f44d"]
SAID = [
    "ok",
    "7",
    "\u0111\u1ed3ng \u00fd",
    "\u540c\u610f",
    "\u062a\u0645",
    "\u0939\u093e\u0901",
    "\u0e15\u0e01\u0e25\u0e07",
]


@pytest.mark.parametrize("rationale", NOTHING_SAID, ids=ascii)
def test_an_override_without_a_rationale_lifts_nothing(ward: Ward, rationale: str) -> None:
    """A few spaces are none, and so is what has no letter and no digit, or none that anybody sees."""
    ward.screened().reports(screening(MARA, at=ward.now, conditions=["cystitis"]))
    weighed = over("screening.cystitis", rationale=rationale)
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=weighed)) == ["screening.cystitis"]


@pytest.mark.parametrize("rationale", SAID, ids=ascii)
def test_a_rationale_is_in_any_script(ward: Ward, rationale: str) -> None:
    """A word is enough."""
    ward.screened().reports(screening(MARA, at=ward.now, conditions=["cystitis"]))
    decided = eligible(MARA, at=ward.now, overrides=over("screening.cystitis", rationale=rationale))
    assert ward.reasons(decided.but(data=decided.data.but(rationale=rationale))) == []


@pytest.mark.parametrize("said", NOTHING_SAID[1:], ids=ascii)
def test_a_decision_without_a_word_is_refused(ward: Ward, said: str) -> None:
    """Its reason, or one of its goals, says nothing: the field is named, and nothing has changed."""
    at = ward.screened().now
    decided, planned, ended = (
        eligible(MARA, at=at),
        plan(MARA, at=at, goals=("sleep", said)),
        discontinuation(MARA, at=at),
    )
    acts = (
        decided.but(data=decided.data.but(rationale=said)),
        planned,
        ended.but(data=ended.data.but(reason=said)),
    )

    wrong = [[error.pointer for error in ward.refuses(act).errors] for act in acts]
    assert wrong == [["/data/rationale"], ["/data/goals/1"], ["/data/reason"]]


def test_a_decision_that_was_accepted_without_a_word_stands(ward: Ward) -> None:
    """In an earlier release: it is read as it was, and what it weighed stays weighed."""
    ward.screened().reports(screening(MARA, at=ward.now, conditions=["cystitis"]))
    decided = eligible(MARA, at=ward.now, overrides=over("screening.cystitis", rationale="."))
    decided = decided.but(data=decided.data.but(rationale="."))
    course = ward.course.accepted(decided, ward.now).course

    assert [one.code for one in course.weighed] == ["screening.cystitis"]
    assert Course.model_validate_json(course.model_dump_json()) == course


def test_an_override_stands_in_the_ledger_with_its_rationale(ward: Ward) -> None:
    """Shown for ever: who weighed what, and why."""
    ward.screened().reports(screening(MARA, at=ward.now, conditions=["cystitis"]))
    weighed = Override(code="screening.cystitis", rationale="Healed in 2019")
    ward.reports(eligible(MARA, at=ward.now, overrides=[weighed]))

    entry = next(entry for entry in ward.entries if entry.type == "kap.eligibility.decided")
    assert entry.data["overrides"] == [{"code": "screening.cystitis", "rationale": "Healed in 2019"}]
    assert ward.course.eligibility is not None
    assert ward.course.eligibility.data.overrides == (weighed,)


def test_a_screening_sent_late_does_not_push_aside_a_newer_one(ward: Ward) -> None:
    """Judged by when it was recorded: the newest screening counts."""
    ward.screened()
    ward.sends(screening(MARA, at=ward.now - days(1), conditions=["active_mania"]))

    assert ward.reasons(eligible(MARA, at=ward.now)) == []


def test_eligibility_is_decided_once(ward: Ward) -> None:
    """After the screening phase there is nothing left to decide."""
    ward.eligible()
    assert ward.reasons(eligible(MARA, at=ward.now + hours(1))) == ["course.wrong_phase"]
    assert ward.reasons(ineligible(MARA, at=ward.now + hours(1))) == ["course.wrong_phase"]


@EDGES
def test_a_screening_is_overdue_two_weeks_after_the_referral(ward: Ward, edge: timedelta) -> None:
    """`screening.within`: the clinic is told, the course goes on."""
    ward.referred()
    ward.until(MONDAY + days(14) + edge)

    assert bool(ward.open) is (edge >= timedelta())
    ward.screened()
    assert ward.reasons(eligible(MARA, at=ward.now, by=OSEI)) == []
    assert ward.reasons(screening(MARA, at=ward.now, by=DESK)) == []
