"""A limit that no reading is ever judged by is named: whoever wrote it counts on it."""

from domain.holes.idle_limits import idle_limit_holes
from domain.protocol.medicine import Limit
from domain.protocol.values import LimitSeverity, Vital
from tests.support.protocol_holes import with_limits


def test_a_rise_behind_a_bound_decides_nothing() -> None:
    """From 90 to 190: everybody above 180 is urgent already."""
    rise = Limit(vital=Vital.SYSTOLIC, rise=135, severity=LimitSeverity.URGENT)
    bound = Limit(vital=Vital.SYSTOLIC, above=180, severity=LimitSeverity.URGENT)

    (hole,) = idle_limit_holes(with_limits(rise, bound))

    assert (hole.key, hole.lets_through) == (
        "medicine.limits.systolic.urgent",
        "no systolic pressure would be urgent by rise = 135: whatever crosses it is so already, or worse",
    )
    assert list(idle_limit_holes(with_limits(rise.but(rise=90), bound))) == []


def test_a_warning_between_two_whole_numbers_is_never_given() -> None:
    """Readings are whole numbers: above 180 is above 180.5."""
    warning = Limit(vital=Vital.SYSTOLIC, above=180, severity=LimitSeverity.WARNING)
    urgent = warning.but(above=180.5, severity=LimitSeverity.URGENT)

    assert [hole.key for hole in idle_limit_holes(with_limits(warning, urgent))] == ["medicine.limits.systolic.warning"]
