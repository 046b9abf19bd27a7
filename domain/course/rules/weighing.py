"""Weighing: a prescriber's override covers the finding with the value they saw; a worse one asks again."""

from collections.abc import Iterable

from domain.codes import folded
from domain.values import Blocker


def is_weighed(blocker: Blocker, weighed: Iterable[Blocker]) -> bool:
    """Whether one of these findings, which a prescriber overrode, covers the blocker."""
    return any(is_as_weighed(blocker, one) for one in weighed)


def is_as_weighed(blocker: Blocker, weighed: Blocker) -> bool:
    """Whether an override of `weighed` covers `blocker`: it is the same finding, and its value is not worse."""
    if blocker.code != weighed.code:
        return False
    match blocker.observed, weighed.observed:
        case (int() | float() as now, int() | float() as then) if blocker.code.endswith("_above_limit"):
            return now <= then
        case (int() | float() as now, int() | float() as then) if blocker.code.endswith("_below_limit"):
            return now >= then
        case (str() as now, str() as then):
            return folded(now) == folded(then)
        case now, then:
            return now == then
