"""The console as one application: what it answers, and in what frame every answer stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from console.answering import on_error
from console.api import courses, escalations, events, health, metrics, protocols, readiness, stream
from console.counted import Counted
from console.door import Door
from console.frame import Frame
from console.pages import acknowledge
from console.pages.rendering import static_files
from console.problems import Told
from domain.refusal import Refused
from gateway.calls import TooMany, Unavailable
from records.errors import RecordStoreError

EXPECTED = (Told, Refused, TooMany, Unavailable, RecordStoreError, RequestValidationError, HTTPException)


def create_app(door: Door) -> FastAPI:
    """The application at this door."""

    @asynccontextmanager
    async def open_hours(_app: FastAPI) -> AsyncIterator[None]:
        async with door.reads.kept(), door.stream.kept(), door.watch.kept():
            yield

    app = FastAPI(
        title="Kapstan",
        version=version("kapstan"),
        docs_url=None,
        redoc_url=None,
        lifespan=open_hours,
        redirect_slashes=False,
    )
    app.state.door = door
    for kind in EXPECTED:
        app.add_exception_handler(kind, on_error)
    for part in (health, readiness, metrics, events, courses, escalations, protocols, stream, acknowledge):
        app.include_router(part.router)
    app.mount("/static", static_files(), name="static")
    app.add_middleware(Counted, measures=door.measures)
    app.add_middleware(Frame)
    return app
