"""Reads CloudEvents from a request in any of the three HTTP modes: structured, batched or binary."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, Final
from urllib.parse import unquote

from fastapi import Request
from pydantic import Field, JsonValue, RootModel, TypeAdapter
from starlette.datastructures import Headers

from console.api.request_body import JSON, Body, Content, media_type
from console.errors.problems import ProblemCode, problem_error
from domain.events import clinic_events
from domain.events.parsing import Decoded, parse_json
from domain.values import CourseId, Moment, Name

BATCH: Final = 100
"""Most events in one batch (the contract's bound)."""

STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"


class ClinicEvent(RootModel[clinic_events.ClinicEvent]):
    """Any clinic event: `type` says which."""


class ClinicEventBatch(RootModel[Annotated[tuple[ClinicEvent, ...], Field(max_length=BATCH)]]):
    """Events sent together; each is answered on its own."""


_data: Iterator[Any] = (model.model_fields["data"].annotation for model in clinic_events.MODELS.values())
_event_or_data: Any = reduce(or_, _data, ClinicEvent)


def _one_of(*words: str) -> TypeAdapter[str]:
    choices = {"enum": [*words]}
    return TypeAdapter(Annotated[str, Field(json_schema_extra=choices)])


HEADERS: Final[Content] = {
    "ce-specversion": _one_of("1.0"),
    "ce-id": TypeAdapter(Name),
    "ce-source": TypeAdapter(Name),
    "ce-type": _one_of(*clinic_events.MODELS),
    "ce-subject": TypeAdapter(CourseId),
    "ce-time": TypeAdapter(Moment),
}
"""Binary mode: each attribute in a header of its own, percent-encoded, and the data alone in the body."""


@dataclass(frozen=True)
class Arrived:
    """The request as decoded JSON: one event, or the events of a batch."""

    events: tuple[Decoded, ...]
    is_batch: bool = False


class Envelopes(Body):
    """A route's dependency that reads the events of a request, in any mode. It does not validate them yet."""

    def __init__(self) -> None:
        super().__init__(
            {
                STRUCTURED: TypeAdapter(ClinicEvent),
                BATCHED: TypeAdapter(ClinicEventBatch),
                JSON: TypeAdapter(_event_or_data),
            },
            HEADERS,
        )

    async def __call__(self, request: Request) -> Arrived:
        """The events that were sent. Raises `ProblemError`, or `Refused` (`malformed`)."""
        kind = media_type(request)
        is_binary = "ce-specversion" in request.headers and kind not in {STRUCTURED, BATCHED}
        body = await request.body()
        if is_binary:
            _expect(kind, JSON)
            return Arrived((_from_headers(request.headers, body),))
        _expect(kind, STRUCTURED, JSON, BATCHED)
        sent = parse_json(body)
        return _batch(sent.value) if kind == BATCHED else Arrived((sent,))


def _batch(value: JsonValue) -> Arrived:
    if not isinstance(value, list):
        raise problem_error(ProblemCode.MALFORMED, "A batch is a JSON array of CloudEvents")
    if len(value) > BATCH:
        raise problem_error(ProblemCode.TOO_LARGE, f"A batch must be at most {BATCH} events, not {len(value)}")
    return Arrived(tuple(map(Decoded, value)), is_batch=True)


def _from_headers(headers: Headers, body: bytes) -> Decoded:
    """The event of CloudEvents' binary mode: attributes in `ce-` headers, percent-encoded; the body is its data."""
    attributes: dict[str, JsonValue] = {}
    for name, value in headers.items():
        if not name.startswith("ce-"):
            continue
        if (attribute := name.removeprefix("ce-")) in attributes:
            raise problem_error(ProblemCode.MALFORMED, f"The header {name} stands there twice")
        try:
            attributes[attribute] = unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise problem_error(ProblemCode.MALFORMED, f"The header {name} must be percent-encoded UTF-8") from None
    return Decoded({**attributes, "datacontenttype": JSON, "data": parse_json(body).value})


def _expect(kind: str, *known: str) -> None:
    if kind not in known:
        raise problem_error(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"The media type must be one of {', '.join(known)}")
