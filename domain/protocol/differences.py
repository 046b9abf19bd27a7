"""What one version of a protocol says otherwise than another, for whoever has to approve it."""

from domain.protocol.model import Protocol
from domain.protocol.parameters import ParameterRow, rows
from domain.values import Frozen


class Difference(Frozen):
    """One parameter that is not the same: what it was (None where it is new) and what it is (None where it is gone)."""

    key: str
    before: str | None
    after: str | None


def differences(before: Protocol, after: Protocol) -> tuple[Difference, ...]:
    """Every parameter whose value or evidence changed, in the order of the newer file; what is gone comes last."""
    old, new = _by_key(rows(before)), _by_key(rows(after))
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(
        Difference(key=key, before=old.get(key), after=new.get(key)) for key in keys if old.get(key) != new.get(key)
    )


def _by_key(table: tuple[ParameterRow, ...]) -> dict[str, str]:
    """Two limits may share a key: they are told together."""
    told: dict[str, list[str]] = {}
    for row in table:
        told.setdefault(row.key, []).append(_told(row))
    return {key: "; ".join(values) for key, values in told.items()}


def _told(row: ParameterRow) -> str:
    founded = " ".join(part for part in (row.grade and row.grade.value.replace("_", " "), row.source) if part)
    return f"{row.value} ({founded})" if founded else row.value
