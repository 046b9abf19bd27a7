"""Numbers of which nobody can say where they come from."""

import re
from collections.abc import Collection
from typing import Final

from domain.holes.hole import Hole, Holes
from domain.holes.published import OURS
from domain.protocol.model import Grade, Protocol
from domain.protocol.parameters import without_evidence

_NAMED: Final = re.compile(r"[,;/&]|\band\b")
"""What stands between several sources of one value."""


def evidence_holes(protocol: Protocol) -> Holes:
    """A hole for each number and duration that `[evidence]` does not name."""
    for key in without_evidence(protocol):
        yield Hole(
            key=key,
            lets_through="a number would decide of which nobody can say where it comes from",
            mend="must have an entry in [evidence]",
        )


def source_holes(protocol: Protocol, sources: Collection[str]) -> Holes:
    """A hole for each source that `[evidence]` names and the file does not list, told of its first value.

    `sources` are the ids that the file's comments list.
    """
    told: set[str] = set()
    for key, evidence in protocol.evidence.items():
        is_ours = evidence.source.strip().lower() == OURS
        if is_ours and evidence.grade is not Grade.COMMON_PRACTICE:
            yield Hole(
                key=key,
                lets_through=f"it is graded {evidence.grade}, and its source is {OURS}",
                mend=f"must have a source, or be graded {Grade.COMMON_PRACTICE}",
            )
        named = () if is_ours else (one.strip() for one in _NAMED.split(evidence.source))
        for source in named:
            if source not in sources and source not in told:
                told.add(source)
                yield Hole(
                    key=key,
                    lets_through=f"it would rest on {source}, and nobody could say what that is",
                    mend=f"its source must be one that the file lists, as in “# S1 What it is: https://…”, or “{OURS}”",
                )
