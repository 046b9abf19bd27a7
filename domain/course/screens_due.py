"""Risk screens that are due: on the day of the answer that asks for one, and from then on by day until it is taken."""

from collections.abc import Iterator
from datetime import timedelta

from domain.course.deadline import LEARNED_LATE_GRACE, Consequence, Deadline, DeadlineKind
from domain.course.rules import risk_screens
from domain.course.state import CourseState
from domain.course.waking import until_awake
from domain.escalation.messages import Kind


def screens(course: CourseState) -> Iterator[Deadline]:
    """The screens owed the same day, and asked for again until they are taken: resolving the page takes none.

    A screen that is still missing at the end of the day is asked for in the morning, unless the patient is known to be
    at risk by more than the answer.
    """
    again = course.protocol.medicine.unreported_again
    for owed in risk_screens.screens_owed(course):
        asked = Deadline(
            kind=DeadlineKind.RISK_SCREEN,
            due_at=owed.due_at,
            learned_at=owed.asked_by.recorded_at,
            subject=owed.instrument,
            consequence=Consequence(kind=Kind.ITEM9_POSITIVE, severity=owed.rule.severity),
            every=again,
        )
        yield asked if risk_screens.is_known_at_risk(course) else _by_day(course, asked, again)


def _by_day(course: CourseState, asked: Deadline, again: timedelta) -> Deadline:
    """The same deadline, passing in the site's waking hours, the first time and again."""
    wait = until_awake(course, asked.passes_at)
    if wait:
        is_late = asked.learned_at > asked.due_at
        asked = asked.but(grace=wait + (LEARNED_LATE_GRACE if is_late else timedelta()))
    passed_at = course.passed.get(asked.key)
    return asked if passed_at is None else asked.but(every=again + until_awake(course, passed_at + again))
