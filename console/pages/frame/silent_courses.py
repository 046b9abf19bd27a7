"""Courses that the watchdog last found silent, shown wherever somebody looks for them."""

from collections.abc import Sequence
from typing import Final

from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from domain.escalation.silence import Silence, words
from domain.values import CourseId, Frozen, Severity
from records.errors import RecordStoreError

SHOWN: Final = 6


class SilentCourse(Frozen):
    """One silent course. A dosed patient is looked after before anything is repaired."""

    course_id: CourseId
    mark: Severity
    words: str
    since: Clock


class SilentCourses(Frozen):
    """Those that are shown, and whether there are more."""

    shown: tuple[SilentCourse, ...]
    are_more: bool


async def silent_courses(viewer: Viewer, clock: WallClock, *, site: str | None) -> SilentCourses:
    """Silent courses of this site or of all, dosed patients first; none while the record store is away."""
    found = await _silences(viewer, site=site, limit=SHOWN + 1)
    return SilentCourses(shown=tuple(_shown(one, clock) for one in found[:SHOWN]), are_more=len(found) > SHOWN)


async def silence_of(viewer: Viewer, course_id: CourseId, clock: WallClock) -> tuple[SilentCourse, ...]:
    """The watchdog's findings on this course."""
    return tuple(_shown(one, clock) for one in await _silences(viewer, course_id=course_id))


async def _silences(
    viewer: Viewer, *, site: str | None = None, course_id: CourseId | None = None, limit: int = SHOWN
) -> Sequence[Silence]:
    try:
        return await viewer.services.watchdog_store.silences(site=site, course_id=course_id, limit=limit)
    except RecordStoreError:
        return ()


def _shown(one: Silence, clock: WallClock) -> SilentCourse:
    return SilentCourse(
        course_id=one.course_id,
        mark=Severity.URGENT if one.session is None else Severity.EMERGENCY,
        words=words(one.found, one.of),
        since=clock.at(one.since),
    )
