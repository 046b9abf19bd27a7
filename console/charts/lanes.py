"""One vital sign over time, drawn as a lane: its readings in front of the limits that apply to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Final

from console.charts.drawing import Anchor, Area, Line, Mark, Point, Shape, Words
from console.charts.scale import Scale, apart
from domain.course.verdict import VerdictSeverity
from domain.protocol.values import Vital
from domain.values import Frozen
from domain.views.limits import LimitKind, SessionLimit
from domain.views.session import ReadingView


class Ground(Frozen):
    """The least range of a lane, from `low` to `high`, and the `room` it leaves beyond a reading or a limit.

    `most` is the highest possible value; `said` and `unit` are the vital's name and unit.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    room: float
    most: float
    said: str
    unit: str


GROUNDS: Final[Mapping[Vital, Ground]] = {
    Vital.SYSTOLIC: Ground(low=80, high=190, ticks=(120,), room=10, most=310, said="Systolic", unit="mmHg"),
    Vital.DIASTOLIC: Ground(low=40, high=115, ticks=(80,), room=6, most=210, said="Diastolic", unit="mmHg"),
    Vital.SPO2: Ground(low=88, high=100, ticks=(), room=1, most=100, said="SpO₂", unit="%"),
    Vital.HEART_RATE: Ground(low=45, high=125, ticks=(80,), room=5, most=310, said="Pulse", unit="/min"),
}

SHAPES: Final[Mapping[VerdictSeverity, tuple[Shape, str]]] = {
    VerdictSeverity.WARNING: (Shape.SQUARE, "warning"),
    VerdictSeverity.RECHECK: (Shape.HOLLOW_DIAMOND, "urgent"),
    VerdictSeverity.URGENT: (Shape.DIAMOND, "urgent"),
    VerdictSeverity.EMERGENCY: (Shape.TRIANGLE, "emergency"),
}
"""Mark and look of a reading that is not normal."""

LOOKS: Final[Mapping[LimitKind, str]] = {
    LimitKind.HOLD: "held",
    LimitKind.WARNING: "warning",
    LimitKind.URGENT: "urgent",
    LimitKind.EMERGENCY: "emergency",
}
_RANKS: Final = list(LimitKind)

LETTER: Final = 6.6
"""Approximate width of a letter."""

Readings = Sequence[tuple[float, ReadingView]]
"""Readings, each with its minute on the time axis."""


class LanePart(Frozen):
    """A stretch of a lane, before or after the dose, with the limits that apply in it."""

    begin: float
    end: float
    limits: tuple[SessionLimit, ...]


class Lane(Frozen):
    """One vital's lane in the drawing: where it lies, and how much room it has for texts."""

    vital: Vital
    up: Scale
    across: Scale
    dosed_at: float | None
    radius: float
    has_units: bool

    def areas(self, limits: Iterable[SessionLimit]) -> Iterator[Area]:
        """Shades the range beyond each limit: before the dose what forbids it, afterwards the severity."""
        for part in self._parts(limits):
            for low, high, kind in grounds(part.limits, self.up):
                top, bottom = self.up.at(high), self.up.at(low)
                width, height = round(part.end - part.begin, 1), round(bottom - top, 1)
                if height > 0:
                    yield Area(x=part.begin, y=top, width=width, height=height, look=LOOKS[kind])

    def lines(self, limits: Iterable[SessionLimit], readings: Readings) -> Iterator[Line]:
        """The tick lines, the limits, then the readings."""
        for tick in GROUNDS[self.vital].ticks:
            yield self._level(tick, self.across.begin, self.across.end, "grid")
        for part in self._parts(limits):
            for kind, bound in edges(part.limits, self.up):
                yield self._level(bound, part.begin, part.end, f"limit {LOOKS[kind]}")
        places = tuple(Point(x=self.across.at(minute), y=self.up.at(value)) for minute, value in self._values(readings))
        yield Line(points=places, look=f"reading {self.vital}")

    def marks(self, readings: Readings) -> Iterator[Mark]:
        """A mark for each reading, by the protocol's verdict on this vital."""
        ground = GROUNDS[self.vital]
        for minute, reading in readings:
            if (value := value_of(reading, self.vital)) is None:
                continue
            severity = severity_of(reading, self.vital)
            shape, look = SHAPES.get(severity, (Shape.DOT, str(self.vital)))
            said = "" if severity is VerdictSeverity.NORMAL else f", {severity}"
            yield Mark(
                x=self.across.at(minute),
                y=self.up.at(value),
                shape=shape,
                look=f"reading {look}",
                radius=self.radius,
                tip=f"{minute:.0f} min: {ground.said} {value} {ground.unit}{said}",
            )

    def words(self, limits: Iterable[SessionLimit], readings: Readings) -> Iterator[Words]:
        """Texts: the last value and its severity on the right, the limits on the left, and what lies beyond them."""
        ground, parts = GROUNDS[self.vital], list(self._parts(limits))
        bounds = sorted((edge for part in parts for edge in edges(part.limits, self.up)), key=_worst_first)
        for tick in apart([*(bound for _, bound in bounds), *ground.ticks], self.up, 12):
            place = self.up.at(tick) + 4
            yield Words(x=self.across.begin - 6, y=place, text=f"{tick:g}", look="tick", anchor=Anchor.END)
        last = next((value for _, value in reversed(list(self._values(readings)))), None)
        middle = (self.up.begin + self.up.end) / 2 if last is None else self.up.at(last)
        # Kept within the lane, or the texts of two lanes would touch.
        base = round(min(max(middle + 1, self.up.end + 11), self.up.begin - 11), 1)
        if last is not None:
            yield Words(x=self.across.end + 8, y=base, text=f"{last}", look="value")
        name = f"{ground.said} {ground.unit}" if self.has_units else ground.said
        yield Words(x=self.across.end + 8, y=base + 12, text=name, look="tick")
        if self.has_units or self.dosed_at is None:
            yield from self._beyond_in_words(parts)

    @property
    def _dose(self) -> float:
        return self.across.end if self.dosed_at is None else self.across.at(self.dosed_at)

    def _values(self, readings: Readings) -> Iterator[tuple[float, int]]:
        for minute, reading in readings:
            if (value := value_of(reading, self.vital)) is not None:
                yield minute, value

    def _parts(self, limits: Iterable[SessionLimit]) -> Iterator[LanePart]:
        """The parts of the lane. A limit that no value can cross, such as 100 % of oxygen, is left out."""
        mine = [one for one in limits if one.vital is self.vital and 0 < bound_of(one) < GROUNDS[self.vital].most]
        before = tuple(one for one in mine if one.kind is LimitKind.HOLD)
        after = tuple(one for one in mine if one.kind is not LimitKind.HOLD)
        for begin, end, these in ((self.across.begin, self._dose, before), (self._dose, self.across.end, after)):
            if begin < end:
                yield LanePart(begin=begin, end=end, limits=these)

    def _beyond_in_words(self, parts: Iterable[LanePart]) -> Iterator[Words]:
        for part in parts:
            for low, high, kind in grounds(part.limits, self.up):
                top, bottom = self.up.at(high), self.up.at(low)
                text = "no dose" if kind is LimitKind.HOLD else str(kind)
                if bottom - top >= 12 and part.end - part.begin >= 10 + LETTER * len(text):
                    is_above = low > (self.up.low + self.up.high) / 2
                    base = bottom - 3 if is_above else top + 10
                    yield Words(x=part.begin + 6, y=base, text=text, look=f"beyond {LOOKS[kind]}")

    def _level(self, value: float, begin: float, end: float, look: str) -> Line:
        y = self.up.at(value)
        return Line(points=(Point(x=begin, y=y), Point(x=end, y=y)), look=look)


