"""The parameters of the measures: when an instrument is due, and what its scores mean."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from domain.durations import Duration, Length, duration, iso_8601
from domain.protocol.values import AtLeastOne, Percent, Range
from domain.values import Code, Frozen, Severity


class MeasureMoment(StrEnum):
    """When a measure is due, if not at a fixed interval."""

    BASELINE = "baseline"
    EACH_SESSION = "each_session"
    END = "end"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class AfterDose:
    """So long after each session's first dose, an infusion's start; written as `+PT40M`."""

    length: Duration


def _read_every(value: object) -> object:
    match value:
        case timedelta():
            return value
        case str() if value.startswith("P") and (length := duration(value)):
            return length
        case list() | tuple() if value:
            return tuple(map(_read_moment, value))
        case _:
            return _read_moment(value)


def _read_moment(value: object) -> MeasureMoment | AfterDose:
    match value:
        case MeasureMoment() | AfterDose():
            return value
        case str() if value in list(MeasureMoment):
            return MeasureMoment(value)
        case str() if value.startswith("+P") and (length := duration(value[1:])):
            return AfterDose(length)
        case _:
            named = f"{', '.join(MeasureMoment)}, +PT40M after each dose"
            raise ValueError(f"must be one or several of {named}, or a duration such as P30D")


def _write_every(
    value: MeasureMoment | AfterDose | timedelta | tuple[MeasureMoment | AfterDose, ...],
) -> str | list[str]:
    match value:
        case timedelta():
            return iso_8601(value)
        case tuple():
            return [_write_moment(one) for one in value]
        case _:
            return _write_moment(value)


def _write_moment(moment: MeasureMoment | AfterDose) -> str:
    return moment.value if isinstance(moment, MeasureMoment) else f"+{iso_8601(moment.length)}"


Every = Annotated[
    MeasureMoment | AfterDose | Duration | tuple[MeasureMoment | AfterDose, ...],
    BeforeValidator(_read_every),
    PlainSerializer(_write_every, return_type=str | list[str], when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


class Item9Rule(Frozen):
    """What follows from an answer to PHQ-9 item 9, about being better off dead.

    An answer up to `routine_to` is routine while the screen that it `needs` may still come that day, unless the patient
    is known to be at risk; None if every answer is of `severity` at once. One above it, up to `screened_to`, waits only
    `screened_within` for that screen; None if none waits.
    """

    at_least: Annotated[int, Field(ge=1, le=3)]
    severity: Severity
    routine_to: Annotated[int, Field(ge=1, le=3)] | None = None
    screened_to: Annotated[int, Field(ge=1, le=2)] | None = None
    screened_within: Length | None = None
    needs: Code

    def severity_of(self, answer: int, late: timedelta) -> Severity:
        """How loudly this answer is told, so long after it was given."""
        is_mild = self.routine_to is not None and answer <= self.routine_to
        waits = self.waits_for_screen(answer, late) is not None
        return Severity.ROUTINE if is_mild or waits else self.severity

    def waits_for_screen(self, answer: int, late: timedelta) -> timedelta | None:
        """How long this answer waits for its screen, if no more than a while, and not told after that was over."""
        within = self.screened_within
        if within is None or late > within or not (self.routine_to or 0) < answer <= (self.screened_to or 0):
            return None
        return within


class RiskRule(Frozen):
    """What follows from a level of suicide risk: the escalation's severity, and whether the course is held."""

    severity: Severity
    hold: bool


class CutOffRule(Frozen):
    """A score of `at_least` so many points is told to somebody, as loudly as `severity` says."""

    at_least: float
    severity: Severity


class FutilityRule(Frozen):
    """Without an improvement of `least_percent` after the session of this number the prescriber reviews the treatment.

    None means the measure's `response_percent`.
    """

    after_session: AtLeastOne
    least_percent: Percent | None = None


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
    cut_off: CutOffRule | None = None
    item9: Item9Rule | None = None
    high: RiskRule | None = None
    moderate: RiskRule | None = None
    futility: FutilityRule | None = None
    known_baseline: KnownBaselineRule | None = None

    @property
    def moments(self) -> tuple[MeasureMoment | AfterDose | timedelta, ...]:
        """When it is due: each of several moments, or one of them, or an interval."""
        return self.every if isinstance(self.every, tuple) else (self.every,)

    @property
    def after_dose(self) -> tuple[timedelta, ...]:
        """How long after a dose it is due, rising; empty if it is not asked for then."""
        return tuple(sorted({one.length for one in self.moments if isinstance(one, AfterDose)}))
