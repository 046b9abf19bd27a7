"""The rehearsal: plays a script against a protocol and an on-call file, and yields everything that would follow."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from domain.course.answer import AlreadyAnswered
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState
from domain.events.clinic_events import ClinicEvent, CourseReferred, ProtocolMigrated
from domain.ledger import Entry
from domain.oncall.file import OnCall
from domain.oncall.rota import UTC_ZONE, Zone
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import Refusal, RefusalCode, Refused
from domain.rehearsal.lines import (
    EndLine,
    EscalationChange,
    LedgerReader,
    Line,
    OpenAtTheEnd,
    PageLine,
    ReceivedLine,
    Reception,
    accepted,
    in_utc,
    refused,
)
from domain.rehearsal.played_course import Played, PlayedCourse
from domain.rehearsal.script import EventArrives, PersonActs, Script, Snoozes
from domain.values import CourseId, Severity

GOES_ON: Final = timedelta(days=400)
"""How far time goes on after the last line, unless it is said."""

MOST_PAGES: Final = 500
"""How many pages of each escalation are played after the last line, unless it is said how far time goes on."""

MOST_MOMENTS: Final = 300
"""At how many moments deadlines pass after the last line, unless it is said how far time goes on.

A dosed patient who is never discharged has a deadline every few minutes without end.
"""


Play = Callable[[CourseId, PinnedProtocol, OnCall, datetime, Zone], Played]
"""On what a rehearsal is played."""


class Rehearsal:
    """One script, played once. `versions` are those of the protocol that the course may migrate to."""

    def __init__(
        self,
        script: Script,
        protocol: PinnedProtocol,
        on_call: OnCall,
        versions: Mapping[str, PinnedProtocol] | None = None,
        play: Play = PlayedCourse,
    ) -> None:
        self._script = script
        self._versions = versions or {}
        zone = _zone_of(script, on_call)
        self._played = play(script.course_id, protocol, on_call, script.lines[0].at, zone)
        self._reader = LedgerReader()
        self._pages: Counter[Severity] = Counter()

    def lines(self, until: datetime | None = None) -> Iterator[Line]:
        """Every line of the rehearsal, in order of time.

        After the last line of the script nobody acts, and time goes on until `until`; without it until nothing is due
        within 400 days, and then what has no end of its own ends early: `MOST_PAGES`, `MOST_MOMENTS`.
        """
        try:
            yield from self._lines(until)
        finally:
            self._played.close()

    def _lines(self, until: datetime | None) -> Iterator[Line]:
        for line in self._script.lines:
            self._played.pass_until(line.at)
            yield from self._happened()
            yield from self._received(line)
        if until is None:
            is_stopped = yield from self._goes_on()
        else:
            self._played.pass_over(until)
            yield from self._happened()
            is_stopped = False
        yield self._end(is_stopped=is_stopped)

    def _received(self, line: EventArrives | PersonActs) -> Iterator[Line]:
        if not isinstance(line, EventArrives):
            yield from self._acts(line)
        elif line.event is not None:
            yield from self._arrives(line.event)
        elif line.refusal is not None:
            yield self._refused(line.event_id, line.type, line.refusal)

    def _arrives(self, event: ClinicEvent) -> Iterator[Line]:
        offered = self._versions.get(event.data.to_version) if isinstance(event, ProtocolMigrated) else None
        now = self._played.now
        try:
            if event.subject != self._script.course_id:
                raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"There is no course {event.subject}")
            yield accepted(Reception.ACCEPTED, event.type, self._played.report(event, offered), now)
        except AlreadyAnswered as known:
            yield accepted(Reception.REPLAYED, event.type, known.answer, now)
        except Refused as wrong:
            yield self._refused(event.id, event.type, wrong.refusal)
        yield from self._happened()

    def _acts(self, line: PersonActs) -> Iterator[Line]:
        try:
            escalation = self._escalation_of(line)
            self._played.act(escalation, line.order)
        except Refused as wrong:
            yield self._refused(None, line.act, wrong.refusal)
            return
        turn = EscalationChange.SNOOZED if isinstance(line, Snoozes) else EscalationChange.REASSIGNED
        changes = tuple(self._happened())
        if line.act in {"snooze", "reassign"} and not any(one.what == "escalation" for one in changes):
            yield self._reader.moved(turn, escalation, self._played.now, line.by)
        yield from changes

    def _escalation_of(self, line: PersonActs) -> EscalationId:
        """The newest escalation of this kind and session, one that is not resolved before any other."""
        same = [
            one
            for one in self._played.escalations
            if one.kind is line.kind and (one.session == line.session or not line.names_session)
        ]
        if not same:
            what = f"{line.kind}{f' of session {line.session}' if line.session else ''}"
            raise Refused.because(RefusalCode.UNKNOWN_ESCALATION, f"There is no escalation {what}")
        return max(same, key=lambda one: (one.state is not EscalationState.RESOLVED, one.opened_at)).id

    def _goes_on(self) -> Generator[Line, None, bool]:
        """Time goes on, as far as there is anything new; returns whether there is more."""
        horizon = self._played.now + GOES_ON
        self._played.silence_after(MOST_PAGES)
        self._played.pass_over(self._played.now)
        yield from self._happened()
        moments = 0
        while (due_at := self._played.next_due_at) is not None and due_at <= horizon:
            moments += due_at == self._played.next_deadline_at
            if moments > MOST_MOMENTS:
                return True
            self._played.pass_over(due_at)
            yield from self._happened()
        return False

    def _happened(self) -> Iterator[Line]:
        for one in self._played.drained():
            line = self._reader.read(one) if isinstance(one, Entry) else one
            if isinstance(line, PageLine):
                self._pages[line.severity] += 1
            if line is not None:
                yield line

    def _refused(self, event_id: str | None, type_: str | None, refusal: Refusal) -> ReceivedLine:
        standing = self._played.standing
        line = refused(event_id, type_, refusal, self._played.now)
        return line.but(phase=standing.phase, held=standing.held)

    def _end(self, *, is_stopped: bool) -> EndLine:
        standing = self._played.standing
        return EndLine(
            at=in_utc(self._played.now),
            phase=standing.phase,
            outcome=standing.outcome,
            held=standing.held,
            open=tuple(
                OpenAtTheEnd(kind=one.kind, session=one.session, severity=one.severity, state=one.state)
                for one in standing.unresolved
            ),
            pages={severity: self._pages[severity] for severity in reversed(Severity)},
            next=standing.next,
            blockers=tuple(one.code for one in standing.blockers),
            silenced=self._played.silenced,
            stopped=is_stopped,
        )


def _zone_of(script: Script, on_call: OnCall) -> Zone:
    """The time zone of the site that the script's referral names."""
    events = (line.event for line in script.lines if isinstance(line, EventArrives))
    sites = (event.data.site for event in events if isinstance(event, CourseReferred))
    return next((on_call.timezone_of(site) for site in sites), UTC_ZONE)
