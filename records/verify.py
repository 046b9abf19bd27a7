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


def verify(
    entries: Sequence[Entry], temporal_head: tuple[int, str] | None, *, stored: Sequence[Entry] = ()
) -> LedgerVerdict:
    """Recomputes the chain of one course's entries, given in order, and compares it with Temporal's (sequence, hash).

    Where the entries are encrypted, `stored` are they as stored, a chain of its own. Entries that are still in the
    outbox count as missing: the verdict on a running course is of that moment only.
    """
    return LedgerVerdict(
        sequence=entries[-1].sequence if entries else 0,
        head=entries[-1].hash if entries else GENESIS,
        is_compared=temporal_head is not None,
        fault=(first_fault(stored) if stored is not entries else None)
        or first_fault(entries)
        or (_difference(entries, *temporal_head) if temporal_head else None),
    )


def verify_erased(stored: Sequence[Entry], ended_with: tuple[int, str]) -> LedgerVerdict:
    """Recomputes the chain of a course whose content was erased: it must end with the row and hash that it had then."""
    verdict = verify(stored, None)
    if verdict.fault or (verdict.sequence, verdict.head) == ended_with:
        return verdict
    reason = f"it ended with row {ended_with[0]} when it was erased, and that was another row or is gone"
    return LedgerVerdict(
        sequence=verdict.sequence,
        head=verdict.head,
        is_compared=False,
        fault=ChainFault(sequence=min(verdict.sequence + 1, ended_with[0]), reason=reason),
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
