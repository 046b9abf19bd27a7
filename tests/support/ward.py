"""A ward on paper: one course, its clock, and everything that followed, with nothing real behind it.

A story reports what happens (`reports`), asks what would be refused (`reasons`), lets time pass (`passes`, `until`),
and looks at what is open and who was called. `Ward().dosed(2)` is a course that has come that far on good days only.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import wraps
from itertools import pairwise
from typing import Concatenate, NamedTuple, ParamSpec, Self, TypeVar

import pytest

from domain.access import SentBy
from domain.course.answer import AlreadyAnswered, Answer
from domain.course.course import Course, Decision
from domain.course.deadlines import Deadline, DeadlineKind
from domain.course.session import MedicineSession, Stage
from domain.course.state import Phase
from domain.course.transition import AutoResolve, EscalationCommand, OpenEscalation, RepeatEscalation
from domain.escalation.messages import Change, Kind, Notice
from domain.events.clinic_events import Act, ClinicEvent, ProtocolMigrated
from domain.ledger import Entry, digest, first_fault
from domain.oncall.rota import UTC_ZONE
from domain.past.ledger_told import told
from domain.protocol.model import Protocol
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import Refusal, Refused
from domain.values import CourseId, Severity
from tests.support.cast import (
    MARA,
    MONDAY,
    TOPICS,
    WEEKLY,
    assessment,
    booking,
    call,
    check_in,
    clearance,
    consent,
    cssrs,
    days,
    discharge,
    dose,
    eligible,
    follow_up,
    form,
    gad7,
    hours,
    integration,
    minutes,
    phq9,
    pinned,
    plan,
    preparation,
    referral,
    screening,
    vitals,
)

TICK = timedelta(microseconds=1)
"""The least time there is."""

EDGES = pytest.mark.parametrize("edge", [-TICK, timedelta(), TICK], ids=["just before", "at", "just after"])
"""A window is tried where it opens or closes: a tick before, at that moment, a tick after."""


class Reached(NamedTuple):
    """A ward whose course has come so far on good days only, and whose record holds."""

    now: datetime
    course: Course
    entries: tuple[Entry, ...]
    calls: tuple[EscalationCommand, ...]
    answers: tuple[tuple[ClinicEvent, Answer], ...]


W = TypeVar("W", bound="Ward")
P = ParamSpec("P")

_REACHED: dict[tuple[object, ...], Reached] = {}


def _on_good_days(reach: Callable[Concatenate[W, P], W]) -> Callable[Concatenate[W, P], W]:
    """All good days are alike: a ward to which nothing has happened yet takes over how far another one has come."""

    @wraps(reach)
    def come(ward: W, /, *args: P.args, **named: P.kwargs) -> W:
        if ward.course is not ward.blank or ward.entries or ward.now != ward.began_at:
            return reach(ward, *args, **named)
        key = (
            reach.__name__,
            args,
            *named.items(),
            ward.course_id,
            ward.course.protocol_hash,
            ward.now,
            ward.course.timezone,
        )
        if key not in _REACHED:
            reach(ward, *args, **named)
            assert holds(ward)
            _REACHED[key] = Reached(ward.now, ward.course, tuple(ward.entries), tuple(ward.calls), tuple(ward.answers))
        ward.takes_over(_REACHED[key])
        return ward

    return come


class Ward:
    """One course, told from Monday on."""

    def __init__(
        self,
        course_id: CourseId = MARA,
        protocol: Protocol = WEEKLY,
        now: datetime = MONDAY,
        timezone: str = UTC_ZONE,
    ) -> None:
        self.course_id = course_id
        self.now = self.began_at = now
        self.course = self.blank = Course.blank(course_id, pinned(protocol), timezone)
        self.versions: dict[str, PinnedProtocol] = {}
        self.entries: list[Entry] = []
        self.calls: list[EscalationCommand] = []
        self.answers: list[tuple[ClinicEvent, Answer]] = []
        self.began_from: Reached | None = None
        self.decided: Decision | None = None

    def takes_over(self, reached: Reached) -> None:
        """The story goes on from there."""
        self.now, self.course, self.began_from = reached.now, reached.course, reached
        self.entries, self.calls, self.answers = list(reached.entries), list(reached.calls), list(reached.answers)

    # What happens

    def reports(self, event: ClinicEvent) -> Answer:
        """The clinic reports it when it happens, or now where that lies behind: it is accepted."""
        self._until(event.time, and_then=False)
        return self.sends(event)

    def sends(self, event: ClinicEvent, sent_by: SentBy | None = None) -> Answer:
        """The event arrives now, whenever it happened, from whoever sent it: it is accepted."""
        decision = self.course.accept(event, self.now, self._offered(event), sent_by=sent_by)
        assert decision.answer is not None
        self._take(decision)
        self.answers.append((event, decision.answer))
        return decision.answer

    def refuses(self, event: ClinicEvent) -> Refusal:
        """The event is reported when it happens, or now, and is refused: nothing changes."""
        self._until(event.time, and_then=False)
        return self.turns_away(event)

    def turns_away(self, event: ClinicEvent, sent_by: SentBy | None = None) -> Refusal:
        """The event arrives now, whenever it happened, and is refused: nothing changes."""
        before = self.course
        with pytest.raises(Refused) as refused:
            before.accept(event, self.now, self._offered(event), sent_by=sent_by)
        assert self.course == before
        return refused.value.refusal

    def reasons(self, event: ClinicEvent) -> list[str]:
        """The codes of all that would speak against the event, were it reported when it happens.

        An act is refused for them, and a fact deviates by them.
        """
        try:
            self.course.check(event, max(self.now, event.time), self._offered(event))
        except Refused as refused:
            return [blocker.code for blocker in refused.refusal.blockers] or [refused.refusal.code]
        return [blocker.code for blocker in self.course.blockers_for(event)]

    def hears_against(self, event: ClinicEvent) -> list[str]:
        """The event is reported when it happens, or now; the codes of what the protocol has against it.

        An act is refused for them; a fact is accepted, and they are its deviations.
        """
        if isinstance(event, Act):
            return [blocker.code for blocker in self.refuses(event).blockers]
        return [deviation.code for deviation in self.reports(event).deviations]

    def would_take(self, event: ClinicEvent) -> bool:
        """Whether it would be accepted, were it reported when it happens.

        What a blocker speaks against is refused: that much is asked first, for a refusal in full takes its time.
        """
        if self.course.blockers_for(event):
            return False
        try:
            self.course.check(event, max(self.now, event.time), self._offered(event))
        except Refused:
            return False
        return True

    def repeats(self, event: ClinicEvent, sent_by: SentBy | None = None) -> Answer:
        """The event arrives once more and is answered as at first."""
        with pytest.raises(AlreadyAnswered) as answered:
            self.course.accept(event, self.now, sent_by=sent_by)
        return answered.value.answer

    def passes(self, length: timedelta) -> None:
        """Time passes, and with it, each at its own moment, what is due by then."""
        self.until(self.now + length)

    def until(self, moment: datetime) -> None:
        self._until(moment, and_then=True)

    def sleeps(self, length: timedelta) -> None:
        """Time passes and Kapstan is away: what fell due passes at once when it is back."""
        self.now += length
        self._take(self.course.pass_deadlines(self.now))

    def falls_behind(self) -> None:
        """What was written has waited too long for the record store."""
        self._take(self.course.record_is_behind(self.now))

    def fills_up(self) -> None:
        """Half of what the course may hold is used."""
        self._take(self.course.is_filling(self.now))

    def hears(self, kind: Kind, change: Change, by: str | None = "lind", note: str | None = None) -> None:
        """The newest escalation of that kind tells its course how it moved."""
        newest = [one for one in self.course.escalations if one.kind is kind][-1]
        notice = Notice(id=newest.id, change=change, at=self.now, by=by, note=note)
        self._take(self.course.hear(notice, self.now))

    def calls_anew(self, unheard: RepeatEscalation) -> None:
        """The repeat found its escalation resolved."""
        self._take(self.course.call_anew(unheard, self.now))

    def migrates_to(self, protocol: Protocol) -> None:
        """The clinic has this version on its shelf."""
        self.versions[protocol.version] = pinned(protocol)

    # What is to be seen

    @property
    def open(self) -> dict[Kind, Severity]:
        """What wants a human, and how much."""
        return {one.kind: one.severity for one in self.course.unresolved}

    @property
    def pages(self) -> list[tuple[Kind, Severity]]:
        """Every call to the on-call side that wakes somebody, in order."""
        kinds = {one.id: one.kind for one in self.course.escalations}
        said: list[tuple[Kind, Severity]] = []
        for one in self.calls:
            match one:
                case OpenEscalation(opening=opening):
                    said.append((opening.kind, opening.severity))
                case RepeatEscalation(id=escalation, repeat=repeat):
                    said.append((kinds[escalation], repeat.severity))
                case AutoResolve():
                    pass
        return said

    @property
    def settled(self) -> list[Kind]:
        """Every call that says: what was missing is here."""
        kinds = {one.id: one.kind for one in self.course.escalations}
        return [kinds[one.id] for one in self.calls if isinstance(one, AutoResolve)]

    def due(self, kind: DeadlineKind) -> list[Deadline]:
        return [deadline for deadline in self.course.deadlines() if deadline.kind is kind]

    def written(self, *types: str) -> list[str]:
        """The types of the ledger's entries, without `kap.`, or how often these stand there."""
        every = [entry.type.removeprefix("kap.") for entry in self.entries]
        return [name for name in every if name in types] if types else every

    def session(self, number: int = 1) -> MedicineSession:
        session = self.course.session_numbered(number)
        assert session is not None
        return session

    def stage(self, number: int = 1) -> Stage:
        return self.session(number).stage

    def begins(self, session: int = 1) -> datetime:
        """When this session's dose is given, on good days: Tuesdays at ten."""
        return self.began_at + days(8) + hours(1) + days(7) * (session - 1)

    # How far the course has come

    @_on_good_days
    def referred(self) -> Self:
        if self.course.referral is None:
            self.reports(referral(self.course_id, at=self.began_at, protocol=self.course.protocol.id))
        return self

    @_on_good_days
    def screened(self) -> Self:
        """Everything for the prescriber's decision is there."""
        self.referred()
        if self.course.screening is None:
            day = self.began_at + days(1)
            self._report(
                screening(self.course_id, at=day),
                phq9(self.course_id, at=day + minutes(20)),
                gad7(self.course_id, at=day + minutes(25)),
                cssrs(self.course_id, at=day + minutes(30)),
                consent(self.course_id, at=day + hours(1)),
            )
        return self

    @_on_good_days
    def eligible(self) -> Self:
        self.screened()
        if self.course.phase is Phase.SCREENING:
            self.reports(eligible(self.course_id, at=self.began_at + days(2)))
        return self

    @_on_good_days
    def planned(self, sessions: int = 3) -> Self:
        self.eligible()
        if self.course.plan is None:
            self.reports(plan(self.course_id, at=self.began_at + days(2) + minutes(10), sessions=sessions))
        return self

    @_on_good_days
    def prepared(self) -> Self:
        self.planned()
        if self.course.phase is Phase.PREPARATION:
            self._report(
                preparation(self.course_id, at=self.began_at + days(4), topics=TOPICS[:2]),
                preparation(self.course_id, at=self.began_at + days(6), topics=TOPICS[2:]),
            )
        return self

    @_on_good_days
    def booked(self, session: int = 1) -> Self:
        self._before(session)
        if self.course.session_numbered(session) is None:
            if session > 1:
                self._days_after(session - 1)
            starts_at = self.begins(session)
            booked_at = max(self.now, starts_at - days(1) - hours(23))
            self.reports(booking(self.course_id, session, at=booked_at, starts_at=starts_at))
        return self

    @_on_good_days
    def checked_in(self, session: int = 1) -> Self:
        self.booked(session)
        if self.stage(session) is Stage.BOOKED:
            begins = self.begins(session)
            if session > 1:
                self._week_after(session - 1)
            self._report(
                cssrs(self.course_id, at=begins - minutes(30)),
                check_in(self.course_id, session, at=begins - minutes(20)),
            )
        return self

    @_on_good_days
    def cleared(self, session: int = 1) -> Self:
        self.checked_in(session)
        if self.stage(session) is Stage.CHECKED_IN:
            begins = self.begins(session)
            self._report(
                vitals(self.course_id, session, at=begins - minutes(10)),
                clearance(self.course_id, session, at=begins - minutes(5)),
            )
        return self

    @_on_good_days
    def dosed(self, session: int = 1) -> Self:
        self.cleared(session)
        if self.stage(session) is Stage.CLEARED:
            self.reports(dose(self.course_id, session, at=self.begins(session)))
        return self

    @_on_good_days
    def watched(self, session: int = 1, until: timedelta = timedelta.max) -> Self:
        """Every reading of the grid that is still to come has been taken, up to that distance from the dose."""
        self.dosed(session)
        given_at = self.session(session).doses[-1].at
        taken = {reading.at for reading in self.session(session).readings}
        for offset in self.course.protocol.medicine.checkpoints.offsets:
            due_at = given_at + offset
            if self.now <= due_at and offset <= until and due_at not in taken:
                self.reports(vitals(self.course_id, session, at=due_at))
        return self

    @_on_good_days
    def discharged(self, session: int = 1) -> Self:
        self.watched(session)
        if self.session(session).is_monitored:
            begins = self.begins(session)
            self._report(
                assessment(self.course_id, session, at=begins + minutes(124)),
                discharge(self.course_id, session, at=begins + minutes(130)),
            )
        return self

    @_on_good_days
    def integrated(self, session: int = 1) -> Self:
        self.discharged(session)
        begins = self.begins(session)
        if not self.session(session).check_ins:
            self._call(session, 1, begins + hours(26))
        if not self.session(session).integrations and self.course.protocol.integration.sessions:
            self.reports(integration(self.course_id, session, at=begins + hours(47)))
        return self

    @_on_good_days
    def in_follow_up(self, sessions: int = 3) -> Self:
        """The last session lies behind, and the week after it."""
        self.planned(sessions).integrated(sessions)
        self._days_after(sessions)
        self._week_after(sessions)
        return self

    @_on_good_days
    def completed(self, sessions: int = 3) -> Self:
        self.in_follow_up(sessions)
        last = self.begins(sessions) + minutes(130)
        for distance in self.course.protocol.follow_up.after:
            self.reports(follow_up(self.course_id, at=last + distance, days_after=distance.days))
        return self

    def _before(self, session: int) -> None:
        if session == 1:
            self.prepared()
        else:
            self.integrated(session - 1)

    def _days_after(self, session: int) -> None:
        begins = self.begins(session)
        if not self.session(session).forms:
            self._report(
                *(
                    form(self.course_id, session, at=begins + days(3), form=one.form)
                    for one in self.course.protocol.forms
                )
            )
            self._call(session, 3, begins + days(3) + hours(2))

    def _week_after(self, session: int) -> None:
        begins = self.begins(session)
        self._report(
            phq9(self.course_id, at=begins + days(6), items=(1, 1, 1, 1, 0, 1, 0, 0, 0)),
            gad7(self.course_id, at=begins + days(6) + minutes(5), items=(1, 1, 1, 1, 1, 0, 0)),
        )
        self._call(session, 7, begins + days(7) - hours(2))

    def _call(self, session: int, days_after: int, at: datetime) -> None:
        if days(days_after) in self.course.protocol.check_ins.after:
            self.reports(call(self.course_id, session, at=at, days_after=days_after))

    def _report(self, *events: ClinicEvent) -> None:
        for event in events:
            self.reports(event)

    def _offered(self, event: ClinicEvent) -> PinnedProtocol | None:
        if not isinstance(event, ProtocolMigrated):
            return None
        return self.versions.get(event.data.to_version)

    def _until(self, moment: datetime, *, and_then: bool) -> None:
        while (soonest := next(iter(self._upcoming()), None)) is not None:
            if soonest.passes_at > moment or (soonest.passes_at == moment and not and_then):
                break
            self.now = max(self.now, soonest.passes_at)
            self._take(self.course.pass_deadlines(self.now, self._upcoming()))
        self.now = max(self.now, moment)

    def _upcoming(self) -> tuple[Deadline, ...]:
        """The course's deadlines, as the decision that it came of has them."""
        if self.decided is not None and self.decided.course is self.course:
            return self.decided.deadlines
        return self.course.deadlines()

    def _take(self, decision: Decision) -> None:
        self.course, self.decided = decision.course, decision
        self.entries += decision.entries
        self.calls += decision.calls


