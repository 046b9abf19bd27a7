"""Figures as drawings: a share of a bar, a line from the middle to the slow ones."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.charts.drawing import Shape
from console.charts.outcome_change import outcome_change_chart
from console.charts.punctuality import punctuality_chart
from console.charts.waiting import Answering, spoken, waiting_chart
from domain.values import Severity
from domain.views.figures import MeasureOutcome, Punctuality, Waiting
from tests.support.cast import minutes, seconds
from tests.support.charts import is_whole


def waited(severity: Severity, half: timedelta | None, nine_in_ten: timedelta | None, escalations: int = 9) -> Waiting:
    ended = escalations if half is not None else 0
    return Waiting(
        severity=severity,
        escalations=escalations,
        acknowledged=ended,
        acknowledged_median=half,
        acknowledged_p90=nine_in_ten,
        resolved=ended,
        resolved_median=None if half is None else 10 * half,
        resolved_p90=None if nine_in_ten is None else 10 * nine_in_ten,
    )


def test_each_part_of_the_bar_is_as_wide_as_its_share() -> None:
    """Ninety, nine and one of a hundred; what was not in time is hatched, so that no colour is needed."""
    drawing = punctuality_chart("checkpoints", "Checkpoints", Punctuality(in_time=90, late=9, missed=1))
    _, in_time, late, missed = drawing.areas

    assert [round(100 * area.width / drawing.width, 1) for area in (in_time, late, missed)] == [90, 9, 1]
    assert [area.is_hatched for area in (in_time, late, missed)] == [False, True, True]
    assert drawing.says == "Checkpoints: 90 in time (90 %), 9 late (9 %), 1 missed (1 %)."
    assert drawing.tables[0].rows == (("in time", "90", "90 %"), ("late", "9", "9 %"), ("missed", "1", "1 %"))


def test_where_nothing_was_due_there_is_no_share() -> None:
    """It says so."""
    drawing = punctuality_chart("talks", "Talks", Punctuality(in_time=0, late=0, missed=0))

    assert drawing.says == "Talks: none in this period."
    assert drawing.keys == ()
    assert is_whole(drawing)


@given(st.builds(Punctuality, in_time=st.integers(0, 10**6), late=st.integers(0, 10**6), missed=st.integers(0, 10**6)))
def test_the_parts_of_a_bar_fill_it(counted: Punctuality) -> None:
    """Whatever was counted, side by side."""
    drawing = punctuality_chart("checkpoints", "Checkpoints", counted)
    parts = drawing.areas[1:]

    assert is_whole(drawing)
    assert all(left.x + left.width == pytest.approx(right.x) for left, right in pairwise(parts))
    if parts:
        assert parts[-1].x + parts[-1].width == pytest.approx(drawing.width)


def test_a_line_goes_from_half_to_nine_in_ten() -> None:
    """A row a severity; the longer it took, the further to the right."""
    drawing = waiting_chart(
        "answered",
        (
            waited(Severity.EMERGENCY, seconds(40), minutes(3)),
            waited(Severity.URGENT, minutes(2), minutes(11)),
            waited(Severity.ROUTINE, None, None),
        ),
        Answering.ACKNOWLEDGED,
    )
    emergency, urgent = [line for line in drawing.lines if line.look.startswith("range")]

    assert emergency.points[0].x < urgent.points[0].x < emergency.points[1].x < urgent.points[1].x
    assert [mark.shape for mark in drawing.marks if mark.x == 8] == [Shape.TRIANGLE, Shape.DIAMOND, Shape.DOT]
    assert drawing.says == (
        "Escalations acknowledged: half of the emergency ones within 40 s, nine in ten within 3 min; "
        "half of the urgent ones within 2 min, nine in ten within 11 min."
    )
    assert drawing.tables[0].rows[2] == ("routine", "0", "–", "–")
    assert "none yet" in [word.text for word in drawing.words]


def test_resolutions_are_drawn_by_their_own_times() -> None:
    """Ten times as long here."""
    drawing = waiting_chart("settled", (waited(Severity.URGENT, minutes(2), minutes(3)),), Answering.RESOLVED)

    assert drawing.tables[0].rows == (("urgent", "9", "20 min", "30 min"),)


def test_where_nothing_was_answered_the_chart_says_so() -> None:
    """In any severity, or where there was none."""
    for waiting in ((), (waited(Severity.ROUTINE, None, None),)):
        drawing = waiting_chart("answered", waiting, Answering.ACKNOWLEDGED)
        assert drawing.says == "No escalation was acknowledged in this period."
        assert is_whole(drawing)


LENGTHS = st.timedeltas(timedelta(), timedelta(days=4000))


@given(st.lists(st.tuples(LENGTHS, LENGTHS), max_size=3))
def test_whatever_it_took_lies_in_the_drawing(times: list[tuple[timedelta, timedelta]]) -> None:
    """From an instant to years."""
    rows = tuple(waited(severity, min(both), max(both)) for severity, both in zip(Severity, times, strict=False))

    assert is_whole(waiting_chart("answered", rows, Answering.ACKNOWLEDGED))


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (seconds(41.4), "41 s"),
        (seconds(0), "0 s"),
        (minutes(11.5), "11 min 30 s"),
        (minutes(150) + seconds(20), "2 h 30 min"),
        (None, "–"),
    ],
)
def test_a_length_is_said_no_finer_than_it_matters(length: timedelta | None, words: str) -> None:
    """Seconds within an hour, minutes beyond."""
    assert spoken(length) == words


def came_to(instrument: str, baseline: float, change: float, courses: int = 12) -> MeasureOutcome:
    return MeasureOutcome(
        instrument=instrument,
        courses=courses,
        mean_baseline=baseline,
        mean_change=change,
        response_share=None,
        remission_share=None,
    )


def test_what_is_left_of_a_baseline_is_drawn_to_its_left() -> None:
    """Half of it is half-way: shorter is better."""
    drawing = outcome_change_chart("change", [came_to("phq9", 16, -8), came_to("gad7", 12, 3, courses=1)])
    baseline, halved, other, worse = (mark.x for mark in drawing.marks)

    assert (
        drawing.says
        == "Mean scores: PHQ-9 from 16.0 to 8.0 (50 %) in 12 courses; GAD-7 from 12.0 to 15.0 (125 %) in 1 course."
    )
    assert halved < baseline == other < worse
    assert drawing.tables[0].rows == (("PHQ-9", "12", "16.0", "8.0", "50 %"), ("GAD-7", "1", "12.0", "15.0", "125 %"))
    assert is_whole(drawing)


def test_a_baseline_of_nothing_has_no_share() -> None:
    """It is named all the same; and without any score the drawing says so."""
    drawing = outcome_change_chart("change", [came_to("madrs", 0, 4)])

    assert drawing.marks == ()
    assert drawing.tables[0].rows == (("MADRS", "12", "0.0", "4.0", "–"),)
    assert outcome_change_chart("change", []).says == "No score can be compared yet."
    assert is_whole(drawing)


@given(
    st.lists(
        st.builds(came_to, st.sampled_from(["phq9", "gad7"]), st.floats(0, 1000), st.floats(-1000, 1000)), max_size=5
    )
)
def test_any_change_can_be_drawn(measures: list[MeasureOutcome]) -> None:
    """Also one that no instrument gives."""
    assert is_whole(outcome_change_chart("change", measures))
