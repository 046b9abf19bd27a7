"""What became of a visit: asked of one that was booked, checked in or cleared, and of which nobody reports more."""

from collections.abc import Iterator
from datetime import timedelta

from domain.course.deadline import Consequence, Deadline, DeadlineKind
from domain.course.rules import risk_screens
from domain.course.session import MedicineSession, Stage, is_long_past
from domain.course.state import CourseState
from domain.escalation.messages import Kind
from domain.values import Moment, Severity


def reports(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    """The deadline of the next report about this visit, as long as there has been no dose."""
    yield from dose_reports(course, session)
    match session.stage:
        case Stage.BOOKED if session.announced_at is not None:
            yield _whereabouts(course, session, DeadlineKind.ATTENDANCE, session.starts_at, session.announced_at)
        case Stage.CHECKED_IN if session.check_in is not None and session.clearance is None:
            # While readings are still taken the patient is here and looked after.
            seen = [(session.check_in.at, session.check_in.recorded_at)]
            seen += [(reading.at, reading.recorded_at) for reading in session.readings[-1:]]
            seen_at, learned_at = max(seen)
            due_at = max(seen_at, session.starts_at)
            yield _whereabouts(course, session, DeadlineKind.CLEARANCE, due_at, learned_at)


def dose_reports(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    """What became of a clearance: until a dose or an abortion says so, whatever else has happened."""
    cleared = session.clearance
    if cleared is None or not session.may_have_been_dosed:
        return
    due_at = cleared.at + course.protocol.medicine.clearance_valid
    # They may have been dosed, and nobody watches: urgent, unless it was told of long after.
    is_past = is_long_past(due_at, cleared.recorded_at)
    yield Deadline(
        kind=DeadlineKind.DOSE,
        due_at=due_at,
        learned_at=cleared.recorded_at,
        session=session.number,
        consequence=Consequence(kind=Kind.DOSE_UNREPORTED, severity=Severity.ROUTINE if is_past else Severity.URGENT),
        every=_again(course, is_past=is_past),
    )


def _whereabouts(
    course: CourseState, session: MedicineSession, kind: DeadlineKind, due_at: Moment, learned_at: Moment
) -> Deadline:
    """Sooner and louder of a patient at risk of suicide, unless it was told of long after."""
    rules = course.protocol.medicine
    is_past = is_long_past(due_at, learned_at)
    is_at_risk = not is_past and risk_screens.is_at_risk(course)
    return Deadline(
        kind=kind,
        due_at=due_at,
        learned_at=learned_at,
        grace=rules.unreported_at_risk if is_at_risk else rules.unreported_after,
        session=session.number,
        consequence=Consequence(
            kind=Kind.SESSION_UNREPORTED, severity=Severity.URGENT if is_at_risk else Severity.ROUTINE
        ),
        every=_again(course, is_past=is_past),
    )


def _again(course: CourseState, *, is_past: bool) -> timedelta:
    return course.protocol.course.ask_again if is_past else course.protocol.medicine.unreported_again
