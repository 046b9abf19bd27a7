"""Chart of the change in scores over many courses: each instrument's mean, from baseline to latest answer."""

from collections.abc import Iterator, Sequence
from typing import Final

from console.charts.drawing import Anchor, Drawing, Key, Line, Mark, Point, Shape, Table, TextSize, Words
from console.charts.scale import Scale
from domain.protocol.instruments import instrument_name
from domain.values import Frozen, count_of
from domain.views.figures import MeasureOutcome

NOTHING: Final = "–"
WIDTH: Final = 640.0
TOP: Final = 6.0
ROW: Final = 30.0
TICKS: Final = (0, 25, 50, 75, 100)
"""Ticks in per cent of the baseline."""


class Mean(Frozen):
    """One instrument's mean scores, and the latest in per cent of the mean baseline; None if that is 0."""

    name: str
    courses: int
    baseline: float
    now: float
    percent: float | None

    @property
    def said(self) -> str:
        """Such as `PHQ-9 from 16.0 to 8.2 (51 %) in 12 courses`."""
        share = "" if self.percent is None else f" ({self.percent:.0f} %)"
        courses = count_of(self.courses, "course")
        return f"{self.name} from {self.baseline:.1f} to {self.now:.1f}{share} in {courses}"


def outcome_change_chart(name: str, measures: Sequence[MeasureOutcome]) -> Drawing:
    """A line for each instrument, from 100 % of its baseline to what is left of it: further left is better."""
    means = [_mean(one) for one in measures]
    most = max((mean.percent for mean in means if mean.percent is not None), default=100.0)
    across = Scale(low=0, high=max(100.0, most), begin=116, end=WIDTH - 30)
    bottom = TOP + ROW * len(means)
    return Drawing(
        name=name,
        size=TextSize.WIDE,
        width=WIDTH,
        height=bottom + 22,
        says=f"Mean scores: {'; '.join(mean.said for mean in means)}." if means else "No score can be compared yet.",
        lines=(*_grid(across, bottom), *_falls(means, across)),
        marks=tuple(_marks(means, across)),
        words=(*_names(means, across), *_ticks(across, bottom)),
        keys=_KEYS if means else (),
        tables=(
            Table(
                caption="Mean scores from the baseline to the newest answer",
                head=("Measure", "Courses", "Baseline", "Now", "Of the baseline"),
                rows=tuple(
                    (
                        mean.name,
                        str(mean.courses),
                        f"{mean.baseline:.1f}",
                        f"{mean.now:.1f}",
                        NOTHING if mean.percent is None else f"{mean.percent:.0f} %",
                    )
                    for mean in means
                ),
            ),
        ),
    )


_KEYS: Final = (
    Key(shape=Shape.RING, look="soft", text="baseline"),
    Key(shape=Shape.DOT, look="soft", text="newest answer"),
)


def _mean(one: MeasureOutcome) -> Mean:
    now = one.mean_baseline + one.mean_change
    return Mean(
        name=instrument_name(one.instrument),
        courses=one.courses,
        baseline=one.mean_baseline,
        now=now,
        percent=100 * now / one.mean_baseline if one.mean_baseline >= 1 else None,
    )


def _placed(means: Sequence[Mean]) -> Iterator[tuple[float, Mean]]:
    for number, mean in enumerate(means):
        yield TOP + ROW * (number + 0.5), mean


def _falls(means: Sequence[Mean], across: Scale) -> Iterator[Line]:
    for y, mean in _placed(means):
        if mean.percent is not None:
            ends = (across.at(100), across.at(mean.percent))
            yield Line(points=tuple(Point(x=x, y=y) for x in ends), look="range well")


def _marks(means: Sequence[Mean], across: Scale) -> Iterator[Mark]:
    for y, mean in _placed(means):
        if mean.percent is not None:
            yield Mark(x=across.at(100), y=y, shape=Shape.RING, look="soft", radius=5, tip=mean.said)
            yield Mark(x=across.at(mean.percent), y=y, shape=Shape.DOT, look="well", radius=5, tip=mean.said)


def _names(means: Sequence[Mean], across: Scale) -> Iterator[Words]:
    for y, mean in _placed(means):
        yield Words(x=8, y=y + 4, text=mean.name, look="value")
        if mean.percent is None:
            yield Words(x=across.begin + 8, y=y + 4, text="no baseline to compare with", look="tick")


def _grid(across: Scale, bottom: float) -> Iterator[Line]:
    for tick in TICKS:
        x = across.at(tick)
        yield Line(points=(Point(x=x, y=4), Point(x=x, y=bottom)), look="grid")


def _ticks(across: Scale, bottom: float) -> Iterator[Words]:
    for tick in TICKS:
        yield Words(x=across.at(tick), y=bottom + 16, text=f"{tick} %", look="tick", anchor=Anchor.MIDDLE)
