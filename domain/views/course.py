"""The view of one course: phase, sessions, next events, blockers and deadlines."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from domain.course.course import Course
from domain.course.deadlines import Deadline, DeadlineKind
from domain.course.measure_history import MeasureTaken
from domain.course.measures import Risk, ScoreChange
from domain.course.recorded import Recorded
from domain.course.rules import booking, eligibility, spacing
from domain.course.rules.checkpoints import reading_due_at
from domain.course.rules.vitals import verdict
from domain.course.rules.weighing import is_still_weighed
from domain.course.session import Stage
from domain.course.state import CourseEscalation, Deviation, Hold, Outcome, Phase
from domain.events.clinic_events import EligibilityDecided, PatientDischarged, SessionCleared
from domain.events.fields import Dose
from domain.last_answer import keeps_last_answer
from domain.ledger import Entry
from domain.values import Blocker, CourseId, Frozen, Moment, PersonId, Severity
from domain.views.blocker_labels import words_of_all
from domain.views.bookings import bookings
from domain.views.figures import course_figures
from domain.views.measures_due import measures_due
from domain.views.next_task import to_do
from domain.views.score_trend import Thresholds, thresholds, trend
from domain.views.session import ReadingView, SessionView, session_views
from domain.views.summary import Batch, CourseSummary
from domain.views.timeline import Happening, happenings

MOST_OUTSIDE = 100
"""Most readings outside sessions in one view, the newest."""

Decided = Recorded[EligibilityDecided.Data] | Recorded[SessionCleared.Data] | Recorded[PatientDischarged.Data]
"""A prescriber's decision, with overrides if it overrides blockers."""


class ProtocolPinned(Frozen):
    """The protocol version that the course follows."""

    id: str
    version: str
    hash: str


class PlanView(Frozen):
    """The plan in force. `next_dose_at` is the target date of the next dose, while one is still to come."""

    medicine_sessions: int
    interval_days: int
    dose: Dose
    goals: tuple[str, ...]
    next_dose_at: Moment | None = None


class MeasureView(Frozen):
    """One answer of an instrument. `recall` is the period it asks about, `trend` the change from baseline.

    A raised risk that `is_known` is no more than was weighed at the decision on eligibility.
    """

    at: Moment
    instrument: str
    score: float | None
    band: str | None
    risk: Risk | None
    recall: timedelta | None = None
    trend: ScoreChange | None = None
    is_known: bool = False


class MeasureDueView(Frozen):
    """An instrument whose answers are due, and whether they are overdue."""

    instrument: str
    due_at: Moment
    late: bool


class OverrideView(Frozen):
    """A prescriber's override of a blocker. It stays visible for the life of the course.

    `lifts` are those of the course's blockers now that it lifts.
    """

    at: Moment
    by: PersonId
    session: int | None
    code: str
    rationale: str
    lifts: tuple[Blocker, ...] = ()


class DeadlineView(Frozen):
    """A deadline, and whether it is overdue."""

    kind: DeadlineKind
    session: int | None
    subject: str | None
    due_at: Moment
    passes_at: Moment
    late: bool


class BookingWindow(Frozen):
    """The session to book, or to move, and how long its visit is planned to be.

    It may not start before `earliest`, is aimed at `aimed_at`, and is overdue after `latest`, counted from the last
    dose; all None where there was none.
    """

    session: int
    planned_duration: timedelta
    earliest: Moment | None = None
    aimed_at: Moment | None = None
    latest: Moment | None = None


