"""Which site a course is of: a token that is bound to a site sees and moves no other site's courses."""

from typing import Final

from cachetools import LRUCache

from console.errors.problems import ProblemCode, problem_error
from domain.access import Caller
from domain.events.clinic_events import ClinicEvent, CourseReferred
from domain.values import CourseId
from gateway.courses import Courses
from gateway.workflow_calls import Unavailable
from records.store import RecordStore

REMEMBERED: Final = 10_000
"""Courses whose site is not asked for again: a course never moves to another."""


class SiteScope:
    """The site of each course, as its workflow tells it; while nobody answers for it, as it is recorded."""

    def __init__(self, courses: Courses, store: RecordStore) -> None:
        self._courses = courses
        self._store = store
        self._known: LRUCache[CourseId, str] = LRUCache(REMEMBERED)

    async def check(self, caller: Caller, course_id: CourseId) -> None:
        """Returns where the course is one that the caller's site may see.

        Raises `ProblemError` (`forbidden`) for another site's, and `Refused` or `Unavailable` as asking a course does.
        """
        if caller.site is not None and not caller.may_see_site(await self._site_of(course_id)):
            raise problem_error(
                ProblemCode.FORBIDDEN, f"This token is bound to site {caller.site}; the course is at another"
            )

    async def check_event(self, caller: Caller, event: ClinicEvent) -> None:
        """The same for the course that an event is about; a referral says its site itself."""
        if isinstance(event, CourseReferred):
            if not caller.may_see_site(event.data.site):
                raise problem_error(
                    ProblemCode.FORBIDDEN, f"This token is bound to site {caller.site}, not {event.data.site}"
                )
        else:
            await self.check(caller, event.subject)

    async def _site_of(self, course_id: CourseId) -> str:
        if (known := self._known.get(course_id)) is None:
            known = self._known[course_id] = await self._told(course_id)
        return known

    async def _told(self, course_id: CourseId) -> str:
        try:
            return (await self._courses.view(course_id)).site
        except Unavailable:
            if (recorded := await self._store.course(course_id)) is None:
                raise
            return recorded.site
