"""The console's FastAPI application: routers, exception handlers and middleware."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI

from console.api import bookings, courses, escalations, events, health, metrics, oncall, protocols, readiness, stream
from console.error_responses import on_error
from console.errors.mapping import EXPECTED
from console.middleware.access_log import AccessLog
from console.middleware.body_limit import BodyLimit
from console.middleware.request_context import RequestContext
from console.middleware.traced import Traced
from console.openapi.document import openapi
from console.pages.frame.rendering import static_files
from console.pages.router import router as pages
from console.services import Services
from console.temporal_codec import router as codec

API: Final = (health, readiness, metrics, events, courses, bookings, escalations, oncall, protocols, stream)
"""The routers in `/openapi.json`, in its order. The pages are left out: they are for people."""


def create_app(services: Services) -> FastAPI:
    """The application over these services."""

    @asynccontextmanager
    async def open_hours(_app: FastAPI) -> AsyncIterator[None]:
        async with services.audit_log.kept(), services.stream.kept(), services.watchdog.kept():
            yield

    app = FastAPI(
        title="Kapstan",
        version=version("kapstan"),
        docs_url=None,
        redoc_url=None,
        lifespan=open_hours,
        redirect_slashes=False,
        # `gateway/tracing.py` tells what there is to tell; FastAPI would look at each request for who else listens.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = services
    app.openapi = openapi(app)  # type: ignore[method-assign] # as FastAPI's own documentation has it
    for kind in EXPECTED:
        app.add_exception_handler(kind, on_error)
    for part in API:
        app.include_router(part.router)
    app.include_router(pages)
    app.include_router(codec)
    app.mount("/static", static_files(), name="static")
    app.add_middleware(BodyLimit)
    app.add_middleware(AccessLog, metrics=services.metrics)
    if services.tracing is not None:
        app.add_middleware(Traced, tracing=services.tracing)
    app.add_middleware(RequestContext)
    return app
