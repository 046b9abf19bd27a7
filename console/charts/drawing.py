"""The model of a chart: shapes, labels and their places, with a summary sentence and the data as tables.

It holds no colours and no script. `look` names what a shape means, and the style sheet gives it its colours.
"""

from enum import StrEnum

from domain.values import Frozen


class TextSize(StrEnum):
    """Where the chart is shown: on a page, on a phone, or small beside others of its kind, there or on a phone."""

    WIDE = "wide"
    NARROW = "narrow"
    SMALL = "small"
    TINY = "tiny"


class Shape(StrEnum):
    """The shape of a mark. Severity shows in the shape as well as in the colour."""

    DOT = "dot"
    RING = "ring"
    SQUARE = "square"
    HOLLOW_SQUARE = "hollow_square"
    DIAMOND = "diamond"
    HOLLOW_DIAMOND = "hollow_diamond"
    TRIANGLE = "triangle"
    CROSS = "cross"
    HATCHED = "hatched"


class Anchor(StrEnum):
    """Which part of a text lies at its `x`."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


class Area(Frozen):
    """A rectangle. `tip` is its tooltip; `radius` rounds its corners."""

    x: float
    y: float
    width: float
    height: float
    look: str
    tip: str | None = None
    radius: float = 0
    is_hatched: bool = False


class Point(Frozen):
    """A point, measured to the right and down from the upper left corner."""

    x: float
    y: float


class Line(Frozen):
    """A line through these points; a single point draws nothing."""

    points: tuple[Point, ...]
    look: str

    @property
    def path(self) -> str:
        """The points as SVG's `points` attribute."""
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)


class Mark(Frozen):
    """A mark for something that was measured or done."""

    x: float
    y: float
    shape: Shape
    look: str
    radius: float = 4
    tip: str | None = None

    @property
    def corners(self) -> str:
        """The corners of a polygonal shape, as SVG's `points` attribute."""
        places: tuple[tuple[float, float], ...]
        r = self.radius * 1.3
        match self.shape:
            case Shape.TRIANGLE:
                places = ((0, -r), (r, 0.8 * r), (-r, 0.8 * r))
            case Shape.SQUARE | Shape.HOLLOW_SQUARE:
                places = ((-0.7 * r, -0.7 * r), (0.7 * r, -0.7 * r), (0.7 * r, 0.7 * r), (-0.7 * r, 0.7 * r))
            case _:
                places = ((0, -r), (r, 0), (0, r), (-r, 0))
        return " ".join(f"{self.x + right:.4g},{self.y + down:.4g}" for right, down in places)


class Words(Frozen):
    """A text in the drawing; `y` is its base line."""

    x: float
    y: float
    text: str
    look: str
    anchor: Anchor = Anchor.START


class Key(Frozen):
    """An entry of the legend."""

    shape: Shape
    look: str
    text: str

    @property
    def mark(self) -> Mark:
        """The mark in a 12 by 12 square."""
        return Mark(x=6, y=6, shape=self.shape, look=self.look, radius=3.5)


class Table(Frozen):
    """The chart's data as a table. Every row is as long as the head."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Drawing(Frozen):
    """A whole chart. Areas lie behind lines, lines behind marks, marks behind texts."""

    name: str
    size: TextSize
    width: float
    height: float
    says: str
    areas: tuple[Area, ...] = ()
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    words: tuple[Words, ...] = ()
    keys: tuple[Key, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def is_hatched(self) -> bool:
        """Whether some area is hatched: then the SVG needs the pattern."""
        return any(area.is_hatched for area in self.areas)
