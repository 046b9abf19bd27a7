"""How closely a dosed patient is watched: how far apart two readings are asked for, and for how long they stay."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from domain.course.rules import discharge
from domain.durations import in_words, iso_8601
from domain.holes.asked import DOSED_AT, WELL, course, dosed, reading
from domain.holes.hole import Hole, Holes
from domain.holes.published import (
    BETWEEN_READINGS,
    EMERGENCY_AFTER,
    FIRST_READING,
    INFUSED_FOR,
    OBSERVED,
    OURS,
    TOLD_AFTER,
    WHILE_IT_RUNS,
)
from domain.protocol.model import Protocol
from domain.protocol.values import Route

_TABLE = "medicine.checkpoints"
_MINUTE = timedelta(minutes=1)


def watch_holes(protocol: Protocol) -> Holes:
    """A hole where one reading is enough for hours, where its lack is told late, and where they leave too soon."""
    yield from _gaps(protocol)
    yield from _lateness(protocol)
    for route in protocol.routes:
        yield from _stay(protocol, route)
    yield from _last_reading(protocol)


def _gaps(protocol: Protocol) -> Holes:
    rules = protocol.medicine.checkpoints
    within, basis = FIRST_READING
    first = next((offset for offset in (*rules.offsets, rules.offsets[-1] + rules.then_every) if offset), within)
    if first > within:
        yield Hole(
            key=f"{_TABLE}.offsets",
            lets_through=f"nobody would be asked for a reading in the first {in_words(first)} after the dose",
            mend=f"must name a moment within {iso_8601(within)} ({basis})",
        )
    longest, basis = min((BETWEEN_READINGS[route] for route in protocol.routes), key=lambda one: one[0])
    yield from _while_it_runs(protocol)
    for after, gap, name in _steps(protocol):
        if gap > longest:
            yield Hole(
                key=f"{_TABLE}.{name}",
                lets_through=f"a dosed patient who was read at {in_words(after)} would not be read again for "
                f"{in_words(gap)}",
                mend=f"no two readings may be more than {iso_8601(longest)} apart ({basis})",
            )


def _while_it_runs(protocol: Protocol) -> Holes:
    """By vein they are read from the start of the infusion on, closer than after a dose that was given at once.

    For as long as it may run: its start may say more than its usual length.
    """
    rules, infusion = protocol.medicine.checkpoints, protocol.medicine.infusion
    runs = infusion.most or infusion.usual or infusion.least or INFUSED_FOR
    longest, basis = WHILE_IT_RUNS
    if Route.INTRAVENOUS not in protocol.routes:
        return
    moments, last = (timedelta(), *rules.offsets), rules.offsets[-1]
    gaps = [(min(later, runs) - earlier, later - earlier, "offsets") for earlier, later in pairwise(moments)]
    gaps.append((min(runs - last, rules.then_every), rules.then_every, "then_every"))
    for while_it_runs, gap, name in gaps:
        if while_it_runs > longest:
            yield Hole(
                key=f"{_TABLE}.{name}",
                lets_through=f"while it runs in nobody would ask for a reading for {in_words(gap)}",
                mend=f"no two readings may be more than {iso_8601(longest)} apart until it is over, after "
                f"{iso_8601(runs)} at the latest ({basis})",
            )
            return


def _steps(protocol: Protocol) -> Iterator[tuple[timedelta, timedelta, str]]:
    """From when to the next reading, how long that is, and the key that says so."""
    rules = protocol.medicine.checkpoints
    for earlier, later in pairwise(rules.offsets):
        yield earlier, later - earlier, "offsets"
    yield rules.offsets[-1], rules.then_every, "then_every"


def _lateness(protocol: Protocol) -> Holes:
    rules = protocol.medicine.checkpoints
    named = "told_after" if rules.told_after else "grace"
    for name, length, longest, told in (
        (named, rules.missed_after, TOLD_AFTER, "would be told to nobody"),
        ("emergency_after", rules.emergency_after, EMERGENCY_AFTER, "would be no emergency"),
    ):
        if length > longest:
            yield Hole(
                key=f"{_TABLE}.{name}",
                lets_through=f"that a dosed patient is not read {told} for {in_words(length)}",
                mend=f"must be at most {iso_8601(longest)} ({OURS})",
            )


def _stay(protocol: Protocol, route: Route) -> Holes:
    """Whoever is well a minute before the shortest observation that is published is kept, or there is a hole."""
    shortest, basis = OBSERVED[route]
    leaves_at = DOSED_AT + shortest - _MINUTE
    session = dosed(protocol, reading(leaves_at, WELL))
    against = discharge.blockers(course(protocol, session), session, leaves_at, escort=True, instructions=True)
    if "discharge.observation_too_short" not in {one.code for one in against}:
        yield Hole(
            key="medicine.minimum_observation",
            lets_through=f"a patient would be discharged {in_words(shortest - _MINUTE)} after an {route} dose",
            mend=f"must be at least {iso_8601(shortest)} ({basis})",
        )


def _last_reading(protocol: Protocol) -> Holes:
    """Whoever was last read before the medicine worked most is read again before they leave, or there is a hole.

    By vein it works most as the infusion ends, where the observation begins: there the second half of it is enough.
    """
    stay = protocol.medicine.minimum_observation
    peak, _ = FIRST_READING
    is_by_vein_alone = set(protocol.routes) == {Route.INTRAVENOUS}
    soonest = stay / 2 if is_by_vein_alone else max(stay / 2, min(peak, stay))
    session = dosed(protocol, reading(DOSED_AT + soonest - _MINUTE, WELL))
    against = discharge.blockers(course(protocol, session), session, DOSED_AT + stay, escort=True, instructions=True)
    if "vitals.too_old" not in {one.code for one in against}:
        yield Hole(
            key="medicine.discharge.reading_valid",
            lets_through=f"a patient would be discharged {in_words(stay)} after the dose on vitals of "
            f"{in_words(soonest - _MINUTE)} after it, and nobody would have read them since",
            mend=f"must be at most {iso_8601(stay - soonest)}, or minimum_observation longer (S1: the pressure peaks "
            f"about 40 minutes after the dose; {OURS})",
        )
