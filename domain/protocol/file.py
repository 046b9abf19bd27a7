"""Reading of protocol files: every error is reported at once, by its key."""

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import cache
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.protocol.checks import contradictions
from domain.protocol.model import Protocol
from domain.values import Frozen

SCHEMA: Final = 1
"""The version of the file format that this code reads, given in a file as `schema = 1`."""


class ProtocolFinding(Frozen):
    """One error in a file: where, and what must be there."""

    file: str
    key: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.expected}" if self.key else f"{self.file}: {self.expected}"


class ProtocolFileError(Exception):
    """A protocol file or approval file is invalid; `findings` holds every error."""

    def __init__(self, findings: tuple[ProtocolFinding, ...]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


def parse_protocol(text: str, file: str) -> Protocol:
    """Parses the text of a protocol file. Raises `ProtocolFileError` with all findings.

    Checks across values (bounds in order, roles that exist) run once every single value is valid.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of over 4,300 digits is no `TOMLDecodeError`
        raise ProtocolFileError((ProtocolFinding(file=file, key="", expected=f"not valid TOML: {error}"),)) from None
    return protocol_from(content, file)


def protocol_from(content: Mapping[str, object], file: str) -> Protocol:
    """The protocol of a file with this content. Raises `ProtocolFileError` with all findings."""
    content = dict(content)
    schema = content.pop("schema", None)
    if type(schema) is not int or schema != SCHEMA:
        raise ProtocolFileError((ProtocolFinding(file=file, key="schema", expected=f"must be {SCHEMA}"),))

    findings = [ProtocolFinding(file=file, key=key, expected=expected) for key, expected in _dates(content)]
    try:
        # As JSON in strict mode, as a protocol is transported: "18" is no number, true is no count.
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
    """A model's validation errors in the terms of the file: its keys and values."""
    errors = error.errors(include_url=False, include_input=False)
    return tuple(
        ProtocolFinding(file=file, key=_key(found["loc"]), expected=_expected(found))
        for found in errors
        if not _follows(found, errors)
    )


def _dates(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """The keys that hold a TOML date or time, which no protocol key allows."""
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
    """Whether an error only follows from another: a list counts as empty because its only item is invalid."""
    place = error["loc"]
    return error["type"] == "too_short" and any(one["loc"][: len(place)] == place for one in errors if one is not error)


def _key(location: tuple[int | str, ...]) -> str:
    """The key path, counted from 1: `medicine.limits[2].above` is the second limit's."""
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
