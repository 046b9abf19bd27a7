"""How a course's workflow ends: once nothing is owed to the patient the record keeps the course, and answers for it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.course.course import Course
    from domain.course.deadlines import over_at
    from domain.course.ended_course import EndedCourse
    from workflows.activity_names import is_kept, keep_ended_course
    from workflows.attributes import Shown
    from workflows.ledger_outbox import APPEND_TIMEOUT, UNTIL_IT_IS_BACK
    from workflows.waiting import until

ENDS = "a closed course ends"
"""Patch: it once went on without end, and so does a run that an earlier release began."""

QUIET_FOR = timedelta(hours=1)
"""How long nothing has happened when a run ends: who sends the record of a past course, sends it event by event."""


class CourseEnd:
    """The end of one run's course. Created as the run begins.

    `ends` is the run's; `shown` and `is_idle` say how the course stands, and whether nothing of it is on its way.
    """

    def __init__(self, ends: bool | None, shown: Callable[[], Shown], is_idle: Callable[[], bool]) -> None:
        self._was_told = ends
        self._ends = workflow.patched(ENDS) if ends is None else ends
        self._shown = shown
        self._is_idle = is_idle
        self._was_closed = shown().course.is_closed
        self._moved_at = workflow.now()
        self._kept: Course | None = None

    @property
    def ends(self) -> bool | None:
        """What the next run is told. None by a run that an earlier release began: the next one may end."""
        return True if self._ends else self._was_told

    @property
    def has_closed(self) -> bool:
        """Whether the course was closed in this run: the next one begins without the history of all before."""
        return self._ends and self._shown().course.is_closed and not self._was_closed

    @property
    def comes_at(self) -> datetime | None:
        """When the run may end if nothing happens until then; None if that is not known, or has come."""
        at = self._at()
        return None if at is None or at <= workflow.now() else at

    @property
    def has_come(self) -> bool:
        """Whether the record keeps the course as it stands now, so that nothing is lost with this run."""
        return self._kept is self._shown().course and self._is_idle()

    def move(self) -> None:
        """Says that something has just happened to the course."""
        self._moved_at = workflow.now()

    async def run(self) -> None:
        """Has the record keep the course as often as its end comes, however long the record is away."""
        while True:
            await until(self._is_to_be_kept)
            course = self._shown().course
            await workflow.execute_activity(
                keep_ended_course,
                EndedCourse.of(course),
                start_to_close_timeout=APPEND_TIMEOUT,
                retry_policy=UNTIL_IT_IS_BACK,
                summary="nothing is owed any more",
            )
            self._kept = course

    def _is_to_be_kept(self) -> bool:
        at, is_kept = self._at(), self._kept is self._shown().course
        return at is not None and at <= workflow.now() and not is_kept and self._is_idle()

    def _at(self) -> datetime | None:
        shown = self._shown()
        over = over_at(shown.course, shown.deadlines) if self._ends else None
        return None if over is None else max(over, self._moved_at + QUIET_FOR)


async def is_newest(course: Course) -> bool:
    """Whether the record kept the course as it is here, however long the record is away.

    It did not where the course was woken, went on and ended again after it was read: then this run began too late.
    """
    return await workflow.execute_activity(
        is_kept,
        course.head,
        start_to_close_timeout=APPEND_TIMEOUT,
        retry_policy=UNTIL_IT_IS_BACK,
        summary="as it was kept",
    )
