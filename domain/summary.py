"""What the fleet's list shows of a course: where it is, not how the patient is."""

from domain.values import CourseId, Frozen, Moment, Severity


class CourseSummary(Frozen):
    """One course in a list. It is written to the record store with the ledger, whose last entry is `sequence`."""

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
