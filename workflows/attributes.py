"""Search attributes and details of a course for Temporal's UI, without patient data."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from domain.course.course import Course
from domain.course.deadlines import Deadline
from domain.views.course import attention

PHASE = SearchAttributeKey.for_keyword("KapPhase")
SITE = SearchAttributeKey.for_keyword("KapSite")
PROTOCOL = SearchAttributeKey.for_keyword("KapProtocol")
ATTENTION = SearchAttributeKey.for_keyword("KapAttention")
SESSION = SearchAttributeKey.for_int("KapSession")
NEXT_DUE = SearchAttributeKey.for_datetime("KapNextDue")
HELD = SearchAttributeKey.for_bool("KapHeld")
HERE = SearchAttributeKey.for_bool("KapHere")

KEYS: tuple[SearchAttributeKey[Any], ...] = (PHASE, SITE, PROTOCOL, ATTENTION, SESSION, NEXT_DUE, HELD, HERE)
"""Every search attribute, as the server must know them."""


class Shown(NamedTuple):
    """A course with its deadlines, computed once each time that the course changes."""

    course: Course
    deadlines: tuple[Deadline, ...]

    @property
    def soonest(self) -> Deadline | None:
        """The deadline that is due first."""
        return min(self.deadlines, key=lambda deadline: deadline.due_at, default=None)

    @property
    def passes_at(self) -> datetime | None:
        """When the first deadline passes."""
        return self.deadlines[0].passes_at if self.deadlines else None


def changed_attributes(before: Shown, after: Shown) -> list[SearchAttributeUpdate[Any]]:
    """The search attribute updates from one state of the course to the next; none if nothing changed."""
    old = dict(_values(before))
    return [
        key.value_unset() if value is None else key.value_set(value)
        for key, value in _values(after)
        if old.get(key) != value
    ]


def attributes(shown: Shown) -> TypedSearchAttributes:
    """All that a course is listed by, of one that begins again: Temporal hands them on to the next run alone."""
    return TypedSearchAttributes(
        [SearchAttributePair(key, value) for key, value in _values(shown) if value is not None]
    )


def story(shown: Shown, *, was_cancelled: bool = False) -> str:
    """The course in a few lines of Markdown, for Temporal's UI."""
    course, soonest = shown.course, shown.soonest
    session = course.session
    lines = [
        f"**{course.phase.replace('_', ' ')}**" + (f", {course.outcome}" if course.outcome else ""),
        f"session {session.number} of {course.planned_sessions}: {session.stage}" if session else "no session yet",
        f"next due: {soonest.kind} at {soonest.due_at.isoformat(timespec='minutes')}" if soonest else "nothing is due",
        f"open escalations: {len(course.unresolved)}",
    ]
    if course.holds:
        lines.append("**on hold**")
    if was_cancelled:
        lines.append("a cancellation was asked for and not followed: a course ends by a clinic event")
    return "\n\n".join(lines)


def _hour_of(moment: datetime) -> datetime:
    """The hour that the moment lies in: an upsert is an event of the history, and a reading moves what is next due."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _values(shown: Shown) -> Iterator[tuple[SearchAttributeKey[Any], object]]:
    course = shown.course
    if course.referral is None:
        return
    yield PHASE, course.phase.value
    yield SITE, course.referral.data.site
    yield PROTOCOL, course.protocol.id
    yield ATTENTION, severity.value if (severity := attention(course)) else None
    yield SESSION, course.session.number if course.session else None
    yield NEXT_DUE, _hour_of(shown.soonest.due_at) if shown.soonest else None
    yield HELD, bool(course.holds)
    yield HERE, course.is_patient_here
