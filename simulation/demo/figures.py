"""Summary figures of many courses."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import chain
from math import ceil
from statistics import fmean, median_low

from domain.course.measures import change
from domain.course.state import Outcome
from domain.protocol.instruments import PHQ9
from domain.protocol.model import Protocol
from domain.values import Frozen
from simulation.course.ending import Ending, Rise

NINE_IN_TEN = 0.9


class MeanRise(Frozen):
    """The mean rise of the pressure `after` the dose, in mmHg."""

    after: timedelta
    systolic: float
    diastolic: float


class Answered(Frozen):
    """Time until an answer: its median and 90th percentile."""

    median: timedelta
    ninth_tenth: timedelta


class Figures(Frozen):
    """Figures of all finished courses. `peak` is the highest mean rise, None without a session.

    `severe_share` is the share of sessions with a reading above 180/110, `response_share` that of completed courses
    whose last PHQ-9 the protocol calls a response.
    """

    outcomes: Mapping[Outcome, int]
    sessions: int
    on_time: int
    late: int
    pages: int
    answered: Answered | None
    peak: MeanRise | None
    severe_share: float | None
    response_share: float | None


def figures(endings: Sequence[Ending], protocol: Protocol) -> Figures:
    """The figures of these endings."""
    rises = mean_rises(chain.from_iterable(one.rises for one in endings))
    sessions = sum(one.sessions for one in endings)
    return Figures(
        outcomes=Counter(one.outcome for one in endings if one.outcome is not None),
        sessions=sessions,
        on_time=sum(one.on_time for one in endings),
        late=sum(one.late for one in endings),
        pages=sum(one.pages for one in endings),
        answered=_answered([after for one in endings for after in one.answered_after]),
        peak=max(rises, key=lambda rise: rise.systolic, default=None),
        severe_share=sum(one.severe for one in endings) / sessions if sessions else None,
        response_share=_response_share(endings, protocol),
    )


def mean_rises(rises: Iterable[Rise]) -> tuple[MeanRise, ...]:
    """One for each checkpoint, in order."""
    by_moment: defaultdict[timedelta, list[Rise]] = defaultdict(list)
    for rise in rises:
        by_moment[rise.after].append(rise)
    return tuple(
        MeanRise(
            after=after,
            systolic=fmean(rise.systolic for rise in found),
            diastolic=fmean(rise.diastolic for rise in found),
        )
        for after, found in sorted(by_moment.items())
    )


def _answered(times: Sequence[timedelta]) -> Answered | None:
    if not times:
        return None
    in_order = sorted(times)
    return Answered(median=median_low(in_order), ninth_tenth=in_order[ceil(len(in_order) * NINE_IN_TEN) - 1])


def _response_share(endings: Iterable[Ending], protocol: Protocol) -> float | None:
    completed = (one.phq9 for one in endings if one.outcome is Outcome.COMPLETED)
    responded = [change(*totals, protocol.measures[PHQ9]).is_response for totals in completed if totals is not None]
    known = [one for one in responded if one is not None]
    return fmean(known) if known else None
