"""Short declarations of a route's responses, for its decorator."""

from collections.abc import Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from console.errors.problems import MEDIA_TYPE, ProblemCode

Responses: TypeAlias = dict[int | str, dict[str, Any]]
"""The type of a route decorator's `responses`."""

NONE: Final[Mapping[str, str]] = MappingProxyType({})

_RETRY_AFTER: Final = {
    "Retry-After": {"description": "Seconds to wait", "required": True, "schema": {"type": "integer", "minimum": 1}}
}
_AUTHENTICATE: Final = {
    "WWW-Authenticate": {"description": "How a token is shown", "required": True, "schema": {"type": "string"}}
}
_HEADERS: Final[Mapping[ProblemCode, Mapping[str, Any]]] = {
    ProblemCode.UNAUTHENTICATED: _AUTHENTICATE,
    ProblemCode.TOO_MANY: _RETRY_AFTER,
    ProblemCode.UNAVAILABLE: _RETRY_AFTER,
}


def answer(
    status: int,
    description: str,
    *,
    model: Any = None,
    headers: Mapping[str, str] = NONE,
    text: Mapping[str, str] = NONE,
) -> Responses:
    """A response of this status: a model, or an example text for each media type, and its headers."""
    said: dict[str, Any] = {"description": description}
    if text:
        said["content"] = {kind: {"examples": {"text": {"value": example}}} for kind, example in text.items()}
    if model is not None:
        said["model"] = model
    if headers:
        said["headers"] = {
            name: {"description": about, "schema": {"type": "string"}} for name, about in headers.items()
        }
    return {status: said}


def problems(*codes: ProblemCode) -> Responses:
    """The responses for these problems, each at its status."""
    by_status = groupby(sorted(codes, key=lambda code: code.status), key=lambda code: code.status)
    return {status.value: _told(tuple(of_status)) for status, of_status in by_status}


def component(kind: str, name: str) -> dict[str, str]:
    """A reference to a shared component of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def _told(codes: tuple[ProblemCode, ...]) -> dict[str, Any]:
    one_of_these = {"properties": {"code": {"enum": [code.value for code in codes]}}}
    return {
        "description": "\n".join(f"- `{code}`: {code.meaning}" for code in codes),
        "headers": {name: header for code in codes for name, header in _HEADERS.get(code, {}).items()},
        "content": {
            MEDIA_TYPE: {
                "schema": {"allOf": [component("schemas", "Problem"), one_of_these]},
                "examples": {code.value: component("examples", code.value) for code in codes},
            }
        },
    }
