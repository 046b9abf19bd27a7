"""The answer to an accepted clinic event, or to one that was only asked about."""

from typing import Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from domain.course.session import Stage
from domain.course.state import Phase
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


class DryRunAnswer(Answer):
    """What an event would be answered. Nothing was recorded: it has no `sequence`."""

    sequence: SkipJsonSchema[int] = Field(default=0, exclude=True)
    dry_run: Literal[True] = True

    @classmethod
    def of(cls, answer: Answer) -> "DryRunAnswer":
        """The answer of a dry run, to an event that would be answered so."""
        return cls.model_construct(**dict(answer))


class AlreadyAnswered(Exception):  # noqa: N818  it is an answer, not an error
    """The event was accepted before. Carries the first answer again; nothing has changed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("already answered")
        self.answer = answer
