"""The answer to an accepted clinic event."""

from domain.course.state import Phase, Stage
from domain.course.verdict import Verdict
from domain.escalation.ids import EscalationId
from domain.values import Blocker, CourseId, Frozen


class SessionPosition(Frozen):
    """A medicine session's number and stage."""

    number: int
    stage: Stage


class Answer(Frozen):
    """The course after the event: phase, verdict, deviations, the next step's blockers, and what events may come."""

    event_id: str
    course_id: CourseId
    sequence: int
    phase: Phase
    held: bool
    session: SessionPosition | None
    verdict: Verdict | None
    deviations: tuple[Blocker, ...] = ()
    escalations: tuple[EscalationId, ...]
    blockers: tuple[Blocker, ...]
    next: tuple[str, ...]


class AlreadyAnswered(Exception):  # noqa: N818  it is an answer, not an error
    """The event was accepted before. Carries the first answer again; nothing has changed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("already answered")
        self.answer = answer
