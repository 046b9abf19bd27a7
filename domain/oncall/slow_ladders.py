"""Ladders so slow that an emergency would wait for hours: told to whoever checks the file, and no start is stopped.

A file that paged yesterday pages today: what is slow still reaches somebody. No source gives a bound; these are ours.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from domain.durations import in_words, iso_8601
from domain.oncall.policy import Policy
from domain.values import Severity


class Patience(NamedTuple):
    """The longest wait between two steps, and the longest that one who has acknowledged may take."""

    wait: timedelta
    resolve_within: timedelta


PATIENCE: Final[Mapping[Severity, Patience]] = {
    Severity.EMERGENCY: Patience(wait=timedelta(minutes=30), resolve_within=timedelta(hours=8)),
    Severity.URGENT: Patience(wait=timedelta(hours=2), resolve_within=timedelta(days=3)),
}
"""Routine has none: it waits for working hours in any case."""


def slow_ladders(policies: Mapping[Severity, Policy]) -> Iterator[tuple[str, str]]:
    """Each step, and each promise, that is slower than that: its key, and what it means."""
    for severity, most in PATIENCE.items():
        policy, table = policies[severity], f"policies.{severity}"
        for number, step in enumerate(policy.steps, start=1):
            if step.wait > most.wait:
                nobody = "that nobody answers would page nobody else"
                yield f"{table}.steps[{number}].wait", _said(severity, nobody, step.wait, most.wait)
        if policy.resolve_within > most.resolve_within:
            nobody = "that was acknowledged and forgotten would page nobody"
            yield f"{table}.resolve_within", _said(severity, nobody, policy.resolve_within, most.resolve_within)


def _said(severity: Severity, nobody: str, length: timedelta, most: timedelta) -> str:
    what = f"an {severity} escalation {nobody} for {in_words(length)}"
    return f"{what}; must be at most {iso_8601(most)} (our proposal)"
