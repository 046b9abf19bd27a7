"""The next task of a course and its due time, in words that may appear on a shared screen."""

from collections.abc import Iterator
from datetime import datetime

from domain.codes import spoken
from domain.course import deadlines
from domain.course.deadlines import Deadline, DeadlineKind
from domain.course.rules import booking, eligibility, observation, preparation
from domain.course.rules.checkpoints import reading_due_at, rechecks
from domain.course.session import MedicineSession, Stage
from domain.course.state import CourseState, Phase
from domain.durations import days, duration
from domain.protocol.instruments import instrument_name
from domain.values import Frozen, Moment

_OF_THE_ROOM = frozenset(
    {
        DeadlineKind.CLEARANCE,
        DeadlineKind.DOSE,
        DeadlineKind.CHECKPOINT,
        DeadlineKind.RECHECK,
        DeadlineKind.DISCHARGE,
        DeadlineKind.INFUSION,
    }
)
_OF_THE_PHASE = frozenset({DeadlineKind.PHASE, DeadlineKind.NEXT_DOSE, DeadlineKind.HOLD_REVIEW})


class ToDo(Frozen):
    """A task in words without clinical values. It is late once `due_at` has passed."""

    words: str
    due_at: Moment | None = None


def to_do(course: CourseState, now: datetime) -> ToDo | None:
    """The task due soonest, or longest overdue. None if there is none, as in a course that was closed long ago.

    While the patient is here, what they need comes before all else of their course, also after it was closed.
    """
    if course.referral is None:
        return None
    waiting = (session for session in course.sessions if session.has_the_patient and not course.is_closed)
    here = course.monitored or next(waiting, None)
    found = list(_in_the_room(course, here)) if here is not None else [*_next_step(course, now), *_besides(course, now)]
    return min(found, key=lambda one: (one.due_at is None, one.due_at or now), default=None)


def _in_the_room(course: CourseState, session: MedicineSession) -> Iterator[ToDo]:
    named = _named(course, session.number)
    if not session.is_monitored:
        held = course.hold is not None
        if session.stage is Stage.CLEARED and session.clearance is not None and not held:
            expires_at = session.clearance.at + course.protocol.medicine.clearance_valid
            yield ToDo(words=f"{named}: dose", due_at=expires_at)
        else:
            yield ToDo(words=f"{named}: held" if held else f"{named}: clear", due_at=session.starts_at)
        return
    home_by = observation.begun(course.protocol, session).at + course.protocol.medicine.discharge_overdue
    if session.is_away:
        yield ToDo(words=f"{named}: find the patient", due_at=home_by)
        return
    due_at = reading_due_at(course.protocol, session, course.passed)
    is_second = any(recheck.due_at == due_at for recheck in rechecks(course.protocol, session))
    if session.is_watched or is_second:
        yield ToDo(words=f"{named}: {'second reading' if is_second else 'reading'}", due_at=due_at)
    yield ToDo(words=f"{named}: discharge", due_at=home_by)


def _next_step(course: CourseState, now: datetime) -> Iterator[ToDo]:
    """Tasks that move the course on; a held one is reviewed."""
    if course.is_closed:
        return
    by = min((one.due_at for one in deadlines.owed(course) if one.kind in _OF_THE_PHASE), default=None)
    if course.hold is not None:
        yield ToDo(words="Held: a prescriber resumes" if course.hold.is_safety else "Held: to be resumed", due_at=by)
        return
    booked = next((session for session in course.sessions if session.stage is Stage.BOOKED), None)
    match course.phase:
        case Phase.SCREENING:
            yield ToDo(words=_screening(course, now), due_at=by)
        case Phase.PREPARATION:
            # Due before the patient comes, if that is sooner.
            by = min((moment for moment in (by, booked.starts_at if booked else None) if moment), default=None)
            yield ToDo(words=_preparation(course), due_at=by)
        case Phase.MEDICINE if booked is not None:
            yield ToDo(words=f"{_named(course, booked.number)}: check in", due_at=booked.starts_at)
        case Phase.MEDICINE | Phase.INTEGRATION:
            number = booking.next_number(course)
            if booked is None and number is not None:
                yield ToDo(words=f"{_named(course, number)} to be booked", due_at=by)


def _besides(course: CourseState, now: datetime) -> Iterator[ToDo]:
    """Tasks owed in any phase: talks, calls, visits, forms, risk screens. After closing only in the safety window."""
    ends_at = course.safety_ends_at
    if course.is_closed and (ends_at is None or now > ends_at):
        return
    for one in deadlines.owed(course):
        is_said = one.kind is DeadlineKind.ATTENDANCE and course.phase is Phase.MEDICINE and course.hold is None
        if one.kind not in _OF_THE_ROOM | _OF_THE_PHASE and not is_said:
            yield ToDo(words=_words(course, one), due_at=one.due_at)


def _screening(course: CourseState, now: datetime) -> str:
    if course.screening is None:
        return "Screening visit"
    codes = [blocker.code for blocker in eligibility.blockers(course, now)]
    to_come = [
        instrument_name(instrument)
        for instrument in course.protocol.screening.measures
        if f"measure.{instrument}_missing" in codes
    ]
    if any(code.startswith("result.") and code.endswith(("_missing", "_outdated")) for code in codes):
        to_come.append("test")
    if any(code.startswith("consent.") for code in codes):
        to_come.append("consent")
    return f"Screening: {', '.join(to_come)} to come" if to_come else "Prescriber decides on eligibility"


def _preparation(course: CourseState) -> str:
    if course.plan is None:
        return "Plan to be prescribed"
    if missing := preparation.topics_to_come(course):
        return f"Preparation: {spoken(', '.join(missing))} to come"
    return f"Preparation talk {len(course.preparations) + 1} of {course.protocol.preparation.sessions}"


def _words(course: CourseState, owed: Deadline) -> str:
    subject = owed.subject or ""
    match owed.kind:
        case DeadlineKind.ATTENDANCE:
            return f"{_named(course, owed.session or 0)}: what became of the visit"
        case DeadlineKind.RISK_SCREEN:
            return f"{instrument_name(subject)} to be taken today"
        case DeadlineKind.CHECK_IN:
            return f"Call after session {owed.session}, day {days(duration(subject))}"
        case DeadlineKind.INTEGRATION:
            return f"Integration talk after session {owed.session}"
        case DeadlineKind.FOLLOW_UP:
            return f"Follow-up visit, day {days(duration(subject))}"
        case _:
            return f"Form after session {owed.session}: {spoken(subject)}"


def _named(course: CourseState, number: int) -> str:
    return f"Session {number} of {course.planned_sessions}"
