"""A protocol version pinned into a course."""

from domain.protocol.model import Protocol
from domain.values import Frozen


class PinnedProtocol(Frozen):
    """A protocol version with its content hash, as pinned into a course."""

    protocol: Protocol
    hash: str
