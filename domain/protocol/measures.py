"""The parameters of the measures: when an instrument is due, and what its scores mean."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
)

from domain.durations import Duration, Length, duration, iso_8601
from domain.protocol.values import Percent, Range
from domain.values import Code, Frozen, Severity


class MeasureMoment(StrEnum):
    """When a measure is due, if not at a fixed interval."""

    BASELINE = "baseline"
    EACH_SESSION = "each_session"
    END = "end"
    FOLLOW_UP = "follow_up"


def _read_every(value: object) -> object:
    match value:
        case MeasureMoment() | timedelta():
            return value
        case str() if value in list(MeasureMoment):
            return MeasureMoment(value)
        case str() if value.startswith("P") and (length := duration(value)):
            return length
        case list() | tuple() if value and all(one in list(MeasureMoment) for one in value):
            return tuple(map(MeasureMoment, value))
        case _:
            raise ValueError(f"must be one or several of {', '.join(MeasureMoment)}, or a duration such as P30D")


def _write_every(value: MeasureMoment | timedelta | tuple[MeasureMoment, ...]) -> str | list[str]:
    match value:
        case timedelta():
            return iso_8601(value)
        case MeasureMoment():
            return value.value
        case _:
            return [one.value for one in value]


Every = Annotated[
    MeasureMoment | Duration | tuple[MeasureMoment, ...],
    BeforeValidator(_read_every),
    PlainSerializer(_write_every, return_type=str | list[str], when_used="json"),
]


class Item9Rule(Frozen):
    """What follows from an answer to PHQ-9 item 9, about being better off dead.

    An answer up to `routine_to` is routine while the screen that it `needs` may still come that day, unless the patient
    is known to be at risk; None if every answer is of `severity` at once.
    """

    at_least: Annotated[int, Field(ge=1, le=3)]
    severity: Severity
    routine_to: Annotated[int, Field(ge=1, le=3)] | None = None
    needs: Code

    def severity_of(self, answer: int) -> Severity:
        """How loudly this answer is told."""
        is_mild = self.routine_to is not None and answer <= self.routine_to
        return Severity.ROUTINE if is_mild else self.severity


class RiskRule(Frozen):
    """What follows from a level of suicide risk: the escalation's severity, and whether the course is held."""

    severity: Severity
    hold: bool


class KnownBaselineRule(Frozen):
    """Of whom a raised risk may be known from the start: the indications, and for how long it then is.

    The prescriber weighs the answers that there are at the decision on eligibility. What says no more than they do
    neither holds the course nor calls anybody for `valid_for` after that decision, until follow-up begins.
    """

    indications: Annotated[tuple[Code, ...], Field(min_length=1)]
    valid_for: Length


class MeasureRule(Frozen):
    """When an instrument is due, and what a change of its score means.

    `indications` are those it is asked for of; None for everybody. `worsened` is the severity of the escalation for a
    meaningful change for the worse; None means routine. Without `known_baseline` every raised risk is news.
    """

    every: Every
    indications: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    range: Range | None = None
    response_percent: Percent | None = None
    remission_below: float | None = None
    meaningful_change: Annotated[float, Field(gt=0)] | None = None
    worsened: Severity | None = None
    item9: Item9Rule | None = None
    high: RiskRule | None = None
    moderate: RiskRule | None = None
    known_baseline: KnownBaselineRule | None = None

    @property
    def moments(self) -> tuple[MeasureMoment | timedelta, ...]:
        """When it is due: each of several moments, or one of them, or an interval."""
        return self.every if isinstance(self.every, tuple) else (self.every,)
