"""When a course's run continues as new: Temporal limits the length of a history, and another build may take over."""

from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.course.course import Course

LONG_HISTORY = 1_250
"""Events after which an idle run continues as new: about 100 clinic events, more than a usual course has."""

LONG_WHILE_MONITORED = 1_500
"""The same while a patient is monitored: another worker replays these in about two seconds."""

TOO_LONG_HISTORY = 4_000
"""Events after which it continues as new even if not idle: the server takes 2,000 updates a run, and a replay must stay
within the ten seconds of a workflow task."""

MUCH_WRITTEN = 256 * 1024
"""Bytes of the ledger after which an idle run continues as new, so that the course's size is measured."""

TOO_MUCH_WRITTEN = 512 * 1024
"""Bytes after which it continues as new even if not idle."""

TOO_LARGE_HISTORY = 10 * 1024 * 1024
"""Bytes of history after which it continues as new even if not idle: the server ends a run at 50 MB."""


class RunLength:
    """The length of the current run. `written_before` is the ledger's size in bytes when it began.

    Created as the run begins.
    """

    def __init__(self, written_before: int) -> None:
        self._written_before = written_before
        self._began_at = workflow.now()

    def goes_over(self, course: Course) -> bool:
        """Whether the next run is another build's: that one is current now, and the patient is not here.

        So the rules of one build never replay what another one decided. False where workers have no builds.
        """
        # Never in a run's first task: a course that somebody has pinned in Temporal begins with its own build again,
        # however often it goes over.
        has_gone_on = workflow.now() > self._began_at
        is_another = workflow.info().is_target_worker_deployment_version_changed()
        return is_another and has_gone_on and not course.is_patient_here

    def is_over(self, course: Course, *, is_idle: bool, has_closed: bool, can_be_handed_on: Callable[[], bool]) -> bool:
        """Whether to continue as new: at once if the run is too long; when idle if it is long or goes over.

        Also when idle if the course `has_closed` in it: no release has to replay the whole of it from then on.
        """
        length, is_monitored = workflow.info().get_current_history_length(), course.monitored is not None
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
        is_done = is_long or has_closed or self.goes_over(course)
        return (is_done and is_idle) or (is_too_long and can_be_handed_on())
