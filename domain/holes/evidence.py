"""Numbers of which nobody can say where they come from."""

from domain.holes.hole import Hole, Holes
from domain.protocol.model import Protocol
from domain.protocol.parameters import without_evidence


def evidence_holes(protocol: Protocol) -> Holes:
    """A hole for each number and duration that `[evidence]` does not name."""
    for key in without_evidence(protocol):
        yield Hole(
            key=key,
            lets_through="a number would decide of which nobody can say where it comes from",
            mend="must have an entry in [evidence]",
        )
