"""Whom an escalation pages: those it has paged already, and those whom a step of its policy names now."""

from datetime import datetime

from domain.escalation.messages import EscalationView
from domain.oncall.file import OnCall
from domain.values import PersonId


def whom_it_pages(view: EscalationView, on_call: OnCall, at: datetime) -> frozenset[PersonId]:
    """Everybody who was paged of it, or would be at `at` by a step of the policy of its severity."""
    steps = on_call.policies[view.severity].steps
    named = {person for step in steps for person in on_call.resolve(step.notify, at)}
    return frozenset(named | {page.person for page in view.pages})
