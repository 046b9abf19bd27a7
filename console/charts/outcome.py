"""Charts of a patient's scores over the course, with the lines of response and remission from the protocol."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from console.charts.drawing import Anchor, Area, Drawing, Line, Mark, Point, Shape, TextSize, Words
from console.charts.outcome_words import on_day, risk_sentence, risk_table, score_sentence, score_table
from console.charts.scale import Scale, apart
from domain.course.measures import Risk
from domain.values import Frozen
from domain.views.course import MeasureView
from domain.views.score_trend import Thresholds

LEAST: Final = timedelta(days=14)
"""Shortest time axis, so that two answers on one day do not lie at its two ends."""


class OutcomeLayout(Frozen):
    """Width, heights and margins at each size."""

    width: float
    height: float
    left: float
    right: float
    date: float


LAYOUTS: Final[Mapping[TextSize, OutcomeLayout]] = {
    TextSize.WIDE: OutcomeLayout(width=640, height=190, left=30, right=48, date=56),
    TextSize.NARROW: OutcomeLayout(width=320, height=150, left=28, right=40, date=44),
    TextSize.SMALL: OutcomeLayout(width=320, height=110, left=28, right=40, date=44),
    TextSize.TINY: OutcomeLayout(width=300, height=110, left=28, right=40, date=44),
}
RISK_IN_WORDS: Final = 64.0
"""Right margin where the risk levels are named."""

TOP: Final = 16.0
BOTTOM: Final = 22.0

RISKS: Final[Mapping[Risk, tuple[Shape, str]]] = {
    Risk.NONE: (Shape.DOT, "well"),
    Risk.LOW: (Shape.SQUARE, "warning"),
    Risk.MODERATE: (Shape.DIAMOND, "urgent"),
    Risk.HIGH: (Shape.TRIANGLE, "emergency"),
}


def score_chart(
    judged: Thresholds, measures: Sequence[MeasureView], zone: tzinfo, size: TextSize = TextSize.NARROW
) -> Drawing:
    """Chart of one instrument's scores, its baseline first; dates are in `zone`."""
    scores = scores_of(judged, measures)
    layout = LAYOUTS[size]
    across, up = _scales(layout, [at for at, _ in scores], _reach(judged, [score for _, score in scores]))
    return Drawing(
        name=f"measure-{judged.instrument}-{size}",
        size=size,
        width=layout.width,
        height=layout.height,
        says=score_sentence(judged, measures, zone),
        areas=(_frame(across, up), *_remission(judged, across, up)),
        lines=(
            *_response(judged, across, up),
            Line(points=tuple(_place(at, score, across, up) for at, score in scores), look="score"),
        ),
        marks=tuple(_score_marks(judged, scores, across, up, zone)),
        words=(
            *_levels(judged, scores, across, up),
            *_lines_in_words(judged, across, up),
            *_dates([at for at, _ in scores], across, up, zone, layout.date),
        ),
        tables=(score_table(judged, measures, zone),),
    )


def risk_chart(
    instrument: str, measures: Sequence[MeasureView], zone: tzinfo, size: TextSize = TextSize.NARROW
) -> Drawing:
    """Step chart of the risk found by each screen: it holds until the next one."""
    taken = sorted(
        ((one.at, one.risk) for one in measures if one.instrument == instrument and one.risk is not None),
        key=lambda screen: screen[0],
    )
    layout = LAYOUTS[size].but(right=RISK_IN_WORDS)
    across, up = _scales(layout, [at for at, _ in taken], (-0.4, len(Risk) - 0.6))
    points: list[Point] = []
    for at, risk in taken:
        place = _place(at, risk.rank, across, up)
        points += [Point(x=place.x, y=points[-1].y), place] if points else [place]
    if points:
        points.append(Point(x=across.end, y=points[-1].y))
    return Drawing(
        name=f"measure-{instrument}-{size}",
        size=size,
        width=layout.width,
        height=layout.height,
        says=risk_sentence(instrument, measures, zone),
        areas=(_frame(across, up),),
        lines=(
            *(Line(points=_across(up.at(risk.rank), across), look="grid") for risk in Risk),
            Line(points=tuple(points), look="score"),
        ),
        marks=tuple(
            Mark(
                x=(place := _place(at, risk.rank, across, up)).x,
                y=place.y,
                shape=RISKS[risk][0],
                look=RISKS[risk][1],
                radius=4,
                tip=f"{on_day(at, zone)}: {risk}",
            )
            for at, risk in taken
        ),
        words=(
            *(Words(x=across.end + 6, y=up.at(risk.rank) + 4, text=risk.value, look="tick") for risk in Risk),
            *_dates([at for at, _ in taken], across, up, zone, layout.date),
        ),
        tables=(risk_table(instrument, measures, zone),),
    )


