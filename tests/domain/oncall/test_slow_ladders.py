"""A ladder so slow that an emergency waits for hours is named; each bound just holds, and fails beyond it."""

from datetime import timedelta

import pytest

from domain.oncall.file import parse_on_call
from domain.oncall.slow_ladders import PATIENCE, slow_ladders
from domain.values import Severity
from tests.support.cast import hours, minutes
from tests.support.paths import ROOT

POLICIES = parse_on_call((ROOT / "examples" / "oncall.toml").read_text("utf-8"), "oncall.toml").policies


def keys(severity: Severity, **changes: object) -> list[str]:
    policy = POLICIES[severity]
    if "wait" in changes:
        changes = {"steps": (*policy.steps[:-1], policy.steps[-1].but(wait=changes["wait"]))}
    return [key for key, _ in slow_ladders({**POLICIES, severity: policy.but(**changes)})]


def test_the_example_is_patient_enough() -> None:
    """Nothing is said of what is shipped."""
    assert list(slow_ladders(POLICIES)) == []


@pytest.mark.parametrize(("severity", "most"), [(Severity.EMERGENCY, minutes(30)), (Severity.URGENT, hours(2))])
def test_a_step_that_waits_too_long_is_named(severity: Severity, most: timedelta) -> None:
    """Nobody answers, and nobody else is called."""
    last = len(POLICIES[severity].steps)

    assert keys(severity, wait=most) == []
    assert keys(severity, wait=most + minutes(1)) == [f"policies.{severity}.steps[{last}].wait"]


@pytest.mark.parametrize("severity", PATIENCE)
def test_who_acknowledges_and_forgets_is_called_again(severity: Severity) -> None:
    """Within hours, or days."""
    most = PATIENCE[severity].resolve_within

    assert keys(severity, resolve_within=most) == []
    assert keys(severity, resolve_within=most + minutes(1)) == [f"policies.{severity}.resolve_within"]


def test_what_can_wait_for_the_office_is_not_hurried() -> None:
    """Routine waits for working hours in any case."""
    assert keys(Severity.ROUTINE, wait=hours(100)) == []
