"""The course: decides on every input. Deterministic, without a clock, I/O or randomness."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import JsonValue

from domain.access import SentBy, TokenId
from domain.course import admissibility, deadlines, size_budget
from domain.course.accepted_events import Remembered, Shortened, marked_shared, name_of, recall, shortened
from domain.course.answer import AlreadyAnswered, Answer, SessionPosition
from domain.course.corrections import consequences, corrected_fact
from domain.course.corrections.corrected_fact import Correction
from domain.course.deadlines import Deadline, DeadlineKind
from domain.course.event_rule_registry import EVENT_RULES
from domain.course.journal import KeptEvent
from domain.course.rules import adverse_events, deviations, followup, late_facts, migration, readings, sent_home, vitals
from domain.course.state import CourseState
from domain.course.transition import EscalationCommand, OpenEscalation, RepeatEscalation, Transition
from domain.course.verdict import Verdict
from domain.escalation.heard import has_heard, having_heard
from domain.escalation.messages import Change, EscalationState, Kind, Notice
from domain.events.clinic_events import (
    Act,
    AdverseEventReported,
    CheckInCompleted,
    ClinicEvent,
    CorrectionRecorded,
    CourseReferred,
    PatientDischarged,
    ProtocolMigrated,
    VitalsRecorded,
)
from domain.events.fields import SAYS_SOMETHING, without_words
from domain.events.fingerprint import content, fingerprint
from domain.ledger import Entry, LedgerHead, Note
from domain.oncall.rota import UTC_ZONE, Zone
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import FieldError, Refusal, RefusalCode, Refused, invalid
from domain.values import Blocker, CourseId, Frozen, Severity

CLOCK_SKEW = timedelta(seconds=60)
"""How far a clinic's clock may run ahead of ours."""


