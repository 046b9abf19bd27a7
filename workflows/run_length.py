"""When a run of a course ends and the next begins: Temporal bounds what a run may hold and how long it is replayed."""

from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.course.course import Course

LONG_HISTORY = 1_000
"""Events after which a quiet run continues as new: about 200 clinic events, a tenth of what a run may take."""

LONG_WHILE_MONITORED = 1_500
"""Events after which it does so while a patient is monitored: another worker replays these in about two seconds."""

TOO_LONG_HISTORY = 4_000
"""Events after which it continues as new even in the middle of something: the server takes 2,000 updates a run, and no
worker may replay for longer than the ten seconds of a workflow task."""

MUCH_WRITTEN = 256 * 1024
"""Bytes of the ledger after which a quiet run continues as new: how much the course holds is measured, and told."""

TOO_MUCH_WRITTEN = 512 * 1024
"""Bytes after which it does so in the middle of something."""

TOO_LARGE_HISTORY = 10 * 1024 * 1024
"""Bytes of history after which it does so in the middle of something: the server ends a run that has 50 MB."""

LONG_BEFORE = (2_000, 8_000)
"""Events after which a run of an older release continued as new: a quiet one, and one in the middle of something."""


class RunLength:
    """How long the current run is. `written_before` is how much ledger the course had written when it began."""

    def __init__(self, written_before: int, *, is_patched: bool) -> None:
        self._written_before = written_before
        self._is_patched = is_patched

    def is_over(self, course: Course, *, is_idle: bool, can_be_handed_on: Callable[[], bool]) -> bool:
        """Whether the course is to continue as new: at a quiet moment, or at once where the run has grown too long."""
        length, is_monitored = workflow.info().get_current_history_length(), course.monitored is not None
        if not self._is_patched:
            quiet, most = LONG_BEFORE
            is_long = length > quiet or workflow.info().is_continue_as_new_suggested()
            return length > most or (is_long and is_idle and not is_monitored)
        written = course.written_bytes - self._written_before
        is_long = (
            length > (LONG_WHILE_MONITORED if is_monitored else LONG_HISTORY)
            or (workflow.info().is_continue_as_new_suggested() and not is_monitored)
            or written > MUCH_WRITTEN
        )
        is_too_long = (
            length > TOO_LONG_HISTORY
            or workflow.info().get_current_history_size() > TOO_LARGE_HISTORY
            or written > TOO_MUCH_WRITTEN
        )
        return (is_long and is_idle) or (is_too_long and can_be_handed_on())
