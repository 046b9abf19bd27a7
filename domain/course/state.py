"""The state of one course: everything that happened so far, as plain facts without rules."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice, takewhile
from typing import Any, Final, Self, TypeVar
from zoneinfo import ZoneInfo

from domain.course.dose_given import DoseGiven
from domain.course.journal import KeptEvent
from domain.course.measure_history import MeasureTaken, answers
from domain.course.recorded import Recorded
from domain.course.whereabouts import Absence, absences
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, Kind
from domain.events.clinic_events import (
    AdverseEventReported,
    CheckInCompleted,
    ConsentSigned,
    ConsentWithdrawn,
    CourseReferred,
    DischargeAssessed,
    EligibilityDecided,
    FollowUpHeld,
    FormFiled,
    IntegrationHeld,
    MedicationAdministered,
    PatientCheckedIn,
    PatientDied,
    PatientDischarged,
    PatientHandedOver,
    PatientLeft,
    PatientReturned,
    PatientWithdrew,
    PlanPrescribed,
    PreparationHeld,
    ScreeningRecorded,
    SessionAborted,
    SessionBooked,
    SessionCleared,
    VitalsRecorded,
)
from domain.events.fields import PregnancyTest, StaffMember
from domain.ledger import GENESIS
from domain.moments import instant
from domain.oncall.rota import UTC_ZONE, Zone
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
    DECEASED = "deceased"


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


Known = TypeVar("Known", bound=Recorded[Any])


def newer(known: Known | None, arrived: Known) -> Known:
    """The newer of two facts by `at`: one that is sent late does not replace a newer one."""
    return known if known is not None and known.at > arrived.at else arrived


class PregnancyTested(Frozen):
    """One result of a pregnancy test: of a check-in or a screening, `is_screening`."""

    at: Moment
    result: PregnancyTest
    is_screening: bool


Dated = TypeVar("Dated", bound=Recorded[Any] | PregnancyTested)


def known_at(facts: Iterable[Dated], moment: datetime) -> Dated | None:
    """The newest of these facts, in order of time, that had happened by that moment: none speaks for one before it."""
    return next((fact for fact in reversed(tuple(facts)) if fact.at <= moment), None)


Reading = Recorded[VitalsRecorded.Data]
Departure = Recorded[PatientLeft.Data] | Recorded[AdverseEventReported.Data]
"""A patient left before discharge, told by its own event or as the adverse event of that term."""

DEATH_REPORTED = "a death was reported"
"""The reason of the hold after an adverse event of grade 5; lifted, the patient lives."""


LONG_PAST: Final = timedelta(days=1)
"""How long after a moment nobody can be watched any more for what happened then (S9: recurrences for up to a day).

What is told later than that, as in an import of an old course, is a gap in the record and no danger of today.
"""


_ANOTHER_DAY: Final = timedelta(hours=12)
"""How long before the start of its visit a dose is not of that visit's day, but dated wrongly."""


def is_long_past(at: datetime, learned_at: datetime) -> bool:
    """Whether it was learned so late that nobody could be watched for it any more."""
    return learned_at - at > LONG_PAST


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
    handover: Recorded[PatientHandedOver.Data] | None = None
    death: Recorded[PatientDied.Data] | None = None

    @property
    def ended(self) -> Recorded[PatientDischarged.Data] | Recorded[PatientHandedOver.Data] | None:
        """What ended a dosed patient's stay: calls, talks and forms count from the discharge, or the handover."""
        return self.discharge or (self.handover if self.doses else None)

    @property
    def watched_until(self) -> datetime | None:
        """When the patient was no longer ours to watch; None while they are."""
        end = self.ended or self.death
        return end.at if end is not None else None

    @property
    def is_monitored(self) -> bool:
        """Whether a dosed patient is still ours to watch: neither discharged, handed over nor dead."""
        return bool(self.doses) and self.ended is None and self.death is None

    @property
    def running_infusion(self) -> DoseGiven | None:
        """The infusion that was started and not stopped, if there is one."""
        return next((dose for dose in reversed(self.doses) if dose.is_running), None)

    def with_reading(self, reading: Reading) -> Self:
        """The series with this reading in its place."""
        place = self.place_of(reading)
        return self.but(readings=(*self.readings[:place], reading, *self.readings[place:]))

    def with_readings(self, readings: Iterable[Reading]) -> Self:
        """The series with these readings, each in its place."""
        more = sorted(readings, key=order_of)
        if more and self.place_of(more[0]) == len(self.readings):
            return self.but(readings=(*self.readings, *more))
        return self.but(readings=tuple(sorted((*self.readings, *more), key=order_of)))

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
        return bisect_right(self.readings, (reading.at, reading.recorded_at), key=order_of)


