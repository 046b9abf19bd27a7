"""What is told of a patient is judged, though one number of it cannot be."""

from typing import Any

import pytest

from domain.escalation.messages import Kind
from domain.values import Severity
from tests.support.cast import MARA, days, dose, minutes, screening, vitals
from tests.support.ward import Ward


@pytest.mark.parametrize(
    ("signs", "kind"),
    [
        ({"systolic": 0, "diastolic": 0, "heart_rate": 0, "spo2": 0}, Kind.VITALS_EMERGENCY),
        ({"systolic": 25, "diastolic": 10, "spo2": 40}, Kind.VITALS_EMERGENCY),
        ({"systolic": 60, "diastolic": 60, "heart_rate": 20}, Kind.VITALS_EMERGENCY),
        ({"systolic": 310, "diastolic": 180}, Kind.VITALS_URGENT),
        ({"systolic": 95, "diastolic": 250}, Kind.VITALS_URGENT),
    ],
)
def test_an_arrest_as_it_is_typed_calls(signs: dict[str, Any], kind: Kind) -> None:
    """What is extreme is a danger, and no slip."""
    ward = Ward().dosed()

    ward.reports(vitals(MARA, at=ward.now + minutes(10), **signs))

    assert kind in ward.open


def test_one_impossible_number_takes_no_other_with_it() -> None:
    """The heart rate of 20 calls at once; of the other one somebody is told, and the checkpoint is still open."""
    ward = Ward().dosed()
    ward.until(ward.begins() + minutes(15))

    answer = ward.reports(vitals(MARA, at=ward.now, heart_rate=20, spo2=None, set_aside={"spo2": 840}))

    assert [one.code for one in answer.deviations] == ["value.impossible"]
    assert ward.open[Kind.VITALS_EMERGENCY] is Severity.EMERGENCY
    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.ROUTINE
    ward.passes(minutes(16))
    assert Kind.VITALS_OVERDUE in ward.open


def test_swapped_pressures_are_judged_and_told() -> None:
    """80/120: nobody knows which of the two is wrong."""
    ward = Ward().dosed()

    answer = ward.reports(vitals(MARA, at=ward.now + minutes(10), systolic=80, diastolic=120))

    assert [one.code for one in answer.deviations] == ["value.contradicts"]
    assert answer.verdict is not None
    assert {finding.code for finding in answer.verdict.findings} == {
        "vitals.systolic_below_limit",
        "vitals.diastolic_above_limit",
    }


def test_a_screening_with_swapped_pressures_is_taken() -> None:
    """A fact is never refused."""
    ward = Ward().referred()

    answer = ward.reports(screening(MARA, at=ward.now + days(1), systolic=80, diastolic=130))

    assert [one.code for one in answer.deviations] == ["value.contradicts"]


def test_a_dose_in_the_thousands_is_watched() -> None:
    """35 g are a slip, or a death; the patient is dosed."""
    ward = Ward().cleared()

    ward.reports(dose(MARA, at=ward.now, mg=35_000))

    assert ward.open[Kind.PROTOCOL_DEVIATION] is Severity.EMERGENCY
    assert ward.session().is_monitored
