"""The view of a course's medicine sessions: what was given, measured and due in each."""

from collections.abc import Iterator, Mapping

from domain.course.course import Course
from domain.course.dose_given import DoseGiven
from domain.course.rules.checkpoints import Checkpoint, checkpoints, reading_due_at
from domain.course.rules.dose_bounds import weight_today
from domain.course.rules.jumps import LastValue
from domain.course.rules.vitals import verdict
from domain.course.session import MedicineSession, Stage
from domain.course.verdict import Verdict
from domain.events.clinic_events import VitalsRecorded
from domain.events.fields import StaffMember
from domain.protocol.values import Vital
from domain.values import Frozen, Moment
from domain.views.limits import SessionLimit, session_limits

MOST_READINGS = 2_000
"""Most readings in one view: one a minute for a day and a half, and no more than a query may take."""


class ReadingView(Frozen):
    """One reading with its verdict."""

    at: Moment
    vitals: VitalsRecorded.Data
    verdict: Verdict

    @property
    def pressure(self) -> str | None:
        """The blood pressure, such as "131/82"; "131/–" if one of the two was not taken, None if neither was."""
        taken = (self.vitals.systolic, self.vitals.diastolic)
        if taken == (None, None):
            return None
        return "/".join("–" if value is None else str(value) for value in taken)


class DoseView(Frozen):
    """One dose given. An infusion's `mg` is what it is to give until it has stopped, at `stopped_at`."""

    at: Moment
    mg: float
    route: str
    is_infusion: bool = False
    is_running: bool = False
    is_paused: bool = False
    stopped_at: Moment | None = None


class SessionView(Frozen):
    """One medicine session with everything measured in it. Its planned end is `planned_end_at`.

    `limits` are what its readings are judged by. While a dosed patient is monitored, `reading_due_at` is when the next
    reading is due, or since when it is overdue; none is while the patient is away, since `away_since`.
    `readings_before` counts earlier readings that only the ledger has. `weight_kg` was taken at this check-in.
    """

    number: int
    stage: Stage
    starts_at: Moment
    doses: tuple[DoseView, ...]
    checkpoints: tuple[Checkpoint, ...]
    readings: tuple[ReadingView, ...]
    discharged_at: Moment | None
    check_ins: int
    integrations: int
    planned_end_at: Moment | None = None
    room: str | None = None
    staff: tuple[StaffMember, ...] = ()
    checked_in_at: Moment | None = None
    cleared_at: Moment | None = None
    reading_due_at: Moment | None = None
    limits: tuple[SessionLimit, ...] = ()
    readings_before: int = 0
    away_since: Moment | None = None
    handed_over_at: Moment | None = None
    died_at: Moment | None = None
    weight_kg: float | None = None
    group: str | None = None

    @property
    def last_values(self) -> Mapping[Vital, LastValue]:
        """The newest value of each vital sign that was taken in this session."""
        return {
            vital: LastValue(at=reading.at, value=value)
            for reading in self.readings
            for vital in Vital
            if (value := getattr(reading.vitals, vital)) is not None
        }

    @property
    def ended_at(self) -> Moment | None:
        """When the patient was no longer watched: discharged, handed over or dead; None while they are here."""
        return self.discharged_at or self.handed_over_at or self.died_at


def session_views(course: Course) -> Iterator[SessionView]:
    """The sessions with the newest `MOST_READINGS` readings of the course."""
    left = MOST_READINGS
    shown = []
    for session in reversed(course.sessions):
        shown.append(min(left, len(session.readings)))
        left -= shown[-1]
    for session, count in zip(course.sessions, reversed(shown), strict=True):
        yield _session(course, session, count)


def _session(course: Course, session: MedicineSession, count: int) -> SessionView:
    before = len(session.readings) - count
    return SessionView(
        number=session.number,
        stage=session.stage,
        starts_at=session.starts_at,
        doses=tuple(_dose(dose) for dose in session.doses),
        checkpoints=checkpoints(course.protocol.medicine.checkpoints, session, course.passed),
        readings=tuple(
            ReadingView(at=reading.at, vitals=reading.data, verdict=verdict(course.protocol, session, reading))
            for reading in session.readings[before:]
        ),
        readings_before=before,
        discharged_at=session.discharge.at if session.discharge else None,
        check_ins=len(session.check_ins),
        integrations=len(session.integrations),
        planned_end_at=session.starts_at + course.protocol.medicine.planned_duration,
        room=session.booking.data.room if session.booking else None,
        staff=session.staff,
        checked_in_at=session.check_in.at if session.check_in else None,
        cleared_at=session.clearance.at if session.clearance else None,
        reading_due_at=reading_due_at(course.protocol, session, course.passed),
        limits=session_limits(course.protocol, session),
        away_since=session.absences[-1].left_at if session.is_away else None,
        handed_over_at=session.handover.at if session.handover else None,
        died_at=session.death.at if session.death else None,
        weight_kg=weight_today(session),
        group=session.booking.data.group if session.booking else None,
    )


def _dose(dose: DoseGiven) -> DoseView:
    return DoseView(
        at=dose.at,
        mg=dose.mg,
        route=dose.route,
        is_infusion=dose.is_infusion,
        is_running=dose.is_running,
        is_paused=dose.is_paused,
        stopped_at=dose.ended_at if dose.is_infusion and not dose.is_running else None,
    )
