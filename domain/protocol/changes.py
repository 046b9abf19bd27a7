"""What a new version of a protocol changes, in words: values with their units, stricter or looser, and the evidence."""

from collections.abc import Iterator
from datetime import timedelta

from domain.durations import in_words
from domain.protocol.model import Evidence, Protocol
from domain.protocol.parameters import Scalar, parameters, rows
from domain.protocol.strictness import Strictness, strictness
from domain.values import Frozen


class ProtocolChange(Frozen):
    """One value that differs, in words with its unit: None where one of the two versions has none.

    Of a list, `added` and `removed` say what differs. The evidence is told where it differs, before and after;
    `strictness` is for the patient, and None where nobody can say.
    """

    key: str
    before: str | None
    after: str | None
    strictness: Strictness | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    evidence_before: str | None = None
    evidence_after: str | None = None

    @property
    def is_of_evidence_alone(self) -> bool:
        """Whether the value is as it was, and founded on something else."""
        return self.before == self.after


def protocol_changes(before: Protocol, after: Protocol) -> tuple[ProtocolChange, ...]:
    """Every value that differs, or whose evidence does, in the order of the newer file; what is gone comes last."""
    return tuple(_changes(before, after))


def _changes(before: Protocol, after: Protocol) -> Iterator[ProtocolChange]:
    old, new = _in_words(before), _in_words(after)
    for key in (*new, *(key for key in old if key not in new)):
        was, now = before.evidence.get(key), after.evidence.get(key)
        if old.get(key) == new.get(key) and was == now:
            continue
        items = [_items(protocol, key) for protocol in (before, after)]
        yield ProtocolChange(
            key=key,
            before=old.get(key),
            after=new.get(key),
            strictness=strictness(before, after, key),
            added=tuple(one for one in items[1] if one not in items[0]),
            removed=tuple(one for one in items[0] if one not in items[1]),
            evidence_before=_told(was) if was != now else None,
            evidence_after=_told(now) if was != now else None,
        )


def _in_words(protocol: Protocol) -> dict[str, str]:
    """The values by key; several limits that share a key are joined."""
    told: dict[str, str] = {}
    for row in rows(protocol):
        told[row.key] = f"{told[row.key]}; {row.value}" if row.key in told else row.value
    return told


def _items(protocol: Protocol, key: str) -> list[str]:
    """What a list names, one by one; nothing of what is no list."""
    values = [one.value for one in parameters(protocol) if one.key == key]
    return [_spoken(item) for item in values[0]] if len(values) == 1 and isinstance(values[0], tuple) else []


def _spoken(item: Scalar) -> str:
    return in_words(item) if isinstance(item, timedelta) else str(item)


def _told(evidence: Evidence | None) -> str | None:
    if evidence is None:
        return None
    note = f": {evidence.note}" if evidence.note else ""
    return f"{evidence.grade.replace('_', ' ')}, {evidence.source}{note}"
