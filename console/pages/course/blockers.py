"""What stands in the way of a course's next step, each in its words and with the source of its rule."""

from domain.course.state import Phase, Stage
from domain.values import Blocker, Frozen
from domain.views.course import CourseView


class Block(Frozen):
    """One thing that stands in the way of the next step, and the source of the rule. No override lifts an absolute."""

    words: str
    source: str | None
    is_absolute: bool


def blocks_what(view: CourseView) -> str:
    """The step that the blockers stand before."""
    session = view.sessions[-1] if view.sessions else None
    match view.phase, session.stage if session else None:
        case Phase.SCREENING, _:
            return "eligibility"
        case Phase.PREPARATION, _:
            return "the first session"
        case Phase.MEDICINE, Stage.DOSED | Stage.RECOVERING:
            return "discharge"
        case Phase.MEDICINE, Stage.CHECKED_IN | Stage.CLEARED:
            return "the dose"
        case _:
            return "the next session"


def block(blocker: Blocker) -> Block:
    """The blocker as it is read."""
    return Block(words=blocker.message, source=blocker.source, is_absolute=blocker.absolute)
