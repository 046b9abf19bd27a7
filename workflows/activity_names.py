"""The activities that workflows ask for: name, input and result of each. What they do stands in `activities/`."""

from temporalio import activity

from domain.escalation.messages import EscalationView, Page, PageOrder
from domain.oncall.file import OnCallQuery, OnCallSnapshot
from domain.views.summary import Batch


@activity.defn
async def append_entries(batch: Batch) -> None:
    """Appends the batch to the ledger."""
    raise NotImplementedError


@activity.defn
async def record_escalation(view: EscalationView) -> None:
    """Records an escalation as of this view."""
    raise NotImplementedError


@activity.defn
async def standing(query: OnCallQuery) -> OnCallSnapshot:
    """Who is on call for a severity at a moment."""
    raise NotImplementedError


@activity.defn
async def page(order: PageOrder) -> tuple[Page, ...]:
    """Tries every channel of one person once."""
    raise NotImplementedError
