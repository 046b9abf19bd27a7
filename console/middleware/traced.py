"""Tracing middleware: a span for each request, within the caller's own where it says so; only where traces are kept."""

from typing import Final

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.middleware.access_log import route_of
from console.request_id import own_request_id
from gateway.tracing import HEADER, Tracing

NOT_TRACED: Final = frozenset({"/healthz", "/readyz", "/metrics"})


class Traced:
    """Runs inside `RequestContext`, which sets the request id. A path is never told of, for it may hold anything."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http" or scope["path"] in NOT_TRACED:
            await self._app(scope, receive, send)
            return
        method, within = scope["method"], Headers(scope=scope).get(HEADER, "")
        with self._tracing.span(method, SpanKind.SERVER, within, request_id=own_request_id()) as span:

            async def send_told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.update_name(f"{method} {route_of(scope)}")
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._app(scope, receive, send_told)
