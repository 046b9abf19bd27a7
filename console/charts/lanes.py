"""One vital sign over time, in a lane of its own: its readings before the limits that they are judged by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from console.charts.drawing import Anchor, Area, Line, Mark, Point, Shape, Words
from console.charts.scale import Scale, apart
from domain.limits import LimitKind, SessionLimit
from domain.protocol import Vital
from domain.values import Frozen
from domain.view import ReadingView
from domain.vitals import VerdictSeverity


class Ground(Frozen):
    """What a lane shows at least: from `low` to `high`, these ticks, so much room beyond a reading or a limit."""

    low: float
    high: float
    ticks: tuple[float, ...]
    room: float
    most: float
    unit: str


GROUNDS: Final[Mapping[Vital, Ground]] = {
    Vital.SYSTOLIC: Ground(low=80, high=190, ticks=(120, 100), room=10, most=310, unit="mmHg"),
    Vital.DIASTOLIC: Ground(low=40, high=115, ticks=(80, 60), room=6, most=210, unit="mmHg"),
    Vital.HEART_RATE: Ground(low=45, high=125, ticks=(80,), room=5, most=310, unit="beats/min"),
    Vital.SPO2: Ground(low=88, high=100, ticks=(100,), room=1, most=100, unit="%"),
}

SHAPES: Final[Mapping[VerdictSeverity, tuple[Shape, str]]] = {
    VerdictSeverity.WARNING: (Shape.DOT, "warning"),
    VerdictSeverity.RECHECK: (Shape.HOLLOW_DIAMOND, "urgent"),
    VerdictSeverity.URGENT: (Shape.DIAMOND, "urgent"),
    VerdictSeverity.EMERGENCY: (Shape.TRIANGLE, "emergency"),
}
"""How a reading is marked that is not normal."""

LOOKS: Final[Mapping[LimitKind, str]] = {
    LimitKind.HOLD: "held",
    LimitKind.WARNING: "warning",
    LimitKind.URGENT: "urgent",
    LimitKind.EMERGENCY: "emergency",
}
_RANKS: Final = list(LimitKind)

NAMES: Final[Mapping[Vital, str]] = {
    Vital.SYSTOLIC: "Systolic",
    Vital.DIASTOLIC: "Diastolic",
    Vital.HEART_RATE: "Heart rate",
    Vital.SPO2: "SpO₂",
}


class Lane(Frozen):
    """One vital's strip of the drawing: where it lies, and what is drawn before it."""

    vital: Vital
    up: Scale
    across: Scale
    dosed_at: float | None
    radius: float
    has_words: bool

    def areas(self, limits: Iterable[SessionLimit]) -> Iterator[Area]:
        """The ground beyond each limit: before the dose what forbids it, from the dose on what a reading then is."""
        mine = [limit for limit in limits if limit.vital is self.vital]
        dose = self._dose
        if dose > self.across.begin:
            yield from self._beyond([one for one in mine if one.kind is LimitKind.HOLD], self.across.begin, dose)
        if dose < self.across.end:
            yield from self._beyond([one for one in mine if one.kind is not LimitKind.HOLD], dose, self.across.end)

    def lines(self, limits: Iterable[SessionLimit], readings: Sequence[tuple[float, ReadingView]]) -> Iterator[Line]:
        """The ticks' lines, the limits, then the readings."""
        for tick in GROUNDS[self.vital].ticks:
            if self.up.holds(tick):
                yield self._level(self.up.at(tick), self.across.begin, self.across.end, "grid")
        for limit in limits:
            bound = bound_of(limit)
            if limit.vital is not self.vital or not self.up.holds(bound):
                continue
            is_before = limit.kind is LimitKind.HOLD
            begin, end = (self.across.begin, self._dose) if is_before else (self._dose, self.across.end)
            if begin < end:
                yield self._level(self.up.at(bound), begin, end, f"limit {LOOKS[limit.kind]}")
        yield Line(
            points=tuple(
                Point(x=self.across.at(minute), y=self.up.at(value)) for minute, value in self._values(readings)
            ),
            look=f"reading {self.vital}",
        )

    def marks(self, readings: Sequence[tuple[float, ReadingView]]) -> Iterator[Mark]:
        """A mark a reading, shaped by what the protocol says of this vital in it."""
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
                tip=f"{minute:.0f} min: {NAMES[self.vital]} {value} {GROUNDS[self.vital].unit}{said}",
            )

    def words(self, limits: Iterable[SessionLimit], readings: Sequence[tuple[float, ReadingView]]) -> Iterator[Words]:
        """The lane's name, the last value, the limits on the left, and what lies beyond them."""
        mine = [limit for limit in limits if limit.vital is self.vital]
        worst_first = sorted(mine, key=lambda limit: -_RANKS.index(limit.kind))
        ticks = apart([*map(bound_of, worst_first), *GROUNDS[self.vital].ticks], self.up, 12)
        for tick in ticks:
            yield Words(
                x=self.across.begin - 6, y=self.up.at(tick) + 4, text=f"{tick:g}", look="tick", anchor=Anchor.END
            )
        last = next((value for _, value in reversed(list(self._values(readings)))), None)
        middle = (self.up.begin + self.up.end) / 2 if last is None else self.up.at(last)
        # Held within the lane, or two lanes' words would touch.
        base = min(max(middle + 4, self.up.end + 11), self.up.begin - (11 if self.has_words else 0))
        if self.has_words:
            yield Words(x=self.across.end + 8, y=base, text=_said(NAMES[self.vital], last), look="value")
            yield Words(x=self.across.end + 8, y=base + 13, text=GROUNDS[self.vital].unit, look="tick")
            yield from self._beyond_in_words(mine)
        else:
            yield Words(x=self.across.begin + 3, y=self.up.end + 10, text=NAMES[self.vital], look="tick")
            if last is not None:
                yield Words(x=self.across.end + 6, y=base, text=f"{last}", look="value")

    @property
    def _dose(self) -> float:
        return self.across.end if self.dosed_at is None else self.across.at(self.dosed_at)

    def _values(self, readings: Sequence[tuple[float, ReadingView]]) -> Iterator[tuple[float, int]]:
        for minute, reading in readings:
            if (value := value_of(reading, self.vital)) is not None:
                yield minute, value

    def _beyond(self, limits: list[SessionLimit], begin: float, end: float) -> Iterator[Area]:
        for low, high, kind in (*grounds_above(limits, self.up.high), *grounds_below(limits, self.up.low)):
            top, bottom = self.up.at(high), self.up.at(low)
            if bottom > top:
                yield Area(x=begin, y=top, width=round(end - begin, 1), height=round(bottom - top, 1), look=LOOKS[kind])

    def _beyond_in_words(self, limits: list[SessionLimit]) -> Iterator[Words]:
        if self.dosed_at is None:
            return
        later = [one for one in limits if one.kind is not LimitKind.HOLD]
        for low, high, kind in (*grounds_above(later, self.up.high), *grounds_below(later, self.up.low)):
            top, bottom = self.up.at(high), self.up.at(low)
            if bottom - top >= 13:
                is_above = self.up.at(high) == self.up.end or low > self._middle
                base = bottom - 4 if is_above else top + 11
                yield Words(x=self._dose + 6, y=base, text=str(kind), look=f"beyond {LOOKS[kind]}")

    @property
    def _middle(self) -> float:
        return (self.up.low + self.up.high) / 2

    def _level(self, y: float, begin: float, end: float, look: str) -> Line:
        return Line(points=(Point(x=begin, y=y), Point(x=end, y=y)), look=look)


