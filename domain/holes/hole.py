"""One hole of a protocol: the key to look at, what it would let through, and what would mend it."""

from collections.abc import Iterator
from typing import TypeAlias

from domain.values import Frozen


class Hole(Frozen):
    """What a protocol would let through, with a value that the rules were asked about, and what would mend it.

    A remark is something to look at: some published practice does it, or it is loud. It stands in nobody's way.
    """

    key: str
    lets_through: str
    mend: str
    is_remark: bool = False

    def __str__(self) -> str:
        return f"{self.key}: {self.lets_through}; {self.mend}"


Holes: TypeAlias = Iterator[Hole]
