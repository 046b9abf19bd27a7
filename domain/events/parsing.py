"""Parsing of clinic events from JSON; errors name each wrong field in a sentence."""

import json
from math import isinf
from typing import Any, Final, NoReturn

from pydantic import JsonValue, ValidationError

from domain.events.clinic_events import CLINIC_EVENT, MODELS, ClinicEvent
from domain.refusal import FieldError, RefusalCode, Refused, invalid

LONGEST_QUOTE: Final = 80
"""Most characters of the input that an error message quotes."""


def parse_event(raw: str | bytes) -> ClinicEvent:
    """Parses `raw`, one CloudEvents 1.0 JSON object, as a clinic event.

    Raises `Refused`: `malformed` if it is not JSON, not a CloudEvent or of an unknown type; `invalid`, with a JSON
    pointer for each field, if its content is wrong.
    """
    return event_from(parse_json(raw))


def parse_json(raw: str | bytes) -> JsonValue:
    """Parses strict JSON: UTF-8, without NaN, infinite numbers, duplicate keys or lone surrogates.

    Raises `Refused`, `malformed`.
    """
    try:
        # Decoded here, and not by json.loads, which takes UTF-16 and UTF-32 as well.
        text = raw.decode() if isinstance(raw, bytes) else raw
        value: JsonValue = json.loads(
            text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant, parse_float=_number
        )
        if "\\u" in text:  # an escape may name a lone surrogate, which no answer, log or ledger could quote
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        _malformed(f"it is not JSON: {error}")
    return value


def event_from(value: JsonValue) -> ClinicEvent:
    """The clinic event of a decoded JSON value. Raises `Refused` as `parse_event` does."""
    if not isinstance(value, dict):
        _malformed("a CloudEvent is a JSON object")
    for attribute in ("specversion", "id", "source", "type"):
        if not isinstance(value.get(attribute), str) or not value[attribute]:
            _malformed(f"it is not a CloudEvent 1.0: attribute `{attribute}` is missing or not a text")
    if value["specversion"] != "1.0":
        _malformed("it is not a CloudEvent 1.0: `specversion` must be 1.0")
    if (kind := str(value["type"])) not in MODELS:
        _malformed(f"`{kind[:LONGEST_QUOTE]}` is no type of clinic event; see docs/events.md")
    try:
        return CLINIC_EVENT.validate_json(json.dumps(value), strict=True)
    except RecursionError:
        _malformed("it is nested too deep for any clinic event")
    except ValidationError as wrong:
        # The first part is the union's tag, the event's type, and not a field.
        raise invalid(*(field_error(error["loc"][1:], error["msg"]) for error in wrong.errors())) from None


def field_error(location: tuple[int | str, ...], message: str) -> FieldError:
    """A pydantic error as a field error, its location as a JSON pointer."""
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)
    return FieldError(pointer=pointer, detail=message.removeprefix("Value error, "))


def _malformed(why: str) -> NoReturn:
    raise Refused.because(RefusalCode.MALFORMED, why)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _number(digits: str) -> float:
    if isinf(number := float(digits)):
        raise ValueError("a number is beyond all numbers")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
