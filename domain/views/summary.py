"""The course summary for lists: where the course is, not how the patient is."""

from typing import Self

from pydantic import model_validator

from domain.ledger import Entry
from domain.values import CourseId, Frozen, Moment, Severity
from domain.views.bookings import Booking
from domain.views.figures import CourseFigures


class CourseSummary(Frozen):
    """One course in a list. It is written to the record store with the ledger, whose last entry is `sequence`.

    `to_do` and `blocked_by` are words without clinical values, as of that entry; the task is late once `to_do_by` has
    passed. `dosed_at` and `reading_due_at` are set while a dosed patient is monitored. `monitored_session` is the one
    whose dosed patient has not been discharged. At `next_passes_at` the course moves by itself if nobody acts before.
    """

    course_id: CourseId
    site: str
    protocol_id: str
    protocol_version: str
    phase: str
    outcome: str | None
    held: bool
    hold_reason: str | None
    session: int | None
    stage: str | None
    attention: Severity | None
    open_escalations: int
    next_kind: str | None
    next_due_at: Moment | None
    started_at: Moment
    closed_at: Moment | None
    sequence: int
    ledger_head: str
    planned_sessions: int | None = None
    to_do: str | None = None
    to_do_by: Moment | None = None
    blocked_by: tuple[str, ...] = ()
    dosed_at: Moment | None = None
    reading_due_at: Moment | None = None
    monitored_session: int | None = None
    next_passes_at: Moment | None = None


class Batch(Frozen):
    """One write to the record store: the next entries of one course, in order, and its summary after them.

    Without `figures` those of an earlier batch stay, and so does each booking that is not among `bookings`. A course
    `goes_first` while its dosed patient has not been discharged; None if that is as it was.
    """

    course_id: CourseId
    entries: tuple[Entry, ...]
    summary: CourseSummary
    figures: CourseFigures | None = None
    bookings: tuple[Booking, ...] = ()
    goes_first: bool | None = None

    @model_validator(mode="after")
    def _is_of_one_course(self) -> Self:
        if {self.summary.course_id, *(entry.course_id for entry in self.entries)} != {self.course_id}:
            raise ValueError("a batch holds the entries and the summary of one course")
        return self
