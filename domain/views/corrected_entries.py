"""A ledger's facts as they read now: each entry that was corrected, with what the newest correction says of it."""

from collections.abc import Iterable, Mapping

from domain.events.parsing import CORRECTION
from domain.ledger import Entry


def as_corrected(entries: Iterable[Entry]) -> Mapping[int, Entry | None]:
    """By the ledger sequence of each corrected fact: its entry with the right time and data; None if it was retracted.

    A fact whose correction was taken back reads as before that.
    """
    known: dict[tuple[str, str], Entry] = {}
    roots: dict[int, int] = {}
    versions: dict[int, list[tuple[int, Entry | None]]] = {}
    for entry in entries:
        if entry.event_id is None or entry.source is None:
            continue
        known[entry.source, entry.event_id] = entry
        named = known.get(_named(entry))
        if named is None or named is entry:
            continue
        root = roots.get(named.sequence, named.sequence)
        roots[entry.sequence] = root
        told = versions.setdefault(root, [(root, _first(known, root))])
        told.append((entry.sequence, _version(entry, named, root, told)))
    return {root: told[-1][1] for root, told in versions.items()}


def _named(entry: Entry) -> tuple[str, str]:
    corrects = entry.data.get("corrects")
    if not isinstance(corrects, dict):
        return "", ""
    return str(corrects.get("source") or entry.source), str(corrects.get("id"))


def _first(known: Mapping[tuple[str, str], Entry], root: int) -> Entry:
    return next(one for one in known.values() if one.sequence == root)


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
