"""Size limits of what a course carries from run to run, so that Temporal always accepts it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from domain.course import size_budget
from domain.course.course import Course, Decision, course_full
from domain.events.clinic_events import Act, ClinicEvent
from domain.ledger import Entry
from workflows.course_messages import CourseRun
from workflows.payloads import compressed


class CarriedSize(NamedTuple):
    """Sizes in bytes: `carried` as Temporal carries it, compressed; `whole` uncompressed, as the next run reads it."""

    carried: int
    whole: int

    def but_more(self, more: int) -> "CarriedSize":
        """The sizes with so many incompressible bytes more."""
        return CarriedSize(self.carried + more, self.whole + more)

    def is_within(self, most: "CarriedSize") -> bool:
        """Whether both sizes are within these limits."""
        return self.carried <= most.carried and self.whole <= most.whole


class History(NamedTuple):
    """The length of a run for the server: clinic events accepted, and bytes of history."""

    updates: int
    size: int


class CarriedLimit(NamedTuple):
    """The limits of a course's size and a run's length for accepting an event."""

    course: CarriedSize
    history: History


FULL: Final = CarriedLimit(CarriedSize(1_400_000, 20_000_000), History(1_800, 15_000_000))
"""Beyond this a course accepts only people's decisions, and events that open or repeat an escalation. Both sizes count:
repeated text compresses to almost nothing, but every run reads it whole. A run gets this long only if it cannot be
handed on."""

FULL_OF_DECISIONS: Final = CarriedLimit(CarriedSize(1_500_000, 28_000_000), History(1_850, 22_000_000))
"""Beyond this only events that open or repeat an escalation: no decision may take the space that a reading needs."""

OVERFULL: Final = CarriedLimit(CarriedSize(1_600_000, 48_000_000), History(1_950, 40_000_000))
"""Beyond this nothing at all: the server accepts payloads up to 2 MiB, the codec up to 64 MiB uncompressed; a run takes
2,000 updates, and is ended when its history has 50 MB."""

HANDED_ON: Final = CarriedSize(1_900_000, 60_000_000)
"""The most that a run hands on, unrecorded entries included; with more it goes on until that is less."""

ROOM_FOR_ONE: Final = 3 * size_budget.EVENT_BYTES
"""The most that one event can add in bytes: its data is kept as a fact, in the journal, and in its answer."""

MEASURED_EVERY: Final = 32 * 1024
"""Bytes written before the course is measured again: measuring a large one takes a tenth of a second."""

BACKLOG_CARRIED: Final = 256 * 1024
"""Bytes of unrecorded entries up to which every course can be handed on without measuring."""


class Fullness:
    """The size of a course as Temporal carries it: measured now and then, and in between estimated from above.

    A measurement depends on the compression library, and a replay must not: so only the validator and tasks that are
    not a replay use it. The measurement for a run's beginning is kept in its input.
    """

    def __init__(self, carried_bytes: int, course: Course) -> None:
        self._at_start = carried_bytes
        self._measured: CarriedSize | None = None
        self._written_bytes = course.written_bytes
        self._can_be_handed_on: tuple[Course, int, bool] | None = None

    def is_half_used(self, course: Course) -> bool:
        """Whether the course began this run with half of its size limit used."""
        is_half_carried = 2 * self._at_start >= FULL.course.carried or course.written_bytes >= FULL.course.whole
        return is_half_carried or 2 * course.events >= size_budget.MOST_EVENTS

    def check(self, event: ClinicEvent, decision: Decision, before: Course, history: History) -> None:
        """Raises `Refused` (`course_full`) if the course would become too large.

        Also raises it if the run has become too long because unrecorded entries kept it from being handed on. `before`
        is the course as it is now.
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
        """Whether the server accepts all that together. Cached, as it is asked often."""
        known = self._can_be_handed_on
        if known is None or known[0] is not course or known[1] != len(backlog):
            known = course, len(backlog), _size(course, backlog).is_within(HANDED_ON)
        self._can_be_handed_on = known
        return known[2]

    def measured(self, run: CourseRun) -> CourseRun:
        """The next run's input, with the size of its course."""
        return run.but(carried_bytes=_size(run.course).carried)

    def _at_most(self, measured: CarriedSize, course: Course) -> CarriedSize:
        # Every byte written to the ledger may also be kept as a fact, in the journal and in an answer.
        return measured.but_more(3 * (course.written_bytes - self._written_bytes) + ROOM_FOR_ONE)


def _most(event: ClinicEvent, decision: Decision) -> CarriedLimit:
    if not decision.is_taken_by_a_full_course(event):
        return FULL
    return FULL_OF_DECISIONS if isinstance(event, Act) and not decision.calls else OVERFULL


def _size(course: Course, backlog: Sequence[Entry] = ()) -> CarriedSize:
    parts = (course.model_dump_json(), *(entry.model_dump_json() for entry in backlog))
    whole = "".join(parts).encode()
    return CarriedSize(len(compressed(whole)), len(whole))
