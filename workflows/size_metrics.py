"""Size metrics of courses, without ids or patient data."""

from collections.abc import Mapping, Sequence
from typing import Final

from temporalio.common import MetricMeter

BUCKETS: Final[Mapping[str, Sequence[float]]] = {
    "kapstan_course_state_bytes": (1e4, 3e4, 1e5, 3e5, 7e5, 1.4e6, 2e6),
    "kapstan_ledger_batch_bytes": (1e3, 1e4, 1e5, 3e5, 1e6, 2e6),
    "kapstan_course_history_events": (100, 300, 1_000, 1_500, 4_000, 10_000, 50_000),
}
"""Histogram buckets, with edges at half of a course's limit, at the limit, and at the server's limit."""


class Sizes:
    """Histograms of the sizes that grow with a course. A replay counts nothing twice."""

    def __init__(self, meter: MetricMeter) -> None:
        self._state = meter.create_histogram(
            "kapstan_course_state_bytes", "What a run of a course hands to the next, compressed", "By"
        )
        self._batch = meter.create_histogram("kapstan_ledger_batch_bytes", "Entries of a ledger appended at once", "By")
        self._history = meter.create_histogram(
            "kapstan_course_history_events", "Events in the history of a run of a course, as it records its entries"
        )

    def carried(self, state_bytes: int) -> None:
        """Records how many bytes a run hands on as it ends."""
        self._state.record(state_bytes)

    def recorded(self, batch_bytes: int, history_events: int) -> None:
        """Records the size of a batch, and the run's history length at that time."""
        self._batch.record(batch_bytes)
        self._history.record(history_events)
