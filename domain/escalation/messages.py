"""An obligation on a human: who must be told, how loudly, and what happens when nobody answers."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, computed_field, model_validator

from domain.durations import Length
from domain.escalation.ids import EscalationId
from domain.values import CourseId, Frozen, Moment, Name, PersonId, Severity, Text


class Kind(StrEnum):
    """What a human is needed for."""

    VITALS_EMERGENCY = "vitals_emergency"
    VITALS_URGENT = "vitals_urgent"
    VITALS_OVERDUE = "vitals_overdue"
    BLOOD_PRESSURE_NOT_FALLING = "blood_pressure_not_falling"
    ADVERSE_EVENT = "adverse_event"
    SUICIDE_RISK = "suicide_risk"
    ITEM9_POSITIVE = "item9_positive"
    CHECK_IN_MISSED = "check_in_missed"
    INTEGRATION_OVERDUE = "integration_overdue"
    SESSION_MISSED = "session_missed"
    DISCHARGE_OVERDUE = "discharge_overdue"
    LEFT_BEFORE_DISCHARGE = "left_before_discharge"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    PHASE_OVERDUE = "phase_overdue"
    FORM_OVERDUE = "form_overdue"
    RECORD_STORE_BEHIND = "record_store_behind"
    ORCHESTRATOR_SILENT = "orchestrator_silent"
    COURSE_FILLING = "course_filling"


PHRASES: dict[Kind, str] = {
    Kind.VITALS_EMERGENCY: "immediate review",
    Kind.VITALS_URGENT: "urgent review",
    Kind.VITALS_OVERDUE: "reading overdue",
    Kind.BLOOD_PRESSURE_NOT_FALLING: "review before leaving",
    Kind.ADVERSE_EVENT: "event to review",
    Kind.SUICIDE_RISK: "clinician contact needed",
    Kind.ITEM9_POSITIVE: "answer to review today",
    Kind.CHECK_IN_MISSED: "check-in missed",
    Kind.INTEGRATION_OVERDUE: "follow-on visit overdue",
    Kind.SESSION_MISSED: "visit missed",
    Kind.DISCHARGE_OVERDUE: "visit running long",
    Kind.LEFT_BEFORE_DISCHARGE: "whereabouts to confirm",
    Kind.CONSENT_WITHDRAWN: "decision to review",
    Kind.PHASE_OVERDUE: "next step overdue",
    Kind.FORM_OVERDUE: "paperwork overdue",
    Kind.RECORD_STORE_BEHIND: "record store behind",
    Kind.ORCHESTRATOR_SILENT: "monitoring silent",
    Kind.COURSE_FILLING: "course filling up",
}
"""What a page and a locked phone may say of a kind: enough to hurry, nothing clinical."""


class EscalationState(StrEnum):
    """Where an escalation stands: it pages while `open`, is promised while `acknowledged`, is done when `resolved`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Opening(Frozen):
    """What a course tells the on-call side when it opens an escalation: nothing clinical beyond its kind."""

    id: EscalationId
    course_id: CourseId
    kind: Kind
    session: int | None
    severity: Severity
    opened_at: Moment


class Repeat(Frozen):
    """The same thing happened again behind an open escalation; `severity` may be higher than before, never lower."""

    severity: Severity
    at: Moment


class Settlement(Frozen):
    """What was missing has come: a `vitals_overdue` is resolved without a human."""

    at: Moment
    reason: str


class Acknowledge(Frozen):
    """`by` has it: the ladder stops and the policy's `resolve_within` runs. `link` is the page's, where one did it."""

    by: PersonId
    note: Text | None = None
    link: Name | None = None


class Resolve(Frozen):
    """`by` has dealt with it; `note` says how."""

    by: PersonId
    note: Text


class Snooze(Frozen):
    """No page for this long, within the policy's `max_snooze`. Its wire name is `for`."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    by: PersonId
    for_: Annotated[Length, Field(alias="for")]
    note: Text


class Reassign(Frozen):
    """`by` passes it to `to`, who is paged at once."""

    by: PersonId
    to: PersonId
    note: Text | None = None


Order = Acknowledge | Resolve | Snooze | Reassign
"""What somebody does about an escalation."""


class Change(StrEnum):
    """How an escalation moved, as its course writes it down."""

    OPENED = "opened"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    REOPENED = "reopened"
    RESOLVED = "resolved"


class Notice(Frozen):
    """News from an escalation to its course. `by` is None where Kapstan itself acted."""

    id: EscalationId
    change: Change
    at: Moment
    by: str | None = None
    note: str | None = None


class Page(Frozen):
    """One page, sent or attempted. `channel` names the kind of channel (its URL's scheme), never the address.

    `step` counts from 1; 0 is the fallback. `error` is a neutral sentence, absent where the page went out.
    """

    at: Moment
    step: int
    person: str
    channel: str
    ok: bool
    error: str | None = None


class PageOrder(Frozen):
    """One person to page for one step of an escalation. `step` is 0 for the fallback channels."""

    escalation: Opening
    severity: Severity
    step: int
    person: PersonId
    at: Moment


class Tried(Frozen):
    """What the attempts at one order did so far, by the channel's place among the person's. Kept as its heartbeat."""

    pages: Mapping[int, Page] = {}


class Unreached(Frozen):
    """Somebody whom none of their channels reached when they were paged last, at `at`, for the step."""

    person: str
    step: int
    at: Moment


class EscalationView(Frozen):
    """One escalation as its workflow holds it. `revision` rises with every change, so the newest view wins.

    At `moves_at` it moves by itself if nobody acts before: it pages the next step, once the policy's hours have begun,
    or a promise lapses. Resolved, it does not move any more.
    """

    id: EscalationId
    course_id: CourseId
    kind: Kind
    session: int | None
    severity: Severity
    state: EscalationState
    opened_at: Moment
    step: int
    pages: tuple[Page, ...] = ()
    acknowledged_by: str | None = None
    acknowledged_at: Moment | None = None
    resolved_by: str | None = None
    resolved_at: Moment | None = None
    snoozed_until: Moment | None = None
    note: str | None = None
    revision: int
    first_acknowledged_at: Moment | None = None
    moves_at: Moment | None = None

    @computed_field(description="Whom no channel reached when they were paged last, although others may have been")  # type: ignore[prop-decorator]
    @property
    def unreached(self) -> tuple[Unreached, ...]:
        """Each person, and the fallback, none of whose channels took the page that was sent to them last."""
        last: dict[str, list[Page]] = {}
        for page in self.pages:
            known = last.setdefault(page.person, [])
            if known and known[0].at != page.at:
                known.clear()
            known.append(page)
        return tuple(
            Unreached(person=person, step=pages[0].step, at=pages[0].at)
            for person, pages in last.items()
            if not any(page.ok for page in pages)
        )

    @model_validator(mode="before")
    @classmethod
    def _without_what_follows_from_the_pages(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if name != "unreached"} if isinstance(data, dict) else data
