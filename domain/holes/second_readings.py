"""Limits that a second reading must confirm, without a value so far out that one reading is enough (S63: 200/120)."""

from domain.course.verdict import VerdictSeverity
from domain.durations import in_words
from domain.holes.asked import beyond, every_value, in_the_middle, judged
from domain.holes.hole import Hole, Holes
from domain.holes.wording import a, so_would
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol


def second_reading_holes(protocol: Protocol) -> Holes:
    """A hole for each limit whose first breach calls nobody at once, however far out it is."""
    for limit in protocol.medicine.limits:
        severity = VerdictSeverity(limit.severity)
        if limit.confirm_within is None or severity.pages_as is None:
            continue
        cleared_with = lowest_cleared(protocol, limit)
        crossing = beyond(limit, cleared_with)
        if crossing and _waits(protocol, limit, crossing[-1], cleared_with):
            waiting = [value for value in crossing if _waits(protocol, limit, value, cleared_with)]
            yield Hole(
                key=limit.key,
                lets_through=f"{a(limit.vital, in_the_middle(waiting))} would call nobody for "
                f"{in_words(limit.confirm_within)}, until it is read again{so_would(sorted(waiting))}",
                mend="there must be an urgent limit further out, or a graver one, without confirm_within: beyond it "
                "one reading is enough",
            )


def _waits(protocol: Protocol, limit: Limit, value: int, cleared_with: int | None) -> bool:
    return judged(protocol, limit.vital, value, cleared_with=cleared_with).pages_as is None


def lowest_cleared(protocol: Protocol, limit: Limit) -> int | None:
    """The lowest value that a patient is cleared with, from which a rise is crossed soonest; None for other limits."""
    if limit.rise is None:
        return None
    clearance = protocol.medicine.clearance
    gate = clearance.hold.of(limit.vital) or clearance.never.of(limit.vital)
    values = every_value(limit.vital)
    return next((value for value in values if gate is None or gate.holds(value)), values[0])
