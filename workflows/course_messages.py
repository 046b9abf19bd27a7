"""What travels to and from a course's workflow: reports, questions, what a run hands to the next, the ledger's head."""

from domain.access import SentBy
from domain.course.course import Course
from domain.course.transition import EscalationCommand
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry, LedgerHead
from domain.oncall.rota import Zone
from domain.protocol.pinned import PinnedProtocol
from domain.values import Frozen, Moment


class Report(Frozen):
    """The input of the `report` update: a clinic event, with the HTTP request's `request_id` and who sent it.

    `offered` is the protocol version that a migration goes to.
    """

    event: ClinicEvent
    offered: PinnedProtocol | None = None
    request_id: str | None = None
    sent_by: SentBy | None = None


class Question(Frozen):
    """The input of the `ask` query: a report that is not made, and the moment at which it would be."""

    report: Report
    at: Moment


class CourseRun(Frozen):
    """The input of a run, passed on by continue-as-new; the first run starts with a blank course.

    `carried_bytes` is the compressed size of the course in Temporal, as last measured. Of a run that `is_woken` the
    course had ended, and is as the record kept it. `ends` says whether the run ends with what is owed to the patient:
    a rehearsal's never does, and None is what an earlier release handed on.
    """

    course: Course
    unrecorded: tuple[Entry, ...] = ()
    calls: tuple[EscalationCommand, ...] = ()
    carried_bytes: int = 0
    is_woken: bool = False
    ends: bool | None = None


class PinnedCourse(Frozen):
    """What a course goes by and no ledger says, the protocol version and the time zone; with its ledger's head."""

    protocol: PinnedProtocol
    timezone: Zone
    head: LedgerHead
