"""Verifies the recorded ledger: recomputes its hash chain and compares it with the course's own head."""

from collections.abc import Sequence
from enum import StrEnum

from domain.ledger import Entry, first_fault
from domain.values import Frozen, count_of
from records.unreadable_rows import Unreadable


class Wholeness(StrEnum):
    """The result of the verification."""

    WHOLE = "whole"
    BEHIND = "behind"
    BROKEN = "broken"
    NOT_READ = "not_read"


class LedgerState(Frozen):
    """The course's entry count and head, and the result for the recorded ledger."""

    sequence: int
    head: str
    state: Wholeness
    mark: str
    words: str


def ledger_state(entries: Sequence[Entry] | None, sequence: int, head: str) -> LedgerState:
    """Verifies the recorded entries against the `sequence` and `head` that the course's workflow holds.

    None if they could not be read. Entries accepted a moment ago may not be recorded yet: that is no fault.
    """
    if entries is None:
        return _state(sequence, head, Wholeness.NOT_READ, "The record does not answer: nothing was compared")
    if (fault := first_fault(entries)) is not None:
        return _state(sequence, head, Wholeness.BROKEN, f"Entry {fault.sequence} differs: {fault.reason}")
    if len(entries) < sequence:
        waiting = sequence - len(entries)
        words = (
            f"{len(entries)} of {count_of(sequence, 'entry', 'entries')} recorded, chain whole; {waiting} on the way"
        )
        return _state(sequence, head, Wholeness.BEHIND, words)
    if sequence and entries[sequence - 1].hash != head:
        words = f"Entry {sequence} differs: it is not the one that the course holds; the chain was written anew"
        return _state(sequence, head, Wholeness.BROKEN, words)
    return _state(sequence, head, Wholeness.WHOLE, f"{count_of(sequence, 'entry', 'entries')}, chain whole")


def unreadable(entry: Unreadable, sequence: int, head: str) -> LedgerState:
    """The state where a stored row cannot be read: Kapstan did not write it so, or its key is not at hand."""
    return _state(sequence, head, Wholeness.BROKEN, f"Entry {entry.id} cannot be read: {entry.detail}")


def _state(sequence: int, head: str, state: Wholeness, words: str) -> LedgerState:
    marks = {Wholeness.WHOLE: "well", Wholeness.BEHIND: "waiting", Wholeness.BROKEN: "emergency"}
    return LedgerState(sequence=sequence, head=head, state=state, mark=marks.get(state, "urgent"), words=words)
