"""Every name that stands in a history: workflows, updates, signals, queries, activities, and the fields they carry."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter
from temporalio import activity, workflow

from activities.paging import PageOrder, Paging
from activities.records import Records
from domain.answer import Answer
from domain.calls_to_come import Ahead, CallsToCome
from domain.escalation import Acknowledge, EscalationView, Notice, Page, Reassign, Repeat, Resolve, Settlement, Snooze
from domain.obligation import EscalationRun
from domain.oncall import Duty, Standing
from domain.refusal import Refusal
from domain.summary import Batch
from domain.view import CourseView
from workflows import queues
from workflows.course import CourseRun, LedgerHead, PatientCourse, Report
from workflows.escalation import Escalation

PINNED = Path(__file__).parent / "wire-names.txt"

WORKFLOWS = (PatientCourse, Escalation)
ACTIVITIES = (Records.append_entries, Records.record_escalation, Paging.standing, Paging.page)
CARRIED = (
    CourseRun, Report, Answer, Refusal, CourseView, LedgerHead, Batch, Notice, Ahead, CallsToCome,
    EscalationRun, EscalationView, Acknowledge, Resolve, Snooze, Reassign, Repeat, Settlement,
    Duty, Standing, PageOrder, Page,
)  # fmt: skip


def names() -> list[str]:
    """All of them, sorted, one a line of `wire-names.txt`."""
    return sorted({*_queues(), *_workflows(), *_activities(), *_fields()})


def _queues() -> Iterator[str]:
    yield f"task queue {queues.COURSES}"
    yield f"task queue {queues.PAGING}"


def _workflows() -> Iterator[str]:
    for one in WORKFLOWS:
        definition = workflow._Definition.must_from_class(one)
        yield f"workflow {definition.name}"
        for kind, found in (
            ("update", definition.updates),
            ("signal", definition.signals),
            ("query", definition.queries),
        ):
            yield from (f"workflow {definition.name} {kind} {name}" for name in found)


def _activities() -> Iterator[str]:
    for one in ACTIVITIES:
        yield f"activity {activity._Definition.must_from_callable(one).name}"


def _fields() -> Iterator[str]:
    for model in CARRIED:
        schema = TypeAdapter(model).json_schema(mode="serialization")
        for name, part in {model.__name__: schema, **schema.get("$defs", {})}.items():
            yield from (f"field {name}.{field}" for field in part.get("properties", {}))
            yield from (f"value {name}.{value}" for value in part.get("enum", ()))
