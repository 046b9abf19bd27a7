"""Reads one course for a caller, after checking that they may see it."""

from datetime import UTC

from console.errors.problems import ProblemCode, problem_error
from console.security.site_scope import SiteScope
from domain.access import Caller, Right
from domain.escalation.silence import words
from domain.ledger import Entry
from domain.moments import on_its_clock
from domain.past.as_of import PastCourse, Wanted
from domain.values import Blocker, CourseId, Frozen
from domain.views.course import CourseView
from gateway.courses import Courses
from gateway.past_courses import PastCourses
from gateway.workflow_calls import Unavailable
from records.errors import RecordStoreError
from records.store import EscalationFilter, RecordStore
from records.watchdog import WatchdogStore


class UnreadableEntry(Frozen):
    """Stands in for a ledger row that cannot be read: its content was erased, or changed, or its key is not at hand."""

    course_id: CourseId
    sequence: int
    unreadable: str


class CourseAccess:
    """Reads courses for callers who may see them."""

    def __init__(
        self, courses: Courses, store: RecordStore, sites: SiteScope, watched: WatchdogStore, past: PastCourses
    ) -> None:
        self._courses = courses
        self._past = past
        self._store = store
        self._sites = sites
        self._watched = watched

    async def view(self, caller: Caller, course_id: CourseId) -> CourseView:
        """The course as its workflow holds it now, if the caller may see it.

        Raises `ProblemError` (`forbidden`), and `Refused` or `Unavailable` as asking a course does.
        """
        await self._sites.check(caller, course_id)
        try:
            view = await self._courses.view(course_id)
        except Unavailable as silent:
            if (why := await self._why(course_id)) is None:
                raise
            raise Unavailable(why) from silent
        if not caller.has(Right.READ_COURSES) and not view.escalations:
            opened = await self._store.escalations(EscalationFilter(course_id=course_id, limit=1))
            if not opened.ids:
                raise problem_error(
                    ProblemCode.FORBIDDEN, "A token of role oncall sees courses behind escalations only"
                )
        return view

    async def past(self, caller: Caller, course_id: CourseId, wanted: Wanted) -> PastCourse:
        """The course as it stood at an earlier moment, if the caller may see it now.

        Raises `WrongMoment` for a moment of which nothing can be shown, else as `view` does.
        """
        await self.view(caller, course_id)
        return await self._past.view(course_id, wanted)

    async def ledger(self, caller: Caller, course_id: CourseId) -> tuple[Entry | UnreadableEntry, ...]:
        """Every recorded entry, in order, of a course whose content was erased too; an unreadable one is named.

        Raises `ProblemError` (`forbidden`), and `Refused` where nobody knows the course.
        """
        await self._sites.check(caller, course_id)
        found = await self._store.entries(course_id)
        if not found.ids:
            await self._courses.ledger_head(course_id)  # raises where nobody knows it; else nothing is recorded yet
        broken = (
            UnreadableEntry(course_id=course_id, sequence=int(one.id), unreadable=one.detail)
            for one in found.unreadable
        )
        return tuple(sorted((*found, *broken), key=lambda one: one.sequence))

    async def in_the_way(
        self, caller: Caller, course_id: CourseId, kind: str, session: int | None
    ) -> tuple[Blocker, ...]:
        """What stands in the way of an event of this type in this session, whatever it says. Raises as `view` does."""
        await self._sites.check(caller, course_id)
        return await self._courses.in_the_way(course_id, kind, session)

    async def _why(self, course_id: CourseId) -> str | None:
        """The watchdog's finding on a course that does not answer, if the fault lies with that course alone."""
        try:
            silences = await self._watched.silences(course_id=course_id)
        except RecordStoreError:
            return None
        own = next((one for one in silences if one.found.is_its_own and one.of is None), None)
        return f"{words(own.found)}, since {on_its_clock(own.since.astimezone(UTC))}" if own else None
