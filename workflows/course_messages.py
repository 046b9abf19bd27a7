"""What travels to and from a course's workflow: a report, what one run hands to the next, the head of the ledger."""

from pydantic import ConfigDict, Field

from domain.course.course import Course
from domain.course.transition import EscalationCommand
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry
from domain.protocol.pinned import PinnedProtocol
from domain.values import CourseId, Frozen


class Report(Frozen):
    """A clinic event on its way to its course, in the call `request_id`.

    `offered` is the protocol that a migration goes to.
    """

    event: ClinicEvent
    offered: PinnedProtocol | None = None
    request_id: str | None = None


class CourseRun(Frozen):
    """Everything that one run hands to the next; the first one starts with a blank course.

    `carried_bytes` is how large the course is as Temporal carries it, where it was measured.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    course: Course = Field(alias="chart")  # its name in histories
    unrecorded: tuple[Entry, ...] = ()
    calls: tuple[EscalationCommand, ...] = ()
    carried_bytes: int = 0


class LedgerHead(Frozen):
    """The end of the ledger's chain, as the course holds it."""

    course_id: CourseId
    sequence: int
    hash: str