def scores_of(judged: Thresholds, measures: Sequence[MeasureView]) -> list[tuple[datetime, float]]:
    """The scores by date, with the baseline first if the referral came with one."""
    taken = sorted(
        (one.at, one.score) for one in measures if one.instrument == judged.instrument and one.score is not None
    )
    if judged.baseline is None or judged.baseline_at is None or (judged.baseline_at, judged.baseline) in taken:
        return taken
    return sorted([(judged.baseline_at, judged.baseline), *taken])


def _reach(judged: Thresholds, scores: Sequence[float]) -> tuple[float, float]:
    known = [score for score in (*scores, judged.response_at_most, judged.remission_below) if score is not None]
    lowest = 0.0 if judged.lowest is None else judged.lowest
    most = max([lowest + 10, *(score * 1.08 for score in known)])
    return min([lowest, *scores]), max([min(most, most if judged.highest is None else judged.highest), *scores])


def _scales(layout: OutcomeLayout, moments: Sequence[datetime], reach: tuple[float, float]) -> tuple[Scale, Scale]:
    first = min(moments, default=None)
    begins = first.timestamp() if first else 0.0
    ends = (
        max(*(at.timestamp() for at in moments), begins + LEAST.total_seconds()) if moments else LEAST.total_seconds()
    )
    right, room = layout.width - layout.right, 0.03 * (ends - begins)
    across = Scale(low=begins - room, high=ends + room, begin=layout.left, end=right)
    return across, Scale(low=reach[0], high=reach[1], begin=layout.height - BOTTOM, end=TOP)


def _frame(across: Scale, up: Scale) -> Area:
    return Area(x=across.begin, y=up.end, width=across.end - across.begin, height=up.begin - up.end, look="lane")


def _remission(judged: Thresholds, across: Scale, up: Scale) -> Iterator[Area]:
    if judged.remission_below is not None:
        y = up.at(judged.remission_below)
        height, width = round(up.begin - y, 1), across.end - across.begin
        yield Area(x=across.begin, y=y, width=width, height=height, look="well", tip="Remission")


def _response(judged: Thresholds, across: Scale, up: Scale) -> Iterator[Line]:
    if judged.remission_below is not None:
        yield Line(points=_across(up.at(judged.remission_below), across), look="limit well")
    if judged.response_at_most is not None:
        yield Line(points=_across(up.at(judged.response_at_most), across), look="limit routine")


def _score_marks(
    judged: Thresholds, scores: Sequence[tuple[datetime, float]], across: Scale, up: Scale, zone: tzinfo
) -> Iterator[Mark]:
    for at, score in scores:
        place = _place(at, score, across, up)
        is_baseline = (at, score) == (judged.baseline_at, judged.baseline)
        yield Mark(
            x=place.x,
            y=place.y,
            shape=Shape.RING if is_baseline else Shape.DOT,
            look="score",
            radius=4 if len(scores) <= 24 else 2.5,
            tip=f"{on_day(at, zone)}: {score:g}{', the baseline' if is_baseline else ''}",
        )


def _levels(judged: Thresholds, scores: Sequence[tuple[datetime, float]], across: Scale, up: Scale) -> Iterator[Words]:
    wanted = [up.low, *([judged.baseline] if judged.baseline is not None else []), up.high]
    for level in apart([level for level in wanted if float(level).is_integer()], up, 12):
        yield Words(x=across.begin - 5, y=up.at(level) + 4, text=f"{level:g}", look="tick", anchor=Anchor.END)
    if scores:
        at, score = scores[-1]
        place = _place(at, score, across, up)
        yield Words(x=across.end + 6, y=place.y + 4, text=f"{score:g}", look="value")


def _lines_in_words(judged: Thresholds, across: Scale, up: Scale) -> Iterator[Words]:
    """Labels of the response line (above it) and the remission line (below it), so that they never overlap."""
    if judged.response_at_most is not None:
        text, y = f"response: {judged.response_at_most:g} or less", up.at(judged.response_at_most) - 4
        yield Words(x=across.begin + 5, y=y, text=text, look="beyond routine")
    if judged.remission_below is not None:
        y = min(up.at(judged.remission_below) + 12, up.begin - 3)
        yield Words(x=across.begin + 5, y=y, text=f"remission: below {judged.remission_below:g}", look="beyond well")


def _dates(moments: Sequence[datetime], across: Scale, up: Scale, zone: tzinfo, distance: float) -> Iterator[Words]:
    """Labels of the first and last date, and of as many between them as fit."""
    stamps = [at.timestamp() for at in moments]
    days = {at.timestamp(): on_day(at, zone) for at in moments}
    for stamp in sorted(apart([*stamps[:1], *stamps[-1:], *stamps[1:-1]], across, distance)):
        x = min(max(across.at(stamp), across.begin + 14), across.end - 8)
        yield Words(x=x, y=up.begin + 16, text=days[stamp], look="tick", anchor=Anchor.MIDDLE)


def _place(at: datetime, value: float, across: Scale, up: Scale) -> Point:
    return Point(x=across.at(at.timestamp()), y=up.at(value))


def _across(y: float, across: Scale) -> tuple[Point, Point]:
    return Point(x=across.begin, y=y), Point(x=across.end, y=y)
