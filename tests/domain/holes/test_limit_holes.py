"""A sign without an alarm: what lies beyond the end of what a patient is dosed on calls somebody after the dose."""

from typing import Any

import pytest

from domain.course.verdict import VerdictSeverity
from domain.holes.asked import judged
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity, Vital
from tests.support.cast import MARA, WEEKLY, dose, minutes, vitals, weekly
from tests.support.protocol_holes import FIVE, holes_of, is_of, value_named_in, with_limits, without_limits
from tests.support.ward import Ward

LIMITS = WEEKLY.medicine.limits
SIDES = sorted({(limit.vital, limit.above is not None) for limit in LIMITS if limit.rise is None})


def verdict_at_the_clinic(protocol: Protocol, vital: Vital, value: int) -> VerdictSeverity:
    """What a nurse is told of a second reading with this value, and nothing else, after a dose without clearance."""
    ward = Ward(protocol=protocol).checked_in()
    ward.reports(dose(MARA, at=ward.begins()))
    alone: dict[str, Any] = {**dict.fromkeys((sign.value for sign in Vital), None), vital.value: value}
    for minute in (15, 20):
        answer = ward.reports(vitals(MARA, at=ward.begins() + minutes(minute), **alone))
    assert answer.verdict is not None
    return answer.verdict.severity


@pytest.mark.parametrize(("vital", "high"), SIDES)
def test_a_sign_without_a_limit_on_one_side_is_named_with_a_value_that_would_be_normal(
    vital: Vital, *, high: bool
) -> None:
    """The course itself calls that value normal, and says otherwise of it under the file as it is shipped."""
    protocol = without_limits(is_of(vital, high=high))

    (hole,) = holes_of(protocol, vital)

    assert "would be normal" in hole.lets_through
    assert verdict_at_the_clinic(protocol, vital, value_named_in(hole)) is VerdictSeverity.NORMAL
    assert verdict_at_the_clinic(WEEKLY, vital, value_named_in(hole)) is not VerdictSeverity.NORMAL


@pytest.mark.parametrize(
    ("vital", "high", "sentence", "mend"),
    [
        (
            Vital.SYSTOLIC,
            False,
            "a systolic pressure of 45 would be normal, and so would any from 0 to 89",
            "there must be an urgent limit of systolic with below = 90, where medicine.clearance.never ends",
        ),
        (
            Vital.SPO2,
            False,
            "an SpO₂ of 46 would be normal, and so would any from 0 to 91",
            "there must be an urgent limit of spo2 with below = 92, where medicine.clearance.never ends",
        ),
        (
            Vital.MOAAS,
            False,
            "a MOAA/S of 2 would be normal, and so would any from 0 to 4",
            "there must be an urgent limit of moaas with below = 5 or further out",
        ),
        (
            Vital.DIASTOLIC,
            True,
            "a diastolic pressure of 246 would be normal, and so would any from 91 to 400",
            "there must be a limit of diastolic with above = 90 or further out",
        ),
    ],
)
def test_a_hole_says_what_would_be_normal_and_what_would_mend_it(
    vital: Vital, sentence: str, mend: str, *, high: bool
) -> None:
    """In the words of whoever reads the file."""
    (hole,) = holes_of(without_limits(is_of(vital, high=high)), vital)

    assert (hole.lets_through, hole.mend) == (sentence, mend)


def test_a_value_that_nobody_is_dosed_on_is_no_mere_warning() -> None:
    """A heart rate of 45 that stays is a stop value in S34: a warning alone calls nobody."""
    mild = [
        limit.but(severity=LimitSeverity.WARNING) if limit.vital is Vital.HEART_RATE and limit.below == 50 else limit
        for limit in LIMITS
    ]

    (hole,) = holes_of(with_limits(*mild), Vital.HEART_RATE)

    assert hole.lets_through == (
        "a heart rate of 40 that stays would be a warning only, and so would any from 30 to 49, and would call nobody"
    )


@pytest.mark.parametrize("vital", sorted(FIVE))
def test_the_five_signs_call_somebody_though_no_dose_depends_on_them(vital: Vital) -> None:
    """A clinic that leaves the gate out with the limits is told all the same."""
    clearance = WEEKLY.medicine.clearance
    open_gates = {
        f"medicine.clearance.{name}": getattr(clearance, name).but(**{vital.value: None}) for name in ("hold", "never")
    }
    limits = tuple(limit for limit in LIMITS if limit.vital is not vital)

    found = holes_of(weekly({**open_gates, "medicine.limits": limits}), vital)

    assert found
    assert all(judged(with_limits(*limits), vital, value_named_in(hole)) is VerdictSeverity.NORMAL for hole in found)
