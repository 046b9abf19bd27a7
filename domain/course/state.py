"""The state of one course: everything that happened so far, as plain facts without rules."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice, takewhile
from typing import Any, Generic, Self, TypeVar

from domain.course.journal import KeptEvent
from domain.course.measure_history import MeasureTaken, answers
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, Kind
from domain.events.clinic_events import (
    CheckInCompleted,
    ConsentSigned,
    ConsentWithdrawn,
    CourseReferred,
    DischargeAssessed,
    DoseAdministered,
    EligibilityDecided,
    EventData,
    FollowUpHeld,
    FormFiled,
    IntegrationHeld,
    PatientCheckedIn,
    PatientDischarged,
    PatientWithdrew,
    PlanPrescribed,
    PreparationHeld,
    ScreeningRecorded,
    SessionAborted,
    SessionBooked,
    SessionCleared,
    VitalsRecorded,
)
from domain.events.fields import StaffMember
from domain.ledger import GENESIS
from domain.protocol.model import Protocol
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


class Stage(StrEnum):
    """The stage that a medicine session is at."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    CLEARED = "cleared"
    DOSED = "dosed"
    RECOVERING = "recovering"
    DISCHARGED = "discharged"
    CANCELED = "canceled"
    MISSED = "missed"
    ABORTED = "aborted"


Data = TypeVar("Data", bound=EventData)


class Recorded(Frozen, Generic[Data]):
    """The data of an accepted event. `at` is when it happened, `recorded_at` when Kapstan learned of it.

    `sequence` is its ledger entry.
    """

    at: Moment
    recorded_at: Moment
    data: Data
    sequence: int = 0


Known = TypeVar("Known", bound=Recorded[Any])


def newer(known: Known | None, arrived: Known) -> Known:
    """The newer of two facts by `at`: one that is sent late does not replace a newer one."""
    return known if known is not None and known.at > arrived.at else arrived


Reading = Recorded[VitalsRecorded.Data]
DoseGiven = Recorded[DoseAdministered.Data]


HERE = frozenset({Stage.CHECKED_IN, Stage.CLEARED, Stage.DOSED, Stage.RECOVERING})
"""Stages of a medicine session in which the patient is at the clinic."""


class CheckpointStatus(StrEnum):
    """`met` within its grace, `late` after it, `missed` if no reading came, `pending` until then."""

    PENDING = "pending"
    MET = "met"
    LATE = "late"
    MISSED = "missed"


class Checkpoint(Frozen):
    """A moment by which vitals are due. `learned_at` is when Kapstan knew of it, after `due_at` in an import.

    A reading from `opens_at` on answers it, and is late after `grace_ends_at`.
    """

    due_at: Moment
    learned_at: Moment
    status: CheckpointStatus
    reading_at: Moment | None = None
    opens_at: Moment | None = None
    grace_ends_at: Moment | None = None

    @property
    def is_answered(self) -> bool:
        """Whether a reading has answered it, late or not."""
        return self.reading_at is not None


class ReadingSeries(Frozen):
    """Readings that are compared with one another, in the order in which they were taken.

    They are those of one medicine session, or all those outside one.
    """

    clearance: Recorded[SessionCleared.Data] | None = None
    doses: tuple[DoseGiven, ...] = ()
    readings: tuple[Reading, ...] = ()
    discharge: Recorded[PatientDischarged.Data] | None = None

    @property
    def is_monitored(self) -> bool:
        """Whether a dosed patient has not been discharged yet."""
        return bool(self.doses) and self.discharge is None

    def with_reading(self, reading: Reading) -> Self:
        """The series with this reading in its place."""
        place = self.place_of(reading)
        return self.but(readings=(*self.readings[:place], reading, *self.readings[place:]))

    def with_readings(self, readings: Iterable[Reading]) -> Self:
        """The series with these readings, each in its place."""
        return self.but(readings=tuple(sorted((*self.readings, *readings), key=_order_of)))

    @property
    def clearance_reading(self) -> Reading | None:
        """The reading that the clearance is based on: the last one taken before it."""
        return self.reading_before(self.clearance.at) if self.clearance is not None else None

    def reading_before(self, moment: datetime) -> Reading | None:
        """The last reading taken at or before `moment`."""
        place = bisect_right(self.readings, moment, key=_taken_at)
        return self.readings[place - 1] if place else None

    def reading_of(self, at: datetime, data: VitalsRecorded.Data) -> Reading | None:
        """The reading of that moment with exactly this data."""
        place = bisect_right(self.readings, at, key=_taken_at)
        same = takewhile(
            lambda reading: reading.at == at, islice(reversed(self.readings), len(self.readings) - place, None)
        )
        return next((reading for reading in same if reading.data == data), None)

    def place_of(self, reading: Reading) -> int:
        """The index of a new reading: after those taken earlier, or at the same time but recorded earlier."""
        return bisect_right(self.readings, (reading.at, reading.recorded_at), key=_order_of)


