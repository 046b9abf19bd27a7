"""Parsing of clinic events from JSON; errors name each wrong field in a sentence."""

import json
from math import isinf
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from domain.events.clinic_events import CLINIC_EVENT, MODELS, ClinicEvent, CorrectionRecorded, Fact, data_model
from domain.events.set_aside import without_impossible
from domain.refusal import FieldError, RefusalCode, Refused, invalid

LONGEST_QUOTE: Final = 80
"""Most characters of the input that an error message quotes."""

CORRECTION: Final = str(CorrectionRecorded.model_fields["type"].default)
"""The type of the event that corrects another one."""

T = TypeVar("T")


class Decoded(NamedTuple):
    """A JSON value with the text it was decoded from; None if it has no text of its own, as an event of a batch."""

    value: JsonValue
    text: str | None = None


def parse_event(raw: str | bytes) -> ClinicEvent:
    """Parses `raw`, one CloudEvents 1.0 JSON object, as a clinic event.

    Raises `Refused`: `malformed` if it is not JSON, not a CloudEvent or of an unknown type; `invalid`, with a JSON
    pointer for each field, if its content is wrong.
    """
    return event_in(parse_json(raw))


def parse_json(raw: str | bytes) -> Decoded:
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
    return Decoded(value, text)


def validated(decoded: Decoded, model: TypeAdapter[T], *, tags: int = 0) -> T:
    """The decoded JSON as this model, strictly. `tags` is how many parts of an error's location name no field.

    The text is decoded twice, by `parse_json` and by pydantic: pydantic takes the last of two duplicate keys, and
    from an already decoded value its strict mode refuses enums as text and tuples as lists.

    Raises `Refused`: `invalid`, with a JSON pointer for each field, or `malformed` if it is nested too deep.
    """
    try:
        text = json.dumps(decoded.value) if decoded.text is None else decoded.text
        return model.validate_json(text, strict=True)
    except RecursionError:
        _malformed("it is nested too deep")
    except ValidationError as wrong:
        raise invalid(*(field_error(error["loc"][tags:], error["msg"]) for error in wrong.errors())) from None


def event_from(value: JsonValue) -> ClinicEvent:
    """The clinic event of a JSON value without a text. Raises `Refused` as `parse_event` does."""
    return event_in(Decoded(value))


def event_in(decoded: Decoded) -> ClinicEvent:
    """The clinic event of decoded JSON. Raises `Refused` as `parse_event` does."""
    value = decoded.value
    if not isinstance(value, dict):
        _malformed("a CloudEvent is a JSON object")
    for attribute in ("specversion", "id", "source", "type"):
        if not isinstance(value.get(attribute), str) or not value[attribute]:
            _malformed(f"it is not a CloudEvent 1.0: attribute `{attribute}` is missing or not a text")
    if value["specversion"] != "1.0":
        _malformed("it is not a CloudEvent 1.0: `specversion` must be 1.0")
    if (kind := str(value["type"])) not in MODELS:
        _malformed(f"`{kind[:LONGEST_QUOTE]}` is no type of clinic event; see docs/events.md")
    if "corrects" in (value := _with_corrects(value)) and not issubclass(MODELS[kind], Fact):
        raise invalid(FieldError(pointer="/corrects", detail=f"must be left out: {kind} is a decision, and not a fact"))
    value = _with_set_aside(value, kind)
    decoded = Decoded(value, decoded.text if value is decoded.value else None)
    # The first part of an error's location is the union's tag, the event's type, and not a field.
    return validated(decoded, CLINIC_EVENT, tags=1)


def _with_corrects(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The event with its `corrects` as an attribute, also where it was written into the data."""
    data = value.get("data")
    if value["type"] == CORRECTION or not isinstance(data, dict) or "corrects" not in data or "corrects" in value:
        return value
    others = {name: said for name, said in data.items() if name != "corrects"}
    return {**value, "corrects": data["corrects"], "data": others}


def _with_set_aside(value: dict[str, JsonValue], kind: str) -> dict[str, JsonValue]:
    """The event with its impossible numbers set aside."""
    data = without_impossible(data_model(MODELS[kind]), value.get("data"))
    return value if data is value.get("data") else {**value, "data": data}


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
