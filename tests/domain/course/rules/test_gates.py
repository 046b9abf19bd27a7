"""Gates of some indications: resistant depression asks for treatments that did not help, and pain does not."""

import pytest

from domain.protocol.model import Protocol
from domain.protocol.screening import ScreeningGate
from tests.domain.conftest import Opens
from tests.support.cast import MARA, clearance, days, eligible, measure, over, phq9, referral, screening, weekly
from tests.support.ward import Ward, holds

RESISTANT = ScreeningGate(indications=("F32", "F33"), prior_trials_min=2, measure="phq9", score_min=10)
ADDICTION = ScreeningGate(indications=("F11.2",), abstinent_days_min=28)
GATED = weekly(
    {"screening.gates": {"resistant_depression": RESISTANT, "addiction": ADDICTION}, "screening.tests": None}
)


def screened(opens: Opens, indication: str, protocol: Protocol = GATED, **found: object) -> Ward:
    ward = opens(protocol)
    ward.reports(referral(MARA, at=ward.now, indications=[indication]))
    ward.screened().reports(screening(MARA, at=ward.now, **found))  # type: ignore[arg-type]
    return ward


def decides(ward: Ward) -> list[str]:
    return ward.reasons(eligible(MARA, at=ward.now))


@pytest.mark.parametrize("trials", [None, 0, 1, 2])
def test_treatments_that_did_not_help_are_asked_of_the_indication_alone(opens: Opens, trials: int | None) -> None:
    """`prior_trials_min` of a gate; so many are enough, and an unknown number is none."""
    of_depression = screened(opens, "F33.2", prior_adequate_trials=trials)
    of_pain = screened(opens, "G89.4", prior_adequate_trials=trials)

    assert decides(of_depression) == ([] if trials == 2 else ["screening.prior_trials_below_limit"])
    assert decides(of_pain) == []


def test_what_everybody_is_asked_for_is_asked_of_them_too(opens: Opens) -> None:
    """The greater of the two, once."""
    strict = weekly({"screening.prior_trials_min": 3, "screening.gates": {"resistant_depression": RESISTANT}})
    ward = screened(opens, "F33.2", strict, prior_adequate_trials=2)

    (blocker,) = ward.course.blockers(ward.now)
    assert (blocker.code, blocker.limit) == ("screening.prior_trials_below_limit", 3)


@pytest.mark.parametrize(
    ("number", "named", "are_enough"),
    [
        (2, None, False),
        (None, ("sertraline",), False),
        (7, ("sertraline", "Sertraline "), False),
        (None, ("sertraline", "venlafaxine"), True),
        (1, ("sertraline", "venlafaxine"), True),
    ],
)
def test_treatments_may_have_to_be_named(
    opens: Opens, number: int | None, named: tuple[str, ...] | None, are_enough: bool
) -> None:
    """`trials_named`: each name once, and a bare number is none."""
    gate = RESISTANT.but(measure=None, score_min=None, trials_named=True)
    ward = opens(weekly({"screening.gates": {"resistant_depression": gate}}))
    ward.referred().screened()
    ward.reports(screening(MARA, at=ward.now, prior_adequate_trials=number, adequate_trials=named))

    assert decides(ward) == ([] if are_enough else ["screening.prior_trials_below_limit"])
    said = [one.message for one in ward.course.blockers_for(eligible(MARA, at=ward.now)) if "trials" in one.code]
    assert all(one.endswith("each told by its name") for one in said)


@pytest.mark.parametrize(("number", "named", "are_enough"), [(2, None, True), (2, ("sertraline",), False)])
def test_a_name_says_more_than_a_number(
    opens: Opens, number: int, named: tuple[str, ...] | None, are_enough: bool
) -> None:
    """Where treatments are named they are counted, also where they need not be."""
    ward = screened(opens, "F33.2", prior_adequate_trials=number, adequate_trials=named)

    assert decides(ward) == ([] if are_enough else ["screening.prior_trials_below_limit"])


@pytest.mark.parametrize("sober", [None, 27, 28])
def test_the_last_use_lies_so_far_back(opens: Opens, sober: int | None) -> None:
    """`abstinent_days_min`: exactly so many are enough; what is not known is weighed."""
    ward = screened(opens, "F11.20", abstinent_days=sober)

    assert decides(ward) == ([] if sober == 28 else ["screening.abstinence_below_limit"])
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=over(*decides(ward)))) == []
    assert decides(screened(opens, "F33.2", abstinent_days=sober)) == []


def test_a_new_screening_is_weighed_like_the_first(opens: Opens) -> None:
    """They had been sober, and are no more."""
    ward = screened(opens, "F11.20", abstinent_days=40)
    ward.reports(eligible(MARA, at=ward.now))
    ward.checked_in().reports(screening(MARA, at=ward.now, abstinent_days=2))

    assert "screening.abstinence_below_limit" in ward.reasons(clearance(MARA, at=ward.now))
    assert holds(ward)


@pytest.mark.parametrize(("last", "codes"), [(1, []), (0, ["measure.phq9_below_limit"])])
def test_a_score_is_at_least_so_high(opens: Opens, last: int, codes: list[str]) -> None:
    """`measure` and `score_min`: the bound itself is enough. Of pain it is not asked."""
    items = (3, 3, 3, 0, 0, 0, 0, last, 0)
    ward = screened(opens, "F33.2")
    ward.reports(phq9(MARA, at=ward.now, items=items))
    assert decides(ward) == codes

    of_pain = screened(opens, "G89.4")
    of_pain.reports(phq9(MARA, at=of_pain.now, items=items))
    assert decides(of_pain) == []


@pytest.mark.parametrize(("score", "codes"), [(30, []), (31, ["measure.madrs_above_limit"])])
def test_a_score_is_at_most_so_high_and_is_asked_for(opens: Opens, score: int, codes: list[str]) -> None:
    """`score_max`, of an instrument that nobody else is asked for."""
    mild = ScreeningGate(indications=("F33",), measure="madrs", score_max=30)
    ward = screened(opens, "F33.2", weekly({"screening.gates": {"mild": mild}}))
    assert decides(ward) == ["measure.madrs_missing"]

    ward.reports(measure(MARA, "madrs", at=ward.now, score=score))
    assert decides(ward) == codes
    assert ward.reasons(eligible(MARA, at=ward.now + days(1), overrides=over(*codes))) == []
