"""The protocol as a table for approval: each value in words, with its evidence."""

from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from domain.durations import in_words
from domain.protocol.measures import AfterDose
from domain.protocol.medicine import AgeBound, ComedicationRule, DoseBounds, Limit, RouteRules
from domain.protocol.model import Form, Grade, Protocol
from domain.protocol.schedule import SchedulePart
from domain.protocol.values import Range, Vital
from domain.values import Frozen

Scalar: TypeAlias = str | bool | int | float | timedelta | time | AfterDose
Value: TypeAlias = Scalar | Range | Limit | tuple[Scalar, ...]

UNITS: Mapping[str, str] = {
    **dict.fromkeys(
        (Vital.SYSTOLIC, Vital.DIASTOLIC, "systolic_max", "diastolic_max", "bp_not_falling_margin"), "mmHg"
    ),
    Vital.HEART_RATE: "beats/min",
    Vital.RESPIRATORY_RATE: "breaths/min",
    **dict.fromkeys(
        (
            Vital.SPO2,
            "spo2_min",
            "bp_within_percent",
            "response_percent",
            "least_percent",
            "weight_within_percent",
            "dose_at_least_percent",
            "infusion_at_least_percent",
            "same_dose_percent",
            "dose_at_most_percent",
        ),
        "%",
    ),
    **dict.fromkeys((Vital.MOAAS, "moaas_min"), "of 5"),
    "padss_min": "of 10",
    **dict.fromkeys(
        ("medicine_sessions", "sessions_min", "sessions_max", "sessions", "most", "before_every"), "sessions"
    ),
    **dict.fromkeys(("age_min", "age_max"), "years"),
    "prior_trials_min": "trials",
    "abstinent_days_min": "days",
    "boosters_max": "boosters",
    "parts_max": "parts",
    "watched_at_once_max": "patients",
    "review_every": "sessions",
    "least_minutes": "minutes",
    "amounts": "mg",
    "weight_kg": "kg",
    "pounds_from_kg": "kg",
    **dict.fromkeys(("remission_below", "meaningful_change", "range", "score_min", "score_max"), "points"),
}
"""The unit of a number, by the last word of its key. A dose has the unit of the dose's basis."""

_DOSES = frozenset({"first_max", "max", "hard_max", "step_max", "dose_max", "least"})
_TESTS = "screening.tests."


class Parameter(NamedTuple):
    """One value of a protocol with its key path, spelled as in `[evidence]` and findings."""

    key: str
    value: Value

    @property
    def is_numeric(self) -> bool:
        """Whether it is a number or duration, or made of them, and so needs evidence."""
        match self.value:
            case bool() | str():
                return False
            case tuple():
                return any(isinstance(item, int | float | timedelta | time | AfterDose) for item in self.value)
            case _:
                return True


class ParameterRow(Frozen):
    """One line of the table. `grade`, `source` and `note` are the evidence's; None where there is none."""

    key: str
    value: str
    grade: Grade | None
    source: str | None
    note: str | None


def parameters(protocol: Protocol) -> tuple[Parameter, ...]:
    """Every value that the protocol sets, in the order of the file. Two limits may share a key: a bound and a rise."""
    named = {"id", "version", "title", "evidence"}
    tables = ((name, getattr(protocol, name)) for name in Protocol.model_fields if name not in named)
    return tuple(parameter for name, value in tables for parameter in _parameters(name, value))


