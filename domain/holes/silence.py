"""Deviations that the protocol keeps silent: those alone that harm nobody, and each code is one."""

from typing import Final

from domain.holes.hole import Hole, Holes
from domain.protocol.model import SILENT_DEVIATIONS, Protocol
from domain.values import Blocker
from domain.views.blocker_labels import UNNAMED, words_of

MAY_BE_SILENT: Final = (
    *SILENT_DEVIATIONS,
    *("course.not_held", "hold.unknown_reason", "follow_up.not_in_protocol", "follow_up.too_early"),
)
"""What fulfils nothing and harms nobody. Any other code may stand against a dose, or against the way home."""


def silence_holes(protocol: Protocol) -> Holes:
    """A hole for each silent code but those that may be, and for each that is the code of nothing."""
    key = "deviations.silent"
    for code in protocol.deviations.silent:
        if words_of(Blocker(code=code, message=code)) == UNNAMED:
            yield Hole(
                key=key,
                lets_through=f"{code} would keep nothing silent: no deviation is called so",
                mend="must be left out",
            )
        elif code not in MAY_BE_SILENT:
            yield Hole(
                key=key,
                lets_through=f"of {code} nobody would hear, though somebody was dosed or sent home against it",
                mend=f"must not name {code}",
            )
