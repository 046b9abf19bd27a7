"""What the parameters of a protocol are made of: counts and ranges, routes and vital signs, roles and severities."""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from domain.codes import folded
from domain.values import Code, Frozen, Role

Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Sessions = Annotated[int, Field(ge=1, le=99)]
Years = Annotated[int, Field(ge=0, le=130)]
Trials = Annotated[int, Field(ge=0, le=100)]
Milligrams = Annotated[float, Field(gt=0)]
Percent = Annotated[int, Field(ge=1, le=100)]


def is_listed(code: Code, codes: Iterable[Code]) -> bool:
    """Whether the code is one of these, however it is spelled."""
    return folded(code) in map(folded, codes)


def _spelled(pattern: str, expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {expected}")
        return value

    return AfterValidator(check)


Version = Annotated[str, _spelled(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}", "a version of numbers, such as 1.0.0")]
ProtocolId = Annotated[
    str,
    _spelled(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "an id of letters, digits, dots and dashes, such as kap-im-weekly"),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Route(StrEnum):
    """How the medicine enters the body."""

    INTRAMUSCULAR = "intramuscular"
    INTRAVENOUS = "intravenous"
    SUBCUTANEOUS = "subcutaneous"
    SUBLINGUAL = "sublingual"
    INTRANASAL = "intranasal"


class Vital(StrEnum):
    """A vital sign that a reading can contain."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    HEART_RATE = "heart_rate"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"
    MOAAS = "moaas"


BASIC_VITALS = (Vital.SYSTOLIC, Vital.DIASTOLIC, Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE)
"""The signs that every checkpoint needs unless the protocol says otherwise."""


class LimitSeverity(StrEnum):
    """The severity of a reading beyond a limit."""

    WARNING = "warning"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @cached_property
    def rank(self) -> int:
        """0 for a warning, rising with severity."""
        return list(type(self)).index(self)


def _read_staff_role(value: object) -> Role:
    if isinstance(value, str) and value in STAFF_ROLES:
        return Role(value)
    raise ValueError("must be prescriber, monitor, therapist or coordinator")


STAFF_ROLES = frozenset({Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST, Role.COORDINATOR})
StaffRole = Annotated[Role, BeforeValidator(_read_staff_role)]
"""A role that somebody can be booked in: neither the patient's nor Kapstan's own."""


def _read_giver_role(value: object) -> Role:
    if value == Role.SYSTEM:
        return Role.SYSTEM
    try:
        return _read_staff_role(value)
    except ValueError as wrong:
        raise ValueError(f"{str(wrong).replace(' or coordinator', ', coordinator')} or system") from None


GiverRole = Annotated[Role, BeforeValidator(_read_giver_role)]
"""A role that may report that the medicine was given: a clinic's system too, if it never says who gave it."""


class Range(Frozen):
    """From `low` to `high`, both included; a two-element array in the file."""

    low: float
    high: float

    @model_validator(mode="before")
    @classmethod
    def _from_array(cls, value: object, info: ValidationInfo) -> object:
        match value:
            case [low, high]:
                return {"low": low, "high": high}
            case {"low": _, "high": _} | Range() if info.mode == "python":
                return value
            case _:
                raise ValueError("must be a range of two numbers, such as [90, 140]")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("the first number of a range must not be greater than the second")
        return self

    @model_serializer
    def _to_array(self) -> tuple[float, float]:
        return (self.low, self.high)

    def holds(self, value: float) -> bool:
        """Whether `value` lies in the range, its ends included."""
        return self.low <= value <= self.high

    def lies_within(self, other: "Range") -> bool:
        """Whether this range lies entirely within the other."""
        return other.low <= self.low and self.high <= other.high


class VitalRanges(Frozen):
    """A range for each vital sign; a vital sign without one (None) is not checked."""

    systolic: Range | None = None
    diastolic: Range | None = None
    heart_rate: Range | None = None
    spo2: Range | None = None
    respiratory_rate: Range | None = None
    moaas: Range | None = None

    def of(self, vital: Vital) -> Range | None:
        """The range of one vital sign."""
        ranges: dict[Vital, Range | None] = {
            Vital.SYSTOLIC: self.systolic,
            Vital.DIASTOLIC: self.diastolic,
            Vital.HEART_RATE: self.heart_rate,
            Vital.SPO2: self.spo2,
            Vital.RESPIRATORY_RATE: self.respiratory_rate,
            Vital.MOAAS: self.moaas,
        }
        return ranges[vital]
