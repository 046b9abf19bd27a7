"""Middleware that gives each request an id and each response its security headers."""

from typing import Final

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console import request_id
from console.error_responses import on_fault

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


STATIC: Final = "/static/"
"""What shows no patient, and may be kept: everything else is kept by no browser and no proxy."""


class RequestContext:
    """Sets the request id and the response headers. It buffers nothing, so streams pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = request_id.begin(Headers(scope=scope).get(request_id.HEADER))

        is_begun = False

        async def send_framed(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                head = MutableHeaders(scope=message)
                head[request_id.HEADER] = name
                for header, value in HEADERS.items():
                    head.setdefault(header, value)
                if not scope["path"].startswith(STATIC):
                    head.setdefault("Cache-Control", "no-store")
                is_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_framed)
        except Exception as error:
            if is_begun:
                raise
            answer = await on_fault(Request(scope), error)
            await answer(scope, receive, send_framed)
