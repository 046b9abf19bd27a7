"""One version of a protocol as a course follows it."""

from domain.protocol.model import Protocol
from domain.values import Frozen


class PinnedProtocol(Frozen):
    """One version of a protocol, with its content hash, as a course is to follow it."""

    protocol: Protocol
    hash: str
