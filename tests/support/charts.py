"""What every drawing must hold, and sessions to draw."""

from collections.abc import Iterator, Mapping

from console.charts.drawing import Anchor, Drawing, Shape
from domain.views.course import CourseView, course_view
from domain.views.session import SessionView
from tests.support.cast import MARA, minutes, vitals
from tests.support.ward import Ward

MARGIN = 0.11
"""Places are told to a tenth."""


def is_whole(drawing: Drawing) -> bool:
    """Everything lies in the view box, the answer is said, and every row of a table is as long as its head."""
    for x, y in places(drawing):
        assert -MARGIN <= x <= drawing.width + MARGIN, (x, y)
        assert -MARGIN <= y <= drawing.height + MARGIN, (x, y)
    assert all(area.width >= 0 and area.height >= 0 for area in drawing.areas)
    assert drawing.says.endswith(".")
    assert drawing.tables
    for table in drawing.tables:
        assert all(len(row) == len(table.head) for row in table.rows)
    return True


def places(drawing: Drawing) -> Iterator[tuple[float, float]]:
    """Every corner, point, middle and beginning of words; words are taken to be as wide as their letters."""
    for area in drawing.areas:
        yield area.x, area.y
        yield area.x + area.width, area.y + area.height
    for line in drawing.lines:
        yield from ((point.x, point.y) for point in line.points)
    for mark in drawing.marks:
        yield mark.x, mark.y
        if mark.shape not in {Shape.DOT, Shape.RING, Shape.CROSS, Shape.HATCHED}:
            yield from (tuple(map(float, corner.split(","))) for corner in mark.corners.split())  # type: ignore[misc]
    for words in drawing.words:
        width = 5.5 * len(words.text)
        begin = words.x - {Anchor.START: 0, Anchor.MIDDLE: width / 2, Anchor.END: width}[words.anchor]
        yield begin, words.y
        yield begin + width, words.y


def watched(values: Mapping[int, tuple[int, int]], until: float) -> tuple[Ward, SessionView]:
    """A session whose readings have this pressure at these minutes, seen at minute `until`."""
    ward = Ward().dosed()
    for minute, (systolic, diastolic) in sorted(values.items()):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute), systolic=systolic, diastolic=diastolic))
    ward.until(max(ward.now, ward.begins() + minutes(until)))
    return ward, seen(ward).sessions[0]


def seen(ward: Ward) -> CourseView:
    return course_view(ward.course, ward.now)
