"""A drawing: shapes, words and where they stand, with the answer as a sentence and all of it as tables.

It knows no colour and no script. `look` names what a shape means, and the style sheet gives it its colours.
"""

from enum import StrEnum

from domain.values import Frozen


class TextSize(StrEnum):
    """For which place it is drawn: a page, a phone, or beside others of its kind."""

    WIDE = "wide"
    NARROW = "narrow"
    SMALL = "small"


class Shape(StrEnum):
    """What a mark looks like: severity is a shape before it is a colour."""

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
    """Which part of the words stands at their place."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


class Area(Frozen):
    """A rectangle. `tip` is what is said of it to whoever points at it; `radius` is that of its corners."""

    x: float
    y: float
    width: float
    height: float
    look: str
    tip: str | None = None
    radius: float = 0
    is_hatched: bool = False


class Point(Frozen):
    """A place, to the right and down from the upper left corner."""

    x: float
    y: float


class Line(Frozen):
    """A line from point to point; a single point draws nothing."""

    points: tuple[Point, ...]
    look: str

    @property
    def path(self) -> str:
        """As SVG's `points` wants it."""
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)


class Mark(Frozen):
    """A mark of one thing that was measured or done."""

    x: float
    y: float
    shape: Shape
    look: str
    radius: float = 4
    tip: str | None = None

    @property
    def corners(self) -> str:
        """The corners of a shape that has some."""
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
    """Words in the drawing; `y` is their base line."""

    x: float
    y: float
    text: str
    look: str
    anchor: Anchor = Anchor.START


class Key(Frozen):
    """What a mark means, below the drawing."""

    shape: Shape
    look: str
    text: str

    @property
    def mark(self) -> Mark:
        """The mark in a square of twelve."""
        return Mark(x=6, y=6, shape=self.shape, look=self.look, radius=3.5)


class Table(Frozen):
    """The same as a table. Every row is as long as the head."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Drawing(Frozen):
    """What a page shows: areas behind lines behind marks behind words."""

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
        """Whether some area is: then the drawing needs the pattern."""
        return any(area.is_hatched for area in self.areas)
