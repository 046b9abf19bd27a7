"""Risk screens are asked for before they are needed, and a grave answer calls somebody."""

from collections.abc import Mapping

import pytest

from domain.holes.instruments import instrument_holes
from domain.protocol.measures import MeasureMoment, RiskRule
from domain.values import Severity
from tests.support.cast import WEEKLY, weekly

MEASURES = WEEKLY.measures
ITEM9 = MEASURES["phq9"].item9
assert ITEM9 is not None


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"screening.measures": ("phq9",)}, "screening.measures", "a patient would be found eligible without C-SSRS"),
        ({"medicine.measures": ()}, "medicine.measures", "a patient would be dosed without C-SSRS for this visit"),
        (
            {"measures": {**MEASURES, "cssrs": MEASURES["cssrs"].but(high=None, moderate=None)}},
            "measures.cssrs.high",
            "C-SSRS of high risk would call nobody",
        ),
        (
            {"measures": {**MEASURES, "cssrs": MEASURES["cssrs"].but(moderate=None)}},
            "measures.cssrs.moderate",
            "C-SSRS of moderate risk would call nobody",
        ),
        (
            {
                "measures": {
                    **MEASURES,
                    "cssrs": MEASURES["cssrs"].but(high=RiskRule(severity=Severity.ROUTINE, hold=True), moderate=None),
                }
            },
            "measures.cssrs.high",
            "C-SSRS of high risk would call somebody in working hours only",
        ),
        (
            {"measures": {**MEASURES, "phq9": MEASURES["phq9"].but(item9=None)}},
            "measures.phq9.item9",
            "PHQ-9 with an answer of 3 to question 9 would call nobody, and would ask for no risk screen",
        ),
        (
            {"measures": {**MEASURES, "phq9": MEASURES["phq9"].but(item9=ITEM9.but(needs="gad7"))}},
            "measures.phq9.item9.needs",
            "GAD-7, which knows no risk of suicide, would answer question 9",
        ),
        (
            {"measures": {**MEASURES, "cssrs": MEASURES["cssrs"].but(every=MeasureMoment.END)}},
            "measures.cssrs.every",
            "each clearance would wait for C-SSRS, which nobody is told before it to take",
        ),
    ],
)
def test_an_instrument_that_nobody_takes_or_hears_of_is_named(
    changes: Mapping[str, object], key: str, said: str
) -> None:
    """By the answer that the rules were asked about."""
    assert (key, said) in [(hole.key, hole.lets_through) for hole in instrument_holes(weekly(changes))]


def test_a_protocol_without_a_phq9_needs_no_rule_for_it() -> None:
    """What is never asked is never answered."""
    without = {name: rule for name, rule in MEASURES.items() if name != "phq9"}

    assert list(instrument_holes(weekly({"measures": without}))) == []
