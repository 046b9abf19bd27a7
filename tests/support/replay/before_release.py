"""How `histories/0.1.0` is read: it was recorded while 0.1.0 was still written, and one thing was changed after it.

An entry of an escalation that somebody answered named them as an actor with the role `system`. The release itself says
in `data.by` who it was, and names no actor; every hash from there on is another one.
"""

from collections.abc import Iterable
from typing import Any

from domain.ledger import Entry, digest
from domain.values import Role
from tests.support.replay.commands import Asked


def as_released(asked: Iterable[Asked]) -> list[Asked]:
    """The same, as the release would have recorded it, with its hashes."""
    rehashed: dict[str, str] = {}
    return [Asked(one.kind, one.of, tuple(_as_released(value, rehashed) for value in one.said)) for one in asked]


def _as_released(said: Any, rehashed: dict[str, str]) -> Any:
    match said:
        case {"previous_hash": str(), "hash": str()}:
            return _entry(said, rehashed)
        case dict():
            # A batch names its entries before its head, and a run comes after all of its batches.
            return {name: _as_released(value, rehashed) for name, value in said.items()}
        case list():
            return [_as_released(value, rehashed) for value in said]
        case str():
            return rehashed.get(said, said)
        case _:
            return said


def _entry(said: dict[str, Any], rehashed: dict[str, str]) -> dict[str, Any]:
    released = {**said, "previous_hash": rehashed.get(said["previous_hash"], said["previous_hash"])}
    if said["actor"] and said["actor"]["role"] == Role.SYSTEM:
        released |= {"actor": None, "data": {**said["data"], "by": said["actor"]["id"]}}
    released["hash"] = rehashed[said["hash"]] = digest(Entry.model_validate(released))
    return released
