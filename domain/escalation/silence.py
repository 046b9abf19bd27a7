"""A course that nobody watches over: what was found of it, and what people are told."""

from enum import StrEnum

from domain.escalation.ids import EscalationId
from domain.values import CourseId, Frozen, Moment


class SilenceReason(StrEnum):
    """How a course is watched over, and why it is thought so; the last ones weigh most.

    The record is `on_time`; or it is behind, and the course itself is on time (`record_behind`); or the course answers
    that it `stands_still` as the record says; or it is `unanswered` for, as Temporal or every worker is away. Two are
    of one workflow alone: its task `keeps_failing`, or Temporal has `ended` it, or lost it.
    """

    ON_TIME = "on_time"
    RECORD_BEHIND = "record_behind"
    STANDS_STILL = "stands_still"
    UNANSWERED = "unanswered"
    KEEPS_FAILING = "keeps_failing"
    ENDED = "ended"

    @property
    def rank(self) -> int:
        """Its place among the findings, to compare two of them."""
        return list(SilenceReason).index(self)

    @property
    def is_silent(self) -> bool:
        """Whether nobody would be woken by it."""
        return self.rank >= SilenceReason.STANDS_STILL.rank

    @property
    def is_its_own(self) -> bool:
        """Whether it is the trouble of this course alone: it does not pass when Temporal or the workers are back."""
        return self.is_silent and self is not SilenceReason.UNANSWERED


class Silence(Frozen):
    """What whoever watches found last of a course, of a session's dosed patient or of all else, and since when."""

    course_id: CourseId
    session: int | None
    found: SilenceReason
    of: EscalationId | None = None
    since: Moment


def words(found: SilenceReason, of: EscalationId | None = None) -> str:
    """What people are told of a course of which this was found, or of an escalation `of` it; nothing clinical."""
    whose = "Kapstan's workflow of this course" if of is None else "Kapstan's workflow of an escalation of this course"
    match found:
        case SilenceReason.KEEPS_FAILING if of is None:
            return f"{whose} keeps failing: nothing is taken or watched until it is mended"
        case SilenceReason.KEEPS_FAILING:
            return f"{whose} keeps failing: nobody is paged by it until it is mended"
        case SilenceReason.ENDED if of is None:
            return f"{whose} was ended in Temporal, or lost: nothing is taken or watched any more"
        case SilenceReason.ENDED:
            return f"{whose} was ended in Temporal, or lost: nobody is paged by it any more"
        case SilenceReason.UNANSWERED:
            return f"{whose} does not answer: Temporal or its workers are away, and others wait with it"
        case SilenceReason.STANDS_STILL:
            return f"{whose} answers, and does not move by itself: nothing is watched until it does"
        case _:
            return f"{whose} is well"
