"""The document that Kapstan publishes of itself, and every answer held to it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import httpx
import jsonschema_rs
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

HERE: Final = "urn:kapstan:document"
PROBLEM: Final = "application/problem+json"

Part = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    said: Part

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def is_of(self, method: str, path: str) -> bool:
        """Whether a request of this path is one of these."""
        return method.lower() == self.method and self._pattern.fullmatch(path) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path)))

    @cached_property
    def codes(self) -> set[tuple[int, str]]:
        """Each problem that it says it may be answered with."""
        return {
            (int(status), code)
            for status, response in self.said["responses"].items()
            if PROBLEM in response.get("content", {})
            for code in response["content"][PROBLEM]["schema"]["allOf"][1]["properties"]["code"]["enum"]
        }


class Document:
    """`/openapi.json`."""

    def __init__(self, whole: Part) -> None:
        self.whole = whole
        self._registry: Registry[Any] = Registry().with_resource(HERE, DRAFT202012.create_resource(whole))
        self._quick = jsonschema_rs.Registry([(HERE, dict(whole))])
        self._validators: dict[int, _Validator] = {}

    @cached_property
    def operations(self) -> list[Operation]:
        """Every one."""
        return [
            Operation(method, path, said)
            for path, methods in self.whole["paths"].items()
            for method, said in methods.items()
        ]

    def operation(self, method: str, path: str) -> Operation | None:
        """The one that a request of this path is; None where the document says nothing of it."""
        return next((one for one in self.operations if one.is_of(method, path)), None)

    def resolved(self, part: Part) -> Part:
        """The part itself, where it is a reference."""
        if "$ref" not in part:
            return part
        found: Any = self.whole
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        return self.resolved(found)

    def faults(self, schema: Part, value: object) -> list[str]:
        """What is wrong with a value of that schema."""
        validator = self._validator(schema)
        if validator.quick.is_valid(value):
            return []
        faults = [f"{error.json_path}: {error.message}" for error in validator.in_words.iter_errors(value)]
        return faults or ["one of two validators takes it, and the other does not"]

    def check(self, response: httpx.Response) -> None:
        """Returns where the answer is one that the document foresees: status, type, head and body."""
        operation = self.operation(response.request.method, response.request.url.path)
        if operation is None:
            return
        place = f"{operation} -> {response.status_code}"
        assert str(response.status_code) in operation.said["responses"], f"{place}: {response.text[:500]}"
        said = operation.said["responses"][str(response.status_code)]
        kind = response.headers["content-type"].partition(";")[0]
        assert kind in said["content"], f"{place}: {kind}"
        for name, header in said["headers"].items():
            assert name in response.headers or not self.resolved(header).get("required"), f"{place}: no {name}"
        if kind.endswith("json"):
            faults = self.faults(said["content"][kind]["schema"], response.json())
            assert not faults, f"{place}: {faults[:3]}"

    def examples(self) -> Iterator[tuple[str, Part, Any]]:
        """Every example: where it stands, the schema that it is an example of, and its value."""
        for operation in self.operations:
            taken = operation.said.get("requestBody", {}).get("content", {})
            answered = {
                f"{status} {kind}": content
                for status, response in operation.said["responses"].items()
                for kind, content in response["content"].items()
            }
            for kind, content in {**taken, **answered}.items():
                for name, example in content["examples"].items():
                    yield f"{operation} {kind} {name}", content["schema"], self.resolved(example)["value"]
        for name, schema in self.whole["components"]["schemas"].items():
            for value in schema.get("examples", ()):
                yield name, schema, value

    def _validator(self, schema: Part) -> "_Validator":
        if id(schema) not in self._validators:
            absolute = _with_absolute_references(schema)
            self._validators[id(schema)] = _Validator(
                schema,
                jsonschema_rs.Draft202012Validator(absolute, registry=self._quick),
                Draft202012Validator(absolute, registry=self._registry),
            )
        return self._validators[id(schema)]


@dataclass(frozen=True)
class _Validator:
    """Whether a value is of a schema, many times as fast as why it is not; the schema stays, and its id with it."""

    schema: Part
    quick: jsonschema_rs.Draft202012Validator
    in_words: Draft202012Validator


def _with_absolute_references(value: Any) -> Any:
    match value:
        case {"$ref": place, **rest} if isinstance(place, str):
            return {"$ref": f"{HERE}{place}", **_with_absolute_references(rest)}
        case dict():
            return {name: _with_absolute_references(part) for name, part in value.items()}
        case list():
            return [_with_absolute_references(part) for part in value]
        case _:
            return value
