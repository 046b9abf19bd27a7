"""Messages to and from an escalation: openings, orders, notices, pages, and its public view."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, computed_field, model_validator

from domain.access import SentBy
from domain.durations import Length
from domain.escalation.ids import EscalationId
from domain.values import CourseId, Frozen, Moment, Name, PersonId, Role, Severity, Text


class Kind(StrEnum):
    """The kind of an escalation: what a human is needed for."""

    VITALS_EMERGENCY = "vitals_emergency"
    VITALS_URGENT = "vitals_urgent"
    VITALS_OVERDUE = "vitals_overdue"
    BLOOD_PRESSURE_NOT_FALLING = "blood_pressure_not_falling"
    ADVERSE_EVENT = "adverse_event"
    SUICIDE_RISK = "suicide_risk"
    ITEM9_POSITIVE = "item9_positive"
    ITEM9_SCREENED = "item9_screened"
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
    RECORD_DIFFERS = "record_differs"
    PROTOCOL_DEVIATION = "protocol_deviation"
    SESSION_UNREPORTED = "session_unreported"
    DOSE_UNREPORTED = "dose_unreported"
    HOLD_UNREVIEWED = "hold_unreviewed"
    CORRECTION_REVIEW = "correction_review"
    MEASURE_WORSENED = "measure_worsened"
    MEASURE_HIGH = "measure_high"
    EXCLUSION_FOUND = "exclusion_found"
    PATIENT_DECEASED = "patient_deceased"


PHRASES: dict[Kind, str] = {
    Kind.VITALS_EMERGENCY: "immediate review",
    Kind.VITALS_URGENT: "urgent review",
    Kind.VITALS_OVERDUE: "reading overdue",
    Kind.BLOOD_PRESSURE_NOT_FALLING: "review before leaving",
    Kind.ADVERSE_EVENT: "event to review",
    Kind.SUICIDE_RISK: "clinician contact needed",
    Kind.ITEM9_POSITIVE: "answer to review today",
    Kind.ITEM9_SCREENED: "answer to review",
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
    Kind.RECORD_DIFFERS: "record to look into",
    Kind.PROTOCOL_DEVIATION: "deviation to review",
    Kind.SESSION_UNREPORTED: "visit not reported",
    Kind.DOSE_UNREPORTED: "visit to look into at once",
    Kind.HOLD_UNREVIEWED: "pause to review",
    Kind.CORRECTION_REVIEW: "correction to review",
    Kind.MEASURE_WORSENED: "scores to review",
    Kind.MEASURE_HIGH: "score to review",
    Kind.EXCLUSION_FOUND: "finding to review",
    Kind.PATIENT_DECEASED: "clinic to be informed",
}
"""What a page on a locked phone may say of a kind: enough to hurry, nothing clinical."""


ASKS_FOR_THE_PATIENT = frozenset(
    {
        Kind.CHECK_IN_MISSED,
        Kind.INTEGRATION_OVERDUE,
        Kind.SESSION_MISSED,
        Kind.DISCHARGE_OVERDUE,
        Kind.LEFT_BEFORE_DISCHARGE,
        Kind.PHASE_OVERDUE,
        Kind.FORM_OVERDUE,
        Kind.DOSE_UNREPORTED,
        Kind.SESSION_UNREPORTED,
        Kind.HOLD_UNREVIEWED,
    }
)
"""Kinds that ask for a call, a visit or a form. After a death they are over; questions of safety stay."""


class EscalationState(StrEnum):
    """The state of an escalation: `open` pages people, `acknowledged` means a person has it, `resolved` ends it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Opening(Frozen):
    """What a course sends to open an escalation: nothing clinical beyond its kind.

    `resolvers` are the roles that may resolve it, as the protocol says; empty for anybody who is on call.
    """

    id: EscalationId
    course_id: CourseId
    kind: Kind
    session: int | None
    severity: Severity
    opened_at: Moment
    resolvers: tuple[Role, ...] = ()


class Repeat(Frozen):
    """The cause of an open escalation happened again; `severity` may be higher than before, never lower."""

    severity: Severity
    at: Moment


class Settlement(Frozen):
    """What was missing has arrived, or is wanted no more: it is resolved without a human, for this reason."""

    at: Moment
    reason: str


class Acknowledge(Frozen):
    """`by` acknowledges: the ladder stops, `resolve_within` runs. `link` names the page's link, if one was used."""

    by: PersonId
    note: Text | None = None
    link: Name | None = None
    sent_by: SentBy | None = None


class Resolve(Frozen):
    """`by` resolves the escalation; `note` says how."""

    by: PersonId
    note: Text
    sent_by: SentBy | None = None


class Snooze(Frozen):
    """No page for this long, within the policy's `max_snooze`. Its wire name is `for`."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    by: PersonId
    for_: Annotated[Length, Field(alias="for")]
    note: Text
    sent_by: SentBy | None = None


class Reassign(Frozen):
    """`by` passes it to `to`, who is paged at once. `link` names the page's link, if one was used."""

    by: PersonId
    to: PersonId
    note: Text | None = None
    link: Name | None = None
    sent_by: SentBy | None = None


Order = Acknowledge | Resolve | Snooze | Reassign
"""A person's order to an escalation. `sent_by` is the token, the link or the command that it came by."""


ACTS: Final[Mapping[type[Order], str]] = {
    Acknowledge: "escalation acknowledged",
    Resolve: "escalation resolved",
    Snooze: "escalation snoozed",
    Reassign: "escalation reassigned",
}
"""What the record of administration calls an order."""


class Change(StrEnum):
    """How an escalation changed, as its course writes it to the ledger."""

    OPENED = "opened"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    CORRECTED = "corrected"


class Notice(Frozen):
    """News from an escalation to its course. `by` is None if Kapstan itself acted."""

    id: EscalationId
    change: Change
    at: Moment
    by: str | None = None
    note: str | None = None
    sent_by: SentBy | None = None


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
    """Results of the attempts at one order so far, by the index of the person's channel. Kept in the heartbeat."""

    pages: Mapping[int, Page] = {}


class Unreached(Frozen):
    """A person whom no channel reached when they were last paged, at `at`, for the step."""

    person: str
    step: int
    at: Moment


class EscalationView(Frozen):
    """One escalation as its workflow holds it. `revision` rises with every change, so the newest view wins.

    At `moves_at` it moves by itself if nobody acts before: it pages the next step, once the policy's hours have begun,
    or an acknowledgement lapses. None once resolved.
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
        """Each person, or the fallback, whose last page was taken by none of their channels."""
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
