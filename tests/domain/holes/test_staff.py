"""Each act of a visit, and each question of safety, is somebody's who is booked for it."""

import pytest

from domain.escalation.messages import Kind
from domain.holes.staff import staff_holes
from domain.values import Role
from tests.support.cast import WEEKLY, weekly

PRESCRIBER, MONITOR, THERAPIST = Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST


@pytest.mark.parametrize(
    ("staff", "said"),
    [
        ((PRESCRIBER,), ["a prescriber alone"]),
        ((PRESCRIBER, MONITOR), []),
        ((PRESCRIBER, MONITOR, THERAPIST), []),
        ((MONITOR, THERAPIST), ["clear the dose"]),
        (
            (THERAPIST,),
            ["clear the dose", "discharge the patient", "a therapist alone", "suicide_risk", "vitals_emergency"],
        ),
    ],
)
def test_a_visit_without_a_role_that_may_is_named(staff: tuple[Role, ...], said: list[str]) -> None:
    """Somebody who may clear, somebody who may discharge, somebody who may close an emergency."""
    found = list(staff_holes(weekly({"medicine.staff": staff})))

    assert len(found) == len(said)
    assert all(words in hole.lets_through for words, hole in zip(said, found, strict=True))


def test_a_danger_that_nobody_who_is_booked_may_resolve_is_named() -> None:
    """It keeps the patient from the door, and the desk is at home at night."""
    rules = {**WEEKLY.escalations.resolved_by, Kind.VITALS_EMERGENCY: (Role.COORDINATOR,)}

    desk, nobody = staff_holes(weekly({"escalations.resolved_by": rules}))

    assert desk.lets_through == "the front desk could resolve vitals_emergency"
    assert (nobody.key, nobody.mend) == (
        "escalations.resolved_by.vitals_emergency",
        "must name a prescriber or a monitor or a therapist",
    )
