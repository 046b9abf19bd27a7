"""How often somebody who has it already is called again about vitals that are still missing: ever more rarely."""

from datetime import datetime

from domain.course.rules.signs import measured_since
from domain.course.session import MedicineSession
from domain.course.state import CourseEscalation, CourseState
from domain.escalation.messages import EscalationState, Kind
from domain.values import Severity


def is_waited_for(
    course: CourseState, session: MedicineSession, severity: Severity, due_at: datetime, passes_at: datetime
) -> bool:
    """Whether nobody is called as this checkpoint is missed, for somebody has acknowledged it as severely before.

    Only after the last of `offsets`: until then each reading is asked for. What is asked while the acknowledgement
    stands comes twice as late each time, and no further apart than `again_most`; a ladder that is open, a reading in
    between or a resolution asks at once, as ever.
    """
    rules = course.protocol.medicine.checkpoints
    if rules.again_most is None or not _is_rarer(course, session, due_at):
        return False
    acknowledged = _acknowledged(course, session.number)
    if acknowledged is None or acknowledged.severity.rank < severity.rank:
        return False
    measured = measured_since(session, rules.required)
    if measured is not None and measured > acknowledged.opened_at:
        return False
    most = max(rules.again_most // rules.then_every, 1)
    return not _is_asked(round((passes_at - acknowledged.opened_at) / rules.then_every), most)


def is_asked_already(course: CourseState, session: MedicineSession, due_at: datetime) -> bool:
    """Whether the emergency of a checkpoint would ask no more than its own call did of whoever has it."""
    acknowledged = _acknowledged(course, session.number) if _is_rarer(course, session, due_at) else None
    return acknowledged is not None and acknowledged.severity is Severity.EMERGENCY


def _is_rarer(course: CourseState, session: MedicineSession, due_at: datetime) -> bool:
    rules = course.protocol.medicine.checkpoints
    return rules.again_most is not None and due_at > session.doses[-1].at + rules.offsets[-1]


def _acknowledged(course: CourseState, number: int) -> CourseEscalation | None:
    """The emergency or urgent call about this session's vitals that somebody has; None if nobody has, or it is open."""
    about = (one for one in course.unresolved if one.kind is Kind.VITALS_OVERDUE and one.session == number)
    return next((one for one in about if one.state is EscalationState.ACKNOWLEDGED), None)


def _is_asked(distance: int, most: int) -> bool:
    """Whether one is due so many distances after the first: at the 1st, 2nd, 4th, 8th up to `most`, and each `most`."""
    if distance >= most:
        return distance % most == 0
    return distance > 0 and distance & (distance - 1) == 0
