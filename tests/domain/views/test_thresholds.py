"""What the scores of a course are judged by, as lines to draw: they say what is said of each score."""

from hypothesis import given
from hypothesis import strategies as st

from domain.course.measures import change
from domain.views.score_trend import Thresholds, thresholds
from tests.domain.conftest import Opens
from tests.support.cast import (
    MARA,
    MONDAY,
    WEEKLY,
    cssrs,
    measure,
    minutes,
    phq9,
    referral,
    weekly,
)
from tests.support.ward import Ward


def of(ward: Ward, instrument: str) -> Thresholds:
    return next(one for one in thresholds(ward.course) if one.instrument == instrument)


def test_the_first_answer_is_the_baseline(ward: Ward) -> None:
    """With its moment; response and remission are scores, each with its source."""
    ward.referred().reports(phq9(MARA, at=ward.now + minutes(5)))
    shown = of(ward, "phq9")

    assert (shown.baseline, shown.baseline_at) == (17, ward.now)
    assert (shown.response_at_most, shown.remission_below, shown.meaningful_change) == (8.5, 5, 6)
    assert (shown.lowest, shown.highest) == (0, 27)
    assert shown.response_source == WEEKLY.source_of("measures.phq9.response_percent")
    assert shown.remission_source == WEEKLY.source_of("measures.phq9.remission_below")


def test_a_score_that_the_referral_brought_is_the_baseline(ward: Ward) -> None:
    """From the referral on, answered or not."""
    ward.reports(referral(MARA, at=MONDAY, baseline={"phq9": 20}))
    assert (of(ward, "phq9").baseline, of(ward, "phq9").baseline_at) == (20, MONDAY)

    ward.reports(phq9(MARA, at=ward.now + minutes(5)))
    assert of(ward, "phq9").response_at_most == 10


def test_an_instrument_of_the_protocol_has_its_own_range(ward: Ward) -> None:
    """`measures.<instrument>.range`."""
    ward.referred().reports(measure(MARA, at=ward.now, instrument="madrs", score=30))

    assert (of(ward, "madrs").lowest, of(ward, "madrs").highest, of(ward, "madrs").remission_below) == (0, 60, 11)


def test_a_screener_without_a_score_has_no_lines(ward: Ward) -> None:
    """C-SSRS: a risk, not a number."""
    ward.referred().reports(cssrs(MARA, at=ward.now))
    shown = of(ward, "cssrs")

    assert (shown.baseline, shown.response_at_most, shown.remission_below, shown.highest) == (None, None, None, None)


def test_what_the_protocol_does_not_judge_has_no_lines(opens: Opens) -> None:
    """An instrument that it does not name."""
    ward = opens(weekly({"measures": {}})).referred()
    ward.reports(measure(MARA, at=ward.now, instrument="phq9", score=12))
    shown = of(ward, "phq9")

    assert (shown.baseline, shown.response_at_most, shown.remission_below, shown.highest) == (12, None, None, 27)


def test_nothing_is_judged_where_nobody_asked(ward: Ward) -> None:
    """No instrument, no lines."""
    assert thresholds(ward.referred().course) == ()


@given(baseline=st.integers(1, 27), percent=st.integers(1, 100), score=st.integers(0, 27))
def test_the_response_line_says_what_is_said_of_a_score(baseline: int, percent: int, score: int) -> None:
    """At it or below it lies what the protocol calls a response, and nothing else."""
    rule = WEEKLY.measures["phq9"].but(response_percent=percent)
    ward = Ward(protocol=weekly({"measures": {"phq9": rule.but(item9=None)}})).referred()
    ward.reports(measure(MARA, at=ward.now, instrument="phq9", score=baseline))
    line = of(ward, "phq9").response_at_most

    assert line is not None
    assert (score <= line) == change(baseline, score, rule).is_response
