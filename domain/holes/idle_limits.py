"""Limits that decide nothing: whatever crosses them is as severe already by another one."""

from domain.course.verdict import VerdictSeverity
from domain.holes.asked import beyond, judged
from domain.holes.hole import Hole, Holes
from domain.holes.second_readings import lowest_cleared
from domain.holes.wording import SIGN
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity


def idle_limit_holes(protocol: Protocol) -> Holes:
    """A hole for each limit without which every reading, the first and the one after it, would be judged the same."""
    for place, limit in enumerate(protocol.medicine.limits):
        if not _decides(protocol, place, limit):
            spoken = "an emergency" if limit.severity is LimitSeverity.EMERGENCY else f"{limit.severity}"
            yield Hole(
                key=limit.key,
                lets_through=f"no {SIGN[limit.vital]} would be {spoken} by {_bound(limit)}: whatever crosses it is so "
                "already, or worse",
                mend="it must be crossed before another limit is, or be left out",
            )


def _decides(protocol: Protocol, place: int, limit: Limit) -> bool:
    limits = protocol.medicine.limits
    without = protocol.but(medicine=protocol.medicine.but(limits=(*limits[:place], *limits[place + 1 :])))
    cleared_with = lowest_cleared(protocol, limit)

    def both(rules: Protocol, value: int) -> tuple[VerdictSeverity, VerdictSeverity]:
        once = judged(rules, limit.vital, value, cleared_with=cleared_with)
        return once, judged(rules, limit.vital, value, value, cleared_with=cleared_with)

    return any(both(protocol, value) != both(without, value) for value in beyond(limit, cleared_with))


def _bound(limit: Limit) -> str:
    if limit.above is not None:
        return f"above = {limit.above:g}"
    if limit.below is not None:
        return f"below = {limit.below:g}"
    return f"rise = {limit.rise:g}"
