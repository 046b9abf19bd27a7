"""Examples of requests and responses in the document; a test checks that each is valid."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from console.api.answers import component
from console.errors.problems import ProblemCode, problem_error
from domain.events.clinic_events import MODELS
from domain.refusal import FieldError
from domain.values import Blocker

LIST: Final = "List"
"""Suffix of the schemas of list pages, such as `CourseSummaryList`."""

FOLDER: Final = Path(__file__).parent / "examples"

_ALSO: Final[Mapping[ProblemCode, Mapping[str, object]]] = {
    ProblemCode.BLOCKED: {
        "detail": "Systolic 152 is above the pre-dose limit of 140",
        "blockers": (
            Blocker(
                code="vitals.systolic_above_limit",
                message="Systolic 152 is above the pre-dose limit of 140",
                observed=152,
                limit=140,
                source="S1",
            ),
        ),
        "next": ("kap.vitals.recorded", "kap.session.aborted"),
    },
    ProblemCode.INVALID: {
        "detail": "/data/systolic: Input should be a valid integer",
        "errors": (FieldError(pointer="/data/systolic", detail="Input should be a valid integer"),),
    },
}


@cache
def events() -> Mapping[str, Any]:
    """One event of each type, in the order of a course."""
    lines = (FOLDER / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return {event["type"]: event for event in map(json.loads, lines)}


@cache
def models() -> Mapping[str, Any]:
    """One example of each model that is a whole request or response, by its name."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}


def problem(code: ProblemCode) -> Any:
    """A problem of this code."""
    example = problem_error(code, code.meaning).problem.but(request_id="ward-42", **_ALSO.get(code, {}))
    return json.loads(example.body())


def shared() -> dict[str, Any]:
    """All shared examples that the document's operations refer to by name."""
    by_code = {code.value: {"summary": code.heading, "value": problem(code)} for code in ProblemCode}
    by_type = {kind: {"summary": MODELS[kind].__doc__, "value": event} for kind, event in events().items()}
    return {**by_code, **by_type, **{name: {"value": value} for name, value in models().items()}}


def of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The examples for this schema, by name."""
    match schema:
        case {"anyOf": parts}:
            return {name: example for part in parts for name, example in of(part).items()}
        case {"type": "array", "items": {"$ref": item}}:
            return {"list": {"value": [models()[_name(item)]]}}
        case {"type": "array", "items": {"anyOf": parts}}:
            return {"list": {"value": [models()[_name(part["$ref"])] for part in parts]}}
        case {"$ref": place}:
            return _of_component(_name(place))
        case _:
            return {}


def _of_component(name: str) -> dict[str, Any]:
    match name:
        case "ClinicEvent":
            return {kind: component("examples", kind) for kind in events()}
        case "ClinicEventBatch":
            return {"batch": {"value": list(events().values())[:3]}}
        case "VitalsRecordedData":
            return {"binary mode": {"value": events()["kap.vitals.recorded"]["data"]}}
        case _ if name.endswith(LIST):
            return {"list": {"value": {"items": [models()[name.removesuffix(LIST)]], "next": None}}}
        case _:
            return {name: component("examples", name)} if name in models() else {}


def _name(place: str) -> str:
    return place.rpartition("/")[2]
