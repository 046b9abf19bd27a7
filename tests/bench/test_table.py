"""The table at the end of `make bench`: what holds, what does not, and what only informs."""

import json
from pathlib import Path

import pytest

from bench.table import Bound, Figure, Row, all_hold, keep, said, table

FLOOR = Figure.of(10, 20, 40)


def row(ours: Figure, bound: Bound | None, floor: Figure | None = FLOOR) -> Row:
    return Row(what="an update", unit="ms", floor=floor, ours=ours, bound=bound)


@pytest.mark.parametrize(
    ("bound", "holds"),
    [
        (None, None),
        (Bound.at_most(30), True),
        (Bound.at_most(29.9), False),
        (Bound.at_least(30), True),
        (Bound.at_least(30.1), False),
        (Bound.at_most_times(1.5), True),
        (Bound.at_most_times(1.49), False),
        (Bound.at_least_times(1.5), True),
        (Bound.at_least_times(1.51), False),
    ],
)
def test_a_bound_holds_up_to_its_very_limit(bound: Bound | None, holds: bool | None) -> None:
    """The median of the rounds counts, by itself or over the floor of the same round."""
    assert row(Figure.of(15, 30, 60), bound).holds is holds


def test_a_ratio_is_taken_round_by_round() -> None:
    """A machine that was slow in one round was slow for both: here every round is twice its floor."""
    ratio = row(Figure.of(20, 40, 80), None).ratio

    assert ratio is not None
    assert ratio.rounds == (2, 2, 2)


def test_other_rounds_than_the_floors_leave_only_the_medians() -> None:
    """There is one ratio, and no spread."""
    ratio = row(Figure.of(10), None).ratio

    assert ratio is not None
    assert ratio.rounds == (0.5,)


def test_a_bound_by_a_floor_needs_the_floor() -> None:
    """A row that forgot it is a mistake, and never passes for one that holds."""
    with pytest.raises(ValueError, match="must have a floor"):
        _ = row(Figure.of(1), Bound.at_most_times(1), floor=None).holds


def test_all_hold_only_if_no_bound_fails() -> None:
    """Rows without a bound do not count."""
    informs, holds, fails = row(FLOOR, None), row(FLOOR, Bound.at_most(20)), row(FLOOR, Bound.at_most(19))

    assert all_hold({"one": [informs, holds], "two": [holds]})
    assert not all_hold({"one": [holds], "two": [informs, fails]})


def test_the_table_says_each_row_and_its_verdict() -> None:
    """Floor, ours, ratio, spread, bound, and whether it holds."""
    rows = [row(Figure.of(15, 30, 60), Bound.at_most_times(1.25)), row(FLOOR, Bound.at_least(5), floor=None)]

    head, fails, holds = table({"transition": rows}).splitlines()

    assert head.split() == ["measure", "what", "unit", "floor", "ours", "ratio", "spread", "bound", "holds"]
    assert fails.split("  ")[0] == "transition"
    assert fails.split()[4:] == ["20.0", "30.0", "1.50", "1.50…1.50", "≤", "1.25", "×", "NO"]
    assert holds.split()[4:] == ["20.0", "10.0…40.0", "≥", "5.00", "yes"]
    assert [line.index("an update") for line in (fails, holds)] == [head.index("what")] * 2


def test_a_number_has_three_digits() -> None:
    """Or all that stand before its point."""
    assert [said(figure) for figure in (0.1234, 1.5, 12.34, 123.4, 12345.6)] == [
        "0.12",
        "1.50",
        "12.3",
        "123",
        "12,346",
    ]


def test_the_results_of_other_measures_are_kept(tmp_path: Path) -> None:
    """Whoever measures one thing again replaces that, and says on which machine it was."""
    file = tmp_path / "results" / "latest.json"
    keep({"page": [row(FLOOR, None)], "cost": [row(FLOOR, None)]}, file)
    keep({"cost": [row(Figure.of(15, 30, 60), Bound.at_most_times(1.25))]}, file)

    found = json.loads(file.read_text(encoding="utf-8"))

    assert list(found) == ["page", "cost"]
    assert found["cost"]["machine"]["cores"]
    assert found["cost"]["rows"] == [
        {
            "what": "an update",
            "unit": "ms",
            "floor": 20,
            "ours": 30,
            "ratio": 1.5,
            "rounds": {"floor": [10, 20, 40], "ours": [15, 30, 60]},
            "bound": "≤ 1.25 ×",
            "holds": False,
        }
    ]
