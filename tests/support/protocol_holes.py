"""What a value of one sign calls by the limits alone, and protocols that lack some of them."""

import re
from collections.abc import Callable, Iterator

from domain.holes.hole import Hole
from domain.holes.limits import limit_holes
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity, Vital
from domain.protocol.vital_checks import MEASURED
from tests.support.cast import WEEKLY, weekly

FIVE = frozenset({Vital.SPO2, Vital.RESPIRATORY_RATE, Vital.HEART_RATE, Vital.SYSTOLIC, Vital.MOAAS})
"""The signs of which somebody is called, however the gate is set."""

DANGEROUS_WHEN_HIGH = FIVE - {Vital.SPO2, Vital.MOAAS}


def with_limits(*limits: Limit) -> Protocol:
    return weekly({"medicine.limits": limits})


def without_limits(leave_out: Callable[[Limit], bool]) -> Protocol:
    return with_limits(*(limit for limit in WEEKLY.medicine.limits if not leave_out(limit)))


def is_of(vital: Vital, *, high: bool) -> Callable[[Limit], bool]:
    """Whether a limit is of this sign and side; a rise is of neither, for it is none without a clearance."""
    return lambda limit: limit.vital is vital and (limit.above if high else limit.below) is not None


def holes_of(protocol: Protocol, vital: Vital) -> list[Hole]:
    """The holes of the sign's limits; none of any other kind is found with them."""
    found = list(limit_holes(protocol))
    assert {hole.key for hole in found} <= {f"medicine.limits.{one}" for one in Vital}
    return [hole for hole in found if hole.key == f"medicine.limits.{vital}"]


def value_named_in(hole: Hole) -> int:
    """The value of which it says what would become of it."""
    return int(re.findall(r"of (\d+)", hole.lets_through)[0])


def severity_of(protocol: Protocol, vital: Vital, value: int) -> LimitSeverity | None:
    """The severity of the gravest bound that a value of the sign lies beyond, once a second reading confirms it."""
    beyond = (
        limit.severity
        for limit in protocol.medicine.limits
        if limit.vital is vital
        and ((limit.above is not None and value > limit.above) or (limit.below is not None and value < limit.below))
    )
    return max(beyond, key=lambda one: one.rank, default=None)


def says_too_little(protocol: Protocol, vital: Vital) -> bool:
    """Whether a value that stays, beyond an end of what a patient is dosed on, calls nobody who has to be called."""
    told = ((severity_of(protocol, vital, value), least) for value, least in _must_be_told(protocol, vital))
    return any(severity is None or severity.rank < least.rank for severity, least in told)


def _must_be_told(protocol: Protocol, vital: Vital) -> Iterator[tuple[int, LimitSeverity]]:
    """Values of the sign, each with the least that must be said of it."""
    clearance, measured = protocol.medicine.clearance, MEASURED[vital]
    never, hold = clearance.never.of(vital), clearance.hold.of(vital)
    if never is not None:
        least = LimitSeverity.URGENT if vital in FIVE else LimitSeverity.WARNING
        values = range(int(measured.low), int(measured.high) + 1)
        yield from ((value, least) for value in values if not never.holds(value))
    for end, always in ((measured.low, vital in FIVE), (measured.high, vital in DANGEROUS_WHEN_HIGH)):
        is_open = never is None or never.holds(end)
        if is_open and (always or (hold is not None and not hold.holds(end))):
            yield int(end), LimitSeverity.URGENT if always else LimitSeverity.WARNING