class Course(CourseState):
    """One patient's course, immutable: every method returns what follows and changes nothing.

    `remembered` are the newest accepted events, `older` the others in short form (`domain.course.accepted_events`).
    """

    remembered: Mapping[str, Remembered] = {}
    older: Mapping[str, str] = {}

    @classmethod
    def blank(cls, course_id: CourseId, pinned: PinnedProtocol, timezone: Zone = UTC_ZONE) -> Self:
        """A blank course, which waits for its referral. `timezone` is that of its site."""
        return cls(course_id=course_id, protocol=pinned.protocol, protocol_hash=pinned.hash, timezone=timezone)

    @property
    def head(self) -> LedgerHead:
        """The head of its ledger."""
        return LedgerHead(course_id=self.course_id, sequence=self.sequence, hash=self.ledger_head)

    @property
    def events(self) -> int:
        """How many clinic events the course has accepted."""
        return len(self.remembered) + len(self.older)

    def check(
        self,
        event: ClinicEvent,
        now: datetime,
        offered: PinnedProtocol | None = None,
        sent_by: SentBy | None = None,
    ) -> None:
        """Checks that the course can accept the event at `now` from this sender.

        Raises `AlreadyAnswered` if it was accepted before. Raises `Refused` if it belongs to another course, is too
        large, reuses an id for other content or lies in the future; an act also if it is out of order or blocked by the
        protocol. `offered` is the protocol version that a migration goes to.
        """
        if event.subject != self.course_id:
            wrong = f"must be {self.course_id}, the course that it was sent to"
            raise invalid(FieldError(pointer="/subject", detail=wrong))
        self._check_repeat(event, sent_by, now)
        if (said := len(content(event))) > size_budget.EVENT_BYTES:
            raise Refused.because(
                RefusalCode.TOO_LARGE,
                f"An event must be at most {size_budget.EVENT_BYTES} bytes of JSON; this one is {said}",
            )
        if event.time > now + CLOCK_SKEW:
            ahead = f"must be at most {CLOCK_SKEW.seconds} s ahead of now ({now.isoformat(timespec='seconds')})"
            raise invalid(FieldError(pointer="/time", detail=ahead))
        is_referral = isinstance(event, CourseReferred)
        if self.referral is None and not is_referral:
            raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"There is no course {self.course_id}")
        if self.is_closed and isinstance(event, Act) and not is_referral and not self._ends_monitoring(event):
            raise Refused.because(RefusalCode.COURSE_CLOSED, f"The course is closed: {self.outcome}")
        if wordless := [FieldError(pointer=f"/data{one}", detail=SAYS_SOMETHING) for one in without_words(event.data)]:
            raise invalid(*wordless)
        EVENT_RULES[type(event)].check(self, event)
        if (correction := self._correction(event, sent_by)) is not None:
            corrected_fact.check(self, event, correction, now + CLOCK_SKEW)
        if not isinstance(event, Act):
            return
        blockers = self.blockers_for(event)
        if isinstance(event, ProtocolMigrated):
            blockers = (*blockers, *migration.version_blockers(self, event, offered))
        if blockers:
            raise self.blocked(blockers, now)

    def accept(
        self,
        event: ClinicEvent,
        now: datetime,
        offered: PinnedProtocol | None = None,
        request_id: str | None = None,
        sent_by: SentBy | None = None,
    ) -> "Decision":
        """Decides on the event, which arrived in the HTTP request `request_id` from this sender.

        Raises as `check` does, and `Refused` (`course_full`) for what a full course no longer accepts; nothing
        changes then.
        """
        self.check(event, now, offered, sent_by)
        decision = self.accepted(event, now, offered, request_id, sent_by)
        if self.events >= size_budget.MOST_EVENTS and not decision.is_taken_by_a_full_course(event):
            raise course_full(f"{self.events} events")
        return decision

    def accepted(
        self,
        event: ClinicEvent,
        now: datetime,
        offered: PinnedProtocol | None = None,
        request_id: str | None = None,
        sent_by: SentBy | None = None,
    ) -> "Decision":
        """The decision on an event that `check` let pass, now or in an earlier release with laxer rules."""
        newest = self.newest.get(event.type)
        is_late = newest is not None and event.time < newest
        transition = Transition(self, now)
        transition.change(newest={**self.newest, event.type: max(event.time, newest or event.time)})
        transition.write(
            Note(
                time=event.time,
                type=event.type,
                event_id=event.id,
                source=event.source,
                actor=event.data.actor,
                late=is_late,
                data=_told(event),
                request_id=request_id,
                sent_by=sent_by,
            )
        )
        sequence = transition.sequence = transition.course.sequence
        correction = self._correction(event, sent_by)
        number = self._follow(transition, event, offered) if correction is None else None
        if correction is not None:
            if isinstance(event, CorrectionRecorded) and (against := admissibility.place(self, event).against):
                deviations.record(transition, event, None, against)
            number = consequences.follow(transition, event, correction)
        answer = transition.course.answer(event, sequence, now, transition.verdict, transition.deviations, number)
        sender = sent_by.token if sent_by else None
        said, name = Remembered.of(fingerprint(event), answer, sender), self._name_for(event, sender)
        remembered, older = shortened({**self.remembered, name: said}, self.older)
        if name != (plain := name_of(event.source, event.id)):
            remembered, older = marked_shared(remembered, older, plain)
        transition.change(remembered=remembered, older=older)
        return _decided(transition, answer)

    def _follow(
        self, transition: Transition["Course"], event: ClinicEvent, offered: PinnedProtocol | None
    ) -> int | None:
        """Takes in what follows from the event; the number of the session that it belongs to."""
        if not isinstance(event, VitalsRecorded):
            kept = KeptEvent.of(event, transition.sequence, transition.now)
            transition.change(journal=(*transition.course.journal, kept))
        rule = EVENT_RULES[type(event)]
        # Whatever stood against an act was asked before it was accepted, by the rules of its day.
        placement = admissibility.placed(self, event) if rule.is_act else admissibility.place(self, event)
        number = placement.session.number if placement.session is not None else None
        against = (*placement.against, *corrected_fact.unknown_version(event))
        if not rule.is_act and against:
            deviations.record(transition, event, number, against)
        if isinstance(event, ProtocolMigrated) and offered is not None:
            transition.change(protocol=offered.protocol, protocol_hash=offered.hash)
        rule.follow(transition, placement.session, event, counts=placement.counts)
        if not rule.is_act:
            late_facts.tell_discharges(transition, sent_home.judge_fact(transition, self, event))
            late_facts.judge_doses(transition, self, event)
        return number

    def _correction(self, event: ClinicEvent, sent_by: SentBy | None) -> Correction | None:
        """What the event corrects, and how that reads now; None if it corrects nothing that this course knows.

        Raises `Refused` if a correction names no fact that this course has accepted, or its right data is wrong.
        """
        named = corrected_fact.named_by(event)
        if named is None:
            return None
        return corrected_fact.understood(self, event, self._sequence_of(named, sent_by.token if sent_by else None))

    def pass_deadlines(self, now: datetime, upcoming: tuple[Deadline, ...] | None = None) -> "Decision":
        """The decision on every deadline that has passed by `now`: only reminders and escalations.

        `upcoming` are the course's deadlines, if the caller has computed them already.
        """
        transition = Transition(self, now)
        upcoming = self.deadlines() if upcoming is None else upcoming
        while passing := [one for one in upcoming if one.passes_at <= now]:
            for due in passing:
                if not deadlines.is_needless(transition.course, due):
                    _pass(transition, due)
                if due.kind in deadlines.FOLLOWED:
                    break  # the next deadline of its kind may pass before the rest of these
            upcoming = transition.course.deadlines()
        return _decided(transition, upcoming=upcoming)

    def has_heard(self, notice: Notice) -> bool:
        """Whether this very news was heard before."""
        return has_heard(self.heard, notice)

    def hear(self, notice: Notice, now: datetime) -> "Decision":
        """Writes news of an escalation to the ledger. News of an unknown escalation is ignored."""
        transition = Transition(self, now)
        known = next((one for one in self.escalations if one.id == notice.id), None)
        if known is not None:
            state = _STATE_AFTER.get(notice.change, known.state)
            transition.replace(known.but(state=state))
            transition.change(heard=having_heard(self.heard, notice))
            transition.write(
                Note(
                    time=notice.at,
                    type=f"kap.escalation.{notice.change}",
                    data=notice.model_dump(mode="json", include={"id", "by", "note"}, exclude_none=True),
                    sent_by=notice.sent_by,
                )
            )
        return _decided(transition)

    def call_anew(self, unheard: RepeatEscalation, now: datetime) -> "Decision":
        """Opens a new escalation where a repeat found the earlier one resolved meanwhile.

        Whoever resolved it did not know what has happened since. It counts from now: that is when its ledger tells it.
        """
        transition = Transition(self, now)
        for known in (one for one in self.escalations if one.id == unheard.id):
            transition.replace(known.but(state=EscalationState.RESOLVED))
            transition.escalate(known.kind, known.session, unheard.repeat.severity, now)
        return _decided(transition)

    def record_is_behind(self, now: datetime) -> "Decision":
        """Opens one routine escalation when ledger entries have waited too long for the record store.

        Routine: readings are still judged and pages still go out, so no patient is at risk; the record needs repair.
        """
        transition = Transition(self, now)
        if not any(one.kind is Kind.RECORD_STORE_BEHIND for one in self.unresolved):
            transition.escalate(Kind.RECORD_STORE_BEHIND, None, Severity.ROUTINE, now)
        return _decided(transition)

    def is_filling(self, now: datetime) -> "Decision":
        """Opens one escalation when half of the course's size limit is used, while there is time to act."""
        transition = Transition(self, now)
        if not any(one.kind is Kind.COURSE_FILLING for one in self.escalations):
            transition.escalate(Kind.COURSE_FILLING, None, Severity.ROUTINE, now)
        return _decided(transition)

    def deadlines(self) -> tuple[Deadline, ...]:
        """Every deadline that has not passed yet, the soonest to pass first."""
        return deadlines.deadlines(self)

    def next_acts(self, now: datetime) -> tuple[str, ...]:
        """The types of the clinic events that the protocol wants now."""
        return admissibility.next_acts(self, now)

    def blockers(self, now: datetime) -> tuple[Blocker, ...]:
        """The blockers of the course's next step."""
        return () if self.referral is None else admissibility.goal_blockers(self, now)

    def blockers_for(self, event: ClinicEvent) -> tuple[Blocker, ...]:
        """What the protocol has against this event: the blockers of an act, the deviations of a fact.

        Nothing against a referral: its fields are right or wrong.
        """
        return () if isinstance(event, CourseReferred) else admissibility.place(self, event).against

    def answer(
        self,
        event: ClinicEvent,
        sequence: int,
        now: datetime,
        verdict: Verdict | None = None,
        deviations: tuple[Blocker, ...] = (),
        placed: int | None = None,
    ) -> Answer:
        """The answer to `event`, which was written as ledger entry `sequence` and belongs to session `placed`."""
        session = self.session_numbered(placed or 0) or self.session
        return Answer(
            event_id=event.id,
            course_id=self.course_id,
            sequence=sequence,
            phase=self.phase,
            held=self.hold is not None,
            session=SessionPosition(number=session.number, stage=session.stage) if session else None,
            verdict=verdict,
            deviations=deviations,
            escalations=tuple(one.id for one in self.unresolved),
            blockers=self.blockers(now),
            next=self.next_acts(now),
        )

    def _verdict(self, event: ClinicEvent) -> Verdict | None:
        match event:
            case CheckInCompleted():
                return followup.call_verdict(self, event.data, event.time)
            case AdverseEventReported():
                return adverse_events.verdict(self.protocol, event.data)
            case VitalsRecorded():
                for series in self.series:
                    if (reading := series.reading_of(event.time, event.data)) is not None:
                        return vitals.verdict(self.protocol, series, reading)
        return None

    def _ends_monitoring(self, event: ClinicEvent) -> bool:
        """Whether the event sends a monitored patient home: a course may have closed around one who was dosed."""
        return isinstance(event, PatientDischarged) and self.monitored is not None

    def _check_repeat(self, event: ClinicEvent, sent_by: SentBy | None, now: datetime) -> None:
        """Raises `AlreadyAnswered` for an event that was accepted before, whoever sends it again.

        Raises `Refused` (`event_id_reused`) for other content of the same sender: another sender's ids are their own.
        """
        name = self._name_for(event, sent_by.token if sent_by else None)
        for known in map(self._known, dict.fromkeys((name_of(event.source, event.id), name))):
            match known:
                case Remembered() if known.is_of(fingerprint(event)):
                    raise AlreadyAnswered(known.answer)
                case Shortened() if known.is_of(fingerprint(event)):
                    verdict, number = self._verdict(event), getattr(event.data, "session", None)
                    raise AlreadyAnswered(self.answer(event, known.sequence, now, verdict, placed=number))
        if self._known(name) is not None:
            raise Refused.because(RefusalCode.EVENT_ID_REUSED, f"Event {event.id} was accepted with other content")

    def _name_for(self, event: ClinicEvent, sender: TokenId | None) -> str:
        """The name under which this sender's event is remembered: with the sender where another's has source and id."""
        plain = name_of(event.source, event.id)
        known = self._known(plain)
        is_anothers = known is not None and None not in {known.sender, sender} and known.sender != sender
        return name_of(event.source, event.id, sender) if is_anothers else plain

    def _sequence_of(self, named: tuple[str, str], sender: TokenId | None) -> int | None:
        """The ledger entry of the event that this sender names; None if no such event was accepted.

        A name that several senders gave means the own event; whoever gave none of that name cannot tell which.
        """
        first = self._known(name_of(*named))
        if first is None or not first.is_shared or first.sender == sender:
            return first.sequence if first is not None else None
        own = self._known(name_of(*named, sender)) if sender is not None else None
        return own.sequence if own is not None else None

    def _known(self, name: str) -> Remembered | Shortened | None:
        return self.remembered.get(name) or recall(self.older, name)

    def blocked(self, blockers: tuple[Blocker, ...], now: datetime) -> Refused:
        """The refusal for these blockers, with what may come instead."""
        return Refused(
            Refusal(
                code=RefusalCode.BLOCKED,
                message="; ".join(blocker.message for blocker in blockers),
                blockers=blockers,
                next=self.next_acts(now),
            )
        )


