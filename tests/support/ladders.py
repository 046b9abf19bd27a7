"""A ladder that nobody answers, played ahead."""

from datetime import datetime
from itertools import takewhile

from domain.escalation.ladder import EscalationProgress, NextStep, climbing
from domain.oncall.policy import Policy


def forecast(policy: Policy, progress: EscalationProgress, now: datetime, until: datetime) -> tuple[NextStep, ...]:
    """Which steps page up to and including `until` if nobody acts from `now` on."""
    return tuple(
        takewhile(
            lambda next_step: next_step.at <= until, (next_step for next_step, _ in climbing(policy, progress, now))
        )
    )
