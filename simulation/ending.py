"""What came of one course, read from what the system holds, and whether it is what the script says."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain

from domain.checkpoints import CheckpointStatus
from domain.escalation import EscalationState, EscalationView
from domain.measures import PHQ9
from domain.state import Outcome, Stage
from domain.values import CourseId, Frozen, PersonId
from domain.view import CourseView
from domain.vitals import VerdictSeverity


class Ending(Frozen):
    """How a course ended. `paged` names who was reached, once for each page, in order.

    A checkpoint whose reading came after its grace, or never, is late. `acknowledged_after` is the longest time from
    an escalation's opening to somebody's answer.
    """

    course_id: CourseId
    outcome: Outcome | None
    sessions: int
    on_time: int
    late: int
    warned: bool
    paged: tuple[PersonId, ...]
    acknowledged_after: timedelta | None
    unresolved: int
    phq9: tuple[int, int] | None


class Expected(Frozen):
    """How a script must end."""

    outcome: Outcome
    late: int = 0
    warned: bool = False
    paged: tuple[PersonId, ...] = ()


def ending(view: CourseView, escalations: Sequence[EscalationView]) -> Ending:
    """What came of the course that is shown, with every escalation that it opened."""
    statuses = [checkpoint.status for session in view.sessions for checkpoint in session.checkpoints]
    readings = chain.from_iterable(session.readings for session in view.sessions)
    answered = [one.acknowledged_at - one.opened_at for one in escalations if one.acknowledged_at is not None]
    totals = [int(one.score) for one in view.measures if one.instrument == PHQ9 and one.score is not None]
    pages = chain.from_iterable(one.pages for one in sorted(escalations, key=lambda one: one.opened_at))
    return Ending(
        course_id=view.course_id,
        outcome=view.outcome,
        sessions=sum(session.stage is Stage.DISCHARGED for session in view.sessions),
        on_time=statuses.count(CheckpointStatus.MET),
        late=statuses.count(CheckpointStatus.LATE) + statuses.count(CheckpointStatus.MISSED),
        warned=any(reading.verdict.severity is not VerdictSeverity.NORMAL for reading in readings),
        paged=tuple(page.person for page in pages if page.ok),
        acknowledged_after=max(answered, default=None),
        unresolved=sum(one.state is not EscalationState.RESOLVED for one in escalations),
        phq9=(totals[0], totals[-1]) if totals else None,
    )


def differences(expected: Expected, found: Ending) -> tuple[str, ...]:
    """What came out otherwise than the script says, each as a sentence; empty where nothing did."""
    return tuple(_differences(expected, found))


def _differences(expected: Expected, found: Ending) -> Iterator[str]:
    if found.outcome is not expected.outcome:
        yield f"it ended {found.outcome or 'not at all'}; {expected.outcome} was expected"
    if found.late != expected.late:
        yield f"{found.late} checkpoints were late; {expected.late} were expected"
    if found.warned is not expected.warned:
        yield f"a warning was {'' if expected.warned else 'not '}expected"
    if found.paged != expected.paged:
        yield f"paged: {', '.join(found.paged) or 'nobody'}; {', '.join(expected.paged) or 'nobody'} was expected"
    if found.unresolved:
        yield f"{found.unresolved} escalations are not resolved"
