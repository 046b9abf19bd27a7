"""The on-call strip: who has which rota when, and where nobody has."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.charts.drawing import Drawing, Shape, TextSize
from console.charts.oncall_strip import OnDuty, strip_chart
from tests.support.cast import MONDAY, days, hours
from tests.support.charts import is_whole

DUBLIN = ZoneInfo("Europe/Dublin")
MONTH = MONDAY + days(28)
TURNS = (
    OnDuty(rota="nurse", person="Lind", begins_at=MONDAY - days(3), ends_at=MONDAY + days(4)),
    OnDuty(rota="nurse", person="Osei", begins_at=MONDAY + days(4), ends_at=MONDAY + days(7), is_override=True),
    OnDuty(rota="nurse", person=None, begins_at=MONDAY + days(7), ends_at=MONDAY + days(9)),
    OnDuty(rota="nurse", person="Lind", begins_at=MONDAY + days(9), ends_at=MONDAY + days(60)),
    OnDuty(rota="prescriber", person="Ward", begins_at=MONDAY - days(3), ends_at=MONDAY + days(60)),
)


def drawn(turns: tuple[OnDuty, ...] = TURNS, size: TextSize = TextSize.WIDE) -> Drawing:
    return strip_chart(turns, MONDAY, MONTH, MONDAY + hours(7), DUBLIN, size)


def test_a_turn_is_as_wide_as_it_is_long() -> None:
    """A turn that began before is drawn from the edge on."""
    first, second, gap, third, _ = drawn().areas

    assert (second.x - first.x) / 4 == pytest.approx((gap.x - second.x) / 3, abs=0.1)
    assert (third.x - gap.x) / 2 == pytest.approx((gap.x - second.x) / 3, abs=0.1)
    assert third.x + third.width == pytest.approx(952, abs=1.1)


def test_a_gap_is_an_error_that_is_seen_without_colour() -> None:
    """A word, a cross and the sentence say that nobody is on call."""
    drawing = drawn()

    assert [mark.shape for mark in drawing.marks] == [Shape.CROSS]
    assert "nobody" in [word.text for word in drawing.words]
    assert drawing.says == "Nobody is on call: nurse, Mon 12 Jan 09:00 to Wed 14 Jan 09:00."
    assert ("nurse", "nobody", "Mon 12 Jan 09:00", "Wed 14 Jan 09:00", "gap") in drawing.tables[0].rows


def test_where_nobody_is_missing_the_strip_says_so() -> None:
    """In the words that a reader hears first."""
    assert drawn(TURNS[-1:]).says == "Somebody is on call all the time: prescriber."
    assert drawn(()).says == "Nobody is on any rota in this time."


def test_a_stand_in_is_hatched_and_named() -> None:
    """The tip tells it whole."""
    stand_in = drawn().areas[1]

    assert stand_in.is_hatched
    assert stand_in.tip == "nurse: Osei (standing in), Fri 9 Jan 09:00 to Mon 12 Jan 09:00"
    assert [key.text for key in drawn().keys] == ["nobody is on call", "standing in"]


def test_a_name_that_does_not_fit_becomes_its_initials() -> None:
    """A turn of a day on a strip of four weeks."""
    turn = OnDuty(rota="nurse", person="Dr Osei", begins_at=MONDAY, ends_at=MONDAY + days(1))

    assert "DO" in [word.text for word in drawn((turn,)).words]
    assert "Dr Osei" in [cell for row in drawn((turn,)).tables[0].rows for cell in row]


def test_weeks_begin_on_a_monday_of_the_wall_clock() -> None:
    """Midnight in Dublin, in summer too."""
    summer = MONDAY + days(80)
    turn = OnDuty(rota="nurse", person="Lind", begins_at=summer, ends_at=summer + days(28))
    dates = [
        word.text
        for word in strip_chart((turn,), summer, summer + days(28), summer, DUBLIN).words
        if " Mar" in word.text
    ]
    assert dates == ["Mon 30 Mar"]


def test_a_phone_has_a_row_a_week() -> None:
    """Four for each rota; a turn over the end of a week goes on in the next row."""
    drawing = drawn(size=TextSize.NARROW)
    rows = sorted({area.y for area in drawing.areas})

    assert len(rows) == 8
    assert len([area for area in drawing.areas if area.tip and area.tip.startswith("prescriber")]) == 4
    assert is_whole(drawing)


@given(
    edges=st.lists(st.floats(-10, 40, allow_nan=False), min_size=2, max_size=40, unique=True).map(sorted),
    people=st.lists(st.none() | st.text(min_size=1, max_size=30), min_size=40, max_size=40),
    size=st.sampled_from([TextSize.WIDE, TextSize.NARROW]),
)
def test_whatever_the_turns_are_they_lie_in_the_drawing(
    edges: list[float], people: list[str | None], size: TextSize
) -> None:
    """However short, and whoever has them."""
    turns = tuple(
        OnDuty(
            rota="nurse",
            person=person,
            begins_at=MONDAY + timedelta(days=begin),
            ends_at=MONDAY + timedelta(days=end),
        )
        for begin, end, person in zip(edges, edges[1:], people, strict=False)
    )

    assert is_whole(drawn(turns, size))
