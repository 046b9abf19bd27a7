"""Site scope of a token: one that is bound to a site sees and changes only that site's courses."""

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
"""Most courses whose site is cached: a course never changes its site."""


class SiteScope:
    """Looks up a course's site, from its workflow or, if that does not answer, from the record store."""

    def __init__(self, courses: Courses, store: RecordStore) -> None:
        self._courses = courses
        self._store = store
        self._known: LRUCache[CourseId, str] = LRUCache(REMEMBERED)

    async def check(self, caller: Caller, course_id: CourseId) -> None:
        """Returns if the caller may see the course's site.

        Raises `ProblemError` (`forbidden`) for another site's, and `Refused` or `Unavailable` as asking a course does.
        """
        if caller.site is not None and not caller.may_see_site(await self._site_of(course_id)):
            raise problem_error(
                ProblemCode.FORBIDDEN, f"This token is bound to site {caller.site}; the course is at another"
            )

    async def check_event(self, caller: Caller, event: ClinicEvent) -> None:
        """Checks the course that an event is about; a referral names its site itself."""
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
