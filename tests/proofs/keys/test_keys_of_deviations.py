"""What each key of `[deviations]` says is followed, and nothing else."""

from typing import Final

import pytest

from domain.escalation.messages import Kind
from domain.values import Severity
from tests.support.cast import MARA, adverse_event, dose, form, missed
from tests.support.file_keys import OneKey, protocol_with
from tests.support.ward import Ward


def is_told(ward: Ward) -> Severity | None:
    return ward.open.get(Kind.PROTOCOL_DEVIATION)


def dosed_with_something_to_weigh(ward: Ward) -> Severity | None:
    """A severe adverse event was told after the clearance, and nobody has looked at it."""
    ward.cleared().reports(adverse_event(MARA, 1, at=ward.now, grade=3))
    ward.reports(dose(MARA, 1, at=ward.now))
    return is_told(ward)


def dosed_without_a_clearance(ward: Ward) -> Severity | None:
    ward.checked_in().reports(dose(MARA, 1, at=ward.now))
    return is_told(ward)


def missed_while_they_are_here(ward: Ward) -> Severity | None:
    ward.checked_in().reports(missed(MARA, 1, at=ward.now))
    return is_told(ward)


def filed_a_paper_of_another_clinic(ward: Ward) -> Severity | None:
    ward.discharged().reports(form(MARA, 1, at=ward.now, form="another_clinics"))
    return is_told(ward)


KEYS: Final[tuple[OneKey[Ward], ...]] = (
    OneKey("deviations.dose", "routine", dosed_with_something_to_weigh, Severity.URGENT, Severity.ROUTINE),
    OneKey("deviations.dose_absolute", "urgent", dosed_without_a_clearance, Severity.EMERGENCY, Severity.URGENT),
    OneKey("deviations.other", "urgent", missed_while_they_are_here, Severity.ROUTINE, Severity.URGENT),
    OneKey("deviations.silent", [], filed_a_paper_of_another_clinic, None, Severity.ROUTINE),
)


@pytest.mark.parametrize("one", KEYS, ids=lambda one: one.key)
def test_a_key_that_says_something_else_is_followed(one: OneKey[Ward]) -> None:
    """The same story under two files that differ in this key alone: what is seen differs as the key says."""
    assert one.seen(Ward(protocol=protocol_with(one, other=False))) == one.as_written
    assert one.seen(Ward(protocol=protocol_with(one, other=True))) == one.otherwise
