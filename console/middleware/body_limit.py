"""Middleware that reads each body whole before anything else sees it, and limits its size."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.error_responses import answer_with
from console.errors.problems import ProblemCode, ProblemError, problem_error

LONGEST: Final = 256 * 1024
"""Longest body in bytes (the contract's 256 KiB)."""

HEARD_OUT: Final = 4 * 1024 * 1024
HEARD_OUT_FOR: Final = timedelta(seconds=2)
"""How much of the rest of a too long body is still read, and for how long, before the connection is closed."""


class BodyLimit:
    """Reads the body before the application does; one that is too long or breaks off is refused here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await _read_body(request)
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


async def _read_body(request: Request, longest: int = LONGEST) -> bytes:
    """The whole body. Raises `ProblemError`: `too_large` (no more than `longest` is kept), or `malformed`."""
    stated = request.headers.get("content-length", "")
    pieces = request.stream()
    read = bytearray()
    try:
        if not (stated.isdecimal() and int(stated) > longest):
            async for piece in pieces:
                read += piece
                if len(read) > longest:
                    break
            else:
                return bytes(read)
        await _hear_out(pieces)
    except ClientDisconnect:
        raise problem_error(ProblemCode.MALFORMED, "The body ended before it was whole") from None
    raise _too_large(longest)


async def _hear_out(pieces: AsyncIterator[bytes]) -> None:
    """Reads and discards the rest within bounds: a client that is cut off while sending never reads the response."""
    left = HEARD_OUT
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARD_OUT_FOR.total_seconds()):
            async for piece in pieces:
                left -= len(piece)
                if left < 0:
                    return


def _too_large(longest: int) -> Exception:
    # The connection closes after the response: on one kept open the rest of the body would still have to be read.
    detail = f"The body must be at most {longest // 1024} KiB"
    return problem_error(ProblemCode.TOO_LARGE, detail, also={"Connection": "close"})