def _parameters(key: str, value: object) -> Iterator[Parameter]:
    match value:
        case None:
            return
        case Limit():
            yield Parameter(key=value.key, value=value)
        case Range():
            yield Parameter(key=key, value=value)
        case SchedulePart():
            for name in (name for name in SchedulePart.model_fields if name != "part"):
                yield from _parameters(f"{value.key}.{name}", getattr(value, name))
        case RouteRules():
            for name in (name for name in RouteRules.model_fields if name != "route"):
                yield from _parameters(f"{value.key}.{name}", getattr(value, name))
        case AgeBound():
            yield Parameter(key=value.key, value=value.first_max)
        case Form():
            yield Parameter(key=f"{key}.{value.form}.within", value=value.within)
            yield Parameter(key=f"{key}.{value.form}.remind", value=value.remind)
        case ComedicationRule():
            yield from _parameters(f"{key}.{value.code}.restarts_observation", value.restarts_observation)
            yield from _parameters(f"{key}.{value.code}.tell", value.tell)
            yield from _parameters(f"{key}.{value.code}.tell_on_other_days", value.tell_on_other_days)
        case Frozen():
            for name in type(value).model_fields:
                yield from _parameters(f"{key}.{name}", getattr(value, name))
        case Mapping():
            for name, inner in value.items():
                yield from _parameters(f"{key}.{name}", inner)
        case tuple() if any(isinstance(item, Frozen) for item in value):
            for item in value:
                yield from _parameters(key, item)
        case bool() | int() | float() | str() | timedelta() | AfterDose() | tuple():
            yield Parameter(key=key, value=value)


def without_evidence(protocol: Protocol) -> list[str]:
    """The keys of numbers and durations that `[evidence]` does not name, each once, in the order of the file."""
    numeric = dict.fromkeys(parameter.key for parameter in parameters(protocol) if parameter.is_numeric)
    return [key for key in numeric if key not in protocol.evidence]


def rows(protocol: Protocol) -> tuple[ParameterRow, ...]:
    """The whole protocol for a reader: every parameter, its value in words with its unit, and its evidence."""
    return tuple(_row(protocol, parameter) for parameter in parameters(protocol))


def _row(protocol: Protocol, parameter: Parameter) -> ParameterRow:
    evidence = protocol.evidence.get(parameter.key)
    return ParameterRow(
        key=parameter.key,
        value=_spelled(parameter.value, _unit(parameter.key, protocol)),
        grade=evidence.grade if evidence else None,
        source=evidence.source if evidence else None,
        note=evidence.note if evidence else None,
    )


def _unit(key: str, protocol: Protocol) -> str:
    name = key.rpartition(".")[2]
    if name in _DOSES:
        further = (one for one in protocol.medicine.routes or () if key.startswith(f"{one.key}."))
        bounds: DoseBounds = next(further, protocol.medicine.dose)
        return bounds.basis.replace("_per_", "/")
    if key.startswith(_TESTS) and name == "range":
        return (protocol.screening.tests or {})[key.removeprefix(_TESTS).removesuffix(".range")].unit or ""
    return UNITS.get(name, "")


def _spelled(value: Value, unit: str) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return in_words(value)
        case time():
            return value.strftime("%H:%M")
        case AfterDose():
            return f"{in_words(value.length)} after each dose"
        case StrEnum():
            return value.value.replace("_", " ")
        case str():
            return value
        case int() | float():
            return _with_unit(f"{value:g}", unit)
        case Range(low=low, high=high):
            return _with_unit(f"{low:g}" if low == high else f"{low:g} to {high:g}", unit)
        case Limit():
            return _limit_in_words(value)
        case tuple():
            return ", ".join(_spelled(item, unit) for item in value) or "none"


def _limit_in_words(limit: Limit) -> str:
    unit = UNITS[limit.vital]
    if limit.above is not None:
        words = _with_unit(f"above {limit.above:g}", unit)
    elif limit.below is not None:
        words = _with_unit(f"below {limit.below:g}", unit)
    else:
        words = f"a rise of {_with_unit(f'{limit.rise:g}', unit)} or more"
    if limit.confirm_within is None:
        return words
    second = f"a second of {limit.confirm_of} readings" if limit.confirm_of else "a second reading"
    return f"{words}, if {second} confirms it, or none comes within {in_words(limit.confirm_within)}"


def _with_unit(number: str, unit: str) -> str:
    counted = unit.removesuffix("s") if number == "1" else unit
    return f"{number} {counted}" if unit else number
