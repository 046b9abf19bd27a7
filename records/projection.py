"""Projection: maps domain models to rows and back."""

from typing import Annotated

from pydantic import Field, JsonValue

from domain.course.course import Course
from domain.course.ended_course import EndedCourse
from domain.course.session import Stage
from domain.course.state import Outcome, Phase
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationView, Page
from domain.ledger import Entry, LedgerHead
from domain.values import CourseId, Frozen
from domain.views.bookings import Booking
from domain.views.figures import CourseFigures
from domain.views.summary import CourseSummary
from records.unreadable_rows import Row, model

Session = Annotated[int, Field(ge=1, le=1000)]
"""A session count, with an upper bound: a screen that draws a dot for each must not draw a billion."""


class Head(Frozen):
    """The head of a course's ledger: its newest entry's sequence and hash."""

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
        entry.sent_by.model_dump(mode="json", exclude_none=True) if entry.sent_by else None,
    )


def entry(row: Row) -> Entry:
    """The stored entry, with the hash as stored."""
    fields = {key: value for key, value in row.items() if not key.startswith("actor_")}
    actor = {"id": row["actor_id"], "role": row["actor_role"]} if row["actor_id"] is not None else None
    return model(Entry, {**fields, "actor": actor})


def head(row: Row) -> Head:
    """The head of a course's ledger."""
    return model(Head, row)


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


def ended_course_row(ended: EndedCourse) -> tuple[object, ...]:
    """The values of `keep_ended_course.sql`, in its order."""
    return (ended.head.course_id, ended.head.sequence, ended.head.hash, ended.content)


def kept_head(row: Row) -> LedgerHead:
    """The head of the ledger with which the course was kept."""
    return LedgerHead(course_id=row["course_id"], sequence=row["sequence"], hash=row["kept_head"])


def kept_course(row: Row) -> EndedCourse:
    """The course as it was kept, its content unread."""
    return EndedCourse(head=kept_head(row), content=row["content"])


def ended_course(row: Row) -> Course:
    """The course as it was kept. Raises `ValueError` if it is another than its row says."""
    return kept_course(row).read()


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


def figures(row: Row) -> CourseFigures:
    """One course's figures from their row, with its measures."""
    return model(CourseFigures, {name: value for name, value in row.items() if name != "course_id"})


def booking_row(booking: Booking, staff: JsonValue) -> tuple[object, ...]:
    """The values of `project_booking.sql`, in its order; `staff` is what its column holds."""
    return (
        booking.course_id,
        booking.session,
        booking.site,
        booking.stage,
        booking.starts_at,
        booking.ends_at,
        booking.is_here,
        booking.is_off,
        booking.room,
        staff,
        booking.group,
    )


class _Booking(Booking):
    """A booking restricted to values that the pages can show."""

    session: Session


def booking(row: Row) -> Booking:
    """The booking from its row."""
    fields = {name: value for name, value in row.items() if name != "id"}
    return Booking.model_construct(**vars(model(_Booking, fields)))


class _Course(CourseSummary):
    """A course summary restricted to values that the pages can show."""

    phase: Phase
    outcome: Outcome | None
    stage: Stage | None
    session: Session | None
    planned_sessions: Session | None = None
    monitored_session: Session | None = None


def course(row: Row) -> CourseSummary:
    """The course summary from its row."""
    return CourseSummary.model_construct(**vars(model(_Course, row)))


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


def escalation(row: Row) -> EscalationView:
    """The escalation from its row, with its pages."""
    return model(EscalationView, row)
