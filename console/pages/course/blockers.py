"""What blocks a course's next step, each with the source of its rule."""

from console.pages.labels import with_labels
from domain.course.session import Stage
from domain.course.state import Phase
from domain.values import Blocker, Frozen
from domain.views.course import CourseView


class Block(Frozen):
    """One blocker and the source of its rule. An absolute blocker cannot be overridden."""

    words: str
    source: str | None
    is_absolute: bool


def blocks_what(view: CourseView) -> str:
    """The step that the blockers block."""
    if any(one.stage in {Stage.DOSED, Stage.RECOVERING} for one in view.sessions):
        return "discharge"
    session = view.sessions[-1] if view.sessions else None
    match view.phase, session.stage if session else None:
        case Phase.SCREENING, _:
            return "eligibility"
        case Phase.PREPARATION, _:
            return "the first session"
        case Phase.MEDICINE, Stage.CHECKED_IN | Stage.CLEARED:
            return "the dose"
        case _:
            return "the next session"


def block(blocker: Blocker) -> Block:
    """The blocker as the page shows it."""
    return Block(words=with_labels(blocker.message), source=blocker.source, is_absolute=blocker.absolute)
