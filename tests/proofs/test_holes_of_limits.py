"""Every limit left out, shifted or said twice, any gate with any limits: a hole is found just where there is one."""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.holes.asked import judged
from domain.holes.idle_limits import idle_limit_holes
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity, Range, Vital
from domain.protocol.vital_checks import MEASURED, vital_contradictions
from tests.support.cast import WEEKLY, minutes, weekly
from tests.support.protocol_holes import (
    FIVE,
    holes_of,
    says_too_little,
    severity_of,
    value_named_in,
    with_limits,
)

LIMITS = WEEKLY.medicine.limits

SHIFTS = (-40, -12, -5, -2, -1, 1, 2, 5, 12, 40) if os.environ.get("CI") else (-5, 5)
"""How far each bound is moved: a little while somebody works, all of them before anything lands."""


@pytest.mark.parametrize("place", range(len(LIMITS)))
def test_each_limit_that_is_left_out_leaves_a_hole_or_none_is_needed(place: int) -> None:
    """Where it does, the value that is named calls nobody; where it does not, no value says too little."""
    protocol = with_limits(*LIMITS[:place], *LIMITS[place + 1 :])
    vital = LIMITS[place].vital

    found = holes_of(protocol, vital)

    assert bool(found) is says_too_little(protocol, vital)
    assert all(judged(protocol, vital, value_named_in(hole), value_named_in(hole)).pages_as is None for hole in found)


@pytest.mark.parametrize("by", SHIFTS)
@pytest.mark.parametrize("place", [place for place, limit in enumerate(LIMITS) if limit.rise is None])
def test_each_limit_that_is_shifted_leaves_a_hole_or_none_is_needed(place: int, by: int) -> None:
    """Further out, a value between it and the end of what a patient is dosed on calls nobody any more."""
    limit = LIMITS[place]
    bound = limit.above if limit.above is not None else limit.below
    assert bound is not None
    moved = limit.but(**{"above" if limit.above is not None else "below": bound + by})
    protocol = with_limits(*LIMITS[:place], moved, *LIMITS[place + 1 :])

    found = holes_of(protocol, limit.vital)

    assert bool(found) is says_too_little(protocol, limit.vital)


@pytest.mark.parametrize("place", range(len(LIMITS)))
def test_a_limit_that_is_said_twice_decides_nothing(place: int) -> None:
    """Each of the two would be enough; of those that are shipped each decides something."""
    twice = with_limits(*LIMITS, LIMITS[place])

    assert [hole.key for hole in idle_limit_holes(twice)] == [LIMITS[place].key] * 2


class Gated(NamedTuple):
    """Any gate and any limits of one sign that a file may have."""

    vital: Vital
    never: Range | None
    hold: Range | None
    limits: tuple[Limit, ...]

    def protocol(self, *more: Limit) -> Protocol:
        """The weekly protocol with these, or with `more` instead of them where there are any."""
        clearance, others = WEEKLY.medicine.clearance, (limit for limit in LIMITS if limit.vital is not self.vital)
        return weekly(
            {
                "medicine.clearance.never": clearance.never.but(**{self.vital.value: self.never}),
                "medicine.clearance.hold": clearance.hold.but(**{self.vital.value: self.hold}),
                "medicine.limits": (*others, *(more or self.limits)),
            }
        )


@st.composite
def gated(draw: st.DrawFn) -> Gated:
    vital = draw(st.sampled_from(list(Vital)))
    lowest, highest = int(MEASURED[vital].low), int(MEASURED[vital].high)
    ends = sorted(draw(st.lists(st.integers(lowest, highest), min_size=4, max_size=4)))
    never = Range(low=ends[0], high=ends[3]) if draw(st.booleans()) else None
    hold = Range(low=ends[1], high=ends[2]) if draw(st.booleans()) else None
    return Gated(vital, never, hold, (*_side(draw, vital, ends, high=True), *_side(draw, vital, ends, high=False)))


def _side(draw: st.DrawFn, vital: Vital, ends: list[int], *, high: bool) -> Iterator[Limit]:
    severities = sorted(draw(st.sets(st.sampled_from(list(LimitSeverity)))), key=lambda one: one.rank)
    nearest, furthest = (ends[2], int(MEASURED[vital].high) - 1) if high else (int(MEASURED[vital].low) + 1, ends[1])
    if nearest > furthest or furthest - nearest + 1 < len(severities):
        return
    # The nearest lies where the gate ends, often enough for a protocol without a hole.
    edge = ends[3] if high else ends[0]
    bounds = draw(st.sets(st.integers(nearest, furthest), min_size=len(severities), max_size=len(severities)))
    if severities and nearest <= edge <= furthest and draw(st.booleans()):
        bounds = {edge, *sorted(bounds, key=lambda bound: abs(bound - edge))[1:]}
    ordered = sorted(bounds, reverse=not high)
    for severity, bound in zip(severities, ordered, strict=False):
        waits = draw(st.sampled_from([None, minutes(5)]))
        yield Limit(
            vital=vital,
            severity=severity,
            above=bound if high else None,
            below=None if high else bound,
            confirm_within=waits,
            confirm_of=draw(st.sampled_from([None, 3])) if waits else None,
        )


@given(gated())
def test_a_protocol_has_a_hole_exactly_where_a_value_of_the_sweep_says_too_little(case: Gated) -> None:
    """Every value of the sign is asked about, by its limits alone."""
    protocol, vital = case.protocol(), case.vital

    assert bool(holes_of(protocol, vital)) is says_too_little(protocol, vital)


@given(gated())
def test_without_a_hole_every_value_outside_never_calls_somebody(case: Gated) -> None:
    """Of the five signs, swept from end to end: read twice it is urgent or worse. A hole names one that is not."""
    protocol, vital = case.protocol(), case.vital
    never = protocol.medicine.clearance.never.of(vital)
    found = holes_of(protocol, vital)

    for hole in found:
        assert severity_of(protocol, vital, value_named_in(hole)) in {None, LimitSeverity.WARNING}
    if vital in FIVE and not found and never is not None:
        outside = [
            value for value in range(int(MEASURED[vital].low), int(MEASURED[vital].high) + 1) if not never.holds(value)
        ]
        assert all(judged(protocol, vital, value, value).pages_as is not None for value in outside)


@given(gated())
def test_the_mend_of_a_hole_is_one_that_the_file_may_hold(case: Gated) -> None:
    """Where a sign has no limit at all, those that are asked for contradict nothing, and no hole is left."""
    bare = case._replace(limits=())
    limits: list[Limit] = []
    for hole in holes_of(bare.protocol(), case.vital):
        asked = re.search(r"with (above|below) = ([\d.]+)", hole.mend)
        assume(asked is not None)
        assert asked is not None
        limits.append(Limit(vital=case.vital, severity=LimitSeverity.URGENT, **{asked[1]: float(asked[2])}))  # type: ignore[arg-type]

    mended = bare.protocol(*limits)

    assert holes_of(mended, case.vital) == []
    wrong = [found for found in vital_contradictions(mended) if found[0].startswith("medicine.limits")]
    assert wrong == []
