"""Second readings that never come, or that confirm what has long gone: a pressure that swings calls somebody (S63)."""

from domain.course.rules.vitals import verdict
from domain.course.verdict import VerdictSeverity
from domain.durations import in_words, iso_8601
from domain.holes.asked import WELL, beyond, judged, taken
from domain.holes.hole import Hole, Holes
from domain.holes.published import CALM_BETWEEN, CONFIRMED_AFTER, CONFIRMED_WITHIN, OURS
from domain.holes.second_readings import lowest_cleared
from domain.holes.wording import a
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol


def confirmation_holes(protocol: Protocol) -> Holes:
    """A hole for each limit that waits for a second reading and would wait for it too long, or in vain."""
    for limit in protocol.medicine.limits:
        if limit.confirm_within is None or VerdictSeverity(limit.severity).pages_as is None:
            continue
        cleared_with = lowest_cleared(protocol, limit)
        waiting = [value for value in beyond(limit, cleared_with) if _waits(protocol, limit, value, cleared_with)]
        if waiting:
            yield from _swings(protocol, limit, waiting[0], cleared_with)
            yield from _wait(protocol, limit, waiting[0], cleared_with)


def _waits(protocol: Protocol, limit: Limit, value: int, cleared_with: int | None) -> bool:
    return judged(protocol, limit.vital, value, cleared_with=cleared_with) is VerdictSeverity.RECHECK


def _swings(protocol: Protocol, limit: Limit, value: int, cleared_with: int | None) -> Holes:
    vital, calm = limit.vital, WELL[limit.vital]
    if judged(protocol, vital, value, calm, value, cleared_with=cleared_with).pages_as is None:
        yield Hole(
            key=limit.key,
            lets_through=f"{a(vital, value)} that is {calm} at every other reading would call nobody, however often",
            mend="there must be confirm_of = 3: two of the last three readings (S63: two of them, 5 minutes apart; "
            f"of three is {OURS})",
        )
    far = judged(protocol, vital, value, *[calm] * CALM_BETWEEN, value, cleared_with=cleared_with)
    if far.pages_as is not None:
        yield Hole(
            key=limit.key,
            lets_through=f"{a(vital, value)} would call somebody for another one {CALM_BETWEEN + 1} readings before, "
            "with calm ones between them",
            mend=f"confirm_of must be at most {CALM_BETWEEN + 1} ({OURS})",
        )


def _wait(protocol: Protocol, limit: Limit, value: int, cleared_with: int | None) -> Holes:
    series = taken(limit.vital, (value,), cleared_with)
    due_at = verdict(protocol, series, series.readings[-1]).recheck_due_at
    if due_at is None:
        return
    waits = due_at - series.readings[-1].at
    if waits > CONFIRMED_WITHIN:
        yield Hole(
            key=limit.key,
            lets_through=f"{a(limit.vital, value)} would call nobody for {in_words(waits)}, until it is read again",
            mend=f"confirm_within must be at most {iso_8601(CONFIRMED_WITHIN)} (S63: 5 minutes; 10 are {OURS})",
        )
    elif waits < CONFIRMED_AFTER:
        yield Hole(
            key=limit.key,
            lets_through=f"{a(limit.vital, value)} would call somebody {in_words(waits)} later, before anybody can "
            "have read it again",
            mend=f"confirm_within must be at least {iso_8601(CONFIRMED_AFTER)} ({OURS})",
        )
