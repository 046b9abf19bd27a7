"""Consistency checks of vital signs: the ranges for clearance, the limits after the dose, and those for discharge."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from domain.durations import iso_8601
from domain.events.clinic_events import VitalsRecorded
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity, Range, Vital
from domain.values import bounds

Contradictions: TypeAlias = Iterator[tuple[str, str]]
"""Each as a key path, and a sentence that says what must be there."""

_PAGING: Final = frozenset({LimitSeverity.URGENT, LimitSeverity.EMERGENCY})

MEASURED: Final = {
    vital: Range(low=low, high=high) for vital in Vital for low, high in [bounds(VitalsRecorded.Data, vital)]
}
"""The range of possible values of each vital sign: anything outside is a typing error."""


def vital_contradictions(protocol: Protocol) -> Contradictions:
    """Every contradiction among the protocol's vital sign parameters."""
    for vital in Vital:
        yield from _ranges(protocol, vital)
    yield from _screening(protocol)
    yield from _limits(protocol)
    yield from _discharge(protocol)


def _ranges(protocol: Protocol, vital: Vital) -> Contradictions:
    clearance = protocol.medicine.clearance
    hold, never = clearance.hold.of(vital), clearance.never.of(vital)
    for name, limits in (("hold", hold), ("never", never)):
        if limits and not limits.lies_within(MEASURED[vital]):
            within = f"must be a range within {written(MEASURED[vital])}: no reading lies outside that"
            yield f"medicine.clearance.{name}.{vital}", within
    if hold and never and not hold.lies_within(never):
        yield f"medicine.clearance.hold.{vital}", f"must be a range within never ({written(never)})"


def _screening(protocol: Protocol) -> Contradictions:
    screening, never = protocol.screening, protocol.medicine.clearance.never
    for name, most, limits in (
        ("systolic_max", screening.systolic_max, never.systolic),
        ("diastolic_max", screening.diastolic_max, never.diastolic),
    ):
        if limits and not limits.holds(most):
            within = f"must be a pressure within clearance.never ({written(limits)})"
            yield f"screening.{name}", f"{within}: nobody else is ever dosed"


def _limits(protocol: Protocol) -> Contradictions:
    limits = protocol.medicine.limits
    for limit in limits:
        yield from _can_be_crossed(limit)
        yield from _outside_the_gate(limit, protocol)
        yield from _second_reading(limit, protocol)
    for vital in Vital:
        of_vital = [limit for limit in limits if limit.vital is vital]
        yield from _no_looser_than_the_gate(of_vital, protocol.medicine.clearance.never.of(vital))
        yield from _further_out(of_vital, lambda limit: limit.above, "above")
        yield from _further_out(of_vital, lambda limit: None if limit.below is None else -limit.below, "below")
        yield from _further_out(of_vital, lambda limit: limit.rise, "rise")
        yield from _room_between(of_vital)


def _can_be_crossed(limit: Limit) -> Contradictions:
    measured = MEASURED[limit.vital]
    if limit.above is not None and limit.above >= measured.high:
        yield limit.key, f"no reading is above {limit.above:g}"
    if limit.below is not None and limit.below <= measured.low:
        yield limit.key, f"no reading is below {limit.below:g}"
    if limit.rise is not None and limit.rise > measured.high - measured.low:
        yield limit.key, f"no reading has risen by {limit.rise:g}"


def _outside_the_gate(limit: Limit, protocol: Protocol) -> Contradictions:
    """A reading that allows a dose must not be beyond a limit after it."""
    clearance = protocol.medicine.clearance
    name, gate = "hold", clearance.hold.of(limit.vital)
    if gate is None:
        name, gate = "never", clearance.never.of(limit.vital)
    if gate is None:
        return
    if limit.above is not None and limit.above < gate.high:
        yield limit.key, f"above must be {gate.high:g} or more: clearance.{name} lets {gate.high:g} pass"
    if limit.below is not None and limit.below > gate.low:
        yield limit.key, f"below must be {gate.low:g} or less: clearance.{name} lets {gate.low:g} pass"


