"""Today beside what was known before: a slip of the pen is told by how far it is from everything else."""

import pytest

from domain.escalation.messages import Kind
from domain.events.fields import PregnancyTest
from domain.values import Severity
from tests.support.cast import (
    MARA,
    check_in,
    clearance,
    cssrs,
    dose,
    infusion_started,
    infusion_stopped,
    minutes,
    over,
    screening,
    vitals,
    weekly,
)
from tests.support.ward import Ward


def arrives(ward: Ward, **said: object) -> list[str]:
    """What stands in the way of the clearance of somebody who arrives like this."""
    ward.booked().reports(cssrs(MARA, at=ward.begins() - minutes(30)))
    ward.reports(check_in(MARA, at=ward.begins() - minutes(20), **said))  # type: ignore[arg-type]
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))
    return ward.reasons(clearance(MARA, at=ward.begins() - minutes(5)))


@pytest.mark.parametrize(
    ("weight", "is_far"), [(154, True), (77, False), (77.1, True), (63, False), (62.9, True), (32, True)]
)
def test_a_weight_far_from_the_last_is_weighed_by_the_prescriber(ward: Ward, weight: float, is_far: bool) -> None:
    """Pounds typed as kilograms: 154 instead of 70 (case 23). A tenth is near."""
    assert arrives(ward, weight_kg=weight) == ["weight.far_from_last"] * is_far


def test_the_prescriber_may_clear_them_by_the_value(ward: Ward) -> None:
    """They write why; another weight, of a new check-in, asks again."""
    assert arrives(ward, weight_kg=80) == ["weight.far_from_last"]
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over("weight.far_from_last")))
    assert ward.reasons(dose(MARA, at=ward.begins())) == []

    ward.reports(check_in(MARA, at=ward.begins(), weight_kg=90))
    assert "weight.far_from_last" in ward.reasons(clearance(MARA, at=ward.begins() + minutes(1)))


def test_the_last_weight_is_that_of_the_last_visit(ward: Ward) -> None:
    """A weight that falls from visit to visit is far from that of the screening, and near the last one."""
    assert ward.discharged(1).session(1).check_in is not None
    ward.booked(2)
    begins = ward.begins(2)
    ward.reports(cssrs(MARA, at=begins - minutes(30)))
    ward.reports(check_in(MARA, 2, at=begins - minutes(20), weight_kg=64))
    ward.reports(vitals(MARA, 2, at=begins - minutes(10)))

    assert "weight.far_from_last" not in ward.reasons(clearance(MARA, 2, at=begins - minutes(5)))


def test_a_dose_far_below_the_plan_is_a_deviation(ward: Ward) -> None:
    """0.5 mg/kg typed as 0.5 mg (case 25): the record would allow hardly anything at the next visit."""
    answer = ward.cleared().reports(dose(MARA, at=ward.begins(), mg=0.5))

    assert [(one.code, one.absolute) for one in answer.deviations] == [("dose.far_below_plan", False)]
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.URGENT}
    assert ward.session().is_monitored


def test_half_of_the_plan_is_enough(ward: Ward) -> None:
    """Who gives less than planned has given what they gave."""
    assert ward.cleared().hears_against(dose(MARA, at=ward.begins(), mg=17.5)) == []


def test_a_second_dose_is_compared_together_with_the_first() -> None:
    """A booster is a part of the plan's dose."""
    ward = Ward(protocol=weekly({"medicine.dose.boosters_max": 1})).cleared()

    assert "dose.far_below_plan" in ward.hears_against(dose(MARA, at=ward.begins(), mg=15))
    assert "dose.far_below_plan" not in ward.hears_against(dose(MARA, at=ward.begins() + minutes(15), mg=10))


def test_an_infusion_may_be_stopped_early(ward: Ward) -> None:
    """What was given is what ran in until then."""
    ward.cleared().reports(infusion_started(MARA, at=ward.begins()))
    against = ward.hears_against(infusion_stopped(MARA, at=ward.begins() + minutes(5), mg_given=4))

    assert "dose.far_below_plan" not in against


def test_a_test_that_no_longer_applies_is_weighed_by_the_prescriber(ward: Ward) -> None:
    """It was negative at the screening: either of the two is a slip."""
    assert arrives(ward, pregnancy_test=PregnancyTest.NOT_APPLICABLE) == ["pregnancy_test.no_longer_applicable"]


def test_a_test_that_never_applied_is_not_asked_about(ward: Ward) -> None:
    """Nor where a new screening says that it does not."""
    ward.eligible().reports(screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.NOT_APPLICABLE))

    assert arrives(ward, pregnancy_test=PregnancyTest.NOT_APPLICABLE) == []


def test_a_protocol_may_compare_nothing() -> None:
    """As those did that were written before it could be said."""
    ward = Ward(protocol=weekly({"medicine.compared": None}))

    assert arrives(ward, weight_kg=154, pregnancy_test=PregnancyTest.NOT_APPLICABLE) == []
