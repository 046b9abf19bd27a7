"""An answer to question 9 whose screen is filled in with it: the middle one waits a while for it, the highest never."""

from datetime import timedelta

import pytest

from domain.escalation.messages import Kind
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import HAS_A_METHOD, HAS_A_PLAN, MARA, SHIPPED, cssrs, days, minutes, phq9
from tests.support.ward import EDGES, Ward

POSITIVE = Kind.ITEM9_POSITIVE


def answers(ward: Ward, answer: int) -> Ward:
    """At 23:30, at home."""
    at = ward.now.replace(hour=23, minute=30) + days(1)
    ward.calls.clear()
    ward.reports(phq9(MARA, at=at, items=(*(1,) * 8, answer)))
    return ward


@pytest.fixture
def ward(opens: Opens) -> Ward:
    return opens(SHIPPED).eligible()


@EDGES
def test_a_two_waits_half_an_hour_for_its_screen(ward: Ward, edge: timedelta) -> None:
    """`item9.screened_to` and `screened_within`: until then nobody is woken, and then somebody is."""
    answers(ward, 2).until(ward.now + minutes(30) + edge)

    assert ward.open == {POSITIVE: Severity.URGENT if edge >= timedelta() else Severity.ROUTINE}


def test_a_calm_screen_with_it_wakes_nobody_each_week(ward: Ward) -> None:
    """Every Sunday at 23:30, and the screen twenty minutes later."""
    for _ in range(4):
        answers(ward, 2).reports(cssrs(MARA, at=ward.now + minutes(20)))
        ward.passes(days(6))
        assert {severity for _, severity in ward.pages} == {Severity.ROUTINE}


@pytest.mark.parametrize("items", [HAS_A_METHOD, HAS_A_PLAN])
def test_a_raised_screen_is_told_as_ever(ward: Ward, items: tuple[int, ...]) -> None:
    """It pages by itself, and the answer before it is settled by nobody."""
    answers(ward, 2).reports(cssrs(MARA, at=ward.now + minutes(20), items=items))

    assert ward.open[Kind.SUICIDE_RISK].rank >= Severity.URGENT.rank


def test_a_three_is_told_at_once(ward: Ward) -> None:
    """Nearly every day: nobody waits."""
    assert answers(ward, 3).open == {POSITIVE: Severity.URGENT}


def test_a_two_of_somebody_at_risk_is_told_at_once(ward: Ward) -> None:
    """More than an answer is known."""
    ward.reports(cssrs(MARA, at=ward.now + minutes(5), items=HAS_A_METHOD))
    assert answers(ward, 2).open[POSITIVE] is Severity.URGENT


def test_a_two_that_is_told_late_waits_for_nothing(ward: Ward) -> None:
    """Its screen was not taken with it."""
    ward.sends(phq9(MARA, at=ward.now - minutes(31), items=(*(1,) * 8, 2)))
    assert ward.open == {POSITIVE: Severity.URGENT}
