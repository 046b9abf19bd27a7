"""A protocol version pinned into a course."""

from typing import Final
from weakref import WeakValueDictionary

from domain.protocol.approval import content_hash
from domain.protocol.model import Protocol
from domain.values import Frozen


class PinnedProtocol(Frozen):
    """A protocol version with its content hash, as pinned into a course."""

    protocol: Protocol
    hash: str


class Pins:
    """Protocols as they are pinned. The hash of each is computed once: that takes longer than to decide on an event."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], PinnedProtocol] = {}

    def of(self, protocol: Protocol) -> PinnedProtocol:
        """This protocol with its hash. One that was read anew is another."""
        version = protocol.id, protocol.version
        if version not in self._known or self._known[version].protocol is not protocol:
            self._known[version] = PinnedProtocol(protocol=protocol, hash=content_hash(protocol))
        return self._known[version]


def shared(protocol: Protocol, content_hash: str) -> Protocol:
    """The same protocol, as another course of this process holds it already.

    One that only claims the hash is left as it is.
    """
    known = _IN_USE.setdefault(content_hash, protocol)
    return known if known == protocol else protocol


_IN_USE: Final[WeakValueDictionary[str, Protocol]] = WeakValueDictionary()
"""The protocols of the courses in this process, by their hash, for as long as a course holds one."""
