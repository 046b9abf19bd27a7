"""Access log middleware: counts each request and logs its route, status, duration and token."""

import logging
from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.metrics.console_metrics import ConsoleMetrics
from domain.access import Caller

UNKNOWN: Final = "unknown"
"""Route of a request that matches none. The path itself is never counted or logged: it may hold anything."""

log = logging.getLogger(__name__)


class AccessLog:
    """Runs inside `RequestContext`, which sets the request id. An unexpected error counts as status 500."""

    def __init__(self, app: ASGIApp, metrics: ConsoleMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = monotonic()
        status = 500
        is_begun = False

        async def send_counted(message: Message) -> None:
            nonlocal status, is_begun
            if message["type"] == "http.response.start":
                status, is_begun = message["status"], True
                self._metrics.answered(scope["method"], route_of(scope), status, monotonic() - began)
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        finally:
            if not is_begun:
                self._metrics.answered(scope["method"], route_of(scope), status, monotonic() - began)
            told = {
                "method": scope["method"],
                "route": route_of(scope),
                "status": status,
                "seconds": round(monotonic() - began, 3),
                "token": _token(scope),
            }
            log.info("Answered", extra=told)


def route_of(scope: Scope) -> str:
    """The template of the route that the request matches."""
    return str(getattr(scope.get("route"), "path", UNKNOWN))


def _token(scope: Scope) -> str | None:
    caller = scope.get("state", {}).get("caller")
    return caller.token_id if isinstance(caller, Caller) else None
