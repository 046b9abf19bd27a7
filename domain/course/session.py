"""One medicine session as a course keeps it: its readings, and everything that happened in it, without rules."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice, takewhile
from typing import Any, Final, Self

from domain.course.dose_given import DoseGiven
from domain.course.recorded import Recorded
from domain.course.whereabouts import Absence, absences
from domain.events.clinic_events import (
    AdverseEventReported,
    CheckInCompleted,
    DischargeAssessed,
    FormFiled,
    IntegrationHeld,
    MedicationAdministered,
    PatientCheckedIn,
    PatientDied,
    PatientDischarged,
    PatientHandedOver,
    PatientLeft,
    PatientReturned,
    SessionAborted,
    SessionBooked,
    SessionCleared,
    VitalsRecorded,
)
from domain.events.fields import StaffMember
from domain.values import Blocker, Frozen, Moment


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


Reading = Recorded[VitalsRecorded.Data]


Departure = Recorded[PatientLeft.Data] | Recorded[AdverseEventReported.Data]
"""A patient left before discharge, told by its own event or as the adverse event of that term."""


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
        if place == len(self.readings):  # as nearly always: one copy of thousands instead of two or three
            return self.but(readings=self.readings + (reading,))  # noqa: RUF005
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
    arrives that happened before `settled_until`. `sent_away` are the times from each discharge, handover or death until
    the patient was watched again. `went_home` is the first of these discharges.
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

    @property
    def came_at(self) -> datetime | None:
        """When the patient came: at their check-in or first dose; None before."""
        return min((fact.at for fact in (self.check_in, *self.doses) if fact is not None), default=None)

    @property
    def visit_ended_at(self) -> datetime | None:
        """When the patient was discharged or sent away, or died; None before."""
        sent_away = (self.abort or self.handover) if not self.doses else None
        end = self.ended or self.death or sent_away
        return end.at if end is not None else None

    def was_under_way(self, at: datetime) -> bool:
        """Whether the patient was here for it at `at`: after they came, before they were discharged or sent away."""
        came, ended_at = self.came_at, self.visit_ended_at
        return came is not None and came <= at and (ended_at is None or at <= ended_at)

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

    def watched_again(self, since: datetime, learned_at: datetime, *, is_at_home: bool = False) -> Self:
        """The session of a patient who had gone or was said to be dead, and is ours to watch again since that moment.

        Nobody could measure them between the two; `is_at_home` says that nobody has seen them back. What is owed to
        somebody at home stays owed from their first discharge, but for one that was before any dose.
        """
        gone = self.discharge or self.handover or self.death
        assert gone is not None
        is_home = self.discharge is not None and bool(self.doses) and self.doses[0].at <= self.discharge.at
        away = Absence(left_at=gone.at, back_at=max(since, gone.at), back_recorded_at=learned_at, is_at_home=is_at_home)
        return self.but(
            stage=Stage.RECOVERING if self.doses else Stage.CHECKED_IN,
            discharge=None,
            handover=None,
            death=None,
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

    @property
    def is_at_home(self) -> bool:
        """Whether they are watched again though they may be at home: nobody has seen them back since they went."""
        last = self.sent_away[-1] if self.sent_away else None
        if last is None or not last.is_at_home:
            return False
        seen: tuple[Recorded[Any], ...] = (*self.returns, *self.doses)
        return not any(one.at > last.left_at for one in seen)

    def found_here(self) -> Self:
        """The session of a patient who is said to be lost, and was seen here since: they are not at home."""
        if not self.is_at_home:
            return self
        return self.but(sent_away=(*self.sent_away[:-1], self.sent_away[-1].but(is_at_home=False)))

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
