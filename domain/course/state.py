"""The state of one course: everything that happened so far, as plain facts without rules."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import model_validator

from domain.course.journal import KeptEvent
from domain.course.measure_history import MeasureTaken, answers
from domain.course.recorded import Recorded
from domain.course.session import MedicineSession, Reading, ReadingSeries
from domain.escalation.heard import Marks
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, Kind
from domain.events.clinic_events import (
    ConsentSigned,
    ConsentWithdrawn,
    CourseReferred,
    EligibilityDecided,
    FollowUpHeld,
    PatientDied,
    PatientWithdrew,
    PlanPrescribed,
    PreparationHeld,
    ResultRecorded,
    ScreeningRecorded,
)
from domain.events.fields import PregnancyTest
from domain.ledger import GENESIS
from domain.moments import instant, on_its_clock
from domain.oncall.rota import UTC_ZONE, Zone
from domain.protocol.model import Protocol
from domain.protocol.pinned import shared
from domain.protocol.schedule import SchedulePart, Spacing
from domain.values import Actor, Blocker, CourseId, Frozen, Moment, Role, Severity


class Phase(StrEnum):
    """The phase that a course is in."""

    SCREENING = "screening"
    PREPARATION = "preparation"
    MEDICINE = "medicine"
    INTEGRATION = "integration"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a closed course ended."""

    COMPLETED = "completed"
    INELIGIBLE = "ineligible"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DISCONTINUED = "discontinued"
    TRANSFERRED = "transferred"
    ENTERED_IN_ERROR = "entered_in_error"
    DECEASED = "deceased"


class PregnancyTested(Frozen):
    """One result of a pregnancy test: of a check-in or a screening, `is_screening`."""

    at: Moment
    recorded_at: Moment
    result: PregnancyTest
    is_screening: bool


class WeightTold(Frozen):
    """A weight in kg that an earlier screening said: when it was taken, and its ledger entry."""

    at: Moment
    sequence: int
    kg: float


DEATH_REPORTED = "a death was reported"
"""The reason of the hold after an adverse event of grade 5; lifted, the patient lives."""


class Hold(Frozen):
    """One reason why the course is held; each is lifted by itself, one of safety only by a prescriber.

    `learned_at` is when Kapstan first knew of it.
    """

    since: Moment
    learned_at: Moment
    reason: str
    is_safety: bool


class WordOfSuicide(Frozen):
    """That somebody told of suicide outside a questionnaire: when, when it was recorded, and in which ledger entry."""

    at: Moment
    recorded_at: Moment
    sequence: int


class RiskTold(Frozen):
    """That the course learned of a risk of suicide: when, and by which ledger entry."""

    recorded_at: Moment
    sequence: int


class KnownRisk(Frozen):
    """The raised C-SSRS that a prescriber weighed as they decided on eligibility: its ledger entry, time and answers.

    `decided_at` is the time of the decision.
    """

    sequence: int
    at: Moment
    decided_at: Moment
    answers: tuple[int, ...]


class CourseEscalation(Frozen):
    """What the course knows of an escalation that it opened.

    `repeats` counts how often its cause happened again, urgent or worse. `rests_on_corrected` says that what opened it
    has been corrected since. `ended_by_death` is true from when a death was reported, for as long as it stands.
    `review_by` is when one that was opened as routine becomes urgent unless a clinician has resolved it.
    """

    id: EscalationId
    kind: Kind
    session: int | None
    severity: Severity
    state: EscalationState
    opened_at: Moment
    repeats: int = 0
    rests_on_corrected: bool = False
    ended_by_death: bool = False
    review_by: Moment | None = None

    @property
    def waits_for_review(self) -> bool:
        """Whether a clinician is still waited for, who would be paged by day; not where what opened it was a slip."""
        is_routine = self.severity is Severity.ROUTINE and self.state is not EscalationState.RESOLVED
        return is_routine and self.review_by is not None and not self.rests_on_corrected


class Deviation(Frozen):
    """An accepted fact that deviated from the protocol, and what the protocol has against it."""

    at: Moment
    type: str
    event_id: str
    source: str
    session: int | None
    by: Actor
    deviations: tuple[Blocker, ...]


