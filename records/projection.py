"""How a fact of the domain lies in a row, and how a row becomes that fact again."""

import asyncpg
from pydantic import ValidationError

from domain.escalation import EscalationId, EscalationView, Page
from domain.figures import CourseFigures, MeasureFigures
from domain.ledger import Entry
from domain.summary import CourseSummary
from domain.values import CourseId, Frozen
from records.errors import LedgerUnreadable


class Head(Frozen):
    """How far a course's ledger reaches: its newest entry's sequence and hash."""

    course_id: CourseId
    sequence: int
    hash: str


def entry_row(entry: Entry) -> tuple[object, ...]:
    """The values of `append_entry.sql`, in its order."""
    return (
        entry.course_id,
        entry.sequence,
        entry.recorded_at,
        entry.time,
        entry.type,
        entry.event_id,
        entry.source,
        entry.actor.id if entry.actor else None,
        entry.actor.role if entry.actor else None,
        entry.late,
        entry.data,
        entry.previous_hash,
        entry.hash,
        entry.request_id,
    )


def entry(row: asyncpg.Record) -> Entry:
    """The entry that was stored, with the hash that was stored. Raises `LedgerUnreadable` where it is none."""
    fields = {key: value for key, value in row.items() if not key.startswith("actor_")}
    actor = {"id": row["actor_id"], "role": row["actor_role"]} if row["actor_id"] is not None else None
    try:
        return Entry.model_validate({**fields, "actor": actor})
    except ValidationError:
        raise LedgerUnreadable(row["course_id"], row["sequence"]) from None


def course_row(summary: CourseSummary) -> tuple[object, ...]:
    """The values of `project_course.sql`, in its order."""
    return (
        summary.course_id,
        summary.site,
        summary.protocol_id,
        summary.protocol_version,
        summary.phase,
        summary.outcome,
        summary.held,
        summary.hold_reason,
        summary.session,
        summary.stage,
        summary.attention,
        summary.open_escalations,
        summary.next_kind,
        summary.next_due_at,
        summary.started_at,
        summary.closed_at,
        summary.sequence,
        summary.ledger_head,
        summary.planned_sessions,
        summary.to_do,
        summary.to_do_by,
        summary.blocked_by,
        summary.dosed_at,
        summary.reading_due_at,
        summary.monitored_session,
        summary.next_passes_at,
    )


def figures_row(course_id: CourseId, figures: CourseFigures) -> tuple[object, ...]:
    """The values of `project_figures.sql`, in its order."""
    return (
        course_id,
        figures.sessions,
        figures.checkpoints_met,
        figures.checkpoints_late,
        figures.checkpoints_missed,
        figures.integrations_in_time,
        figures.integrations_late,
        figures.integrations_owed,
    )


def measure_row(course_id: CourseId, measure: MeasureFigures) -> tuple[object, ...]:
    """The values of `project_measure.sql`, in its order."""
    return (
        course_id,
        measure.instrument,
        measure.baseline,
        measure.latest,
        measure.is_response,
        measure.is_remission,
    )


def course(row: asyncpg.Record) -> CourseSummary:
    """The course as it was projected."""
    return CourseSummary.model_validate(dict(row))


def escalation_row(view: EscalationView) -> tuple[object, ...]:
    """The values of `project_escalation.sql`, in its order."""
    return (
        view.id,
        view.course_id,
        view.kind,
        view.session,
        view.severity,
        view.state,
        view.opened_at,
        view.step,
        view.acknowledged_by,
        view.acknowledged_at,
        view.resolved_by,
        view.resolved_at,
        view.note,
        view.revision,
        view.first_acknowledged_at,
        view.moves_at,
    )


def page_row(escalation_id: EscalationId, number: int, page: Page) -> tuple[object, ...]:
    """The values of `project_page.sql`, in its order."""
    return (escalation_id, number, page.at, page.step, page.person, page.channel, page.ok, page.error)


def escalation(row: asyncpg.Record) -> EscalationView:
    """The escalation as it was projected, with its pages."""
    return EscalationView.model_validate(dict(row))
