"""What a course's ledger says of its escalations: each one that it opened, as of the newest entry about it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from pydantic import ValidationError

from domain.escalation.ids import EscalationId, EscalationKey
from domain.escalation.messages import Change, EscalationState, EscalationView, Kind
from domain.ledger import Entry
from domain.values import CourseId, Frozen, Moment, Severity

_PREFIX: Final = "kap.escalation."

_STATES: Final[Mapping[Change, EscalationState]] = {
    Change.ACKNOWLEDGED: EscalationState.ACKNOWLEDGED,
    Change.RESOLVED: EscalationState.RESOLVED,
}


class ToldEscalation(Frozen):
    """One escalation as its course's ledger tells it. `by` acknowledged or resolved it at `at`; nobody if it is open.

    `by` is None too where it was resolved without a human.
    """

    id: EscalationId
    course_id: CourseId
    kind: Kind
    severity: Severity
    opened_at: Moment
    state: EscalationState = EscalationState.OPEN
    by: str | None = None
    at: Moment | None = None
    note: str | None = None

    @property
    def is_resolved(self) -> bool:
        """Whether the ledger says that it is over."""
        return self.state is EscalationState.RESOLVED

    def applied_to(self, listed: EscalationView | None) -> EscalationView:
        """The escalation as the lists must show it once Temporal has forgotten it, with the pages that are `listed`."""
        acknowledged, resolved = self.state is EscalationState.ACKNOWLEDGED, self.is_resolved
        session = EscalationKey.parse(self.id).session
        known = listed or EscalationView(
            id=self.id,
            course_id=self.course_id,
            kind=self.kind,
            session=session,
            severity=self.severity,
            state=self.state,
            opened_at=self.opened_at,
            step=0,
            revision=1,
        )
        return known.but(
            course_id=self.course_id,
            kind=self.kind,
            session=session,
            severity=self.severity,
            state=self.state,
            acknowledged_by=self.by if acknowledged else known.acknowledged_by if resolved else None,
            acknowledged_at=self.at if acknowledged else known.acknowledged_at if resolved else None,
            resolved_by=self.by if resolved else None,
            resolved_at=self.at if resolved else None,
            note=self.note or known.note,
            moves_at=None if resolved else known.moves_at,
        )


def escalations_told(entries: Iterable[Entry]) -> Mapping[EscalationId, ToldEscalation]:
    """Every escalation that these entries of one course, in order, tell of.

    An entry that no course writes is passed over: the chain of the ledger says what is wrong with it.
    """
    told: dict[EscalationId, ToldEscalation] = {}
    for entry in entries:
        name, escalation = entry.type.removeprefix(_PREFIX), str(entry.data.get("id"))
        if not entry.type.startswith(_PREFIX) or name not in set(Change):
            continue
        with suppress(ValidationError, ValueError):
            if name == Change.OPENED:
                told[escalation] = ToldEscalation.model_validate(
                    {**entry.data, "course_id": entry.course_id, "opened_at": entry.time}
                )
            elif escalation in told:
                told[escalation] = _moved(told[escalation], Change(name), entry)
    return told


def _moved(known: ToldEscalation, change: Change, entry: Entry) -> ToldEscalation:
    by, note = entry.data.get("by"), entry.data.get("note")
    match change:
        case Change.RAISED:
            return known.but(severity=Severity(str(entry.data.get("severity"))))
        case Change.ACKNOWLEDGED | Change.RESOLVED:
            return known.but(
                state=_STATES[change],
                by=None if by is None else str(by),
                at=entry.time,
                note=known.note if note is None else str(note),
            )
        case Change.REOPENED:
            return known.but(state=EscalationState.OPEN, by=None, at=None)
        case _:
            return known
