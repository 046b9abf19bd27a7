"""Risk screens that are due: on the day of what asks for one, and from then on by day until it is taken."""

from collections.abc import Iterator
from datetime import timedelta

from domain.course.deadline import LEARNED_LATE_GRACE, Consequence, Deadline, DeadlineKind
from domain.course.rules import risk_screens
from domain.course.state import CourseState
from domain.course.waking import until_awake


def screens(course: CourseState) -> Iterator[Deadline]:
    """The screens owed the same day, and asked for again until they are taken: resolving the page takes none."""
    again = course.protocol.medicine.unreported_again
    for owed in risk_screens.screens_owed(course):
        asked = Deadline(
            kind=DeadlineKind.RISK_SCREEN,
            due_at=owed.due_at,
            learned_at=owed.learned_at,
            subject=owed.instrument,
            consequence=Consequence(kind=owed.kind, severity=owed.severity),
            every=again,
        )
        yield _by_day(course, asked, again) if owed.waits_for_morning else asked


def _by_day(course: CourseState, asked: Deadline, again: timedelta) -> Deadline:
    """The same deadline, passing in the site's waking hours, the first time and again."""
    wait = until_awake(course, asked.passes_at)
    if wait:
        is_late = asked.learned_at > asked.due_at
        asked = asked.but(grace=wait + (LEARNED_LATE_GRACE if is_late else timedelta()))
    passed_at = course.passed.get(asked.key)
    return asked if passed_at is None else asked.but(every=again + until_awake(course, passed_at + again))
