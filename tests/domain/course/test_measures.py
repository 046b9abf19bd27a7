"""Answers are scored as their publishers say, and never guessed (CLINICAL.md 5)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.course.measures import (
    Direction,
    Risk,
    ScoreChange,
    Scored,
    baseline_errors,
    change,
    scored,
    triage,
)
from domain.protocol.measures import Item9Rule, MeasureMoment, MeasureRule
from domain.protocol.values import Range
from domain.refusal import FieldError, RefusalCode, Refused
from domain.values import Severity

MEASURES = {
    "phq9": MeasureRule(
        every=MeasureMoment.EACH_SESSION,
        response_percent=50,
        remission_below=5,
        meaningful_change=6,
        item9=Item9Rule(at_least=1, severity=Severity.URGENT, needs="cssrs"),
    ),
    "gad7": MeasureRule(every=MeasureMoment.EACH_SESSION, meaningful_change=4),
    "pcl5": MeasureRule(every=MeasureMoment.END, meaningful_change=10),
    "cssrs": MeasureRule(every=MeasureMoment.EACH_SESSION),
    "madrs": MeasureRule(every=MeasureMoment.END, range=Range(low=0, high=60), response_percent=50, remission_below=11),
}


def adding_up_to(score: int, items: int, most: int) -> list[int]:
    return [max(0, min(most, score - most * place)) for place in range(items)]


@pytest.mark.parametrize(
    ("instrument", "items", "most", "bands"),
    [
        (
            "phq9", 9, 3,
            {0: "minimal", 4: "minimal", 5: "mild", 9: "mild", 10: "moderate", 14: "moderate",
             15: "moderately_severe", 19: "moderately_severe", 20: "severe", 27: "severe"},
        ),
        (
            "gad7", 7, 3,
            {0: "minimal", 4: "minimal", 5: "mild", 9: "mild", 10: "moderate", 14: "moderate",
             15: "severe", 21: "severe"},
        ),
        ("pcl5", 20, 4, {0: "below_cut_off", 30: "below_cut_off", 31: "probable_ptsd", 80: "probable_ptsd"}),
    ],
)  # fmt: skip
def test_a_questionnaire_is_the_sum_of_its_answers(
    instrument: str, items: int, most: int, bands: dict[int, str]
) -> None:
    """CLINICAL.md 5.1: PHQ-9 5/10/15/20 (S48), GAD-7 5/10/15 (10: S48), PCL-5 from 31 (S52)."""
    found = {score: scored(instrument, MEASURES, items=adding_up_to(score, items, most)) for score in bands}

    assert {score: one.score for score, one in found.items()} == {score: score for score in bands}
    assert {score: one.band for score, one in found.items()} == bands


@pytest.mark.parametrize(
    ("spelled", "meant"), [("C-SSRS", "cssrs"), ("PHQ-9", "phq9"), ("gad_7", "gad7"), ("MADRS", "madrs")]
)
def test_an_instrument_is_one_however_it_is_spelled(spelled: str, meant: str) -> None:
    """A screen that says danger must not be lost for a hyphen."""
    items = {"cssrs": 6, "phq9": 9, "gad7": 7}.get(meant)

    assert (
        scored(spelled, MEASURES, items=[0] * items if items else None, score=None if items else 20).instrument == meant
    )


@pytest.mark.parametrize(("instrument", "days"), [("phq9", 14), ("gad7", 14), ("pcl5", 30)])
def test_a_score_says_what_time_it_is_about(instrument: str, days: int) -> None:
    """CLINICAL.md 5.3: two weeks (S48) and a month (S52), so weekly scores overlap and the trend must say so."""
    items = {"phq9": 9, "gad7": 7, "pcl5": 20}[instrument]

    assert scored(instrument, MEASURES, items=[0] * items).recall == timedelta(days=days)


@pytest.mark.parametrize("answer", [0, 1, 2, 3])
def test_the_answer_about_being_better_off_dead_stands_by_itself(answer: int) -> None:
    """PHQ-9 item 9 is kept beside the score: any value of 1 or more opens a C-SSRS (CLINICAL.md 5.1)."""
    assert scored("phq9", MEASURES, items=[1, 1, 1, 1, 1, 1, 1, 1, answer]).item9 == answer


# wish, thoughts, method, intent, plan, behaviour within three months; behaviour in a lifetime; the level
TRIAGE = [
    ((0, 0, 0, 0, 0, 0), False, Risk.NONE),
    ((1, 0, 0, 0, 0, 0), False, Risk.LOW),
    ((0, 1, 0, 0, 0, 0), False, Risk.LOW),
    ((1, 1, 0, 0, 0, 0), False, Risk.LOW),
    ((0, 0, 0, 0, 0, 0), True, Risk.MODERATE),
    ((1, 0, 0, 0, 0, 0), True, Risk.MODERATE),
    ((0, 0, 1, 0, 0, 0), False, Risk.MODERATE),
    ((1, 1, 1, 0, 0, 0), False, Risk.MODERATE),
    ((1, 1, 1, 1, 0, 0), False, Risk.HIGH),
    ((1, 1, 0, 1, 0, 0), False, Risk.HIGH),
    ((0, 0, 0, 0, 1, 0), False, Risk.HIGH),
    ((0, 0, 0, 0, 0, 1), False, Risk.HIGH),
    ((0, 0, 0, 0, 0, 1), True, Risk.HIGH),
    ((1, 1, 1, 1, 1, 1), True, Risk.HIGH),
]


@pytest.mark.parametrize(("answers", "behavior_lifetime", "risk"), TRIAGE)
def test_the_screener_is_triaged_by_its_gravest_answer(
    answers: tuple[int, ...], behavior_lifetime: bool, risk: Risk
) -> None:
    """CLINICAL.md 5.2: high as the publisher has it (S47), moderate and low as commonly used."""
    found = scored("cssrs", MEASURES, items=answers, behavior_lifetime=behavior_lifetime)

    assert found == Scored(instrument="cssrs", risk=risk)


@given(st.tuples(*[st.integers(0, 1)] * 6), st.booleans(), st.integers(0, 5))
def test_a_further_yes_never_lowers_the_risk(answers: tuple[int, ...], behavior_lifetime: bool, place: int) -> None:
    """Whatever else was answered."""
    graver = tuple(1 if i == place else answer for i, answer in enumerate(answers))

    before = triage(answers, behavior_lifetime=behavior_lifetime)
    assert triage(graver, behavior_lifetime=behavior_lifetime).rank >= before.rank
    assert triage(answers, behavior_lifetime=True).rank >= before.rank


def test_moderate_and_high_are_raised_risks() -> None:
    """They shorten how long a check-in may be late."""
    assert [risk for risk in Risk if risk.is_raised] == [Risk.MODERATE, Risk.HIGH]


@pytest.mark.parametrize("score", [0, 10.5, 60])
def test_an_instrument_known_by_its_score_is_taken_as_it_is(score: float) -> None:
    """MADRS: no item texts are shipped, the rater's total is recorded (CLINICAL.md 5.1)."""
    assert scored("madrs", MEASURES, score=score) == Scored(instrument="madrs", score=score)