def range_of(vital: Vital, limits: Iterable[SessionLimit], readings: Iterable[ReadingView]) -> tuple[float, float]:
    """From where to where a lane reaches: its ground, every limit and every reading, with some room beyond them."""
    ground = GROUNDS[vital]
    bounds = [bound_of(limit) for limit in limits if limit.vital is vital and limit.kind is not LimitKind.HOLD]
    values = [value for reading in readings if (value := value_of(reading, vital)) is not None]
    reached = [*bounds, *values]
    low = min([ground.low, *(value - ground.room for value in reached)])
    high = max([ground.high, *(value + ground.room for value in reached)])
    return max(low, 0), min(high, max([ground.most, *values]))


def bound_of(limit: SessionLimit) -> float:
    """The value of the line."""
    bound = limit.above if limit.above is not None else limit.below
    assert bound is not None
    return bound


def value_of(reading: ReadingView, vital: Vital) -> int | None:
    """The value that the lane draws."""
    return {
        Vital.SYSTOLIC: reading.vitals.systolic,
        Vital.DIASTOLIC: reading.vitals.diastolic,
        Vital.HEART_RATE: reading.vitals.heart_rate,
        Vital.SPO2: reading.vitals.spo2,
    }.get(vital)


def severity_of(reading: ReadingView, vital: Vital) -> VerdictSeverity:
    """What the verdict says of this vital alone."""
    found = [one.severity for one in reading.verdict.findings if one.code.startswith(f"vitals.{vital}_")]
    return max(found, key=lambda severity: severity.rank, default=VerdictSeverity.NORMAL)


def grounds_above(limits: Iterable[SessionLimit], most: float) -> Iterator[tuple[float, float, LimitKind]]:
    """From where to where upwards what holds, the worst of all that is crossed there."""
    crossed = sorted((one.above, one.kind) for one in limits if one.above is not None and one.above < most)
    edges = [*dict.fromkeys(bound for bound, _ in crossed), most]
    for low, high in pairwise(edges):
        yield low, high, max((kind for bound, kind in crossed if bound <= low), key=_RANKS.index)


def grounds_below(limits: Iterable[SessionLimit], least: float) -> Iterator[tuple[float, float, LimitKind]]:
    """The same downwards."""
    crossed = sorted((one.below, one.kind) for one in limits if one.below is not None and one.below > least)
    edges = [least, *dict.fromkeys(bound for bound, _ in crossed)]
    for low, high in pairwise(edges):
        yield low, high, max((kind for bound, kind in crossed if bound >= high), key=_RANKS.index)


def _said(name: str, value: int | None) -> str:
    return name if value is None else f"{name} {value}"
