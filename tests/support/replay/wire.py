"""Every name that stands in a history: workflows, updates, signals, queries, activities, and the fields they carry.

A field is named by the message that carries it and its path from there (`update report takes event.data.systolic`), a
value of an enumeration by its field: no class and no module is named, so that neither's move can touch them.
"""

from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from temporalio import activity, workflow

from activities.paging import Paging
from activities.records import Records
from activities.verification import Verifying
from domain.course.answer import AlreadyAnswered, Answer
from domain.escalation.messages import Tried
from domain.refusal import Refusal, Refused
from tests.support.paths import HISTORIES
from workflows import queues
from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow
from workflows.verification import RecordVerification

PINNED = HISTORIES.parent / "wire-names.txt"

WORKFLOWS = (PatientCourse, EscalationWorkflow, RecordVerification)
ACTIVITIES = (
    Records.append_entries,
    Records.keep_ended_course,
    Records.is_kept,
    Records.record_escalation,
    Paging.standing,
    Paging.page,
    Verifying.verify_record,
)
FAILURES = {Refused.__name__: Refusal, AlreadyAnswered.__name__: Answer}
"""What a failure of this type carries as its detail."""

HEARTBEATS = {activity._Definition.must_from_callable(Paging.page).name: Tried}


def names() -> list[str]:
    """All of them, sorted, one a line of `wire-names.txt`."""
    return sorted({*_queues(), *_workflows(), *_activities(), *_failures()})


def _queues() -> Iterator[str]:
    yield f"task queue {queues.COURSES}"
    yield f"task queue {queues.PAGING}"


def _workflows() -> Iterator[str]:
    for one in WORKFLOWS:
        definition = workflow._Definition.must_from_class(one)
        name = f"workflow {definition.name}"
        yield name
        yield from _message(f"{name} run", definition.run_fn)
        for kind, found in (
            ("update", definition.updates),
            ("signal", definition.signals),
            ("query", definition.queries),
        ):
            for message, defined in found.items():
                yield from _message(f"{name} {kind} {message}", defined.fn)


def _activities() -> Iterator[str]:
    for one in ACTIVITIES:
        name = activity._Definition.must_from_callable(one).name
        yield from _message(f"activity {name}", one)
        if name in HEARTBEATS:
            yield from _fields(f"activity {name} heartbeats", HEARTBEATS[name])


def _failures() -> Iterator[str]:
    for name, detail in FAILURES.items():
        yield f"failure {name}"
        yield from _fields(f"failure {name} carries", detail)


def _message(name: str, function: Any) -> Iterator[str]:
    yield name
    told = get_type_hints(function, include_extras=True)
    for argument in [each for each in signature(function).parameters if each != "self"]:
        yield from _fields(f"{name} takes", told[argument])
    if told.get("return") not in {None, type(None)}:
        yield from _fields(f"{name} gives", told["return"])


def _fields(name: str, shape: Any) -> Iterator[str]:
    schema = TypeAdapter(shape).json_schema(mode="serialization")
    yield from (f"{name} {path}" for path in _paths(schema, schema.get("$defs", {}), ()))


def _paths(said: Mapping[str, Any], defined: Mapping[str, Any], path: Sequence[str]) -> Iterator[str]:
    """The path of each field below, and each value that an enumeration has."""
    if "$ref" in said:
        yield from _paths(defined[said["$ref"].rpartition("/")[2]], defined, path)
    values = [*said.get("enum", ()), *([said["const"]] if "const" in said else ())]
    yield from (f"{'.'.join(path)}: {value}" for value in values)
    for field, inner in said.get("properties", {}).items():
        yield ".".join((*path, field))
        yield from _paths(inner, defined, (*path, field))
    for part in (*said.get("anyOf", ()), *said.get("oneOf", ()), *said.get("allOf", ()), *said.get("prefixItems", ())):
        yield from _paths(part, defined, path)
    for part in (said.get("items"), said.get("additionalProperties")):
        if isinstance(part, dict):
            yield from _paths(part, defined, path)
