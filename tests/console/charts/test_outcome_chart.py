"""An outcome's chart: the scores over their days, with the lines that the protocol judges them by."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.charts.drawing import Drawing, Line, Shape, TextSize
from console.charts.outcome import risk_chart, score_chart
from domain.course.measures import Risk
from domain.views.course import MeasureView
from domain.views.score_trend import Thresholds
from tests.support.cast import (
    HAS_A_METHOD,
    HAS_A_PLAN,
    MARA,
    MONDAY,
    WISHES_TO_BE_DEAD,
    cssrs,
    days,
    measure,
    referral,
)
from tests.support.charts import is_whole, seen
from tests.support.ward import Ward

DUBLIN = ZoneInfo("Europe/Dublin")
SIZES = pytest.mark.parametrize("size", list(TextSize))


def scored(*scores: int, baseline: int | None = None) -> Ward:
    """A course whose GAD-7 was these scores, a week apart."""
    ward = Ward()
    ward.reports(referral(MARA, at=MONDAY, baseline=None if baseline is None else {"gad7": baseline}))
    for week, score in enumerate(scores, start=1):
        ward.reports(measure(MARA, "gad7", at=MONDAY + days(7 * week), score=score))
    return ward


def drawn(ward: Ward, size: TextSize = TextSize.NARROW) -> Drawing:
    shown = seen(ward)
    (judged,) = shown.thresholds
    return score_chart(judged, shown.measures, DUBLIN, size)


def line(drawing: Drawing, look: str) -> Line:
    (found,) = [one for one in drawing.lines if one.look == look]
    return found


@SIZES
def test_scores_stand_at_their_days_and_the_baseline_is_marked(size: TextSize) -> None:
    """A week is a week; what the referral brought along is the first point."""
    drawing = drawn(scored(15, 12, 8, 4, baseline=16), size)
    points = line(drawing, "score").points

    assert is_whole(drawing)
    steps = [right.x - left.x for left, right in pairwise(points)]
    assert steps == pytest.approx([steps[0]] * 4, abs=0.2)
    assert [mark.shape for mark in drawing.marks] == [Shape.RING, *[Shape.DOT] * 4]
    heights = [(points[n].y - points[4].y) / (4 - score) for n, score in enumerate((16, 15, 12, 8))]
    assert heights == pytest.approx([heights[0]] * 4, rel=0.02)


@SIZES
def test_response_and_remission_are_lines_where_the_protocol_has_them(size: TextSize) -> None:
    """Half of the baseline, and below 5, with the ground of the remission down to the lowest score."""
    drawing = drawn(scored(16, 8, 5), size)
    points = line(drawing, "score").points

    assert line(drawing, "limit routine").points[0].y == points[1].y
    assert line(drawing, "limit well").points[0].y == points[2].y
    (ground,) = [area for area in drawing.areas if area.look == "well"]
    assert ground.y == points[2].y
    assert {"response: 8 or less", "remission: below 5"} <= {word.text for word in drawing.words}


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ((16,), "GAD-7: 16 at baseline on 12 Jan, not taken again yet."),
        ((16, 9), "GAD-7: 16 at baseline on 12 Jan, 9 on 19 Jan, no response, no remission."),
        ((16, 8), "GAD-7: 16 at baseline on 12 Jan, 8 on 19 Jan, a response, no remission."),
        ((16, 4), "GAD-7: 16 at baseline on 12 Jan, 4 on 19 Jan, a response, in remission."),
        ((0, 0), "GAD-7: 0 at baseline on 12 Jan, 0 on 19 Jan, in remission."),
    ],
)
def test_the_chart_says_what_the_protocol_says(scores: tuple[int, ...], says: str) -> None:
    """A response and a remission are the domain's to call."""
    drawing = drawn(scored(*scores))

    assert drawing.says == says
    assert is_whole(drawing)


def test_the_table_has_every_score_with_its_band_and_its_change() -> None:
    """The baseline first."""
    table = drawn(scored(12, 4, baseline=16)).tables[0]

    assert table.rows == (
        ("5 Jan 2026", "16", "baseline", "–", "–", "–"),
        ("12 Jan 2026", "12", "moderate", "-4", "no", "no"),
        ("19 Jan 2026", "4", "minimal", "-12", "yes", "yes"),
    )


def test_an_instrument_without_a_score_can_be_drawn() -> None:
    """Nothing but its frame."""
    drawing = score_chart(Thresholds(instrument="phq9", lowest=0, highest=27), (), DUBLIN)

    assert drawing.says == "PHQ-9: no score yet."
    assert is_whole(drawing)
    assert not drawing.marks


@SIZES
def test_a_risk_goes_in_steps_and_each_level_has_its_shape(size: TextSize) -> None:
    """It holds until the next screen."""
    ward = Ward().referred()
    for day, items in enumerate((WISHES_TO_BE_DEAD, HAS_A_METHOD, HAS_A_PLAN)):
        ward.reports(cssrs(MARA, at=MONDAY + days(day), items=items))
    drawing = risk_chart("cssrs", seen(ward).measures, DUBLIN, size)
    points = line(drawing, "score").points

    assert is_whole(drawing)
    assert [mark.shape for mark in drawing.marks] == [Shape.SQUARE, Shape.DIAMOND, Shape.TRIANGLE]
    assert all(a.x == b.x or a.y == b.y for a, b in pairwise(points))
    assert points[1].y == points[0].y
    assert drawing.says == "C-SSRS: risk high on 7 Jan."
    assert drawing.tables[0].rows[-1] == ("7 Jan 2026", "09:00", "high")


def test_a_risk_that_has_fallen_tells_the_highest() -> None:
    """What was is not forgotten."""
    ward = Ward().referred()
    for day, items in enumerate((HAS_A_METHOD, WISHES_TO_BE_DEAD)):
        ward.reports(cssrs(MARA, at=MONDAY + days(day), items=items))

    drawing = risk_chart("cssrs", seen(ward).measures, DUBLIN)
    assert drawing.says == "C-SSRS: risk low on 6 Jan; the highest so far is moderate."
    assert risk_chart("cssrs", (), DUBLIN).says == "C-SSRS: no screen yet."
    assert is_whole(risk_chart("cssrs", (), DUBLIN))


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SCORES = st.floats(0, 60, allow_nan=False).map(lambda score: round(score, 1))


@given(
    taken=st.lists(st.tuples(MOMENTS, SCORES, st.sampled_from(Risk)), max_size=60),
    baseline=st.none() | SCORES,
    percent=st.floats(0.1, 0.9),
    size=st.sampled_from(TextSize),
    highest=st.none() | st.just(60.0),
)
def test_whatever_was_scored_lies_in_the_drawing(
    taken: list[tuple[datetime, float, Risk]],
    baseline: float | None,
    percent: float,
    size: TextSize,
    highest: float | None,
) -> None:
    """None, one or sixty answers, of one day or ten years."""
    first = min((at for at, _, _ in taken), default=MONDAY)
    judged = Thresholds(
        instrument="madrs",
        baseline=baseline,
        baseline_at=first - timedelta(days=1) if baseline is not None else None,
        response_at_most=baseline * percent if baseline is not None else None,
        remission_below=11,
        lowest=0,
        highest=highest,
    )
    scores = tuple(MeasureView(at=at, instrument="madrs", score=score, band=None, risk=None) for at, score, _ in taken)
    risks = tuple(MeasureView(at=at, instrument="cssrs", score=None, band=None, risk=risk) for at, _, risk in taken)

    assert is_whole(score_chart(judged, scores, DUBLIN, size))
    assert is_whole(risk_chart("cssrs", risks, DUBLIN, size))
