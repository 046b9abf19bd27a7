"""An obligation on a human: who must be told, how loudly, and what happens when nobody answers."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from domain.values import CourseId, Frozen, Moment, Severity


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


class EscalationState(StrEnum):
    """Where an escalation stands: it pages while `open`, is promised while `acknowledged`, is done when `resolved`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


EscalationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}~[a-z0-9_]+~\d+~\d+$")]
"""URL-safe: `<course_id>~<kind>~<session, 0 where none>~<n>`, such as `EX-1~vitals_overdue~2~1`."""

_ESCALATION_ID = re.compile(r"^(?P<course_id>[^~]+)~(?P<kind>[^~]+)~(?P<session>\d+)~(?P<n>\d+)$")


def escalation_id(course_id: CourseId, kind: Kind, session: int | None, n: int) -> EscalationId:
    """The id of the `n`th escalation, from 1, of its course, kind and session."""
    return f"{course_id}~{kind}~{session or 0}~{n}"


def workflow_id(escalation: EscalationId) -> str:
    """`escalation/<course_id>/<kind>/<session>/<n>`. Raises ValueError where the id has not the form of one."""
    if not (parts := _ESCALATION_ID.match(escalation)):
        raise ValueError(f"{escalation!r} is not an escalation's id, such as EX-1~vitals_overdue~2~1")
    return f"escalation/{parts['course_id']}/{parts['kind']}/{parts['session']}/{parts['n']}"


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


class Change(StrEnum):
    """How an escalation moved, as its course writes it down."""

    OPENED = "opened"
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


class EscalationView(Frozen):
    """One escalation as its workflow holds it. `revision` rises with every change, so the newest view wins."""

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
    note: str | None = None
    revision: int
