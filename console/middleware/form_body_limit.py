"""A form's body is whole, and no longer than the API's may be, before any page parses it."""

from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.api.request_body import read_body
from console.errors.handlers import answer_with
from console.errors.problems import ProblemError

API: Final = "/v1/"
"""Whose routes read their bodies themselves, each in its own way."""


class FormBodyLimit:
    """Reads what is sent to a page: what is too long, or breaks off, is told to its sender and goes no further."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await read_body(request)
        except ProblemError as no:
            answer = await answer_with(request, no)
            await answer(scope, receive, send)
            return
        is_given = False

        async def give() -> Message:
            nonlocal is_given
            if is_given:
                return await receive()
            is_given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, give, send)
