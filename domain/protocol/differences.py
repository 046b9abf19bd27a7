"""Differences between two versions of a protocol, for the medical director who approves the new one."""

from domain.protocol.model import Protocol
from domain.protocol.parameters import ParameterRow, rows
from domain.values import Frozen


class Difference(Frozen):
    """One parameter that differs: its old value (None if it is new) and its new value (None if it was removed)."""

    key: str
    before: str | None
    after: str | None


def differences(before: Protocol, after: Protocol) -> tuple[Difference, ...]:
    """Every parameter whose value or evidence changed, in the order of the newer file; removed ones come last."""
    old, new = _by_key(rows(before)), _by_key(rows(after))
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(
        Difference(key=key, before=old.get(key), after=new.get(key)) for key in keys if old.get(key) != new.get(key)
    )


def _by_key(table: tuple[ParameterRow, ...]) -> dict[str, str]:
    """The rows as text by key; two limits that share a key are joined."""
    told: dict[str, list[str]] = {}
    for row in table:
        told.setdefault(row.key, []).append(_told(row))
    return {key: "; ".join(values) for key, values in told.items()}


def _told(row: ParameterRow) -> str:
    founded = " ".join(part for part in (row.grade and row.grade.value.replace("_", " "), row.source) if part)
    return f"{row.value} ({founded})" if founded else row.value
