"""Reads and validates request bodies; the same declaration describes them in `/openapi.json`."""

from collections.abc import Mapping
from email.message import Message
from types import MappingProxyType
from typing import Any, Final, Generic, TypeAlias, TypeVar

from fastapi import Request
from pydantic import TypeAdapter

from console.errors.problems import ProblemCode, problem_error
from domain.events.parsing import parse_json, validated
from domain.values import Frozen

JSON: Final = "application/json"

Sent = TypeVar("Sent", bound=Frozen)
Content: TypeAlias = Mapping[str, TypeAdapter[Any]]
NONE: Final[Content] = MappingProxyType({})


class Body:
    """Declares a route's body: its media types, its own headers, and the problems that reading it may return."""

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
    """A route's dependency that reads the JSON body as this model."""

    def __init__(self, model: type[Sent]) -> None:
        self._model = TypeAdapter(model)
        super().__init__({JSON: self._model})

    async def __call__(self, request: Request) -> Sent:
        """The body. Raises `ProblemError`, or `Refused` (`malformed`, `invalid` with a JSON pointer for each field)."""
        if media_type(request) != JSON:
            raise problem_error(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"The media type must be {JSON}")
        return validated(parse_json(await request.body()), self._model)


def media_type(request: Request) -> str:
    """The body's media type without parameters. Raises `ProblemError` if its charset is not UTF-8."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    charset = message.get_param("charset", "utf-8")
    if str(charset).lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise problem_error(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"The text must be UTF-8, not {charset}")
    return message.get_content_type() if request.headers.get("content-type") else ""
