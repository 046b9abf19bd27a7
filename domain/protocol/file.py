"""A protocol file is read whole or not at all: whatever is wrong with it is named at once, by its key."""

import difflib
import json
import tomllib
from collections.abc import Iterator
from datetime import date, time
from functools import cache
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.protocol.checks import contradictions
from domain.protocol.model import Protocol
from domain.values import Frozen

SCHEMA: Final = 1
"""The format that this code reads; a file names it as `schema = 1`."""


class ProtocolFinding(Frozen):
    """One thing that is wrong with a file: where, and what must be there."""

    file: str
    key: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.expected}" if self.key else f"{self.file}: {self.expected}"


class ProtocolFileError(Exception):
    """A protocol file, or its approval, cannot be used; every reason is one of `findings`."""

    def __init__(self, findings: tuple[ProtocolFinding, ...]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


def parse_protocol(text: str, file: str) -> Protocol:
    """The protocol that a file's text describes. Raises `ProtocolFileError` with all findings.

    Rules that stand in relation (bounds in order, roles that exist) are looked at once every single value is sound.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of over 4,300 digits is no `TOMLDecodeError`
        raise ProtocolFileError((ProtocolFinding(file=file, key="", expected=f"not valid TOML: {error}"),)) from None
    schema = content.pop("schema", None)
    if type(schema) is not int or schema != SCHEMA:
        raise ProtocolFileError((ProtocolFinding(file=file, key="schema", expected=f"must be {SCHEMA}"),))

    findings = [ProtocolFinding(file=file, key=key, expected=expected) for key, expected in _dates(content)]
    try:
        # As JSON, because strictly typed JSON is what a protocol travels as: "18" is no number, true no count.
        protocol = Protocol.model_validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        findings += [
            ProtocolFinding(file=file, key=_key(one["loc"]), expected=_expected(one))
            for one in found
            if not _follows(one, found)
        ]
    else:
        findings += [
            ProtocolFinding(file=file, key=key, expected=sentence) for key, sentence in contradictions(protocol)
        ]
    if findings:
        raise ProtocolFileError(tuple(findings))
    return protocol


def findings_of(error: ValidationError, file: str) -> tuple[ProtocolFinding, ...]:
    """What a model found wrong with a file's content, in the words of whoever wrote the file."""
    errors = error.errors(include_url=False, include_input=False)
    return tuple(
        ProtocolFinding(file=file, key=_key(found["loc"]), expected=_expected(found))
        for found in errors
        if not _follows(found, errors)
    )


def _dates(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """The keys that hold a TOML date or time, of which a protocol has none."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _dates(inner, f"{key}.{name}" if key else name)
        case list():
            for place, inner in enumerate(value, start=1):
                yield from _dates(inner, f"{key}[{place}]")
        case date() | time():
            yield key, "must not be a date; a word is written in quotes"
        case _:
            pass


def _follows(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """A list is counted as empty where its only item was refused: the item is the one to mend."""
    place = error["loc"]
    return error["type"] == "too_short" and any(one["loc"][: len(place)] == place for one in errors if one is not error)


def _key(location: tuple[int | str, ...]) -> str:
    """The path as the file's reader counts: `medicine.limits[2].above` is the second limit's."""
    key = ""
    for part in location:
        match part:
            case int():
                key += f"[{part + 1}]"
            case "low":
                key += "[1]"
            case "high":
                key += "[2]"
            case "[key]":
                pass
            case _:
                key += f".{part}" if key else part
    return key


def _expected(error: ErrorDetails) -> str:
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return f"is not a known key{_suggestion(str(error['loc'][-1]))}"
        case "string_type":
            return "must be text in quotes"
        case "bool_type":
            return "must be true or false"
        case "int_type":
            return "must be a whole number"
        case "float_type" | "finite_number":
            return "must be a number"
        case "tuple_type":
            return "must be a list in brackets"
        case "model_type" | "model_attributes_type" | "mapping_type" | "dict_type":
            return "must be a table"
        case "enum":
            return f"must be {error['ctx']['expected']}".replace("'", "")
        case "string_too_short" | "too_short":
            return "must not be empty"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return error["msg"].replace("Input should be", "must be").replace("String should", "must")


def _suggestion(unknown: str) -> str:
    close = difflib.get_close_matches(unknown, _every_key(), n=1, cutoff=0.75)
    return f"; did you mean {close[0]}?" if close else ""


@cache
def _every_key() -> frozenset[str]:
    schema = Protocol.model_json_schema()
    tables = [schema, *schema["$defs"].values()]
    return frozenset(name for table in tables for name in table.get("properties", ()))
