"""A ledger's facts as they read now: each entry that was corrected, with what the newest correction says of it."""

from collections.abc import Iterable, Mapping, Sequence

from domain.events.parsing import CORRECTION
from domain.ledger import Entry


def as_corrected(entries: Iterable[Entry]) -> Mapping[int, Entry | None]:
    """By the ledger sequence of each corrected fact: its entry with the right time and data; None if it was retracted.

    A fact whose correction was taken back reads as before that. Of several senders' facts of the same source and id, a
    correction is of its own sender's.
    """
    known: dict[tuple[str, str], list[Entry]] = {}
    roots: dict[int, int] = {}
    versions: dict[int, list[tuple[int, Entry | None]]] = {}
    for entry in entries:
        if entry.event_id is None or entry.source is None:
            continue
        known.setdefault((entry.source, entry.event_id), []).append(entry)
        named = _meant(known.get(_named(entry), ()), entry)
        if named is None:
            continue
        root = roots.get(named.sequence, named.sequence)
        roots[entry.sequence] = root
        told = versions.setdefault(root, [(root, named if root == named.sequence else None)])
        told.append((entry.sequence, _version(entry, named, root, told)))
    return {root: told[-1][1] for root, told in versions.items()}


def _named(entry: Entry) -> tuple[str, str]:
    corrects = entry.data.get("corrects")
    if not isinstance(corrects, dict):
        return "", ""
    return str(corrects.get("source") or entry.source), str(corrects.get("id"))


def _meant(named: Sequence[Entry], by: Entry) -> Entry | None:
    """The entry that this one corrects, of those before it that have the name it gives."""
    before = [one for one in named if one is not by]
    own = [one for one in before if _sender(one) == _sender(by)]
    return own[0] if own else before[0] if len(before) == 1 else None


def _sender(entry: Entry) -> str | None:
    return entry.sent_by.token if entry.sent_by is not None else None


def _version(entry: Entry, named: Entry, root: int, told: list[tuple[int, Entry | None]]) -> Entry | None:
    first = told[0][1]
    assert first is not None
    if entry.type != CORRECTION:
        data = {name: said for name, said in entry.data.items() if name != "corrects"}
        return first.but(time=entry.time, data=data, actor=entry.actor)
    if entry.data.get("retracted"):
        before = [one for sequence, one in told if sequence < named.sequence]
        return before[-1] if named.sequence != root else None
    last = next(one for _, one in reversed(told) if one is not None)
    at, right = entry.data.get("at"), entry.data.get("data")
    data = {name: said for name, said in right.items() if name != "actor"} if isinstance(right, dict) else {}
    changed = last.but(data=data)
    return changed if at is None else Entry.model_validate({**changed.model_dump(mode="json"), "time": at})