def range_of(vital: Vital, limits: Iterable[SessionLimit], readings: Iterable[ReadingView]) -> tuple[float, float]:
    """The range of a lane: its least range, every limit that is drawn and every reading, with some room beyond them."""
    ground, mine = GROUNDS[vital], [limit for limit in limits if limit.vital is vital]
    bounds = [bound_of(limit) for limit in mine if _is_drawn(limit, mine)]
    values = [value for reading in readings if (value := value_of(reading, vital)) is not None]
    reached = [*(bound for bound in bounds if 0 < bound < ground.most), *values]
    low = min([ground.low, *(value - ground.room for value in reached)])
    high = max([ground.high, *(value + ground.room for value in reached)])
    return max(low, 0), min(high, ground.most)


def bound_of(limit: SessionLimit) -> float:
    """The value of the limit."""
    bound = limit.above if limit.above is not None else limit.below
    assert bound is not None
    return bound


def value_of(reading: ReadingView, vital: Vital) -> int | None:
    """The reading's value of this vital, if it was taken and has a lane."""
    return {
        Vital.SYSTOLIC: reading.vitals.systolic,
        Vital.DIASTOLIC: reading.vitals.diastolic,
        Vital.HEART_RATE: reading.vitals.heart_rate,
        Vital.SPO2: reading.vitals.spo2,
    }.get(vital)


def severity_of(reading: ReadingView, vital: Vital) -> VerdictSeverity:
    """The verdict's severity for this vital alone."""
    found = [one.severity for one in reading.verdict.findings if one.code.startswith(f"vitals.{vital}_")]
    return max(found, key=lambda severity: severity.rank, default=VerdictSeverity.NORMAL)


def grounds(limits: Sequence[SessionLimit], up: Scale) -> Iterator[tuple[float, float, LimitKind]]:
    """Ranges beyond the limits, each with its limit's kind; where several limits are crossed, the most severe."""
    above = [(one.above, one.kind) for one in limits if one.above is not None and one.above < up.high]
    stretches = [
        (low, high, max((kind for bound, kind in above if bound <= low), key=_RANKS.index))
        for low, high in pairwise([*sorted({bound for bound, _ in above}), up.high])
    ]
    yield from _joined(stretches)
    below = [(one.below, one.kind) for one in limits if one.below is not None and one.below > up.low]
    stretches = [
        (low, high, max((kind for bound, kind in below if bound >= high), key=_RANKS.index))
        for low, high in pairwise([up.low, *sorted({bound for bound, _ in below})])
    ]
    yield from _joined(stretches)


def _joined(stretches: Iterable[tuple[float, float, LimitKind]]) -> Iterator[tuple[float, float, LimitKind]]:
    for kind, same in groupby(stretches, key=lambda stretch: stretch[2]):
        ends = list(same)
        yield ends[0][0], ends[-1][1], kind


def edges(limits: Sequence[SessionLimit], up: Scale) -> Iterator[tuple[LimitKind, float]]:
    """Limits to draw as lines. One that lies behind another of the same or higher severity is in the table alone."""
    for limit in limits:
        if up.holds(bound_of(limit)) and _is_drawn(limit, limits):
            yield limit.kind, bound_of(limit)


def _is_drawn(limit: SessionLimit, limits: Sequence[SessionLimit]) -> bool:
    bound, is_above = bound_of(limit), limit.above is not None
    others = [one for one in limits if (one.above is not None) is is_above and one is not limit]
    crossed_before = [one for one in others if (bound_of(one) < bound) is is_above and bound_of(one) != bound]
    return all(_RANKS.index(one.kind) < _RANKS.index(limit.kind) for one in crossed_before)


def _worst_first(edge: tuple[LimitKind, float]) -> int:
    return -_RANKS.index(edge[0])
