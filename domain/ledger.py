"""The ledger: an append-only chain in which every entry carries the hash of the one before it."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic import JsonValue

from domain.access import SentBy
from domain.values import Actor, CourseId, Frozen, Moment

GENESIS = "0" * 64
"""The previous hash of a course's first entry."""


class Entry(Frozen):
    """One entry of a course's ledger, as it is hashed, stored and read back.

    `time` is when it happened and `recorded_at` when Kapstan accepted it, both UTC; `event_id` and `source` name the
    clinic event, and are absent if Kapstan itself wrote the entry. `request_id` names the HTTP request it came by, as
    its caller does. `sent_by` is who sent it; absent if Kapstan itself wrote the entry, or a release that kept none.
    """

    course_id: CourseId
    sequence: int
    recorded_at: Moment
    time: Moment
    type: str
    event_id: str | None
    source: str | None
    actor: Actor | None
    late: bool
    data: dict[str, JsonValue]
    previous_hash: str
    hash: str
    request_id: str | None = None
    sent_by: SentBy | None = None

    @property
    def size(self) -> int:
        """Its size in bytes of JSON."""
        return len(self.model_dump_json().encode())


class LedgerHead(Frozen):
    """The head of a ledger's chain: the newest entry of its course."""

    course_id: CourseId
    sequence: int
    hash: str


class Note(Frozen):
    """The content of an entry before it has its place in the chain."""

    time: Moment
    type: str
    event_id: str | None = None
    source: str | None = None
    actor: Actor | None = None
    late: bool = False
    data: dict[str, JsonValue]
    request_id: str | None = None
    sent_by: SentBy | None = None


def write(course_id: CourseId, sequence: int, head: str, note: Note, recorded_at: datetime) -> Entry:
    """Makes the entry `sequence` from `note`; `head` is the hash of the entry before it."""
    body = {
        "course_id": course_id,
        "sequence": sequence,
        "recorded_at": recorded_at.astimezone(UTC),
        **note.but(time=note.time.astimezone(UTC)).model_dump(exclude={"actor", "sent_by"}),
        "actor": note.actor,
        "sent_by": note.sent_by,
        "previous_hash": head,
    }
    unsigned = Entry.model_validate({**body, "hash": ""})
    return unsigned.but(hash=digest(unsigned))


def digest(entry: Entry) -> str:
    """SHA-256, in hex, over the entry's canonical JSON without its own hash, nor what came later and is not said."""
    said = entry.model_dump(mode="json", exclude={"hash", "sent_by"})
    if entry.request_id is None:
        del said["request_id"]
    if entry.sent_by is not None:
        said["sent_by"] = entry.sent_by.model_dump(mode="json", exclude_none=True)
    return hashlib.sha256(canonical(said)).hexdigest()


def canonical(value: JsonValue) -> bytes:
    """Canonical JSON: keys sorted, no white space, UTF-8, no NaN, and 70.0 written as 70."""
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _plain(value: JsonValue) -> JsonValue:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


class ChainFault(Frozen):
    """The first place where a chain is broken."""

    sequence: int
    reason: str


def first_fault(entries: Iterable[Entry]) -> ChainFault | None:
    """The first entry, in order of sequence, that is missing, moved or changed; None if the chain is whole."""
    head = GENESIS
    for expected, entry in enumerate(entries, start=1):
        if entry.sequence != expected:
            return ChainFault(
                sequence=expected, reason=f"entry {expected} is missing; the next one is {entry.sequence}"
            )
        if entry.previous_hash != head:
            return ChainFault(sequence=expected, reason="it does not name the hash of the entry before it")
        if digest(entry) != entry.hash:
            return ChainFault(sequence=expected, reason="its content does not match its hash")
        head = entry.hash
    return None
