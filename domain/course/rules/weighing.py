"""Weighing: a prescriber's override covers the finding with the value they saw; a worse one asks again."""

from collections.abc import Iterable

from domain.codes import folded
from domain.durations import out_of_words
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


def is_still_weighed(blocker: Blocker, weighed: Iterable[Blocker]) -> bool:
    """The same a while later: a length of time that has only grown since is no other finding, for it grows by itself.

    One that is shorter is: they drank again, or a dose of which nobody knew was given since.
    """
    return any(is_as_weighed(blocker, one) or _has_only_grown(blocker, one) for one in weighed)


def _has_only_grown(blocker: Blocker, weighed: Blocker) -> bool:
    if blocker.code != weighed.code or not isinstance(blocker.observed, str) or not isinstance(weighed.observed, str):
        return False
    now, then = out_of_words(blocker.observed), out_of_words(weighed.observed)
    return now is not None and then is not None and now >= then
