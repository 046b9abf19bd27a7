"""The report of one verification of the whole record: how much differs, and where the audit's chains ended."""

from typing import Final

from domain.escalation.ids import EscalationId
from domain.values import Frozen, Moment


class ChainHead(Frozen):
    """The newest row of a chain of the audit, by the chain's table."""

    chain: str
    sequence: int
    hash: str


MOST_NAMED: Final = 200
"""Findings that a report names."""


class VerificationReport(Frozen):
    """What a verification found: of so many courses, and so many findings that differ.

    `found` names the first `MOST_NAMED` of those, without their content; `is_news` says that any of them was not found
    by the verification before, or that there are more than it found. `heads` are those of the audit's chains, each as
    it was when the chain was last whole: what came before is compared with them from then on. `escalation` is the
    newest one about the record, which may be resolved.
    """

    at: Moment
    courses: int
    differing: int
    found: tuple[str, ...] = ()
    is_news: bool = False
    heads: tuple[ChainHead, ...] = ()
    escalation: EscalationId | None = None
