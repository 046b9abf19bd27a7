"""One deadline of a course: its kind, when it is due and when it passes, and the escalation that follows."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.escalation.messages import Kind
from domain.values import Frozen, Moment, Severity

LEARNED_LATE_GRACE = timedelta(minutes=10)
"""Grace for a deadline that has none of its own and was already over when it was learned."""


class DeadlineKind(StrEnum):
    """The kinds of deadline a course can have."""

    PHASE = "phase"
    NEXT_DOSE = "next_dose"
    HOLD_REVIEW = "hold_review"
    ATTENDANCE = "attendance"
    CLEARANCE = "clearance"
    DOSE = "dose"
    CHECKPOINT = "checkpoint"
    CHECKPOINT_EMERGENCY = "checkpoint_emergency"
    RECHECK = "recheck"
    RISK_SCREEN = "risk_screen"
    DISCHARGE = "discharge"
    INFUSION = "infusion"
    CHECK_IN_REMINDER = "check_in_reminder"
    CHECK_IN = "check_in"
    INTEGRATION = "integration"
    FOLLOW_UP = "follow_up"
    FORM_REMINDER = "form_reminder"
    FORM = "form"
    EVENT_REVIEW = "event_review"


class Consequence(Frozen):
    """The escalation that a passed deadline raises."""

    kind: Kind
    severity: Severity


class Deadline(Frozen):
    """A moment by which something is due; `subject` tells several of a kind apart, such as by a form's code.

    `grace` is how long it may be overdue before it passes. `learned_at` is when Kapstan first knew of it. One with
    `every` is asked again so long after it passed, until it is met; `passed_at` is when it last did.
    """

    kind: DeadlineKind
    due_at: Moment
    learned_at: Moment
    grace: timedelta = timedelta()
    session: int | None = None
    subject: str | None = None
    consequence: Consequence | None = None
    every: timedelta | None = None
    passed_at: Moment | None = None

    @property
    def key(self) -> str:
        """The key under which a passed deadline is remembered: one per kind, session, subject and moment."""
        named = _key(self.kind, self.session, self.due_at)
        return f"{named}/{self.subject}" if self.subject else named

    @property
    def passes_at(self) -> Moment:
        """When it passes: after its grace, counted from when it was learned if that was later.

        So a past course can be imported event by event without a storm of pages.
        """
        first = self.due_at + self.grace
        if self.learned_at > self.due_at:
            first = max(first, self.learned_at + (self.grace or LEARNED_LATE_GRACE))
        if self.every is None or self.passed_at is None:
            return first
        return max(first, self.passed_at + self.every)


def _key(kind: DeadlineKind, session: int | None, due_at: datetime) -> str:
    return f"{kind}/{session or 0}/{due_at.timestamp():.0f}"
