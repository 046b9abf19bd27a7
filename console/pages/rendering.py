"""Templates and static files of the pages."""

from pathlib import Path
from typing import Final

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.staticfiles import StaticFiles

from domain.values import Frozen

HERE: Final = Path(__file__).parent

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def page(template: str, shown: Frozen, status: int = 200) -> Response:
    """The page of this template, which sees `shown` and nothing else. No cache keeps it."""
    html = _templates.get_template(template).render(page=shown)
    return Response(html, status_code=status, media_type="text/html", headers={"Cache-Control": "no-store"})


def static_files() -> StaticFiles:
    """Style sheets, by their names."""
    return StaticFiles(directory=HERE / "static")
