"""Collects the effects of handling one input: the next course, ledger entries and escalation commands."""

from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from domain import ledger
from domain.course.history import is_history
from domain.course.recorded import Recorded
from domain.course.session import MedicineSession, is_long_past
from domain.course.state import CourseEscalation, CourseState, Hold, Outcome, Phase
from domain.course.verdict import Verdict
from domain.course.waking import at_the_latest
from domain.escalation.ids import EscalationId, escalation_id
from domain.escalation.messages import Change, EscalationState, Kind, Opening, Repeat
from domain.ledger import Entry, Note
from domain.values import Actor, Blocker, Frozen, Moment, Severity

CourseT = TypeVar("CourseT", bound=CourseState)

ARRIVED: Final = "the reading has arrived"
"""Why an overdue reading's escalation is resolved without a human."""


class OpenEscalation(Frozen):
    """A new escalation is to be opened."""

    opening: Opening


class RepeatEscalation(Frozen):
    """The cause of an open escalation happened again, perhaps worse."""

    id: EscalationId
    repeat: Repeat


class AutoResolve(Frozen):
    """An open escalation is to be resolved without a human: what was missing has arrived, or is no longer wanted."""

    id: EscalationId
    at: Moment
    reason: str = ARRIVED


EscalationCommand = OpenEscalation | RepeatEscalation | AutoResolve
"""A command to the on-call side."""