def test_a_total_is_taken_where_no_single_answer_matters() -> None:
    """A clinic that holds only the GAD-7's total may report it; no answer is made up."""
    assert scored("gad7", MEASURES, score=12).band == "moderate"
    assert scored("phq9", {}, score=12).item9 is None


@pytest.mark.parametrize(
    ("instrument", "given", "pointer", "detail"),
    [
        ("phq9", {"items": [0] * 8}, "/data/items", "must be 9 answers, not 8"),
        ("phq9", {"items": []}, "/data/items", "must be 9 answers, not 0"),
        ("gad7", {"items": [0] * 9}, "/data/items", "must be 7 answers, not 9"),
        ("pcl5", {"items": [0] * 19}, "/data/items", "must be 20 answers, not 19"),
        ("cssrs", {"items": [0] * 5}, "/data/items", "must be 6 answers, not 5"),
        ("phq9", {}, "/data/items", "must be 9 answers"),
        ("cssrs", {"behavior_lifetime": True}, "/data/items", "must be 6 answers"),
        ("phq9", {"items": [0, 0, 0, 4, 0, 0, 0, 0, 0]}, "/data/items/3", "must be an answer from 0 to 3"),
        ("gad7", {"items": [0, 0, 0, 0, 0, 0, -1]}, "/data/items/6", "must be an answer from 0 to 3"),
        ("pcl5", {"items": [5] + [0] * 19}, "/data/items/0", "must be an answer from 0 to 4"),
        ("cssrs", {"items": [0, 0, 0, 0, 0, 2]}, "/data/items/5", "must be 0 (no) or 1 (yes)"),
        ("gad7", {"score": 22}, "/data/score", "must be a whole score from 0 to 21"),
        ("gad7", {"score": 7.5}, "/data/score", "must be a whole score from 0 to 21"),
        (
            "gad7", {"items": [0] * 7, "score": 0},
            "/data/score", "must be either the answers or their score, not both",
        ),
        ("cssrs", {"score": 0}, "/data/score", "must be left out: this screen has 6 answers and no score"),
        ("madrs", {"score": 61}, "/data/score", "must be a score from 0 to 60"),
        ("madrs", {"score": -1}, "/data/score", "must be a score from 0 to 60"),
        (
            "madrs", {"items": [1] * 10},
            "/data/items", "must be a score: the answers of this instrument are not known",
        ),
        ("madrs", {}, "/data/score", "must be a score: the answers of this instrument are not known"),
        ("bdi", {"score": 10}, "/data/instrument", "must be one of cssrs, gad7, madrs, pcl5, phq9"),
        (
            "phq9", {"items": [0] * 9, "behavior_lifetime": False},
            "/data/behavior_lifetime", "only the C-SSRS screener asks for behaviour in a lifetime",
        ),
        (
            "phq9", {"score": 12}, "/data/score",
            "must be the 9 answers instead: the protocol acts on a single answer, which a score does not show",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_refused_by_its_field(
    instrument: str, given: dict[str, list[int] | float | bool], pointer: str, detail: str
) -> None:
    """A missing or impossible answer is named, and nothing is scored."""
    items, score, behavior = given.get("items"), given.get("score"), given.get("behavior_lifetime")
    assert items is None or isinstance(items, list)
    assert score is None or isinstance(score, int | float)
    assert behavior is None or isinstance(behavior, bool)

    with pytest.raises(Refused) as refused:
        scored(instrument, MEASURES, items=items, score=score, behavior_lifetime=behavior)

    assert refused.value.refusal.code is RefusalCode.INVALID
    assert refused.value.refusal.errors == (FieldError(pointer=pointer, detail=detail),)


def test_every_impossible_answer_is_named() -> None:
    """Not only the first one."""
    with pytest.raises(Refused) as refused:
        scored("gad7", MEASURES, items=[4, 0, 9, 0, 0, 0, 0])

    assert [error.pointer for error in refused.value.refusal.errors] == ["/data/items/0", "/data/items/2"]


def test_a_halved_score_is_a_response() -> None:
    """CLINICAL.md 5.1: PHQ-9 from 20 to 10 is a response of 50 percent and a meaningful change, no remission."""
    assert change(20, 10, MEASURES["phq9"]) == ScoreChange(
        baseline=20,
        score=10,
        difference=-10,
        improvement_percent=50,
        is_response=True,
        is_remission=False,
        direction=Direction.IMPROVED,
    )


@pytest.mark.parametrize(
    ("baseline", "score", "is_response", "is_remission", "direction"),
    [
        (20, 11, False, False, Direction.IMPROVED),
        (20, 14, False, False, Direction.IMPROVED),
        (20, 15, False, False, Direction.UNCHANGED),
        (10, 5, True, False, Direction.UNCHANGED),
        (10, 4, True, True, Direction.IMPROVED),
        (10, 15, False, False, Direction.UNCHANGED),
        (10, 16, False, False, Direction.WORSENED),
        (7, 4, False, True, Direction.UNCHANGED),
    ],
)
def test_each_word_for_a_change_holds_from_its_edge_on(
    baseline: float, score: float, is_response: bool, is_remission: bool, direction: Direction
) -> None:
    """Response at 50 percent, remission below 5, meaningful from 6 points either way (S51)."""
    found = change(baseline, score, MEASURES["phq9"])

    assert (found.is_response, found.is_remission, found.direction) == (is_response, is_remission, direction)


def test_what_the_protocol_does_not_define_is_not_said() -> None:
    """GAD-7 here has neither response nor remission; from a baseline of 0 there is no percentage."""
    found = change(0, 3, MEASURES["gad7"])

    assert (found.improvement_percent, found.is_response, found.is_remission) == (None, None, None)
    assert found.direction is Direction.UNCHANGED


def test_the_scores_of_a_referral_are_looked_at_too() -> None:
    """A baseline outside its instrument's range, or of an unknown instrument, is named by its pointer."""
    assert baseline_errors({"phq9": 27, "madrs": 31.5}, MEASURES) == ()
    assert baseline_errors({"phq9": 28, "cssrs": 1, "b/di": 3, "madrs": 99}, MEASURES) == (
        FieldError(pointer="/data/measures_baseline/phq9", detail="must be a whole score from 0 to 27"),
        FieldError(pointer="/data/measures_baseline/cssrs", detail="the C-SSRS screener has no score"),
        FieldError(pointer="/data/measures_baseline/b~1di", detail="must be an instrument that the protocol names"),
        FieldError(pointer="/data/measures_baseline/madrs", detail="must be a score from 0 to 60"),
    )
