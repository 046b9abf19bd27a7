"""The data of an accepted event as a course keeps it."""

from typing import Generic, TypeVar

from domain.events.clinic_events import EventData
from domain.values import Frozen, Moment

Data = TypeVar("Data", bound=EventData)


class Recorded(Frozen, Generic[Data]):
    """The data of an accepted event. `at` is when it happened, `recorded_at` when Kapstan learned of it.

    `sequence` is its ledger entry.
    """

    at: Moment
    recorded_at: Moment
    data: Data
    sequence: int
