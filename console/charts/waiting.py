"""Chart of how long people took to acknowledge or resolve escalations, by severity."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from math import log10
from typing import Final

from console.charts.drawing import Anchor, Drawing, Key, Line, Mark, Point, Shape, Table, TextSize, Words
from console.charts.scale import Scale
from domain.durations import in_words
from domain.values import Frozen, Severity
from domain.views.figures import Waiting

NOTHING: Final = "–"
WIDTH: Final = 640.0
TOP: Final = 6.0
ROW: Final = 30.0

TICKS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000)
)
"""Familiar durations, on a logarithmic axis from seconds to days."""

SHAPES: Final[Mapping[Severity, Shape]] = {
    Severity.EMERGENCY: Shape.TRIANGLE,
    Severity.URGENT: Shape.DIAMOND,
    Severity.ROUTINE: Shape.DOT,
}


class Answering(StrEnum):
    """What was waited for: the acknowledgement or the resolution."""

    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Took(Frozen):
    """Times of one severity: their median and 90th percentile; None while there are none."""

    severity: Severity
    count: int
    half: timedelta | None
    nine_in_ten: timedelta | None

    @property
    def said(self) -> str | None:
        """Such as `half of the urgent ones within 4 min, nine in ten within 11 min`."""
        if self.half is None or self.nine_in_ten is None:
            return None
        half, nine = spoken(self.half), spoken(self.nine_in_ten)
        return f"half of the {self.severity} ones within {half}, nine in ten within {nine}"


def waiting_chart(name: str, waiting: Sequence[Waiting], until: Answering) -> Drawing:
    """The median and the 90th percentile, by severity."""
    rows = [_took(one, until) for one in waiting]
    across = _across([time for row in rows for time in (row.half, row.nine_in_ten) if time is not None])
    bottom = TOP + ROW * len(rows)
    said = [row.said for row in rows if row.said]
    return Drawing(
        name=name,
        size=TextSize.WIDE,
        width=WIDTH,
        height=bottom + 22,
        says=f"Escalations {until}: {'; '.join(said)}." if said else f"No escalation was {until} in this period.",
        lines=(*_grid(across, bottom), *_ranges(rows, across)),
        marks=tuple(_marks(rows, across)),
        words=(*_names(rows, across), *_ticks(across, bottom)),
        keys=_KEYS if said else (),
        tables=(
            Table(
                caption=f"Time until an escalation was {until}",
                head=("Severity", until.capitalize(), "Half within", "Nine in ten within"),
                rows=tuple(
                    (str(row.severity), str(row.count), spoken(row.half), spoken(row.nine_in_ten)) for row in rows
                ),
            ),
        ),
    )


_KEYS: Final = (
    Key(shape=Shape.DOT, look="soft", text="half within this time"),
    Key(shape=Shape.RING, look="soft", text="nine in ten within this time"),
)


def spoken(time: timedelta | None) -> str:
    """A duration to the second, and above an hour to the minute."""
    if time is None:
        return NOTHING
    grain = timedelta(seconds=1) if time < timedelta(hours=1) else timedelta(minutes=1)
    return in_words(round(time / grain) * grain)


def _took(one: Waiting, until: Answering) -> Took:
    if until is Answering.ACKNOWLEDGED:
        times = (one.acknowledged, one.acknowledged_median, one.acknowledged_p90)
    else:
        times = (one.resolved, one.resolved_median, one.resolved_p90)
    return Took(severity=one.severity, count=times[0], half=times[1], nine_in_ten=times[2])


def _across(times: Sequence[timedelta]) -> Scale:
    """The scale from the tick below the shortest time to the one above the longest."""
    places = [place(time) for time in times] or [place(TICKS[2]), place(TICKS[4])]
    low = max((place(tick) for tick in TICKS if place(tick) <= min(places)), default=min(places))
    high = min((place(tick) for tick in TICKS if place(tick) >= max(places)), default=max(places))
    return Scale(low=low, high=high if high > low else low + 1, begin=116, end=WIDTH - 30)


def place(time: timedelta) -> float:
    """Position of a duration on the logarithmic axis: 1 s is 0, 10 s is 1."""
    return log10(max(time.total_seconds(), 1))


def _placed(rows: Sequence[Took]) -> Iterator[tuple[float, Took]]:
    for number, row in enumerate(rows):
        yield TOP + ROW * (number + 0.5), row


def _ranges(rows: Sequence[Took], across: Scale) -> Iterator[Line]:
    for y, row in _placed(rows):
        if row.half is not None and row.nine_in_ten is not None:
            ends = (across.at(place(row.half)), across.at(place(row.nine_in_ten)))
            yield Line(points=tuple(Point(x=x, y=y) for x in ends), look=f"range {row.severity}")


def _marks(rows: Sequence[Took], across: Scale) -> Iterator[Mark]:
    for y, row in _placed(rows):
        look = str(row.severity)
        yield Mark(x=8, y=y, shape=SHAPES[row.severity], look=look)
        for time, shape in ((row.nine_in_ten, Shape.RING), (row.half, Shape.DOT)):
            if time is not None:
                yield Mark(x=across.at(place(time)), y=y, shape=shape, look=look, radius=5, tip=row.said)


def _names(rows: Sequence[Took], across: Scale) -> Iterator[Words]:
    for y, row in _placed(rows):
        yield Words(x=20, y=y + 4, text=str(row.severity), look="value")
        if row.said is None:
            yield Words(x=across.begin + 8, y=y + 4, text="none yet", look="tick")


def _grid(across: Scale, bottom: float) -> Iterator[Line]:
    for tick in TICKS:
        if across.holds(place(tick)):
            x = across.at(place(tick))
            yield Line(points=(Point(x=x, y=4), Point(x=x, y=bottom)), look="grid")


def _ticks(across: Scale, bottom: float) -> Iterator[Words]:
    for tick in TICKS:
        if across.holds(place(tick)):
            x = across.at(place(tick))
            yield Words(x=x, y=bottom + 16, text=in_words(tick), look="tick", anchor=Anchor.MIDDLE)
