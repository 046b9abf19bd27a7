"""Activity declarations for workflows: name, input and result of each. The code is in `activities/`."""

from temporalio import activity

from domain.course.ended_course import EndedCourse
from domain.escalation.messages import EscalationView, Page, PageOrder
from domain.ledger import LedgerHead
from domain.oncall.file import OnCallQuery, OnCallSnapshot
from domain.verification import VerificationReport
from domain.views.summary import Batch


@activity.defn
async def append_entries(batch: Batch) -> None:
    """Appends the batch to the ledger."""
    raise NotImplementedError


@activity.defn
async def keep_ended_course(ended: EndedCourse) -> None:
    """Keeps a course whose workflow ends."""
    raise NotImplementedError


@activity.defn
async def is_kept(head: LedgerHead) -> bool:
    """Whether the record kept the course with this head, and its ledger ends there still."""
    raise NotImplementedError


@activity.defn
async def record_escalation(view: EscalationView) -> None:
    """Records an escalation as of this view."""
    raise NotImplementedError


@activity.defn
async def standing(query: OnCallQuery) -> OnCallSnapshot:
    """The people on call for a severity at a moment."""
    raise NotImplementedError


@activity.defn
async def page(order: PageOrder) -> tuple[Page, ...]:
    """Tries every channel of one person once."""
    raise NotImplementedError


@activity.defn
async def verify_record() -> VerificationReport:
    """Verifies the whole record, and records what was found."""
    raise NotImplementedError
