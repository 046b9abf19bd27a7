"""A request's body, read no further than it may be long, and as the one model that also describes it."""

from collections.abc import Mapping
from email.message import Message
from types import MappingProxyType
from typing import Any, Final, Generic, TypeAlias, TypeVar

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from console.problems import ProblemCode, told
from domain.reading_events import field_error, parse_json
from domain.refusal import invalid
from domain.values import Frozen

JSON: Final = "application/json"

Sent = TypeVar("Sent", bound=Frozen)
Content: TypeAlias = Mapping[str, TypeAdapter[Any]]
NONE: Final[Content] = MappingProxyType({})

LONGEST: Final = 256 * 1024
"""Bytes of a body (the contract's 256 KiB)."""


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
        """What was sent. Raises `Told`, or `Refused` (`malformed`, `invalid` with a JSON pointer for each field)."""
        if media_type(request) != JSON:
            raise told(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"{JSON} was expected")
        body = await read_body(request)
        parse_json(body)
        try:
            return self._model.model_validate_json(body, strict=True)
        except ValidationError as wrong:
            raise invalid(*(field_error(error["loc"], error["msg"]) for error in wrong.errors())) from None


async def read_body(request: Request, longest: int = LONGEST) -> bytes:
    """The whole body. Raises `Told`: `too_large` as soon as that is known, `malformed` where it ends too early."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > longest:
        raise _too_large(longest)
    read = bytearray()
    try:
        async for chunk in request.stream():
            read += chunk
            if len(read) > longest:
                raise _too_large(longest)
    except ClientDisconnect:
        raise told(ProblemCode.MALFORMED, "The body ended before it was whole") from None
    return bytes(read)


def media_type(request: Request) -> str:
    """What the body is said to be, without parameters. Raises `Told` where it is said to be no UTF-8."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    charset = message.get_param("charset", "utf-8")
    if str(charset).lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise told(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"UTF-8 was expected, not {charset}")
    return message.get_content_type() if request.headers.get("content-type") else ""


def _too_large(longest: int) -> Exception:
    return told(ProblemCode.TOO_LARGE, f"A body of at most {longest // 1024} KiB was expected")
