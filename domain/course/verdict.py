"""The protocol's verdict on a reading, a call or an adverse event, with its findings."""

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Self

from domain.values import Frozen, Moment, Severity


class VerdictSeverity(StrEnum):
    """The severity of what was reported, from normal to emergency; `recheck` asks for a second reading first."""

    NORMAL = "normal"
    WARNING = "warning"
    RECHECK = "recheck"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @cached_property
    def rank(self) -> int:
        """0 for normal, rising with severity."""
        return list(type(self)).index(self)

    @classmethod
    def of(cls, severity: Severity) -> Self:
        """What is as severe as this escalation: what waits for working hours is a warning."""
        return cls.WARNING if severity is Severity.ROUTINE else cls(severity.value)

    @property
    def pages_as(self) -> Severity | None:
        """The severity of the escalation it opens; None if it opens none."""
        return {self.URGENT: Severity.URGENT, self.EMERGENCY: Severity.EMERGENCY}.get(self)


class Finding(Frozen):
    """One limit that a reading crossed, one symptom, or what else was found."""

    code: str
    message: str
    observed: str | float
    limit: float | None
    severity: VerdictSeverity
    source: str | None


class Verdict(Frozen):
    """The verdict on one reading, call or adverse event: its findings and the highest severity among them."""

    severity: VerdictSeverity
    findings: tuple[Finding, ...] = ()
    recheck_due_at: Moment | None = None


def verdict_of(findings: Iterable[Finding], recheck_due_at: Moment | None = None) -> Verdict:
    """The verdict that these findings add up to."""
    found = tuple(findings)
    severity = max((finding.severity for finding in found), key=lambda one: one.rank, default=VerdictSeverity.NORMAL)
    return Verdict(severity=severity, findings=found, recheck_due_at=recheck_due_at)
