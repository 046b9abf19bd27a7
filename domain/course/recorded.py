"""The data of an accepted event as a course keeps it, and which of several counts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

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


Known = TypeVar("Known", bound=Recorded[Any])


def newer(known: Known | None, arrived: Known) -> Known:
    """The newer of two facts by `at`: one that is sent late does not replace a newer one."""
    return known if known is not None and known.at > arrived.at else arrived


class Dated(Protocol):
    """Whatever happened at a moment, and was told at one."""

    @property
    def at(self) -> datetime:
        """When it happened."""

    @property
    def recorded_at(self) -> datetime:
        """When Kapstan learned of it."""


Fact = TypeVar("Fact", bound=Dated)


def known_at(facts: Iterable[Fact], moment: datetime) -> Fact | None:
    """The newest of these facts, in order of time, that had happened by that moment: none speaks for one before it.

    What was told had happened by then, even where its sender's clock is ahead.
    """
    return next((fact for fact in reversed(tuple(facts)) if min(fact.at, fact.recorded_at) <= moment), None)
