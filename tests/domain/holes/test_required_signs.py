"""Signs that a dose depends on are taken after it, at each checkpoint and before the patient goes home."""

import pytest

from domain.holes.published import TAKEN
from domain.holes.required_signs import required_sign_holes
from domain.holes.wording import SIGN
from domain.protocol.values import Vital
from tests.support.cast import WEEKLY, weekly

REQUIRED = WEEKLY.medicine.checkpoints.required


@pytest.mark.parametrize("vital", list(Vital))
def test_a_gated_sign_that_is_not_required_is_named(vital: Vital) -> None:
    """MOAA/S never taken in a whole session: each checkpoint would be met (S1, S4: sedation is the first risk)."""
    left = tuple(one for one in REQUIRED if one is not vital)

    (hole,) = required_sign_holes(weekly({"medicine.checkpoints.required": left}))

    assert (hole.key, hole.mend) == ("medicine.checkpoints.required", f"must name {vital}")
    assert f"a checkpoint would be met{_and_home(vital)} without {SIGN[vital]}" in hole.lets_through


def _and_home(vital: Vital) -> str:
    """Oxygen and sedation are asked for at the door whatever the list says."""
    return "" if vital in {Vital.SPO2, Vital.MOAAS} else " and a dosed patient would be discharged"


def test_a_sign_that_no_dose_depends_on_may_be_left_out() -> None:
    """The diastolic pressure alone; without the others nobody is watched, whatever a dose depends on."""
    clearance = WEEKLY.medicine.clearance
    for vital in Vital:
        ungated = weekly(
            {
                "medicine.clearance.hold": clearance.hold.but(**{vital.value: None}),
                "medicine.clearance.never": clearance.never.but(**{vital.value: None}),
                "medicine.checkpoints.required": tuple(one for one in REQUIRED if one is not vital),
            }
        )
        assert bool(list(required_sign_holes(ungated))) is (vital in TAKEN)
