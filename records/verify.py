"""Ledger verification: recomputes a course's hash chain, and compares it with the head that Temporal holds."""

from collections.abc import Sequence

from domain.ledger import GENESIS, ChainFault, Entry, first_fault
from domain.values import Frozen, count_of


class LedgerVerdict(Frozen):
    """The verdict on a ledger: its last sequence and hash, and the first row that differs, if any.

    `is_compared` is False if Temporal no longer holds the course, so that only the chain could be recomputed.
    """

    sequence: int
    head: str
    is_compared: bool
    fault: ChainFault | None

    @property
    def is_whole(self) -> bool:
        """True if no row differs."""
        return self.fault is None


def verify(entries: Sequence[Entry], temporal_head: tuple[int, str] | None) -> LedgerVerdict:
    """Recomputes the chain of one course's entries, given in order, and compares it with Temporal's (sequence, hash).

    Entries that are still in the outbox count as missing: the verdict on a running course is of that moment only.
    """
    return LedgerVerdict(
        sequence=entries[-1].sequence if entries else 0,
        head=entries[-1].hash if entries else GENESIS,
        is_compared=temporal_head is not None,
        fault=first_fault(entries) or (_difference(entries, *temporal_head) if temporal_head else None),
    )


def _difference(entries: Sequence[Entry], sequence: int, head: str) -> ChainFault | None:
    """Where a chain that is whole in itself differs from Temporal's head."""
    held = count_of(sequence, "entry", "entries")
    if not entries and sequence:
        return ChainFault(sequence=1, reason=f"the record holds nothing of it; Temporal holds {held}")
    if len(entries) < sequence:
        missing = len(entries) + 1
        return ChainFault(sequence=missing, reason=f"entry {missing} is missing; Temporal holds {held}")
    if sequence and entries[sequence - 1].hash != head:
        return ChainFault(
            sequence=sequence, reason="it is not the entry that Temporal holds; the chain was written anew"
        )
    if len(entries) > sequence:
        return ChainFault(sequence=sequence + 1, reason=f"Temporal knows nothing of it; it holds {held}")
    return None
