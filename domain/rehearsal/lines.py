"""What a rehearsal prints: one line for each thing that happens, in order of time, and a last one for where it ends."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from domain.course.answer import Answer
from domain.course.deadlines import DeadlineKind
from domain.course.state import Outcome, Phase
from domain.course.verdict import Verdict
from domain.escalation.ids import EscalationId, EscalationKey
from domain.escalation.messages import EscalationState, Kind
from domain.ledger import Entry
from domain.refusal import Refusal
from domain.values import Frozen, Moment, PersonId, Severity


class Reception(StrEnum):
    """How a line of the script was received."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPLAYED = "replayed"


class EscalationChange(StrEnum):
    """How an escalation moved: the ledger's changes, and two acts that the ledger does not hold."""

    OPENED = "opened"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    CORRECTED = "corrected"
    SNOOZED = "snoozed"
    REASSIGNED = "reassigned"


class _Line(Frozen):
    """A line says when it happened, in UTC, so that lines sort as text."""

    at: Moment

    def printed(self) -> str:
        """The line as JSON."""
        return self.model_dump_json()


class ReceivedLine(_Line):
    """A clinic event was accepted, refused or known already; or an act of somebody on call was refused.

    `deviations` and `blockers` are codes; `phase` is null before the referral. `message` is for people only.
    """

    what: Reception
    event_id: str | None
    type: str | None
    code: str | None = None
    verdict: Verdict | None = None
    deviations: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    phase: Phase | None
    held: bool
    message: str = Field("", exclude=True)

    def printed(self) -> str:
        """The line as JSON, without a `code` or `verdict` that there is not."""
        return self.model_dump_json(exclude={name for name in ("code", "verdict") if getattr(self, name) is None})


class DeadlineLine(_Line):
    """A deadline passed; `subject` tells several of a kind apart."""

    what: Literal["deadline"] = "deadline"
    kind: DeadlineKind
    session: int | None
    subject: str | None


class EscalationLine(_Line):
    """An escalation moved. `by` is who did it, for people only."""

    what: Literal["escalation"] = "escalation"
    change: EscalationChange
    kind: Kind
    session: int | None
    severity: Severity
    id: EscalationId
    by: PersonId | None = Field(None, exclude=True)


class PageLine(_Line):
    """One person is paged."""

    what: Literal["page"] = "page"
    person: PersonId
    kind: Kind
    session: int | None
    severity: Severity
    step: int


class OpenAtTheEnd(Frozen):
    """An escalation that is not resolved at the end."""

    kind: Kind
    session: int | None
    severity: Severity
    state: EscalationState


class EndLine(_Line):
    """Where the story ends: nothing happens after `at`, or nobody asked for it.

    `silenced` and `stopped` say what was not played to its end, for there is none; they are for people only.
    """

    what: Literal["end"] = "end"
    phase: Phase | None
    outcome: Outcome | None
    held: bool
    open: tuple[OpenAtTheEnd, ...]
    pages: dict[Severity, int]
    next: tuple[str, ...]
    blockers: tuple[str, ...]
    silenced: tuple[EscalationId, ...] = Field((), exclude=True)
    stopped: bool = Field(False, exclude=True)


Line = ReceivedLine | DeadlineLine | EscalationLine | PageLine | EndLine


class LedgerReader:
    """Reads off the ledger what happened besides the events themselves: deadlines, and how escalations moved."""

    def __init__(self) -> None:
        self._severities: dict[EscalationId, Severity] = {}

    def read(self, entry: Entry) -> DeadlineLine | EscalationLine | None:
        """The line of an entry; None where it has none of its own. Entries must come in their order."""
        data: dict[str, Any] = entry.data
        match entry.type.removeprefix("kap.").rpartition("."):
            case ("deadline", _, "passed") | ("checkpoint", _, "missed"):
                kind, session, subject = data["kind"], data.get("session"), data.get("subject")
                return DeadlineLine(at=in_utc(entry.recorded_at), kind=kind, session=session, subject=subject)
            case ("escalation", _, change):
                self._severities[data["id"]] = Severity(data.get("severity") or self._severities[data["id"]])
                return self.moved(EscalationChange(change), data["id"], entry.recorded_at, data.get("by"))
            case _:
                return None

    def moved(
        self, turn: EscalationChange, escalation: EscalationId, at: datetime, by: PersonId | None = None
    ) -> EscalationLine:
        """The line of an escalation that moved, whose opening has been read."""
        key = EscalationKey.parse(escalation)
        return EscalationLine(
            at=in_utc(at),
            change=turn,
            kind=Kind(key.kind),
            session=key.session,
            severity=self._severities[escalation],
            id=escalation,
            by=by,
        )


def accepted(what: Reception, type_: str, answer: Answer, at: datetime) -> ReceivedLine:
    """The line of an event that was accepted, now or before."""
    return ReceivedLine(
        at=in_utc(at),
        what=what,
        event_id=answer.event_id,
        type=type_,
        verdict=answer.verdict,
        deviations=tuple(one.code for one in answer.deviations),
        blockers=tuple(one.code for one in answer.blockers),
        phase=answer.phase,
        held=answer.held,
        message="; ".join(one.message for one in answer.deviations),
    )


def refused(event_id: str | None, type_: str | None, refusal: Refusal, at: datetime) -> ReceivedLine:
    """The line of an event or act that was refused, before any course is known."""
    return ReceivedLine(
        at=in_utc(at),
        what=Reception.REFUSED,
        event_id=event_id,
        type=type_,
        code=refusal.code,
        blockers=tuple(one.code for one in refusal.blockers),
        phase=None,
        held=False,
        message=refusal.message,
    )


def in_utc(at: datetime) -> datetime:
    """The same moment in UTC."""
    return at.astimezone(UTC)
