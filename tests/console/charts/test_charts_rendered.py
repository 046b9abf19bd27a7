"""A drawing as HTML: SVG that a strict policy lets through, with its answer and its tables for whoever cannot see."""

from datetime import UTC
from html.parser import HTMLParser

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.charts.drawing import Area, Drawing, Mark, Shape, Table, TextSize, Words
from console.charts.oncall_strip import OnDuty, strip_chart
from console.charts.session import session_chart
from console.pages.frame.rendering import HERE
from tests.support.cast import MONDAY, days
from tests.support.charts import watched

TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
CHART = TEMPLATES.from_string('{% from "charts.html" import chart %}{{ chart(drawing, narrow) }}')
CSS = (HERE / "static" / "charts.css").read_text(encoding="utf-8")


class Page(HTMLParser):
    """Every element that was opened, with its attributes, and every text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.opened: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def rendered(drawing: Drawing, narrow: Drawing | None = None) -> Page:
    page = Page(CHART.render(drawing=drawing, narrow=narrow))
    assert page.open == []
    return page


def drawings() -> list[Drawing]:
    ward, session = watched({0: (126, 79), 15: (165, 83), 36: (190, 87)}, until=53)
    turn = OnDuty(rota="nurse", person="Lind", begins_at=MONDAY, ends_at=MONDAY + days(2), is_override=True)
    strip = strip_chart((turn,), MONDAY, MONDAY + days(7), MONDAY, UTC)
    return [*(session_chart(session, ward.now, UTC, size) for size in TextSize), strip]


@pytest.mark.parametrize("drawing", drawings(), ids=lambda drawing: drawing.name)
def test_nothing_needs_a_style_or_a_script(drawing: Drawing) -> None:
    """`style-src 'self'`: no style attribute, no style element, no script, no handler, nothing from elsewhere."""
    for tag, attributes in rendered(drawing).opened:
        assert tag not in {"style", "script", "image", "foreignobject", "use", "a"}
        assert not [name for name in attributes if name == "style" or name.startswith("on") or "href" in name]


@pytest.mark.parametrize("drawing", drawings(), ids=lambda drawing: drawing.name)
def test_whoever_cannot_see_it_hears_the_answer_and_has_the_table(drawing: Drawing) -> None:
    """The picture is an image named by its sentence; each table has its caption and a heading for every column."""
    page = rendered(drawing)
    (picture,) = [attributes for tag, attributes in page.opened if tag == "svg" and attributes.get("role") == "img"]

    assert picture["aria-label"] == drawing.says
    assert len([tag for tag, _ in page.opened if tag == "caption"]) == len(drawing.tables)
    columns = [attributes for tag, attributes in page.opened if tag == "th" and attributes.get("scope") == "col"]
    assert len(columns) == sum(len(table.head) for table in drawing.tables)
    assert drawing.tables[0].rows[0][1] in page.texts


def test_a_page_has_a_drawing_for_its_width_and_one_table() -> None:
    """The style sheet shows the one that fits; their patterns do not clash."""
    turn = OnDuty(rota="nurse", person="Lind", begins_at=MONDAY, ends_at=MONDAY + days(2), is_override=True)
    wide, narrow = (
        strip_chart((turn,), MONDAY, MONDAY + days(7), MONDAY, UTC, size) for size in (TextSize.WIDE, TextSize.NARROW)
    )
    page = rendered(wide, narrow)
    ids = [attributes["id"] for _, attributes in page.opened if attributes.get("id")]

    assert len(ids) == len(set(ids)) == 2
    assert [attributes["class"] for tag, attributes in page.opened if tag == "svg" and "role" in attributes] == [
        "chart of-wide",
        "chart of-narrow",
    ]
    assert len([tag for tag, _ in page.opened if tag == "table"]) == 1


def test_what_somebody_wrote_is_text_and_nothing_else() -> None:
    """A name, a code or a route from outside draws nothing and runs nothing."""
    evil = '"><script>alert(1)</script>'
    drawing = Drawing(
        name="evil",
        size=TextSize.WIDE,
        width=10,
        height=10,
        says=f"{evil}.",
        areas=(Area(x=0, y=0, width=1, height=1, look="lane", tip=evil),),
        marks=(Mark(x=1, y=1, shape=Shape.CROSS, look="well", tip=evil),),
        words=(Words(x=1, y=1, text=evil, look="tick"),),
        tables=(Table(caption=evil, head=(evil,), rows=((evil,),)),),
    )
    page = rendered(drawing)

    assert "script" not in [tag for tag, _ in page.opened]
    assert page.texts.count(evil) == 6


def test_every_shape_is_drawn() -> None:
    """None is forgotten in the template, where it would be drawn as another."""
    marks = tuple(Mark(x=5, y=5, shape=shape, look="well") for shape in Shape)
    drawing = Drawing(name="shapes", size=TextSize.WIDE, width=10, height=10, says="Shapes.", marks=marks)
    drawn = [
        attributes["class"] for tag, attributes in rendered(drawing).opened if tag in {"circle", "path", "polygon"}
    ]

    assert drawn == [f"mark {shape} well" for shape in Shape]


def test_every_look_has_its_colours() -> None:
    """What a drawing calls a shape, the style sheet knows."""
    said = [
        look
        for drawing in drawings()
        for look in (
            *(area.look for area in drawing.areas),
            *(line.look for line in drawing.lines),
            *(mark.look for mark in drawing.marks),
            *(words.look for words in drawing.words),
        )
    ]
    looks = {word for look in said for word in look.split()}
    theirs = {"emergency", "urgent", "routine", "warning", "well", "held", "checkpoint", "turn", "score"}

    assert sorted(look for look in looks - theirs if f".{look}" not in CSS) == []