class CourseView(Frozen):
    """One course as its workflow holds it now. `happened` is its timeline, as far as its state holds it.

    `deviations` are the newest facts that deviated from the protocol. `booking` is when the next visit may be; None
    while none is to be booked or moved.
    """

    course_id: CourseId
    site: str
    phase: Phase
    held: bool
    hold: Hold | None
    outcome: Outcome | None
    protocol: ProtocolPinned
    plan: PlanView | None
    planned_sessions: int
    sessions: tuple[SessionView, ...]
    measures: tuple[MeasureView, ...]
    cautions: tuple[str, ...]
    overrides: tuple[OverrideView, ...]
    deviations: tuple[Deviation, ...] = ()
    blockers: tuple[Blocker, ...]
    next: tuple[str, ...]
    deadlines: tuple[DeadlineView, ...]
    escalations: tuple[CourseEscalation, ...]
    sequence: int
    ledger_head: str
    measures_due: tuple[MeasureDueView, ...] = ()
    thresholds: tuple[Thresholds, ...] = ()
    happened: tuple[Happening, ...] = ()
    holds: tuple[Hold, ...] = ()
    readings_outside: tuple[ReadingView, ...] = ()
    booking: BookingWindow | None = None

    @property
    def in_the_way(self) -> tuple[Blocker, ...]:
        """The blockers of the next step that no override lifts."""
        lifted = [blocker for one in self.overrides for blocker in one.lifts]
        return tuple(one for one in self.blockers if one not in lifted)


def course_view(course: Course, now: datetime) -> CourseView:
    """The view of the course at `now`."""
    assert course.referral is not None
    blockers = course.blockers(now)
    return CourseView(
        course_id=course.course_id,
        site=course.referral.data.site,
        phase=course.phase,
        held=course.hold is not None,
        hold=course.hold,
        outcome=course.outcome,
        protocol=ProtocolPinned(id=course.protocol.id, version=course.protocol.version, hash=course.protocol_hash),
        plan=_plan(course),
        planned_sessions=course.planned_sessions,
        sessions=tuple(session_views(course)),
        measures=tuple(_measure(course, taken) for taken in course.measures),
        cautions=eligibility.cautions(course),
        overrides=tuple(_overrides(course, blockers)),
        deviations=course.deviations,
        blockers=blockers,
        next=course.next_acts(now),
        deadlines=tuple(_deadline(deadline, now) for deadline in course.deadlines()),
        escalations=course.unresolved,
        sequence=course.sequence,
        ledger_head=course.ledger_head,
        measures_due=tuple(
            MeasureDueView(instrument=one.instrument, due_at=one.due_at, late=one.due_at < now)
            for one in measures_due(course)
        ),
        thresholds=thresholds(course),
        happened=happenings(course),
        holds=course.holds,
        readings_outside=tuple(
            ReadingView(at=reading.at, vitals=reading.data, verdict=verdict(course.protocol, course.outside, reading))
            for reading in course.outside.readings[-MOST_OUTSIDE:]
        ),
        booking=_booking_window(course),
    )


def course_summary(course: Course, now: datetime, upcoming: tuple[Deadline, ...] | None = None) -> CourseSummary:
    """The course as the course list shows it at `now`. `upcoming` are its deadlines, if computed already."""
    assert course.referral is not None
    session = course.session
    upcoming = course.deadlines() if upcoming is None else upcoming
    soonest = min(upcoming, key=lambda deadline: deadline.due_at, default=None)
    watched = next((one for one in course.newest_first if one.is_watched), None)
    task = to_do(course, now)
    return CourseSummary(
        course_id=course.course_id,
        site=course.referral.data.site,
        protocol_id=course.protocol.id,
        protocol_version=course.protocol.version,
        phase=course.phase,
        outcome=course.outcome,
        held=course.hold is not None,
        hold_reason="; ".join(hold.reason for hold in course.holds) or None,
        session=session.number if session else None,
        stage=session.stage if session else None,
        attention=attention(course),
        open_escalations=len(course.unresolved),
        next_kind=soonest.kind if soonest else None,
        next_due_at=soonest.due_at if soonest else None,
        started_at=course.referral.at,
        closed_at=course.closed_at,
        sequence=course.sequence,
        ledger_head=course.ledger_head,
        planned_sessions=course.planned_sessions,
        to_do=task.words if task else None,
        to_do_by=task.due_at if task else None,
        blocked_by=words_of_all(course.blockers(now)),
        dosed_at=watched.doses[-1].at if watched else None,
        reading_due_at=reading_due_at(course.protocol, watched, course.passed) if watched else None,
        monitored_session=watched.number if watched else None,
        next_passes_at=upcoming[0].passes_at if upcoming else None,
    )