class CourseState(Frozen):
    """Everything that happened in one course, pinned to one version of its protocol.

    `timezone` is that of its site, pinned at the referral: days are counted in it. `consents`, `plans`, `results` and
    `pregnancy_tests` are in order of time. `medications_changed_at` is the newest change that a check-in told of and
    that no clearance has weighed. `weighed` are the findings that the eligibility decision's overrides lifted.
    `earlier_weights` are those of the screenings that are not in force.
    `maintenance_from` is the number of the first session after the series, once one was planned.
    `words_of_suicide` are in order of time. `risk_told` is when a risk was last learned of, also by a questionnaire.
    `known_risk` is what the decision on eligibility weighed of it.
    `left_behind` are the readings of visits that were booked anew. `journal` has every event but uncorrected readings.
    `deviations` are the newest; all of them stand in its ledger. `written_bytes` is the JSON of all entries.
    `heard` are the marks of its escalations' news.
    """

    course_id: CourseId
    protocol: Protocol
    protocol_hash: str
    timezone: Zone = UTC_ZONE
    phase: Phase = Phase.SCREENING
    phase_entered_at: Moment | None = None
    phase_learned_at: Moment | None = None
    outcome: Outcome | None = None
    closed_at: Moment | None = None
    holds: tuple[Hold, ...] = ()
    referral: Recorded[CourseReferred.Data] | None = None
    screening: Recorded[ScreeningRecorded.Data] | None = None
    earlier_weights: tuple[WeightTold, ...] = ()
    consents: tuple[Recorded[ConsentSigned.Data] | Recorded[ConsentWithdrawn.Data], ...] = ()
    pregnancy_tests: tuple[PregnancyTested, ...] = ()
    medications_changed_at: Moment | None = None
    eligibility: Recorded[EligibilityDecided.Data] | None = None
    weighed: tuple[Blocker, ...] = ()
    plans: tuple[Recorded[PlanPrescribed.Data], ...] = ()
    maintenance_from: int | None = None
    preparations: tuple[Recorded[PreparationHeld.Data], ...] = ()
    sessions: tuple[MedicineSession, ...] = ()
    measures: tuple[MeasureTaken, ...] = ()
    results: tuple[Recorded[ResultRecorded.Data], ...] = ()
    words_of_suicide: tuple[WordOfSuicide, ...] = ()
    risk_told: RiskTold | None = None
    known_risk: KnownRisk | None = None
    follow_ups: tuple[Recorded[FollowUpHeld.Data], ...] = ()
    withdrew: Recorded[PatientWithdrew.Data] | None = None
    died: Recorded[PatientDied.Data] | None = None
    outside: ReadingSeries = ReadingSeries()
    left_behind: tuple[Reading, ...] = ()
    journal: tuple[KeptEvent, ...] = ()
    escalations: tuple[CourseEscalation, ...] = ()
    heard: Marks = ()
    deviations: tuple[Deviation, ...] = ()
    passed: Mapping[str, Moment] = {}
    newest: Mapping[str, Moment] = {}
    sequence: int = 0
    ledger_head: str = GENESIS
    written_bytes: int = 0

    @model_validator(mode="after")
    def _shares_its_protocol(self) -> Self:
        """Half of what a course takes of a process's memory is its protocol, which other courses have as well."""
        self.__dict__["protocol"] = shared(self.protocol, self.protocol_hash)
        return self

    @property
    def is_closed(self) -> bool:
        """Whether the course has ended."""
        return self.phase is Phase.CLOSED

    @property
    def is_death_reported(self) -> bool:
        """Whether the patient is said to have died: nobody is to call, book or file about them."""
        return self.outcome is Outcome.DECEASED or any(
            hold.is_safety and hold.reason == DEATH_REPORTED for hold in self.holds
        )

    @property
    def died_at(self) -> datetime | None:
        """When the patient died; None if nobody says so, or it may be a slip of one digit in an open course."""
        if self.died is not None:
            return self.died.at
        return self.closed_at if self.outcome is Outcome.DECEASED else None

    @property
    def hold(self) -> Hold | None:
        """The hold that weighs most: a safety hold before any other, then the oldest; None if it is not held."""
        return min(self.holds, key=lambda hold: (not hold.is_safety, hold.since), default=None)

    @property
    def consent(self) -> Recorded[ConsentSigned.Data] | Recorded[ConsentWithdrawn.Data] | None:
        """The newest consent, signed or withdrawn."""
        return self.consents[-1] if self.consents else None

    @property
    def plan(self) -> Recorded[PlanPrescribed.Data] | None:
        """The plan in force: the one prescribed last."""
        return self.plans[-1] if self.plans else None

    @property
    def planned_sessions(self) -> int:
        """How many medicine sessions the course has."""
        return self.sessions_planned_by(self.plan)

    def sessions_planned_by(self, plan: Recorded[PlanPrescribed.Data] | None) -> int:
        """How many medicine sessions the course has under that plan."""
        planned = plan.data.medicine_sessions if plan else None
        return planned or self.protocol.course.medicine_sessions

    @property
    def prepared_at(self) -> datetime | None:
        """When everything that comes before the first dose was there: eligibility, a plan and the talks."""
        before = [fact.at for fact in (self.eligibility, *self.plans[:1], *self.preparations) if fact is not None]
        return max(before, default=None)

    def day_of(self, moment: datetime) -> date:
        """The day of that moment at the course's site."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def on_its_clock(self, moment: datetime) -> str:
        """That moment by the clock of the course's site, as a sentence names it: `Sat 5 Dec 2026 19:00 PST`."""
        return on_its_clock(moment.astimezone(ZoneInfo(self.timezone)).replace(second=0))

    def day_begins(self, day: date) -> datetime:
        """When that day begins at the course's site, in UTC."""
        return instant(datetime.combine(day, time()), ZoneInfo(self.timezone))

    @property
    def session(self) -> MedicineSession | None:
        """The session with the highest number."""
        return self.sessions[-1] if self.sessions else None

    @property
    def dosed_sessions(self) -> tuple[MedicineSession, ...]:
        """The sessions in which a dose was given, in order."""
        return tuple(session for session in self.sessions if session.doses)

    @property
    def newest_first(self) -> tuple[MedicineSession, ...]:
        """The sessions, the one that began or is to begin last first; their numbers may be in another order."""
        return tuple(sorted(self.sessions, key=lambda one: (one.came_at or one.starts_at, one.number), reverse=True))

    @property
    def series(self) -> tuple[ReadingSeries, ...]:
        """Every series of readings: of each session, outside all of them, and of visits that were booked anew."""
        return (*self.sessions, self.outside, ReadingSeries().with_readings(self.left_behind))

    @property
    def monitored(self) -> MedicineSession | None:
        """The session whose dosed patient has not been discharged, if there is one.

        Of several it is the one that began last: an earlier one lacks its discharge in the record.
        """
        return next((session for session in self.newest_first if session.is_monitored), None)

    @property
    def is_patient_here(self) -> bool:
        """Whether the patient is at the clinic: checked in for an open course, or dosed and not discharged."""
        return self.monitored is not None or (
            not self.is_closed and any(session.has_the_patient for session in self.sessions)
        )

    @property
    def last_dose_at(self) -> datetime | None:
        """When the medicine was last given."""
        return max((dose.at for session in self.sessions for dose in session.doses), default=None)

    @property
    def safety_ends_at(self) -> datetime | None:
        """Until when calls and screens are owed, even after closing; None if the patient was never dosed."""
        last = self.last_dose_at
        return last + self.protocol.course.safety_window if last is not None else None

    @property
    def unresolved(self) -> tuple[CourseEscalation, ...]:
        """The escalations that are not resolved."""
        return tuple(one for one in self.escalations if one.state is not EscalationState.RESOLVED)

    @property
    def roles(self) -> Iterator[tuple[str, Role]]:
        """Who has appeared in which role: booked for a session, or as the actor of a fact kept here."""
        course = (self.referral, self.screening, self.consent, self.eligibility)
        told: list[Recorded[Any] | None] = [*course, *self.plans, *self.preparations, *self.follow_ups, *self.results]
        for one in self.sessions:
            yield from ((member.id, member.role) for member in one.staff)
            told += [one.booking, one.check_in, one.clearance, one.abort, one.assessment, one.discharge, one.handover]
            told += [*one.readings, *one.check_ins, *one.integrations, *one.forms, *one.medications]
            told += [*one.departures, *one.returns, *(fact for dose in one.doses for fact in dose.facts)]
        yield from ((fact.data.actor.id, fact.data.actor.role) for fact in told if fact is not None)

    def next_session(self, at: datetime | None = None) -> int:
        """The number of the session whose dose comes next: after those that were given by `at`, or by now."""
        dosed = (one.number for one in self.dosed_sessions if at is None or one.doses[0].at <= at)
        return max(dosed, default=0) + 1

    def is_maintenance(self, session: int) -> bool:
        """Whether the session of this number comes after the series."""
        return self.maintenance_from is not None and session >= self.maintenance_from

    def part_of(self, session: int) -> SchedulePart | None:
        """The part of the protocol's schedule that the session of this number lies in, if there is one."""
        return None if self.is_maintenance(session) else self.protocol.course.part_of(session)

    def spacing_of(self, session: int) -> Spacing:
        """How far the session of this number is from the dose before it, by the protocol."""
        rules = self.protocol.course
        if rules.maintenance is not None and self.is_maintenance(session):
            return rules.maintenance
        return self.part_of(session) or rules

    def session_numbered(self, number: int) -> MedicineSession | None:
        """The session of that number, if there is one."""
        return next((session for session in self.sessions if session.number == number), None)

    def sessions_with(self, session: MedicineSession) -> tuple[MedicineSession, ...]:
        """All sessions, with this one replacing the one of its number."""
        others = (other for other in self.sessions if other.number != session.number)
        return tuple(sorted((*others, session), key=lambda one: one.number))

    def measure(self, instrument: str, *, since: datetime | None = None) -> MeasureTaken | None:
        """The newest answer of an instrument; None if there is none, or none since that moment."""
        newest = answers(self.measures).newest(instrument)
        return newest if newest and (since is None or newest.at >= since) else None

    def measure_at(self, instrument: str, moment: datetime) -> MeasureTaken | None:
        """The newest answer of an instrument that had been given by that moment; None if there is none."""
        return answers(self.measures).newest_by(instrument, moment)
