"""Signs without an alarm: values so far out that nobody is dosed on them must call somebody after the dose.

CLINICAL.md 3.2 and 3.4; a reading that stays is asked about, so that a limit that wants a second one has its say.
"""

from typing import Final, NamedTuple

from domain.course.verdict import VerdictSeverity
from domain.holes.asked import every_value, in_the_middle, judged, values_above, values_below
from domain.holes.hole import Hole, Holes
from domain.holes.wording import a, in_words, so_would
from domain.protocol.model import Protocol
from domain.protocol.values import Vital

_NEVER: Final = "never"
_HOLD: Final = "hold"


class _End(NamedTuple):
    """One end of what a patient is dosed on: its side, the values beyond it, and the gate that it is of.

    Without a gate every value of the sign lies beyond it, for that side's far end is dangerous all the same.
    """

    vital: Vital
    is_high: bool
    beyond: list[int]
    bound: float | None = None
    gate: str | None = None

    @property
    def furthest(self) -> int:
        return self.beyond[-1] if self.is_high else self.beyond[0]

    @property
    def is_grave(self) -> bool:
        """Whether a warning is too little: beyond `never` on either side of these signs, else on the dangerous one."""
        return self.vital in _OF_LIFE if self.gate == _NEVER else (self.vital, self.is_high) in GRAVE

    @property
    def side(self) -> str:
        return "above" if self.is_high else "below"

    @property
    def mend(self) -> str:
        """The limit that the rules of the file allow at this end."""
        match self.gate:
            case "never":
                return f"with {self.side} = {self.bound:g}, where medicine.clearance.never ends"
            case "hold":
                return f"with {self.side} = {self.bound:g} or further out"
            case _:
                return f"with {self.side}"


_OF_LIFE: Final = frozenset(Vital) - {Vital.DIASTOLIC}
"""The signs of which somebody is called: oxygen, breathing, heart, pressure and sedation."""

GRAVE: Final = frozenset(
    {
        (Vital.SPO2, False),
        (Vital.MOAAS, False),
        *((vital, is_high) for vital in (Vital.SYSTOLIC, Vital.HEART_RATE) for is_high in (False, True)),
        *((Vital.RESPIRATORY_RATE, is_high) for is_high in (False, True)),
    }
)
"""The signs, each with the side (whether it is the high one), whose far end calls somebody whatever the gate says."""


def limit_holes(protocol: Protocol) -> Holes:
    """A hole for each end of a sign beyond which the protocol says too little."""
    for vital in Vital:
        for is_high in (False, True):
            yield from end_holes(protocol, vital, is_high=is_high)


def end_holes(protocol: Protocol, vital: Vital, *, is_high: bool) -> Holes:
    """The hole of one end of a sign, if it has one."""
    end = _end(protocol, vital, is_high=is_high)
    if end is not None:
        yield from _hole(protocol, end)


def _end(protocol: Protocol, vital: Vital, *, is_high: bool) -> _End | None:
    """The end of `never` on this side, where some reading lies beyond it, else that of `hold`."""
    clearance = protocol.medicine.clearance
    for name, gate in ((_NEVER, clearance.never.of(vital)), (_HOLD, clearance.hold.of(vital))):
        if gate is not None:
            bound = gate.high if is_high else gate.low
            if beyond := values_above(vital, bound) if is_high else values_below(vital, bound):
                return _End(vital, is_high, beyond, bound, name)
    return _End(vital, is_high, list(every_value(vital))) if (vital, is_high) in GRAVE else None


def _hole(protocol: Protocol, end: _End) -> Holes:
    vital = end.vital
    key = f"medicine.limits.{vital}"
    # What holds beyond `never` holds for each value; beyond `hold` alone, and without a gate, for the furthest one.
    asked = end.beyond if end.gate == _NEVER else [end.furthest]
    found = {value: judged(protocol, vital, value, value) for value in asked}
    if VerdictSeverity.NORMAL in found.values():
        told = end.beyond if end.gate is not None else asked
        silent = [value for value in told if judged(protocol, vital, value, value) is VerdictSeverity.NORMAL]
        named = a(vital, in_the_middle(silent))
        yield Hole(
            key=key,
            lets_through=f"{named} would be normal{so_would(silent)}{_of_whom(protocol, end)}",
            mend=f"there must be {'an urgent' if end.is_grave else 'a'} limit of {vital} {end.mend}",
        )
    elif end.is_grave and (mild := [value for value in asked if found[value].pages_as is None]):
        shown = in_the_middle(mild)
        yield Hole(
            key=key,
            lets_through=f"{a(vital, shown)} that stays would be {in_words(found[shown])}{so_would(mild)}, "
            "and would call nobody",
            mend=f"there must be an urgent limit of {vital} {end.mend}",
        )


def _of_whom(protocol: Protocol, end: _End) -> str:
    """A rise is held against the clearance: of whoever was dosed without one it says nothing."""
    is_held = any(limit.rise is not None and limit.vital is end.vital for limit in protocol.medicine.limits)
    return ", of a patient without a reading at clearance" if is_held and end.is_high else ""