class Transition(Generic[CourseT]):
    """Collects the effects of one input at `now`: next course, entries, escalation commands, verdict, deviations.

    `sequence` is the ledger entry of the event that is taken in.
    """

    def __init__(self, course: CourseT, now: datetime) -> None:
        self.course = course
        self.now = now
        self.sequence = 0
        self.entries: tuple[Entry, ...] = ()
        self.verdict: Verdict | None = None
        self.deviations: tuple[Blocker, ...] = ()
        self._calls: dict[EscalationId, EscalationCommand] = {}

    @property
    def calls(self) -> tuple[EscalationCommand, ...]:
        """The commands to the on-call side: at most one per escalation, however often it came up in this transition."""
        return tuple(self._calls.values())

    def change(self, **changes: object) -> None:
        """Replaces these fields of the course."""
        self.course = self.course.but(**changes)

    def keep(self, session: MedicineSession) -> None:
        """Replaces the session of this number."""
        self.change(sessions=self.course.sessions_with(session))

    def recorded(self, event: Any) -> Recorded[Any]:
        """The event's data as the course keeps it, with when it happened and when it was recorded."""
        # Parametrized by the data's type, so that it is serialized and parsed as that type.
        return Recorded[type(event.data)](  # type: ignore[misc,no-any-return,operator]
            at=event.time, recorded_at=self.now, data=event.data, sequence=self.sequence
        )

    def write(self, note: Note) -> None:
        """Appends one entry to the ledger's chain."""
        course = self.course
        entry = ledger.write(course.course_id, course.sequence + 1, course.ledger_head, note, self.now)
        self.entries = (*self.entries, entry)
        written_bytes = course.written_bytes + entry.size
        self.change(sequence=entry.sequence, ledger_head=entry.hash, written_bytes=written_bytes)

    def enter(self, phase: Phase, at: datetime) -> None:
        """Enters `phase` as of `at`, and writes that to the ledger."""
        self.change(phase=phase, phase_entered_at=at, phase_learned_at=self.now)
        self.write(Note(time=at, type="kap.phase.entered", data={"phase": phase}))

    def close(self, outcome: Outcome, at: datetime) -> None:
        """Closes the course and lifts its holds, or tells another outcome of a closed one.

        Open escalations stay open: people still have to resolve them.
        """
        if not self.course.is_closed:
            self.enter(Phase.CLOSED, at)
        self.change(outcome=outcome, closed_at=self.course.closed_at or at, holds=())
        self.write(Note(time=at, type="kap.course.closed", data={"outcome": outcome}))

    def hold(self, reason: str, at: datetime, *, is_safety: bool) -> None:
        """Puts the course on hold for this reason, unless it is closed. A reason of safety is never weakened."""
        if self.course.is_closed:
            return
        known = next((hold for hold in self.course.holds if hold.reason == reason), None)
        if known is not None and (known.is_safety or not is_safety):
            return
        others = tuple(hold for hold in self.course.holds if hold is not known)
        self.change(holds=(*others, Hold(since=at, learned_at=self.now, reason=reason, is_safety=is_safety)))

    def escalate(
        self, kind: Kind, session: int | None, severity: Severity, at: datetime, *, is_reviewed: bool = True
    ) -> None:
        """Opens or repeats an escalation: at most one open per course, kind and session; its severity only rises.

        What an event tells of long ago is routine. One that is not `is_reviewed` waits for no clinician.
        """
        severity = Severity.ROUTINE if self.tells_history(kind, at) else severity
        same = [one for one in self.course.escalations if one.kind is kind and one.session == session]
        open_one = next((one for one in same if one.state is not EscalationState.RESOLVED), None)
        if open_one is None:
            review_by = self._review_by(kind, severity, at) if is_reviewed else None
            self._open(kind, session, severity, len(same) + 1, review_by)
        else:
            self._repeat(open_one, severity, at)

    def tells_history(self, kind: Kind, at: datetime) -> bool:
        """Whether an event tells of what is past. Of whoever is at the clinic an old date is a slip of the pen."""
        is_event, is_here = self.sequence > 0, any(one.has_the_patient for one in self.course.sessions)
        return is_event and not is_here and is_history(self.course, kind, at, self.now)

    def settle(self, kind: Kind, session: int | None, reason: str = ARRIVED) -> None:
        """Resolves the open escalation of this kind and session without a human, for this reason."""
        for one in self.course.unresolved:
            if one.kind is kind and one.session == session:
                self._calls[one.id] = AutoResolve(id=one.id, at=self.now, reason=reason)

    def _review_by(self, kind: Kind, severity: Severity, at: datetime) -> Moment | None:
        """When a clinician must have seen it, by day; None for one of long ago, and for what asks for no clinician."""
        within = self.course.protocol.escalations.reviewed_within
        if kind is not Kind.ADVERSE_EVENT or severity is not Severity.ROUTINE or within is None:
            return None
        return None if is_long_past(at, self.now) else at_the_latest(self.course, self.now + within)

    def _open(self, kind: Kind, session: int | None, severity: Severity, n: int, review_by: Moment | None) -> None:
        course_id = self.course.course_id
        opening = Opening(
            id=escalation_id(course_id, kind, session, n),
            course_id=course_id,
            kind=kind,
            session=session,
            severity=severity,
            opened_at=self.now,
            resolvers=self.course.protocol.escalations.resolvers_of(kind),
        )
        self._calls[opening.id] = OpenEscalation(opening=opening)
        opened = CourseEscalation(
            id=opening.id,
            kind=kind,
            session=session,
            severity=severity,
            state=EscalationState.OPEN,
            opened_at=self.now,
            review_by=review_by,
        )
        self.change(escalations=(*self.course.escalations, opened))
        self._write_escalation(Change.OPENED, opened)

    def _repeat(self, open_one: CourseEscalation, severity: Severity, at: datetime) -> None:
        risen = severity if severity.rank > open_one.severity.rank else open_one.severity
        # Once an input: what opened it, or repeated it, is the same cause however often it comes up.
        if severity is not Severity.ROUTINE and open_one.id not in self._calls:
            open_one = open_one.but(repeats=open_one.repeats + 1)
            self.replace(open_one)
        match self._calls.get(open_one.id):
            case OpenEscalation(opening=opening):
                self._calls[open_one.id] = OpenEscalation(opening=opening.but(severity=risen))
            case RepeatEscalation(repeat=told) if told.severity.rank > severity.rank:
                self._calls[open_one.id] = RepeatEscalation(id=open_one.id, repeat=told.but(at=at))
            case _:
                self._calls[open_one.id] = RepeatEscalation(id=open_one.id, repeat=Repeat(severity=severity, at=at))
        # What asks for it now is true, whatever has been corrected of what opened it.
        repeated = open_one.but(severity=risen, rests_on_corrected=False)
        if repeated != open_one:
            self.replace(repeated)
        if risen is not open_one.severity:
            self._write_escalation(Change.RAISED, open_one.but(severity=risen))

    def replace(self, escalation: CourseEscalation) -> None:
        """Replaces what the course knows of this escalation."""
        others = (escalation if one.id == escalation.id else one for one in self.course.escalations)
        self.change(escalations=tuple(others))

    def mark_corrected(self, escalation: CourseEscalation) -> None:
        """Marks an open escalation: what opened it has been corrected since. It stays open for a human."""
        self.replace(escalation.but(rests_on_corrected=True))
        self._write_escalation(Change.CORRECTED, escalation)

    def _write_escalation(self, change: Change, escalation: CourseEscalation, by: Actor | None = None) -> None:
        self.write(
            Note(
                time=self.now,
                type=f"kap.escalation.{change}",
                actor=by,
                data={"id": escalation.id, "kind": escalation.kind, "severity": escalation.severity},
            )
        )