def has_a_whole_ledger(ward: Ward) -> bool:
    """Whether each entry of the story follows from the one before, and the course knows the last.

    Good days that were taken over have been looked at before.
    """
    known = len(ward.began_from.entries) if ward.began_from else 0
    if known:
        for before, entry in pairwise(ward.entries[known - 1 :]):
            assert (entry.sequence, entry.previous_hash) == (before.sequence + 1, before.hash)
            assert entry.hash == digest(entry)
    else:
        assert first_fault(ward.entries) is None
    assert [ward.course.sequence, ward.course.ledger_head] == (
        [ward.entries[-1].sequence, ward.entries[-1].hash] if ward.entries else [0, ward.blank.ledger_head]
    )
    return True


def is_whole(ward: Ward) -> bool:
    """Whether the record of the story holds: chain, JSON, and the same course when everything is taken in again."""
    assert has_a_whole_ledger(ward)
    assert Course.model_validate_json(ward.course.model_dump_json()) == ward.course
    begun = ward.began_from.course if ward.began_from else ward.blank
    assert taken_in_again(begun, ward.entries, ward.versions) == ward.course
    assert ward.decided is None or ward.decided.deadlines == ward.decided.course.deadlines()
    return answers_again(ward)


def answers_again(ward: Ward) -> bool:
    """Whether each event of the story, sent once more by whoever sent it, is answered as at first."""
    senders = {entry.sequence: entry.sent_by for entry in ward.entries}
    for event, answer in ward.answers[len(ward.began_from.answers) if ward.began_from else 0 :]:
        assert ward.repeats(event, senders.get(answer.sequence)) == answer
    return True


def holds(ward: Ward) -> bool:
    """Whether the record of the story holds: the whole of it before anything lands.

    To take every story in again takes as long as the stories: while somebody works, the ledger is enough.
    """
    return is_whole(ward) if os.environ.get("CI") else has_a_whole_ledger(ward)


def taken_in_again(begun: Course, entries: Iterable[Entry], versions: Mapping[str, PinnedProtocol]) -> Course:
    """The course that comes of the ledger alone, from one that has taken in its first entries on."""
    return told(begun, tuple(entry for entry in entries if entry.sequence > begun.sequence), versions)
