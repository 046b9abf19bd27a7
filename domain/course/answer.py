"""What the clinic is told when an event is accepted."""

from domain.course.state import Phase, Stage
from domain.course.verdict import Verdict
from domain.escalation.ids import EscalationId
from domain.values import Blocker, CourseId, Frozen


class SessionPosition(Frozen):
    """A medicine session and how far it is."""

    number: int
    stage: Stage


class Answer(Frozen):
    """Where the course is after the event, what the protocol says, what blocks the next step and what may come."""

    event_id: str
    course_id: CourseId
    sequence: int
    phase: Phase
    held: bool
    session: SessionPosition | None
    verdict: Verdict | None
    escalations: tuple[EscalationId, ...]
    blockers: tuple[Blocker, ...]
    next: tuple[str, ...]


class AlreadyAnswered(Exception):  # noqa: N818  it is an answer, not an error
    """The event was accepted before: here is the first answer again, and nothing has changed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("already answered")
        self.answer = answer
