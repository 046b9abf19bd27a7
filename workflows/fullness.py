"""How much of what Temporal carries from one run of a course to the next is used, so that it is never too much."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from domain.course import budget
from domain.course.course import Course, Decision, course_full
from domain.events.clinic_events import ACTS, ClinicEvent
from domain.ledger import Entry
from workflows.course_messages import CourseRun
from workflows.payloads import compressed


class CarriedSize(NamedTuple):
    """How large something is: as Temporal carries it, compressed, and whole, as its next run reads it."""

    carried: int
    whole: int

    def but_more(self, more: int) -> "CarriedSize":
        """The same with so many bytes more, none of which became less by being compressed."""
        return CarriedSize(self.carried + more, self.whole + more)

    def is_within(self, most: "CarriedSize") -> bool:
        """Whether it is no larger, in either way."""
        return self.carried <= most.carried and self.whole <= most.whole


class History(NamedTuple):
    """How long a run has become for the server: how many clinic events it took, and how many bytes its history has."""

    updates: int
    size: int


class CarriedLimit(NamedTuple):
    """How large the course, and how long the run, may become by an event."""

    course: CarriedSize
    history: History


FULL: Final = CarriedLimit(CarriedSize(1_400_000, 16_000_000), History(1_800, 15_000_000))
"""Beyond this a course takes only decisions, and what calls for a human. One text again and again becomes next to
nothing when it is compressed, and is read whole by every run. No run is so long while it can be handed on."""

FULL_OF_DECISIONS: Final = CarriedLimit(CarriedSize(1_500_000, 24_000_000), History(1_850, 22_000_000))
"""Beyond this only what calls for a human: no plan is so long that a reading is not heard."""

OVERFULL: Final = CarriedLimit(CarriedSize(1_600_000, 48_000_000), History(1_950, 40_000_000))
"""Beyond this nothing at all: the server takes no payload of more than 2 MiB, the codec none that becomes 64 MiB; a run
takes 2,000 updates, and is ended when its history has 50 MB."""

HANDED_ON: Final = CarriedSize(1_900_000, 60_000_000)
"""The most that a run hands on with all that waits for the record store; with more it goes on until that is less."""

ROOM_FOR_ONE: Final = 2 * budget.EVENT_BYTES
"""The most that one event can add: what it says is kept as a fact, and in its answer."""

MEASURED_EVERY: Final = 32 * 1024
"""Bytes that are written before it is measured again: a measurement of a large course takes a tenth of a second."""

BACKLOG_CARRIED: Final = 256 * 1024
"""Bytes of entries that are not recorded yet with which every course can be handed on, unmeasured."""


class Fullness:
    """What a course carries, measured as Temporal keeps it; between two measurements the most that it can have become.

    A measurement depends on the library that compresses, and a replay must not: the validator asks it, and a task that
    is no replay. What it says at a run's beginning is kept.
    """

    def __init__(self, carried_bytes: int, course: Course) -> None:
        self._at_start = carried_bytes
        self._measured: CarriedSize | None = None
        self._written_bytes = course.written_bytes
        self._can_be_handed_on: tuple[Course, int, bool] | None = None

    def is_half_used(self, course: Course) -> bool:
        """Whether the course began this run with half of what it may hold."""
        is_half_carried = 2 * self._at_start >= FULL.course.carried or course.written_bytes >= FULL.course.whole
        return is_half_carried or 2 * course.events >= budget.MOST_EVENTS

    def check(self, event: ClinicEvent, decision: Decision, before: Course, history: History) -> None:
        """Raises `Refused` (`course_full`) where what the course keeps would become too large.

        It does so, too, where the run has become too long because what the record store has not taken could not be
        handed on. `before` is the course as it is.
        """
        most = _most(event, decision)
        if history.updates >= most.history.updates or history.size > most.history.size:
            raise course_full("more than can be handed on before the record store has taken it")
        if self._measured is not None and self._at_most(self._measured, decision.course).is_within(most.course):
            return
        if self._measured is None or before.written_bytes >= self._written_bytes + MEASURED_EVERY:
            self._measured, self._written_bytes = _size(before), before.written_bytes
        if not self._at_most(self._measured, before).is_within(most.course):
            raise course_full(f"{self._measured.carried} bytes, {self._measured.whole} before they are compressed")

    def can_be_handed_on(self, course: Course, backlog: Sequence[Entry]) -> bool:
        """Whether the server takes all that together. Measured once: whoever waits for it asks often."""
        known = self._can_be_handed_on
        if known is None or known[0] is not course or known[1] != len(backlog):
            known = course, len(backlog), _size(course, backlog).is_within(HANDED_ON)
        self._can_be_handed_on = known
        return known[2]

    def measured(self, run: CourseRun) -> CourseRun:
        """What is handed on, with the size of its course."""
        return run.but(carried_bytes=_size(run.course).carried)

    def _at_most(self, measured: CarriedSize, course: Course) -> CarriedSize:
        # Each byte that is written is kept as a fact at the most; answers are as long as they are.
        return measured.but_more(2 * (course.written_bytes - self._written_bytes) + ROOM_FOR_ONE)


def _most(event: ClinicEvent, decision: Decision) -> CarriedLimit:
    if not decision.is_taken_by_a_full_course(event):
        return FULL
    return FULL_OF_DECISIONS if isinstance(event, ACTS) and not decision.calls else OVERFULL


def _size(course: Course, backlog: Sequence[Entry] = ()) -> CarriedSize:
    parts = (course.model_dump_json(), *(entry.model_dump_json() for entry in backlog))
    whole = "".join(parts).encode()
    return CarriedSize(len(compressed(whole)), len(whole))