class MedicineSession(ReadingSeries):
    """One dosing visit; one without a booking was not planned.

    `announced_at` is when Kapstan last learned of `starts_at`. `weighed` are the findings that the clearance's
    overrides lifted. `unwell_at` is when an urgent adverse event last befell the patient. `settled` are its first
    checkpoints that no longer change, so that a long session need not compute them again. They hold until something
    arrives that happened before `settled_until`. `sent_away` are the times from each discharge or handover until the
    patient was watched again. `went_home` is the first of these discharges.
    """

    number: int
    stage: Stage
    starts_at: Moment
    announced_at: Moment | None = None
    booking: Recorded[SessionBooked.Data] | None = None
    check_in: Recorded[PatientCheckedIn.Data] | None = None
    abort: Recorded[SessionAborted.Data] | None = None
    weighed: tuple[Blocker, ...] = ()
    assessment: Recorded[DischargeAssessed.Data] | None = None
    unwell_at: Moment | None = None
    check_ins: tuple[Recorded[CheckInCompleted.Data], ...] = ()
    integrations: tuple[Recorded[IntegrationHeld.Data], ...] = ()
    forms: tuple[Recorded[FormFiled.Data], ...] = ()
    medications: tuple[Recorded[MedicationAdministered.Data], ...] = ()
    departures: tuple[Departure, ...] = ()
    returns: tuple[Recorded[PatientReturned.Data], ...] = ()
    sent_away: tuple[Absence, ...] = ()
    went_home: Recorded[PatientDischarged.Data] | None = None
    settled: tuple[Checkpoint, ...] = ()
    settled_until: Moment | None = None

    @property
    def staff(self) -> tuple[StaffMember, ...]:
        """Who was booked for it; nobody if it was not planned."""
        return self.booking.data.staff if self.booking is not None else ()

    def was_under_way(self, at: datetime) -> bool:
        """Whether the patient was here for it at `at`: after they came, before they were discharged or sent away."""
        came = min((fact.at for fact in (self.check_in, *self.doses) if fact is not None), default=None)
        sent_away = (self.abort or self.handover) if not self.doses else None
        end = self.ended or self.death or sent_away
        return came is not None and came <= at and (end is None or at <= end.at)

    def dosed_at(self, told: datetime, learned_at: datetime) -> datetime:
        """The moment from which a dose counts: as told, and no earlier than the check-in or clearance it came after.

        Those known by `learned_at` came before it: an earlier time, as of another day or in another zone, is a slip.
        So is a day before that of a visit which had begun by then.
        """
        before = (fact.at for fact in (self.check_in, self.clearance) if fact and fact.recorded_at <= learned_at)
        at = max((told, *before))
        is_due = self.booking is not None and self.starts_at <= learned_at
        return self.starts_at if is_due and self.starts_at - at > _ANOTHER_DAY else at

    @property
    def is_watched(self) -> bool:
        """Whether a patient is under the medicine now: monitored, and not dosed in a past that was told long after."""
        return self.is_monitored and not is_long_past(self.doses[-1].at, self.doses[-1].recorded_at)

    def watched_again(self, since: datetime, learned_at: datetime) -> Self:
        """The session of a patient who was discharged or handed over, and is ours to watch again since that moment.

        Nobody could measure them between the two. What is owed to somebody at home stays owed from their first
        discharge, but for one that was before any dose.
        """
        gone = self.discharge or self.handover
        assert gone is not None
        is_home = self.discharge is not None and bool(self.doses) and self.doses[0].at <= self.discharge.at
        away = Absence(left_at=gone.at, back_at=max(since, gone.at), back_recorded_at=learned_at)
        return self.but(
            stage=Stage.RECOVERING if self.doses else Stage.CHECKED_IN,
            discharge=None,
            handover=None,
            sent_away=(*self.sent_away, away),
            went_home=self.went_home or (self.discharge if is_home else None),
            settled=(),
            settled_until=None,
        )

    @property
    def absences(self) -> tuple[Absence, ...]:
        """The times during which the patient was not here, in order; the last one may not have ended."""
        if not self.sent_away:
            return self.departed
        return tuple(sorted((*self.departed, *self.sent_away), key=lambda one: one.left_at))

    @property
    def departed(self) -> tuple[Absence, ...]:
        """The times during which they had left before discharge, in order; the last one may not have ended."""
        if not self.departures:
            return ()
        once = (self.check_in, self.clearance, self.assessment)
        signs = (*self.returns, *self.doses, *(fact for fact in once if fact is not None))
        return absences(self.departures, signs, self.readings)

    @property
    def is_away(self) -> bool:
        """Whether the patient left before discharge and has not been seen since."""
        return bool(self.departures) and self.ended is None and self.departed[-1].back_at is None

    def may_be_at_home(self, within: timedelta) -> bool:
        """Whether they are watched again by what was told so long after they went, and nobody said that they came back.

        `within` is how long they are taken to be still at the door.
        """
        if not self.sent_away:
            return False
        last = self.sent_away[-1]
        back_at = last.back_at or last.left_at
        seen: tuple[Recorded[Any], ...] = (*self.returns, *self.doses)
        is_back = any(one.at >= back_at for one in seen)
        return back_at - last.left_at > within and not is_back

    @property
    def gone(self) -> Recorded[Any] | None:
        """What took a dosed patient home, or wherever they went: calls are counted from it, and forms from `ended`.

        Of one who was watched again after they had been sent home it is the first discharge.
        """
        if self.went_home is not None and self.doses:
            return self.went_home
        if self.ended is not None or not self.doses or not self.is_away:
            return self.ended
        left_at = self.departed[-1].left_at
        return next(one for one in self.departures if one.at == left_at)

    def was_away(self, at: datetime) -> bool:
        """Whether the patient had left at that moment."""
        return any(one.holds(at) for one in self.absences)

    @property
    def is_waiting(self) -> bool:
        """Whether it is between its booking and its dose."""
        return self.stage in {Stage.BOOKED, Stage.CHECKED_IN, Stage.CLEARED}

    @property
    def has_the_patient(self) -> bool:
        """Whether the patient is here: checked in, and neither sent away nor discharged."""
        return self.stage in HERE

    @property
    def may_have_been_dosed(self) -> bool:
        """Whether the patient was cleared, and nobody has said since whether they were dosed."""
        return self.clearance is not None and not self.doses and self.abort is None and self.death is None

    @property
    def may_be_booked_again(self) -> bool:
        """Whether it ended before its dose, so that its number is free for another visit."""
        return self.stage in {Stage.CANCELED, Stage.MISSED} or (self.stage is Stage.ABORTED and not self.doses)


