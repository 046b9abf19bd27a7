"""How much of what Temporal carries from one run of a course to the next is used, so that it is never too much."""

from typing import TYPE_CHECKING, Final

from domain import budget
from domain.chart import Chart, Decision, course_full
from domain.events import ClinicEvent
from workflows.payloads import compressed

if TYPE_CHECKING:
    from workflows.course import CourseRun

FULL: Final = 1_400_000
"""Bytes of its own beyond which a course takes only decisions, and what calls for a human."""

OVERFULL: Final = 1_600_000
"""Bytes beyond which it takes nothing at all: the server takes no payload of more than 2 MiB."""

ROOM_FOR_ONE: Final = 2 * budget.EVENT_BYTES
"""The most that one event can add: what it says is kept as a fact, and in its answer."""

BACKLOG_CARRIED: Final = 256 * 1024
"""Bytes of entries that are not recorded yet with which a run may still end; with more it goes on until they are."""

BACKLOG_HELD: Final = 16 * 1024 * 1024
"""Bytes of them beyond which nothing more is taken: the server ends a run whose history has 50 MB."""


UPDATES_HELD: Final = 1_800
UPDATES_MOST: Final = 1_950
"""Events of one run beyond which it takes only decisions and what calls for a human, and then nothing more. The server
takes 2,000 updates of a run; at the next one no task of it succeeds any more: no query, no deadline. A run becomes as
long as that only with a backlog that cannot be handed on."""

DENSEST: Final = 20
"""How many times smaller than it was written a chart counts at the most: what repeats itself becomes next to nothing,
and is read in whole at each beginning of a run. Twice what readings become."""

MEASURED_EVERY: Final = 32 * 1024
"""Bytes that are written before it is measured again: a measurement of a large course takes a tenth of a second."""


class Fullness:
    """What a course carries, measured as Temporal keeps it; between two measurements the most that it can have become.

    Only the validator asks it, and only what it says at a run's beginning is acted upon: a measurement depends on the
    library that compresses, and a replay must not.
    """

    def __init__(self, carried_bytes: int, chart: Chart) -> None:
        self._at_start = carried_bytes
        is_known = carried_bytes > 0 or chart.sequence == 0
        self._measured = carried_bytes if is_known else OVERFULL
        self._written_bytes = chart.written_bytes
        self._is_measured = False

    def is_half_used(self, chart: Chart) -> bool:
        """Whether the course began this run with half of what it may hold."""
        return 2 * self._at_start >= FULL or 2 * chart.events >= budget.MOST_EVENTS

    def check(self, event: ClinicEvent, decision: Decision, before: Chart, backlog: int, updates: int) -> None:
        """Raises `Refused` (`course_full`) where what the course keeps would become too large.

        `before` is the chart as it is, `backlog` how many bytes of its entries are not recorded yet, `updates` how many
        events this run has taken.
        """
        is_needed = decision.is_taken_by_a_full_course(event)
        if backlog > BACKLOG_HELD or updates >= (UPDATES_MOST if is_needed else UPDATES_HELD):
            raise course_full(f"{backlog} bytes that the record store has not taken yet")
        limit = OVERFULL if is_needed else FULL
        if self._at_most(decision.chart) + ROOM_FOR_ONE <= limit:
            return
        if not self._is_measured or before.written_bytes >= self._written_bytes + MEASURED_EVERY:
            self._measured, self._written_bytes, self._is_measured = _size(before), before.written_bytes, True
        if self._at_most(before) + ROOM_FOR_ONE > limit:
            raise course_full(f"{self._measured} bytes")

    def measured(self, run: "CourseRun") -> "CourseRun":
        """What is handed on, with the size of its chart."""
        return run.but(carried_bytes=_size(run.chart))

    def _at_most(self, chart: Chart) -> int:
        # Each byte that is written is kept as a fact at the most; answers are as long as they are.
        return self._measured + 2 * (chart.written_bytes - self._written_bytes)


def _size(chart: Chart) -> int:
    written = chart.model_dump_json().encode()
    return max(len(compressed(written)), len(written) // DENSEST)
