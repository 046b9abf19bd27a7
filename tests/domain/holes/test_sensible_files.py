"""What a clinic may sensibly write passes, in each of the shipped files: it is practised, or stricter.

A checker that refuses such a file teaches a clinic to do without it.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import pytest

from domain.holes.checker import found_in
from domain.protocol.checks import contradictions
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.screening import ScreeningTest
from domain.protocol.values import Range, Vital
from tests.support.cast import changed, days
from tests.support.shipped_protocols import SHIPPED_BY_ID

FILES: Final = tuple(SHIPPED_BY_ID.values())
HOLD, NEVER, LIMITS = "medicine.clearance.hold", "medicine.clearance.never", "medicine.limits"


class Sensible(NamedTuple):
    """What a clinic might write, of which files, and the keys of which there is a remark."""

    name: str
    changes: Mapping[str, object]
    only: Callable[[Protocol], bool] = lambda _: True
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def moved(vital: Vital, **bounds: float) -> Callable[[tuple[Limit, ...]], object]:
    """The limits of the sign's low side, by their severity."""

    def new(old: tuple[Limit, ...]) -> object:
        return tuple(
            one.but(below=bounds[one.severity])
            if one.vital is vital and one.below is not None and one.severity in bounds
            else one
            for one in old
        )

    return new


def gates(low: float) -> Callable[[Range | None], object]:
    return lambda old: old and Range(low=low, high=old.high)


def low_end(vital: Vital, low: float, **bounds: float) -> dict[str, object]:
    """Patients are dosed from there on, and the limits go with it."""
    return {
        LIMITS: moved(vital, **bounds),
        f"{NEVER}.{vital}": gates(low),
        f"{HOLD}.{vital}": gates(low),
    }


SIGNS: Final = (
    Sensible(
        "an athlete's heart rate of 45",
        low_end(Vital.HEART_RATE, 45, urgent=45),
        remarks=(f"{LIMITS}.heart_rate", f"{HOLD}.heart_rate"),
    ),
    Sensible(
        "a systolic pressure of 85",
        low_end(Vital.SYSTOLIC, 85, urgent=85),
        remarks=(f"{LIMITS}.systolic", f"{HOLD}.systolic"),
    ),
    Sensible(
        "a respiratory rate of 8",
        low_end(Vital.RESPIRATORY_RATE, 8, urgent=8, emergency=7),
        remarks=(f"{LIMITS}.respiratory_rate", f"{HOLD}.respiratory_rate"),
    ),
    Sensible("bradycardia below 40 is an emergency", {LIMITS: moved(Vital.HEART_RATE, emergency=40)}),
)


def with_tests(**tests: ScreeningTest) -> dict[str, object]:
    return {
        "medicine.pregnancy_test_each_session": False,
        "screening.tests": lambda old: {**(old or {}), **tests},
    }


SCREENING: Final = (
    Sensible(
        "a test of pregnancy before each session, by its answer",
        with_tests(pregnancy=ScreeningTest(wanted=("negative", "not_applicable"), valid_for=days(1), before_every=1)),
    ),
    Sensible(
        "a test of pregnancy before each session, by its value",
        with_tests(beta_hcg=ScreeningTest(range=Range(low=0, high=5), unit="IU/L", valid_for=days(3), before_every=1)),
    ),
    Sensible("bipolar depression is an indication", {"indications": lambda old: (*old, "F31.3", "F31.4")}),
    Sensible("a stable condition is known", {"screening.known": lambda old: (*old, "bipolar_2_stable")}),
    Sensible("nobody under 21", {"screening.age_min": 21}),
)

ALL: Final = (*SIGNS, *SCREENING)


@pytest.mark.parametrize("sensible", ALL, ids=str)
def test_what_is_sensible_stands_in_nobodys_way(sensible: Sensible) -> None:
    """Its evidence apart, which a clinic writes for itself; of some of it there is a remark."""
    asked = [one for one in FILES if sensible.only(one)]
    for protocol in asked:
        mine = changed(protocol, sensible.changes)
        found = [hole for hole in found_in(mine) if "[evidence]" not in hole.mend]
        assert [str(hole) for hole in found if not hole.is_remark] == [], protocol.id
        assert {hole.key for hole in found} == set(sensible.remarks), protocol.id
        assert [one for one in contradictions(mine) if not one[0].startswith("evidence.")] == [], protocol.id
    assert asked


@pytest.mark.parametrize("protocol", FILES, ids=lambda one: one.id)
def test_of_what_is_shipped_there_is_no_remark(protocol: Protocol) -> None:
    """Nothing to look at."""
    assert found_in(protocol) == ()