def _taken_at(reading: Reading) -> datetime:
    return reading.at


def order_of(reading: Reading) -> tuple[datetime, datetime]:
    """By what readings are ordered: when they were taken, and then when they were recorded."""
    return reading.at, reading.recorded_at


class Hold(Frozen):
    """One reason why the course is held; each is lifted by itself, one of safety only by a prescriber.

    `learned_at` is when Kapstan first knew of it.
    """

    since: Moment
    learned_at: Moment
    reason: str
    is_safety: bool


class WordOfSuicide(Frozen):
    """That somebody told of suicide outside a questionnaire: when it was said, and in which ledger entry."""

    at: Moment
    sequence: int


class RiskTold(Frozen):
    """That the course learned of a risk of suicide: when, and by which ledger entry."""

    recorded_at: Moment
    sequence: int


class CourseEscalation(Frozen):
    """What the course knows of an escalation that it opened.

    `repeats` counts how often its cause happened again, urgent or worse. `rests_on_corrected` says that what opened it
    has been corrected since.
    """

    id: EscalationId
    kind: Kind
    session: int | None
    severity: Severity
    state: EscalationState
    opened_at: Moment
    repeats: int = 0
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

    `timezone` is that of its site, pinned at the referral: days are counted in it. `consents`, `plans` and
    `pregnancy_tests` are in order of time. `medications_changed_at` is the newest change that a check-in told of and
    that no clearance has weighed. `weighed` are the findings that the eligibility decision's overrides lifted.
    `words_of_suicide` are in order of time. `risk_told` is when a risk was last learned of, also by a questionnaire.
    `left_behind` are the readings of visits that were booked anew. `journal` has every event but uncorrected readings.
    `deviations` are the newest; all of them stand in its ledger. `written_bytes` is the JSON of all entries.
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
    consents: tuple[Recorded[ConsentSigned.Data] | Recorded[ConsentWithdrawn.Data], ...] = ()
    pregnancy_tests: tuple[PregnancyTested, ...] = ()
    medications_changed_at: Moment | None = None
    eligibility: Recorded[EligibilityDecided.Data] | None = None
    weighed: tuple[Blocker, ...] = ()
    plans: tuple[Recorded[PlanPrescribed.Data], ...] = ()
    preparations: tuple[Recorded[PreparationHeld.Data], ...] = ()
    sessions: tuple[MedicineSession, ...] = ()
    measures: tuple[MeasureTaken, ...] = ()
    words_of_suicide: tuple[WordOfSuicide, ...] = ()
    risk_told: RiskTold | None = None
    follow_ups: tuple[Recorded[FollowUpHeld.Data], ...] = ()
    withdrew: Recorded[PatientWithdrew.Data] | None = None
    died: Recorded[PatientDied.Data] | None = None
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
        told: list[Recorded[Any] | None] = [*course, *self.plans, *self.preparations, *self.follow_ups]
        for one in self.sessions:
            yield from ((member.id, member.role) for member in one.staff)
            told += [one.booking, one.check_in, one.clearance, one.abort, one.assessment, one.discharge, one.handover]
            told += [*one.readings, *one.check_ins, *one.integrations, *one.forms, *one.medications]
            told += [*one.departures, *one.returns, *(fact for dose in one.doses for fact in dose.facts)]
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

    def measure_at(self, instrument: str, moment: datetime) -> MeasureTaken | None:
        """The newest answer of an instrument that had been given by that moment; None if there is none."""
        return answers(self.measures).newest_by(instrument, moment)
