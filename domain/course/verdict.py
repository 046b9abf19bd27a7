"""The protocol's verdict on a reading, with its findings."""

from enum import StrEnum

from domain.values import Frozen, Moment, Severity


class VerdictSeverity(StrEnum):
    """The severity of a reading, from normal to emergency; `recheck` asks for a second reading first."""

    NORMAL = "normal"
    WARNING = "warning"
    RECHECK = "recheck"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for normal, rising with severity."""
        return list(type(self)).index(self)

    @property
    def pages_as(self) -> Severity | None:
        """The severity of the escalation it opens; None if it opens none."""
        return {self.URGENT: Severity.URGENT, self.EMERGENCY: Severity.EMERGENCY}.get(self)


class Finding(Frozen):
    """One limit that the reading crossed, or one symptom."""

    code: str
    message: str
    observed: str | float
    limit: float | None
    severity: VerdictSeverity
    source: str | None


class Verdict(Frozen):
    """The verdict on one reading: its findings and the highest severity among them."""

    severity: VerdictSeverity
    findings: tuple[Finding, ...] = ()
    recheck_due_at: Moment | None = None
