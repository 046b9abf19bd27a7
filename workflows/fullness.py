"""How much of what Temporal carries from one run of a course to the next is used, so that it is never too much."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from domain import budget
from domain.chart import Chart, Decision, course_full
from domain.events import ClinicEvent
from workflows.payloads import compressed

if TYPE_CHECKING:
    from workflows.course import CourseRun

MOST_CARRIED: Final = 1_900_000
"""Bytes beyond which a course takes nothing at all: the server takes no payload of more than 2 MiB."""

FULL: Final = 1_700_000
"""Bytes beyond which it takes only decisions, and what calls for a human."""

ROOM_FOR_ONE: Final = 3 * budget.EVENT_BYTES
"""The most that one event can add: what it says is kept as a fact, as an entry not recorded yet, and in its answer."""


class Fullness:
    """What a course carries, measured as Temporal keeps it; between two measurements the most that it can have become.

    Only the validator asks it, and only what it says at a run's beginning is acted upon: a measurement depends on the
    library that compresses, and a replay must not.
    """

    def __init__(self, carried_bytes: int, chart: Chart) -> None:
        self._at_start = carried_bytes
        is_known = carried_bytes > 0 or chart.sequence == 0
        self._measured = carried_bytes if is_known else MOST_CARRIED
        self._written_bytes = chart.written_bytes
        self._of: tuple[Chart, int] | None = None

    def is_half_used(self, chart: Chart) -> bool:
        """Whether the course began this run with half of what it may hold."""
        return 2 * self._at_start >= FULL or 2 * chart.events >= budget.MOST_EVENTS

    def check(self, event: ClinicEvent, decision: Decision, carried: Callable[[], "CourseRun"]) -> None:
        """Raises `Refused` (`course_full`) where the decision would make what is carried too large."""
        limit = MOST_CARRIED if decision.is_taken_by_a_full_course(event) else FULL
        if self._at_most(decision.chart) + ROOM_FOR_ONE <= limit:
            return
        now = carried()
        if self._of is None or self._of[0] is not now.chart or self._of[1] != len(now.unrecorded):
            self._measured, self._written_bytes = _size(now), now.chart.written_bytes
            self._of = now.chart, len(now.unrecorded)
        if self._measured + ROOM_FOR_ONE > limit:
            raise course_full(f"{self._measured} bytes")

    def measured(self, run: "CourseRun") -> "CourseRun":
        """What is handed on, with its size."""
        return run.but(carried_bytes=_size(run))

    def _at_most(self, chart: Chart) -> int:
        # Each byte is kept as a fact, and as an entry until it is recorded; answers are as long as they are.
        return self._measured + 3 * (chart.written_bytes - self._written_bytes)


def _size(run: "CourseRun") -> int:
    return len(compressed(run.model_dump_json().encode()))
