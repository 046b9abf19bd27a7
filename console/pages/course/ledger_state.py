"""Whether the ledger still says what was accepted: its chain recomputed, and held against the course's own head."""

from collections.abc import Sequence
from enum import StrEnum

from domain.ledger import Entry, first_fault
from domain.values import Frozen


class Wholeness(StrEnum):
    """What was found."""

    WHOLE = "whole"
    BEHIND = "behind"
    BROKEN = "broken"
    NOT_READ = "not_read"


class LedgerState(Frozen):
    """How many entries the course holds, under what head, and what is to be said of the record's."""

    sequence: int
    head: str
    state: Wholeness
    mark: str
    words: str


def ledger_state(entries: Sequence[Entry] | None, sequence: int, head: str) -> LedgerState:
    """The recorded entries against the `sequence` and `head` that the course's workflow holds.

    None where they could not be read. What was accepted a moment ago may be on its way to the record: that is no fault.
    """
    if entries is None:
        return _state(sequence, head, Wholeness.NOT_READ, "The record does not answer: nothing was compared")
    if (fault := first_fault(entries)) is not None:
        return _state(sequence, head, Wholeness.BROKEN, f"Entry {fault.sequence} differs: {fault.reason}")
    if len(entries) < sequence:
        waiting = sequence - len(entries)
        words = f"{len(entries)} of {sequence} entries recorded, chain whole; {waiting} on the way"
        return _state(sequence, head, Wholeness.BEHIND, words)
    if sequence and entries[sequence - 1].hash != head:
        words = f"Entry {sequence} differs: it is not the one that the course holds; the chain was written anew"
        return _state(sequence, head, Wholeness.BROKEN, words)
    return _state(sequence, head, Wholeness.WHOLE, f"{sequence} entries, chain whole")


def unreadable(entry: int, sequence: int, head: str) -> LedgerState:
    """The state where a stored row is no entry at all."""
    return _state(sequence, head, Wholeness.BROKEN, f"Entry {entry} differs: it is no entry that Kapstan wrote")


def _state(sequence: int, head: str, state: Wholeness, words: str) -> LedgerState:
    marks = {Wholeness.WHOLE: "well", Wholeness.BEHIND: "routine", Wholeness.BROKEN: "emergency"}
    return LedgerState(sequence=sequence, head=head, state=state, mark=marks.get(state, "urgent"), words=words)
