"""How far apart the doses of a course are: in the parts of its schedule, and in maintenance after the series."""

from datetime import timedelta
from typing import Protocol

from domain.durations import Length
from domain.protocol.values import Milligrams, Sessions
from domain.values import Code, Frozen


class Spacing(Protocol):
    """How far a session's dose is from the one before it: what is aimed at, the least and the most.

    `key` is the path of the keys that say so, such as "course" for `course.interval_min`.
    """

    @property
    def key(self) -> str:
        """The path of the table."""

    @property
    def interval(self) -> timedelta:
        """What is aimed at."""

    @property
    def interval_min(self) -> timedelta:
        """The least."""

    @property
    def interval_max(self) -> timedelta:
        """The most; later a deadline has passed."""


class SchedulePart(Frozen):
    """So many sessions in a row, each so far from the dose before it, also the first of them.

    `dose_max` is the most for a dose of theirs, in the basis of the dose; None adds nothing to the bounds of any dose.
    """

    part: Code
    sessions: Sessions
    interval: Length
    interval_min: Length
    interval_max: Length
    dose_max: Milligrams | None = None

    @property
    def key(self) -> str:
        """The path of its keys in `[evidence]`."""
        return f"course.schedule.{self.part}"


class MaintenanceRules(Frozen):
    """Further sessions after the series, planned while they are followed up: how far each is from the dose before.

    `most` is how many of them one course may have.
    """

    interval: Length
    interval_min: Length
    interval_max: Length
    most: Sessions

    @property
    def key(self) -> str:
        """The path of its keys."""
        return "course.maintenance"