class MedicineSession(ReadingSeries):
    """One dosing visit; one without a booking was not planned.

    `weighed` are the findings that the clearance's overrides lifted. `settled` are its first checkpoints that no longer
    change, so that a long session need not compute them again. They hold until something arrives that happened before
    `settled_until`.
    """

    number: int
    stage: Stage
    starts_at: Moment
    booking: Recorded[SessionBooked.Data] | None = None
    check_in: Recorded[PatientCheckedIn.Data] | None = None
    abort: Recorded[SessionAborted.Data] | None = None
    weighed: tuple[Blocker, ...] = ()
    assessment: Recorded[DischargeAssessed.Data] | None = None
    check_ins: tuple[Recorded[CheckInCompleted.Data], ...] = ()
    integrations: tuple[Recorded[IntegrationHeld.Data], ...] = ()
    forms: tuple[Recorded[FormFiled.Data], ...] = ()
    settled: tuple[Checkpoint, ...] = ()
    settled_until: Moment | None = None

    @property
    def staff(self) -> tuple[StaffMember, ...]:
        """Who was booked for it; nobody if it was not planned."""
        return self.booking.data.staff if self.booking is not None else ()

    def was_under_way(self, at: datetime) -> bool:
        """Whether the patient was here for it at `at`: after they came, before they were discharged or sent away."""
        came = min((fact.at for fact in (self.check_in, *self.doses) if fact is not None), default=None)
        sent_away = self.abort if not self.doses else None
        ended = self.discharge or sent_away
        return came is not None and came <= at and (ended is None or at <= ended.at)

    @property
    def is_waiting(self) -> bool:
        """Whether it is between its booking and its dose."""
        return self.stage in {Stage.BOOKED, Stage.CHECKED_IN, Stage.CLEARED}

    @property
    def has_the_patient(self) -> bool:
        """Whether the patient is here: checked in, and neither sent away nor discharged."""
        return self.stage in HERE

    @property
    def may_be_booked_again(self) -> bool:
        """Whether it ended before its dose, so that its number is free for another visit."""
        return self.stage in {Stage.CANCELED, Stage.MISSED} or (self.stage is Stage.ABORTED and not self.doses)


def _taken_at(reading: Reading) -> datetime:
    return reading.at


def _order_of(reading: Reading) -> tuple[datetime, datetime]:
    return reading.at, reading.recorded_at


class Hold(Frozen):
    """One reason why the course is held; each is lifted by itself, one of safety only by a prescriber."""

    since: Moment
    reason: str
    is_safety: bool


class CourseEscalation(Frozen):
    """What the course knows of an escalation that it opened.

    `rests_on_corrected` says that what opened it has been corrected since.
    """

    id: EscalationId
    kind: Kind
    session: int | None
    severity: Severity
    state: EscalationState
    opened_at: Moment
    rests_on_corrected: bool = False


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

    `deviations` are the newest; all of them stand in its ledger. `written_bytes` is the JSON of all entries.
    `left_behind` are the readings of visits that were booked anew. `journal` has every event but uncorrected readings.
    """

    course_id: CourseId
    protocol: Protocol
    protocol_hash: str
    phase: Phase = Phase.SCREENING
    phase_entered_at: Moment | None = None
    phase_learned_at: Moment | None = None
    outcome: Outcome | None = None
    closed_at: Moment | None = None
    holds: tuple[Hold, ...] = ()
    referral: Recorded[CourseReferred.Data] | None = None
    screening: Recorded[ScreeningRecorded.Data] | None = None
    consent: Recorded[ConsentSigned.Data] | Recorded[ConsentWithdrawn.Data] | None = None
    eligibility: Recorded[EligibilityDecided.Data] | None = None
    plans: tuple[Recorded[PlanPrescribed.Data], ...] = ()
    preparations: tuple[Recorded[PreparationHeld.Data], ...] = ()
    sessions: tuple[MedicineSession, ...] = ()
    measures: tuple[MeasureTaken, ...] = ()
    follow_ups: tuple[Recorded[FollowUpHeld.Data], ...] = ()
    withdrew: Recorded[PatientWithdrew.Data] | None = None
    outside: ReadingSeries = ReadingSeries()
    left_behind: tuple[Reading, ...] = ()
    journal: tuple[KeptEvent, ...] = ()
    escalations: tuple[CourseEscalation, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    passed: Mapping[str, Moment] = {}
    newest: Mapping[str, Moment] = {}
    sequence: int = 0
    ledger_head: str = GENESIS
    written_bytes: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether the course has ended."""
        return self.phase is Phase.CLOSED

    @property
    def hold(self) -> Hold | None:
        """The hold that weighs most: a safety hold before any other, then the oldest; None if it is not held."""
        return min(self.holds, key=lambda hold: (not hold.is_safety, hold.since), default=None)

    @property
    def plan(self) -> Recorded[PlanPrescribed.Data] | None:
        """The plan in force: the one prescribed last."""
        return self.plans[-1] if self.plans else None

    @property
    def planned_sessions(self) -> int:
        """How many medicine sessions the course has."""
        planned = self.plan.data.medicine_sessions if self.plan else None
        return planned or self.protocol.course.medicine_sessions

    @property
    def session(self) -> MedicineSession | None:
        """The session with the highest number."""
        return self.sessions[-1] if self.sessions else None

    @property
    def dosed_sessions(self) -> tuple[MedicineSession, ...]:
        """The sessions in which a dose was given, in order."""
        return tuple(session for session in self.sessions if session.doses)

    @property
    def monitored(self) -> MedicineSession | None:
        """The session whose dosed patient has not been discharged, if there is one."""
        return next((session for session in self.sessions if session.is_monitored), None)

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
    def unresolved(self) -> tuple[CourseEscalation, ...]:
        """The escalations that are not resolved."""
        return tuple(one for one in self.escalations if one.state is not EscalationState.RESOLVED)

    @property
    def roles(self) -> Iterator[tuple[str, Role]]:
        """Who has appeared in which role: booked for a session, or as the actor of a fact kept here."""
        course = (self.referral, self.screening, self.consent, self.eligibility)
        told: list[Recorded[Any] | None] = [*course, *self.plans, *self.preparations, *self.follow_ups]
        for one in self.sessions:
            yield from ((member.id, member.role) for member in one.staff)
            told += [one.booking, one.check_in, one.clearance, one.abort, one.assessment, one.discharge]
            told += [*one.doses, *one.readings, *one.check_ins, *one.integrations, *one.forms]
        yield from ((fact.data.actor.id, fact.data.actor.role) for fact in told if fact is not None)

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
