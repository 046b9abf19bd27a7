"""Outcome measures on a course's page: each instrument's answers in order, and the change from the first."""

from collections.abc import Iterator
from typing import Final

from console.charts.drawing import Drawing
from console.charts.outcome import risk_chart, score_chart
from console.pages import labels
from console.pages.frame.clock import Clock, WallClock
from domain.course.measures import Risk
from domain.protocol.instruments import CSSRS, instrument_name
from domain.values import Frozen, Severity
from domain.views.course import CourseView, MeasureView

RISK_MARKS: Final = {
    Risk.NONE: "well",
    Risk.LOW: Severity.ROUTINE.value,
    Risk.MODERATE: Severity.URGENT.value,
    Risk.HIGH: Severity.EMERGENCY.value,
}


class InstrumentScores(Frozen):
    """One instrument over time; `mark`, `mark_label` and `change` compare the latest answer with the first."""

    instrument: str
    name: str
    chart: Drawing | None
    mark: str | None
    mark_label: str
    change: str
    due: Clock | None


def outcomes(view: CourseView, clock: WallClock) -> tuple[InstrumentScores, ...]:
    """Every instrument that was answered or is due, in the order in which they first were."""
    due = {one.instrument: one.due_at for one in view.measures_due}
    instruments = dict.fromkeys([*(taken.instrument for taken in view.measures), *due])
    return tuple(
        _outcome(view, instrument, clock, clock.due(due[instrument]) if instrument in due else None)
        for instrument in instruments
    )


def taken_in_words(taken: MeasureView) -> str:
    """`PHQ-9 17, moderately severe`; `C-SSRS: no risk`."""
    name = instrument_name(taken.instrument)
    if taken.risk is not None:
        return f"{name}: {_risk_in_words(taken.risk, is_known=taken.is_known)}"
    if taken.score is None:
        return f"{name} answered"
    return f"{name} {taken.score:g}{f', {_spoken(taken.band)}' if taken.band else ''}"


def mark_of(taken: MeasureView) -> str | None:
    """The mark of an answer. Only a raised risk has one, since it needs a human; other scores have none."""
    return RISK_MARKS[taken.risk] if taken.risk is not None else None


def _outcome(view: CourseView, instrument: str, clock: WallClock, due: Clock | None) -> InstrumentScores:
    taken = sorted((one for one in view.measures if one.instrument == instrument), key=lambda one: one.at)
    mark, mark_label = _latest(taken[-1]) if taken else (None, labels.NOT_ANSWERED)
    return InstrumentScores(
        instrument=instrument,
        name=instrument_name(instrument),
        chart=_drawn(view, instrument, clock),
        mark=mark,
        mark_label=mark_label,
        change=", ".join(_change(taken[-1])) if taken else "",
        due=due,
    )


def _drawn(view: CourseView, instrument: str, clock: WallClock) -> Drawing | None:
    if instrument == CSSRS:
        return risk_chart(instrument, view.measures, clock.zone)
    judged = next((one for one in view.thresholds if one.instrument == instrument), None)
    return score_chart(judged, view.measures, clock.zone) if judged else None


def _latest(newest: MeasureView) -> tuple[str | None, str]:
    if newest.risk is not None:
        return RISK_MARKS[newest.risk], _risk_in_words(newest.risk, is_known=newest.is_known)
    moved = newest.trend
    if moved is None:
        return None, labels.BASELINE if newest.score is not None else ""
    if moved.is_remission:
        return "well", labels.REMISSION
    if moved.is_response:
        return "well", labels.RESPONSE
    return None, moved.direction.value if moved.direction else ""


def _change(one: MeasureView) -> Iterator[str]:
    if (moved := one.trend) is None:
        return
    if moved.difference == 0:
        return  # "unchanged" says it
    yield f"{moved.difference:+g}".replace("-", "−")
    if moved.improvement_percent is not None:
        yield (
            f"{moved.improvement_percent:g} % better"
            if moved.improvement_percent >= 0
            else (f"{-moved.improvement_percent:g} % worse")
        )


def _risk_in_words(risk: Risk, *, is_known: bool) -> str:
    return "no risk" if risk is Risk.NONE else f"{risk} risk{', as known' if is_known else ''}"


def _spoken(band: str | None) -> str:
    return (band or "").replace("_", " ")
