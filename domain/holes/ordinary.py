"""An ordinary session that would call somebody, and bounds so tight that nobody could keep them."""

from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from domain.course.rules.vitals import is_not_falling
from domain.durations import in_words, iso_8601
from domain.events.clinic_events import SessionCleared
from domain.holes.asked import DOSED_AT, PRESCRIBER, WELL, dosed, judged, reading, recorded
from domain.holes.hole import Hole, Holes
from domain.holes.published import OURS
from domain.holes.wording import a
from domain.protocol.model import Protocol
from domain.protocol.parameters import parameters
from domain.protocol.values import Vital

USUAL: Final[Mapping[Vital, tuple[int, str]]] = {
    Vital.SYSTOLIC: (WELL[Vital.SYSTOLIC] + 20, f"S22: 16 higher on average; 20 is {OURS}"),
    Vital.DIASTOLIC: (WELL[Vital.DIASTOLIC] + 13, f"S22: 11 higher on average; 13 is {OURS}"),
    Vital.HEART_RATE: (WELL[Vital.HEART_RATE] + 20, OURS),
    Vital.SPO2: (95, "S35: dosed from there on"),
    Vital.MOAAS: (4, "S2: every second one is sedated"),
}
"""What a patient who was well is read as when the medicine works most, and where that is from."""

_PEAK: Final = timedelta(minutes=40)
_FALLS_AFTER: Final = timedelta(hours=1)
_GOES_HOME_WITHIN: Final = timedelta(minutes=15)
_FIVE, _DAY = timedelta(minutes=5), timedelta(days=1)


class Tight(NamedTuple):
    """The least of a value, or the most, that can be kept; `{}` stands for one that is tighter."""

    bound: timedelta | float
    lets_through: str
    is_least: bool = True


TIGHT: Final[Mapping[str, Tight]] = {
    "medicine.clearance_valid": Tight(_FIVE, "a dose {} after its clearance would be one too late, and call somebody"),
    "medicine.clearance.reading_valid": Tight(_FIVE, "a dose on vitals of {} ago would be against them"),
    "medicine.discharge.reading_valid": Tight(_FIVE, "nobody could leave on vitals of more than {} ago"),
    "medicine.discharge.assessment_valid": Tight(_FIVE, "nobody could leave on an assessment of more than {} ago"),
    "medicine.solids_fasting": Tight(_DAY, "nobody could be dosed who has eaten in the last {}", is_least=False),
    "medicine.fluids_fasting": Tight(_DAY / 2, "nobody could be dosed who drank in the last {}", is_least=False),
    "screening.systolic_max": Tight(120, "nobody with a systolic pressure above {} could be found eligible"),
    "screening.diastolic_max": Tight(80, "nobody with a diastolic pressure above {} could be found eligible"),
    "medicine.compared.weight_within_percent": Tight(
        2, "a weight {} % off the last one, a glass of water and a coat, would be weighed"
    ),
    "medicine.compared.pounds_from_kg": Tight(60, "each patient from {} kg on would be asked about"),
    "medicine.discharge.bp_within_percent": Tight(5, "nobody could leave with a pressure more than {} % off"),
}
"""By key. Whoever overrides the same thing each time reads it no more."""


def ordinary_remarks(protocol: Protocol) -> Holes:
    """A remark for whatever of an ordinary session calls somebody, and for each bound that is kept by nobody."""
    yield from _usual(protocol)
    yield from _peak(protocol)
    medicine = protocol.medicine
    least = medicine.minimum_observation + _GOES_HOME_WITHIN
    if medicine.discharge_overdue < least:
        yield _remark(
            "medicine.discharge_overdue",
            f"who leaves {in_words(least)} after the dose, as soon as they may, would have called somebody before",
            f"should be at least {iso_8601(least)}",
        )
    for key, value in parameters(protocol):
        name = next((one for one in TIGHT if fnmatchcase(key, one)), None)
        if name is None or not isinstance(value, timedelta | int | float):
            continue
        bound = TIGHT[name]
        if _is_tighter(value, bound):
            yield _remark(
                key,
                bound.lets_through.format(_said(value)),
                f"should be at {'least' if bound.is_least else 'most'} {_written(bound.bound)}",
            )


def _usual(protocol: Protocol) -> Holes:
    for vital, (value, basis) in USUAL.items():
        if judged(protocol, vital, value, value, cleared_with=WELL[vital]).pages_as is not None:
            yield _remark(
                f"medicine.limits.{vital}",
                f"{a(vital, value)}, of a patient who was cleared with {WELL[vital]}, would call somebody",
                "should be crossed by less usual values alone",
                basis,
            )


def _peak(protocol: Protocol) -> Holes:
    """Their pressure still rises when the medicine works most, and that is no pressure that does not fall."""
    hold = protocol.medicine.clearance.hold.systolic
    if hold is None:
        return
    highest = int(hold.high)
    cleared = recorded(DOSED_AT, SessionCleared.Data(actor=PRESCRIBER, session=1))
    read = [
        reading(DOSED_AT + after, {Vital.SYSTOLIC: value})
        for after, value in ((timedelta(), highest - 10), (_PEAK / 2, highest + 5), (_PEAK, highest + 10))
    ]
    if is_not_falling(protocol, dosed(protocol, *read).but(clearance=cleared), read[-1]):
        yield _remark(
            "medicine.discharge.bp_not_falling_after",
            f"a pressure that is highest {in_words(_PEAK)} after the dose, as it usually is, would call somebody",
            f"should be at least {iso_8601(_FALLS_AFTER)}",
            f"S1: at about 40 minutes; an hour is {OURS}",
        )


def _is_tighter(value: timedelta | float, bound: Tight) -> bool:
    match value, bound.bound:
        case timedelta() as mine, timedelta() as most:
            return mine < most if bound.is_least else mine > most
        case (int() | float()) as mine, (int() | float()) as most:
            return mine < most if bound.is_least else mine > most
        case _:
            return False


def _said(value: timedelta | float) -> str:
    return in_words(value) if isinstance(value, timedelta) else f"{value:g}"


def _written(value: timedelta | float) -> str:
    return iso_8601(value) if isinstance(value, timedelta) else f"{value:g}"


def _remark(key: str, lets_through: str, mend: str, basis: str = OURS) -> Hole:
    return Hole(key=key, lets_through=lets_through, mend=f"{mend} ({basis})", is_remark=True)
