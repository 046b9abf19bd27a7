"""What one version of a protocol says otherwise than the one before it."""

from datetime import timedelta

from domain.protocol.differences import differences
from tests.support.cast import WEEKLY


def test_the_same_protocol_differs_in_nothing() -> None:
    """Its version and its title are no parameters."""
    assert differences(WEEKLY, WEEKLY.but(version="9.9.9", title="Another title")) == ()


def test_a_changed_value_is_told_before_and_after_with_its_evidence() -> None:
    """In the words and units of the table."""
    longer = WEEKLY.but(medicine=WEEKLY.medicine.but(minimum_observation=timedelta(minutes=150)))

    [changed] = differences(WEEKLY, longer)

    assert changed.key == "medicine.minimum_observation"
    assert changed.before is not None
    assert changed.before.startswith("2 h (")
    assert changed.after is not None
    assert changed.after.startswith("2 h 30 min (")


def test_changed_evidence_is_a_difference_too() -> None:
    """A value may be the same and founded on something else."""
    key = "medicine.minimum_observation"
    was = WEEKLY.evidence[key]
    other = WEEKLY.but(evidence={**WEEKLY.evidence, key: was.but(source="S99")})

    [changed] = differences(WEEKLY, other)

    assert (changed.key, changed.before != changed.after) == (key, True)
    assert "S99" in (changed.after or "")


def test_what_is_new_or_gone_is_said_to_be() -> None:
    """A measure that only one of the two asks for."""
    name = next(iter(WEEKLY.measures))
    fewer = WEEKLY.but(measures={one: rule for one, rule in WEEKLY.measures.items() if one != name})

    gone, new = differences(WEEKLY, fewer), differences(fewer, WEEKLY)

    assert gone
    assert all(one.key.startswith(f"measures.{name}.") and one.after is None for one in gone)
    assert {(one.key, one.after) for one in new} == {(one.key, one.before) for one in gone}
    assert all(one.before is None for one in new)