def batch_of(
    course: Course, entries: tuple[Entry, ...], now: datetime, upcoming: tuple[Deadline, ...] | None = None
) -> Batch:
    """The next ledger entries for the record store, with the course's summary, figures and bookings at `now`.

    `upcoming` are its deadlines, if computed already.
    """
    return _without_entries(course, now, upcoming).but(entries=entries)


@keeps_last_answer
def _without_entries(course: Course, now: datetime, upcoming: tuple[Deadline, ...] | None) -> Batch:
    """What is tried before an event is accepted is told once it is."""
    return Batch(
        course_id=course.course_id,
        entries=(),
        summary=course_summary(course, now, upcoming),
        figures=course_figures(course),
        bookings=bookings(course),
        goes_first=course.monitored is not None,
    )


def attention(course: Course) -> Severity | None:
    """The highest severity among the course's unresolved escalations; None if there are none."""
    return max((one.severity for one in course.unresolved), key=lambda severity: severity.rank, default=None)


def _booking_window(course: Course) -> BookingWindow | None:
    session = course.session
    is_booked = session is not None and session.stage is Stage.BOOKED
    number = session.number if session is not None and is_booked else booking.next_number(course)
    if number is None or course.is_closed:
        return None
    window = spacing.window(course, number)
    return BookingWindow(
        session=number,
        planned_duration=course.protocol.medicine.planned_duration,
        **(dict(window) if window is not None else {}),
    )


def _plan(course: Course) -> PlanView | None:
    if course.plan is None:
        return None
    prescribed = course.plan.data
    number = course.next_session()
    interval = spacing.planned_interval(course, number) or course.spacing_of(number).interval
    is_dose_to_come = not course.is_closed and len(course.dosed_sessions) < course.planned_sessions
    return PlanView(
        medicine_sessions=course.planned_sessions,
        interval_days=interval.days,
        dose=prescribed.dose,
        goals=prescribed.goals,
        next_dose_at=course.last_dose_at + interval if course.last_dose_at and is_dose_to_come else None,
    )


def _overrides(course: Course, blockers: tuple[Blocker, ...]) -> Iterator[OverrideView]:
    yield from _overridden(None, course.eligibility)
    for session in course.sessions:
        # What was weighed at a clearance ends the blocker of the dose, as long as its value is not worse.
        is_next = session is course.session and session.stage is Stage.CLEARED
        relative = [one for one in blockers if not one.absolute] if is_next else []
        ended = [one for one in relative if is_still_weighed(one, session.weighed)]
        yield from _overridden(session.number, session.clearance, ended)
        yield from _overridden(session.number, session.discharge)


def _overridden(session: int | None, decision: Decided | None, ended: Sequence[Blocker] = ()) -> Iterator[OverrideView]:
    if decision is None:
        return
    for override in decision.data.overrides:
        yield OverrideView(
            at=decision.at,
            by=decision.data.actor.id,
            session=session,
            code=override.code,
            rationale=override.rationale,
            lifts=tuple(one for one in ended if one.code == override.code),
        )


def _measure(course: Course, taken: MeasureTaken) -> MeasureView:
    scored = taken.scored
    return MeasureView(
        at=taken.at,
        instrument=scored.instrument,
        score=scored.score,
        band=scored.band,
        risk=scored.risk,
        recall=scored.recall,
        trend=trend(course, taken),
        is_known=taken.is_known,
    )


def _deadline(deadline: Deadline, now: datetime) -> DeadlineView:
    return DeadlineView(
        kind=deadline.kind,
        session=deadline.session,
        subject=deadline.subject,
        due_at=deadline.due_at,
        passes_at=deadline.passes_at,
        late=deadline.due_at < now,
    )
