"""Ladders that nobody answers, for every moment at which an escalation may be opened.

Between two moments at which anything changes, each page of a ladder either moves with the opening, as its waits are
fixed, or stays where the policy's hours begin. So what holds of the first moment of such a time is the worst of it, and
a year is some thousand ladders instead of half a million minutes for each severity.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from domain.coverage.calendar import OnCallCalendar
from domain.escalation.ladder import EscalationProgress, NextStep, climbing
from domain.oncall.policy import Policy
from domain.values import PersonId, Severity


class StepCall(NamedTuple):
    """One step of a ladder: when it pages, whom it calls, and who of them is there.

    It `moves` with the moment of the opening, or else waits until the policy's hours begin.
    """

    step: int
    at: datetime
    moves: bool
    called: tuple[PersonId, ...]
    there: tuple[PersonId, ...]

    def opened_later(self, by: timedelta) -> "StepCall":
        """The same of an escalation that is opened so much later, within the same climb."""
        return self._replace(at=self.at + by) if self.moves else self


class Climb(NamedTuple):
    """The ladder of an escalation opened from `begins_at` (included) until `ends_at` (excluded).

    `calls` are those of one opened at `begins_at`; a later one calls the same people, and the same of them are there.
    """

    begins_at: datetime
    ends_at: datetime
    calls: tuple[StepCall, ...]

    def from_(self, at: datetime) -> "Climb":
        """Its part from a later moment on."""
        later = at - self.begins_at
        return self._replace(begins_at=at, calls=tuple(call.opened_later(later) for call in self.calls))


def climbs(calendar: OnCallCalendar, severity: Severity, begins_at: datetime, ends_at: datetime) -> Iterator[Climb]:
    """The first round of the ladder of every escalation opened in that time, in order and without a gap."""
    while begins_at < ends_at:
        climb = _climb(calendar, severity, begins_at)
        yield climb._replace(ends_at=min(climb.ends_at, ends_at))
        begins_at = climb.ends_at


def unanswered_round(policy: Policy, severity: Severity, opened_at: datetime) -> Iterator[tuple[NextStep, datetime]]:
    """Each step of the first round of an escalation opened then, and when it was due before it waited for the hours."""
    progress = EscalationProgress(severity=severity, due_at=opened_at)
    due_at = opened_at
    for next_step, after in islice(climbing(policy, progress, opened_at), len(policy.steps)):
        yield next_step, due_at
        due_at = after.due_at


def _climb(calendar: OnCallCalendar, severity: Severity, opened_at: datetime) -> Climb:
    policy = calendar.on_call.policies[severity]
    calls: list[StepCall] = []
    moves, unchanged_for = True, timedelta.max
    for next_step, due_at in unanswered_round(policy, severity, opened_at):
        if moves and policy.hours is not None:
            window = policy.hours.window(due_at)
            moves = window.opens_at <= due_at
            unchanged_for = min(unchanged_for, (window.closes_at if moves else window.opens_at) - due_at)
        span = calendar.span(severity, next_step.at)
        if moves:
            unchanged_for = min(unchanged_for, span.ends_at - next_step.at)
        step = next_step.step
        calls.append(StepCall(step, next_step.at, moves, span.called[step - 1], span.there[step - 1]))
    return Climb(opened_at, opened_at + unchanged_for, tuple(calls))