class Decision(Frozen):
    """The effects of one input: next course, its deadlines, ledger entries, escalation commands, and the answer."""

    course: Course
    entries: tuple[Entry, ...]
    calls: tuple[EscalationCommand, ...]
    answer: Answer | None
    deadlines: tuple[Deadline, ...]

    def is_taken_by_a_full_course(self, event: ClinicEvent) -> bool:
        """Whether even a full course accepts the event: a person's decision, or what opens or repeats an escalation."""
        return isinstance(event, Act) or any(isinstance(call, OpenEscalation | RepeatEscalation) for call in self.calls)


def _decided(
    transition: Transition[Course], answer: Answer | None = None, upcoming: tuple[Deadline, ...] | None = None
) -> Decision:
    course = transition.course
    return Decision(
        course=course,
        entries=transition.entries,
        calls=transition.calls,
        answer=answer,
        deadlines=course.deadlines() if upcoming is None else upcoming,
    )


def course_full(of: str) -> Refused:
    """The refusal of an event that a full course no longer accepts."""
    return Refused.because(
        RefusalCode.COURSE_FULL,
        f"The course holds {of}, as much as it can: it takes only decisions, and what calls for a human",
    )


_STATE_AFTER: Mapping[Change, EscalationState] = {
    Change.ACKNOWLEDGED: EscalationState.ACKNOWLEDGED,
    Change.REOPENED: EscalationState.OPEN,
    Change.RESOLVED: EscalationState.RESOLVED,
}


