"""Templates and static files of the pages."""

from pathlib import Path
from typing import Final

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.staticfiles import StaticFiles

from console.pages.frame.clock import place
from console.pages.frame.severity_marks import MARKS, MEANINGS
from console.pages.frame.shell import shell
from console.pages.frame.viewer import Viewer
from domain.harmless import harmless
from domain.values import Frozen

HERE: Final = Path(__file__).parents[1]


def _shown(value: object) -> object:
    """What a template shows, in harmless characters. What is markup already was made of such."""
    return harmless(value, kept="\r") if isinstance(value, str) and not isinstance(value, Markup) else value


_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    finalize=_shown,
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["place"] = place
_templates.globals["marks"] = MARKS
_templates.globals["meanings"] = MEANINGS


def page(template: str, shown: Frozen, status: int = 200) -> Response:
    """Renders the template with `shown` and nothing else. The response is never cached."""
    return _html(_templates.get_template(template).render(page=shown), status)


async def floor_page(
    viewer: Viewer,
    place: str,
    template: str,
    shown: Frozen,
    status: int = 200,
    *,
    here: str | None = None,
    site: str | None = None,
) -> Response:
    """Renders the template within the floor's frame for this viewer, and prolongs their sign-in.

    `here`: where the page fetches itself anew, if not at the address of the request. `site`: whose wall clock counts.
    """
    frame = await shell(viewer, place, here, site)
    response = _html(_templates.get_template(template).render(page=shown, shell=frame), status)
    if viewer.signed_in is not None and not viewer.is_live:
        await viewer.services.sign_ins.use(viewer.signed_in, viewer.now)
    return response


def static_files() -> StaticFiles:
    """The application that serves style sheets and scripts."""
    return StaticFiles(directory=HERE / "static")


def _html(text: str, status: int) -> Response:
    return Response(text, status_code=status, media_type="text/html", headers={"Cache-Control": "no-store"})
