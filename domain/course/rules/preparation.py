"""Whether the patient is prepared: the talks held and the topics touched."""

from collections.abc import Iterator

from domain.course.state import CourseState
from domain.values import Blocker


def blockers(course: CourseState) -> Iterator[Blocker]:
    """What is still to come before the first medicine session."""
    rules = course.protocol.preparation
    if course.plan is None:
        yield Blocker(code="plan.missing", message="No plan has been prescribed", absolute=True)
    held = len(course.preparations)
    if held < rules.sessions:
        yield Blocker(
            code="preparation.sessions_missing",
            message=f"{held} of {rules.sessions} preparation sessions have been held",
            absolute=True,
            observed=held,
            limit=rules.sessions,
            source=course.protocol.source_of("preparation.sessions"),
        )
    if missing := topics_to_come(course):
        yield Blocker(
            code="preparation.topics_missing",
            message=f"{', '.join(missing).replace('_', ' ').capitalize()} to come",
            absolute=True,
            observed=", ".join(missing),
            source=course.protocol.source_of("preparation.topics"),
        )


def topics_to_come(course: CourseState) -> tuple[str, ...]:
    """The required topics that no preparation session has touched, in the protocol's order."""
    touched = {topic for held in course.preparations for topic in held.data.topics}
    return tuple(topic for topic in course.protocol.preparation.topics if topic not in touched)
