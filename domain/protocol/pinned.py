"""A protocol version pinned into a course."""

from typing import Final
from weakref import WeakValueDictionary

from domain.protocol.model import Protocol
from domain.values import Frozen


class PinnedProtocol(Frozen):
    """A protocol version with its content hash, as pinned into a course."""

    protocol: Protocol
    hash: str


def shared(protocol: Protocol, content_hash: str) -> Protocol:
    """The same protocol, as another course of this process holds it already.

    One that only claims the hash is left as it is.
    """
    known = _IN_USE.setdefault(content_hash, protocol)
    return known if known == protocol else protocol


_IN_USE: Final[WeakValueDictionary[str, Protocol]] = WeakValueDictionary()
"""The protocols of the courses in this process, by their hash, for as long as a course holds one."""
