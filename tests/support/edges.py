"""The edges of whatever a model takes: of each of its fields the values at which something might break, right or wrong.

They are read off the models' own JSON schema, so that a field added tomorrow is tried too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, JsonValue

from domain.values import Frozen

Json: TypeAlias = dict[str, JsonValue]

MOMENTS: Final = (
    "1900-01-01T00:00:00Z",
    "1900-01-01T14:00:00+14:00",
    "1899-12-31T10:00:00-14:00",
    "1900-01-01T23:59:00.000001+23:59",
    "2199-12-31T23:59:59.999999Z",
    "2200-01-01T00:00:00Z",
    "2200-01-01T14:00:00+14:00",
    "2199-12-31T10:00:00-14:00",
    "2199-12-31T23:59:60Z",
    "2016-12-31T23:59:60Z",
    "2016-12-31T15:59:60.75-08:00",
    "1990-06-30T23:59:60+00:00",
    "2026-01-05T09:00:00.1234567890123456789Z",
    "2026-01-05t09:00:00z",
    "2026-01-05T09:00:00-00:00",
    "2026-01-05T09:00:00+05:45",
)
"""Moments: the first and the last that may be told, in the offsets that lie farthest from UTC."""

NO_MOMENTS: Final = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "0001-01-01T00:00:00-14:00",
    "0000-01-01T00:00:00Z",
    "1899-12-31T23:59:59.999999Z",
    "1900-01-01T00:00:00+00:01",
    "2200-01-01T00:00:00.000001Z",
    "2199-12-31T23:59:00-00:02",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:60Z",
    "10000-01-01T00:00:00Z",
    "-1",
    "0",
    "1768328100",
    "253402300799",
    "253402300800",
    "1e9",
    "20261127",
    "202611271914",
    "20261127191400",
    "20261127191400-0800",
    "20261127T191400Z",
    "2026-11-27",
    "2026-11-27T19:14:00",
    "2026-11-27T19:14Z",
    "2026-11-27T19Z",
    "2026-11-27 19:14:00Z",
    "2026-11-27_19:14:00Z",
    "2026-11-20_10:00Z",
    "2026-11-27T19:14:00 Z",
    "2026-11-27T19:14:00+0800",
    "2026-11-27T19:14:00+08",
    "2026-11-27T19:14:00+24:00",
    "2026-11-27T19:14:00+08:60",
    "2026-11-27T19:14:00+00:00:30",
    "2026-11-27T19:14:00,5Z",
    "2026-11-27T19:14:00.Z",
    "2026-11-27T24:00:00Z",
    "2026-11-27T19:60:00Z",
    "2026-11-27T19:14:61Z",
    "2026-11-27T19:14:60Z",
    "2026-02-29T19:14:00Z",
    "2026-13-01T19:14:00Z",
    "2026-W48-5T19:14:00Z",
    "2026-331T19:14:00Z",
    "+2026-11-27T19:14:00Z",
    " 2026-11-27T19:14:00Z",
    "2026-11-27T19:14:00Z\n",
    "２０２６-11-27T19:14:00Z",
    "infinity",
    "-infinity",
    "now",
    "",
)
"""What others call a moment, and what no calendar reaches from there."""

ODD: Final = "\x01\x1f\x7f \n\r\t\u2028\u2029\x85\x0b\u202e\ufeff\ufffe\uffff\U0010ffffe\u0301🙂"
SYNTAX: Final = "'\"; DROP -- \\ {0} %s ${x} =1+1 <b>&amp; ~/.. #/~0~1 \\u0000"
TEXTS: Final = (
    "",
    " ",
    ODD,
    SYNTAX,
    "\x00",
    "a\x00b",
    "null",
    "1900-01-01T00:00:00Z",
    "9" * 400,
    "x" * 65_536,
    "🙂" * 16_384,
)
"""Texts: of no character, of half a million bits, of characters that some store, page or shell reads as its own."""

INTEGERS: Final = (0, 1, -1, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**400, 0.0, 1.5, True, "1")
NUMBERS: Final = (0, -0.0, 5e-324, 1e-300, 1e-7, 0.1, 1.0, 2**53 + 1, 1e16, 1e300, 1.7e308, -5e-324, -1e308, 10**400)
SOMETHING_ELSE: Final[tuple[JsonValue, ...]] = (None, True, 7, 1.5, "text", [], {}, [None], {"": None})


def is_read_back(said: Frozen) -> None:
    """It comes out of JSON as it went in."""
    assert type(said).model_validate_json(said.model_dump_json()) == said


def edges_of(model: type[BaseModel], sample: Json, but: frozenset[str] = frozenset()) -> Iterator[Json]:
    """The sample again and again, each time with one of its fields, however deep, at one of its edges.

    Those that are called so are left out, wherever they stand. No edge comes twice.
    """
    schema = model.model_json_schema()
    seen: set[str] = set()
    for one in _Edges(schema.get("$defs", {}), but).of_object(schema, sample):
        if (written := json.dumps(one)) not in seen:
            seen.add(written)
            yield one


def _texts(longest: int | None) -> Iterator[str]:
    yield from TEXTS
    if longest is not None:
        yield from ("🙂" * longest, "x" * (longest + 1))


def _bounds(said: Mapping[str, Any], step: float) -> Iterator[JsonValue]:
    for name in ("minimum", "exclusiveMinimum", "maximum"):
        if name in said:
            yield from (said[name], said[name] - step, said[name] + step)


class _Edges:
    def __init__(self, defined: Mapping[str, Any], but: frozenset[str]) -> None:
        self._defined = defined
        self._but = but

    def of_object(self, said: Mapping[str, Any], sample: Json) -> Iterator[Json]:
        for name, inner in said.get("properties", {}).items():
            if name not in self._but:
                yield from ({**sample, name: value} for value in self._of_value(inner, sample.get(name)))
        yield {**sample, "a field that nobody knows": None}

    def _of_value(self, said: Mapping[str, Any], sample: JsonValue) -> Iterator[JsonValue]:
        said = self._defined[said["$ref"].rpartition("/")[2]] if "$ref" in said else said
        for choice in said.get("anyOf", ()):
            yield from self._of_value(choice, sample)
        yield from SOMETHING_ELSE
        match said.get("type"):
            case "string" if said.get("format") == "date-time":
                yield from (*MOMENTS, *NO_MOMENTS)
            case "string":
                yield from said.get("enum", ())
                yield from _texts(said.get("maxLength"))
            case "integer":
                yield from (*INTEGERS, *_bounds(said, 1))
            case "number":
                yield from (*NUMBERS, *_bounds(said, 0.5))
            case "boolean":
                yield from (True, False, 0, "false")
            case "array":
                yield from self._of_list(said, sample if isinstance(sample, list) else [])
            case "object" if "properties" in said:
                yield from self.of_object(said, sample if isinstance(sample, dict) else {})
            case "object":
                held = sample if isinstance(sample, dict) else {}
                yield from ({**held, text: 1.0} for text in TEXTS)
                yield from ({**held, name: number} for name in held for number in NUMBERS)

    def _of_list(self, said: Mapping[str, Any], sample: Sequence[JsonValue]) -> Iterator[JsonValue]:
        most = said.get("maxItems", 100)
        for item in self._of_value(said["items"], sample[0] if sample else None):
            yield [item, *sample[1:]]
        if sample:
            yield from ([*sample] * 2, [sample[0]] * most, [sample[0]] * (most + 1))