def _told(event: ClinicEvent) -> dict[str, JsonValue]:
    """The event's data as the ledger has it, with the event that it corrects."""
    said: dict[str, JsonValue] = event.data.model_dump(mode="json", exclude={"actor"}, exclude_none=True)
    named = None if isinstance(event, CorrectionRecorded) else corrected_fact.named_by(event)
    return said if named is None else {**said, "corrects": {"source": named[0], "id": named[1]}}


def _pass(transition: Transition[Course], deadline: Deadline) -> None:
    transition.change(passed={**transition.course.passed, deadline.key: transition.now})
    is_checkpoint = deadline.kind is DeadlineKind.CHECKPOINT
    named = deadline.model_dump(mode="json", include={"kind", "session", "subject", "due_at"}, exclude_none=True)
    transition.write(
        Note(
            time=deadline.passes_at,
            type="kap.checkpoint.missed" if is_checkpoint else "kap.deadline.passed",
            data=named,
        )
    )
    if deadline.consequence is not None:
        raised = deadline.consequence
        transition.escalate(raised.kind, deadline.session, raised.severity, deadline.passes_at)
    if deadline.kind in {DeadlineKind.CHECKPOINT, DeadlineKind.CHECKPOINT_EMERGENCY} and deadline.session is not None:
        readings.settle_checkpoints(transition, deadline.session)
