"""A request's body, read no further than it may be long, and as the one model that also describes it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import timedelta
from email.message import Message
from types import MappingProxyType
from typing import Any, Final, Generic, TypeAlias, TypeVar

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from console.errors.problems import ProblemCode, problem_error
from domain.events.parsing import field_error, parse_json
from domain.refusal import invalid
from domain.values import Frozen

JSON: Final = "application/json"

Sent = TypeVar("Sent", bound=Frozen)
Content: TypeAlias = Mapping[str, TypeAdapter[Any]]
NONE: Final[Content] = MappingProxyType({})

LONGEST: Final = 256 * 1024
"""Bytes of a body (the contract's 256 KiB)."""

HEARD_OUT: Final = 4 * 1024 * 1024
HEARD_OUT_FOR: Final = timedelta(seconds=2)
"""Of a body that is too long: how much of the rest is still read, and for how long, before the line is closed."""


class Body:
    """What a route takes: in which media types, with which headers of its own, and how reading it may end."""

    problems: Final = (
        ProblemCode.MALFORMED,
        ProblemCode.TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.INVALID,
    )

    def __init__(self, content: Content, headers: Content = NONE) -> None:
        self.content = content
        self.headers = headers


class JsonBody(Body, Generic[Sent]):
    """A route's dependency: what the caller sends in JSON, as this model."""

    def __init__(self, model: type[Sent]) -> None:
        super().__init__({JSON: TypeAdapter(model)})
        self._model = model

    async def __call__(self, request: Request) -> Sent:
        """What was sent. Raises `ProblemError`, or `Refused` (`malformed`, `invalid` with a JSON pointer a field)."""
        if media_type(request) != JSON:
            raise problem_error(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"The media type must be {JSON}")
        body = await read_body(request)
        parse_json(body)
        try:
            return self._model.model_validate_json(body, strict=True)
        except ValidationError as wrong:
            raise invalid(*(field_error(error["loc"], error["msg"]) for error in wrong.errors())) from None


async def read_body(request: Request, longest: int = LONGEST) -> bytes:
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
    """The rest is read and thrown away, unless it is without end: who is cut off while sending hears no answer."""
    left = HEARD_OUT
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARD_OUT_FOR.total_seconds()):
            async for piece in pieces:
                left -= len(piece)
                if left < 0:
                    return


def media_type(request: Request) -> str:
    """What the body is said to be, without parameters. Raises `ProblemError` where it is said to be no UTF-8."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    charset = message.get_param("charset", "utf-8")
    if str(charset).lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise problem_error(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"The text must be UTF-8, not {charset}")
    return message.get_content_type() if request.headers.get("content-type") else ""


def _too_large(longest: int) -> Exception:
    # The line is closed behind the answer: on one that stays open the rest of the body would still have to be read.
    detail = f"The body must be at most {longest // 1024} KiB"
    return problem_error(ProblemCode.TOO_LARGE, detail, also={"Connection": "close"})
