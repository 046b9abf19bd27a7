"""Middleware that limits the size of every body, while whoever wants it reads it."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.errors.problems import ProblemCode, ProblemError, problem_error

LONGEST: Final = 256 * 1024
"""Longest body in bytes (the contract's 256 KiB)."""

HEARD_OUT: Final = 4 * 1024 * 1024
HEARD_OUT_FOR: Final = timedelta(seconds=2)
"""How much of the rest of a too long body is still read, and for how long, before the connection is closed."""

WHOLE_WITHIN: Final = timedelta(seconds=30)
"""How long a body may take until it is whole."""


class BodyLimit:
    """Raises `ProblemError` out of the reading of a body that is too long (`too_large`) or too slow (`malformed`).

    The body is read by its route, after the route is known and its caller signed in: so a stranger gets 401 first, and
    the access log names the route.
    """

    def __init__(self, app: ASGIApp, whole_within: timedelta = WHOLE_WITHIN) -> None:
        self._app = app
        self._whole_within = whole_within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "")
        read = int(stated) if stated.isdecimal() else 0
        is_answered = is_whole = False
        by = asyncio.get_running_loop().time() + self._whole_within.total_seconds()

        async def limited() -> Message:
            nonlocal read, is_whole
            if is_answered:
                return await receive()  # only asked whether the client is still there
            if read > LONGEST:
                if not is_whole:
                    await _hear_out(receive)
                raise _too_large()
            if is_whole:
                return await receive()
            message = await _by(by, receive)
            is_whole = not message.get("more_body", False)
            if not stated.isdecimal():
                read += len(message.get("body", b""))
            return await limited() if read > LONGEST else message

        async def noticed(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        await self._app(scope, limited, noticed)


async def _by(moment: float, receive: Receive) -> Message:
    try:
        async with asyncio.timeout_at(moment):
            return await receive()
    except TimeoutError:
        detail = f"The body must be whole within {WHOLE_WITHIN.total_seconds():.0f} seconds"
        raise problem_error(ProblemCode.MALFORMED, detail, also={"Connection": "close"}) from None


async def _hear_out(receive: Receive) -> None:
    """Reads and discards the rest within bounds: a client that is cut off while sending never reads the response."""
    left = HEARD_OUT
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARD_OUT_FOR.total_seconds()):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _too_large() -> ProblemError:
    # The connection closes after the response: on one kept open the rest of the body would still have to be read.
    detail = f"The body must be at most {LONGEST // 1024} KiB"
    return problem_error(ProblemCode.TOO_LARGE, detail, also={"Connection": "close"})
