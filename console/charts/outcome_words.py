"""Summary sentences and tables of the outcome charts."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from console.charts.drawing import Table
from domain.course.measures import Risk
from domain.moments import on_the_calendar
from domain.protocol.instruments import instrument_name
from domain.views.course import MeasureView
from domain.views.score_trend import Thresholds

NOTHING: Final = "–"


def on_day(at: datetime, zone: tzinfo) -> str:
    """Such as `5 Jan`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b}"


def score_sentence(judged: Thresholds, measures: Sequence[MeasureView], zone: tzinfo) -> str:
    """Baseline and latest score, and what the protocol calls the change."""
    name = instrument_name(judged.instrument)
    taken = of_instrument(judged.instrument, measures)
    if judged.baseline is None or judged.baseline_at is None:
        return f"{name}: no score yet."
    began = f"{judged.baseline:g} at baseline on {on_day(judged.baseline_at, zone)}"
    if not taken or taken[-1].trend is None:
        return f"{name}: {began}, not taken again yet."
    last, moved = taken[-1], taken[-1].trend
    said = [f"{moved.score:g} on {on_day(last.at, zone)}"]
    if moved.is_response is not None:
        said.append("a response" if moved.is_response else "no response")
    if moved.is_remission is not None:
        said.append("in remission" if moved.is_remission else "no remission")
    return f"{name}: {began}, {', '.join(said)}."


def score_table(judged: Thresholds, measures: Sequence[MeasureView], zone: tzinfo) -> Table:
    """Every score with its severity band and its change from the baseline."""
    rows = []
    if judged.baseline is not None and judged.baseline_at is not None:
        day = judged.baseline_at.astimezone(zone)
        rows.append((on_the_calendar(day), f"{judged.baseline:g}", "baseline", NOTHING, NOTHING, NOTHING))
    for one in of_instrument(judged.instrument, measures):
        if one.score is None or (one.at, one.score) == (judged.baseline_at, judged.baseline):
            continue
        moved = one.trend
        rows.append(
            (
                on_the_calendar(one.at.astimezone(zone)),
                f"{one.score:g}",
                (one.band or NOTHING).replace("_", " "),
                f"{moved.difference:+g}" if moved else NOTHING,
                _yes(moved.is_response if moved else None),
                _yes(moved.is_remission if moved else None),
            )
        )
    return Table(
        caption=f"{instrument_name(judged.instrument)} over the course",
        head=("Day", "Score", "Band", "Change", "Response", "Remission"),
        rows=tuple(rows),
    )


def risk_sentence(instrument: str, measures: Sequence[MeasureView], zone: tzinfo) -> str:
    """The latest screen's risk, and the highest before it."""
    taken = [(one.at, one.risk) for one in of_instrument(instrument, measures) if one.risk is not None]
    name = instrument_name(instrument)
    if not taken:
        return f"{name}: no screen yet."
    at, risk = taken[-1]
    highest: Risk = max((risk for _, risk in taken), key=lambda one: one.rank)
    before = f"; the highest so far is {highest}" if highest is not risk else ""
    return f"{name}: risk {risk} on {on_day(at, zone)}{before}."


def risk_table(instrument: str, measures: Sequence[MeasureView], zone: tzinfo) -> Table:
    """Every screen with the risk that it found."""
    return Table(
        caption=f"{instrument_name(instrument)} over the course",
        head=("Day", "Time", "Risk"),
        rows=tuple(
            (on_the_calendar(one.at.astimezone(zone)), f"{one.at.astimezone(zone):%H:%M}", str(one.risk))
            for one in of_instrument(instrument, measures)
            if one.risk is not None
        ),
    )


def of_instrument(instrument: str, measures: Sequence[MeasureView]) -> list[MeasureView]:
    """The instrument's answers, in the order in which they were given."""
    return sorted((one for one in measures if one.instrument == instrument), key=lambda one: one.at)


def _yes(answer: bool | None) -> str:
    return NOTHING if answer is None else "yes" if answer else "no"
