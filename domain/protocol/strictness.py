"""Whether a new value of a protocol's limit is stricter than the old one, or looser."""

from enum import StrEnum
from typing import Final

from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.parameters import Value, parameters

_AT_MOST: Final = ("_max", "max")
_AT_LEAST: Final = ("_min",)


class Strictness(StrEnum):
    """Stricter stops or warns sooner, looser later."""

    STRICTER = "stricter"
    LOOSER = "looser"


def strictness(before: Protocol, after: Protocol, key: str) -> Strictness | None:
    """For a bound that both versions have; None for what is no bound, or where its values point both ways."""
    old, new = _bounds(before, key), _bounds(after, key)
    moved = {new[name] > old[name] for name in old.keys() & new.keys() if new[name] != old[name]}
    if old.keys() != new.keys() or len(moved) != 1:
        return None
    return Strictness.STRICTER if moved.pop() else Strictness.LOOSER


def _bounds(protocol: Protocol, key: str) -> dict[str, float]:
    """The bounds of this key, each turned so that a higher one is stricter."""
    found: dict[str, float] = {}
    for one in parameters(protocol):
        if one.key == key:
            found |= _turned(one.key, one.value)
    return found


def _turned(key: str, value: Value) -> dict[str, float]:
    if isinstance(value, Limit):
        sides = {"above": value.above, "rise": value.rise}
        turned = {name: -float(bound) for name, bound in sides.items() if bound is not None}
        return turned if value.below is None else {**turned, "below": float(value.below)}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {}
    if key.endswith(_AT_MOST):
        return {"value": -float(value)}
    return {"value": float(value)} if key.endswith(_AT_LEAST) else {}