def _no_looser_than_the_gate(limits: Sequence[Limit], never: Range | None) -> Contradictions:
    """A reading outside `never`, which forbids any dose, must be at least a warning after the dose."""
    above = min(((limit.above, limit.key) for limit in limits if limit.above is not None), default=None)
    below = max(((limit.below, limit.key) for limit in limits if limit.below is not None), default=None)
    if never and above and above[0] > never.high:
        yield above[1], f"above must be {never.high:g} or less: clearance.never begins there"
    if never and below and below[0] < never.low:
        yield below[1], f"below must be {never.low:g} or more: clearance.never begins there"


def _second_reading(limit: Limit, protocol: Protocol) -> Contradictions:
    """A second reading must be due before the next checkpoint."""
    if limit.confirm_of is not None and limit.confirm_within is None:
        yield limit.key, "confirm_of must come with confirm_within: nothing else asks for a second reading"
    rules = protocol.medicine.checkpoints
    nearest = min([rules.then_every, *(later - earlier for earlier, later in pairwise(rules.offsets))])
    if limit.confirm_within is not None and nearest.total_seconds() > 0 and limit.confirm_within > nearest:
        most = f"confirm_within must be at most {iso_8601(nearest)}"
        yield limit.key, f"{most}, the shortest interval of the checkpoints"


def _further_out(limits: Sequence[Limit], distance: Callable[[Limit], float | None], word: str) -> Contradictions:
    """One limit for each severity, or two: one that a second reading confirms, and further out one that is enough."""
    known = [(limit, far) for limit in limits if (far := distance(limit)) is not None]
    ordered = sorted(known, key=lambda pair: (pair[0].severity.rank, pair[0].confirm_within is None))
    for (milder, nearer), (graver, further) in pairwise(ordered):
        if graver.severity is not milder.severity:
            if further <= nearer:
                yield graver.key, f"must be further out than the one for {milder.severity}"
        elif milder.confirm_within is None or graver.confirm_within is not None:
            yield graver.key, f"there must be one limit of {word} for this severity"
        elif further <= nearer:
            yield graver.key, "must be further out than the one that a second reading confirms"


def _room_between(limits: Sequence[Limit]) -> Contradictions:
    above = min((limit.above for limit in limits if limit.above is not None), default=None)
    below = max((limit.below for limit in limits if limit.below is not None), default=None)
    if above is not None and below is not None and below > above:
        key = next(limit.key for limit in limits if limit.above == above)
        yield key, f"above must be {below:g} or more: no reading is without an alarm"


def _discharge(protocol: Protocol) -> Contradictions:
    """A sign that opens an escalation must not be what the discharge asks for.

    Of a pressure the door asks the limits itself: whatever is urgent is `discharge.systolic_above_limit`, however near
    it is to that of the clearance.
    """
    discharge = protocol.medicine.discharge
    for name, vital, least in (
        ("spo2_min", Vital.SPO2, discharge.spo2_min),
        ("moaas_min", Vital.MOAAS, discharge.moaas_min),
    ):
        alarming = [limit for limit in _paging(protocol, vital) if limit.is_crossed_by(least, None)]
        if alarming:
            worst = max(alarming, key=lambda limit: limit.severity.rank)
            lows = [limit.below for limit in alarming if limit.below is not None]
            highs = [limit.above for limit in alarming if limit.above is not None]
            within = f"at least {max(lows):g}" if lows else f"at most {min(highs):g}"
            yield f"medicine.discharge.{name}", f"must be {within}: {least} is {_spoken(worst.severity)}"


def _paging(protocol: Protocol, vital: Vital) -> list[Limit]:
    return [limit for limit in protocol.medicine.limits if limit.vital is vital and limit.severity in _PAGING]


def _spoken(severity: LimitSeverity) -> str:
    return "an emergency" if severity is LimitSeverity.EMERGENCY else severity.value


def written(limits: Range) -> str:
    """The range as a protocol file writes it."""
    return f"[{limits.low:g}, {limits.high:g}]"
