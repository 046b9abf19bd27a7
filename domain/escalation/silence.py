"""The watchdog's findings: why a course or escalation is silent, and how that is told to people."""

from enum import StrEnum
from functools import cached_property

from domain.escalation.ids import EscalationId
from domain.values import CourseId, Frozen, Moment


class SilenceReason(StrEnum):
    """What the watchdog found of a course, from harmless to worst.

    The record is `on_time`; or only the record is late and the course is on time (`record_behind`); or the course
    answers and `stands_still`; or it is `unanswered`, as Temporal or every worker is away. Two concern one workflow
    alone: its task `keeps_failing`, or Temporal has `ended` or lost it.
    """

    ON_TIME = "on_time"
    RECORD_BEHIND = "record_behind"
    STANDS_STILL = "stands_still"
    UNANSWERED = "unanswered"
    KEEPS_FAILING = "keeps_failing"
    ENDED = "ended"

    @cached_property
    def rank(self) -> int:
        """The rank of the finding, rising with its weight."""
        return list(SilenceReason).index(self)

    @property
    def is_silent(self) -> bool:
        """Whether the course is silent: it would page nobody by itself."""
        return self.rank >= SilenceReason.STANDS_STILL.rank

    @property
    def is_its_own(self) -> bool:
        """Whether the fault is this course's alone: it does not pass when Temporal or the workers are back."""
        return self.is_silent and self is not SilenceReason.UNANSWERED


class Silence(Frozen):
    """The watchdog's last finding about a course, for a dosed patient's session or for all else, and since when."""

    course_id: CourseId
    session: int | None
    found: SilenceReason
    of: EscalationId | None = None
    since: Moment


def words(found: SilenceReason, of: EscalationId | None = None) -> str:
    """The finding as a sentence for people, about the course or its escalation `of`; nothing clinical."""
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
