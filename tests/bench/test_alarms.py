"""The model year: quiet while nobody is ill, and no danger that is planted calls nobody."""

import pytest

from bench.alarms import SEED, URGENT_A_SESSION, PlayedYear, clinic
from bench.model_year import DANGERS, courses
from tests.support.cast import SHIPPED, pinned
from tests.support.stories import on_call

FEW = 12


@pytest.fixture(scope="module")
def quiet() -> PlayedYear:
    return clinic()


def test_a_clinic_in_which_nobody_is_ill_is_called_seldom_and_never_by_night(quiet: PlayedYear) -> None:
    """Hints, pressures high by habit, readings typed in late and late calls are what a year is made of."""
    year = quiet.quiet(FEW, SEED)

    assert year.doses == 3 * FEW
    assert len(year.urgent) <= URGENT_A_SESSION * year.doses
    assert year.by_night == ()
    assert len(year.calls) > len(year.urgent)


def test_every_danger_that_is_planted_calls_somebody_in_time(quiet: PlayedYear) -> None:
    """One a course, each of them once."""
    assert [danger.name for danger, _ in quiet.missed(len(DANGERS), SEED)] == []


def test_a_protocol_that_reads_no_saturation_misses_the_danger() -> None:
    """What the year looks for it can miss: without the limits nobody is called for 84 %."""
    medicine = SHIPPED.medicine
    blind = medicine.but(limits=tuple(limit for limit in medicine.limits if limit.vital != "spo2"))
    year = PlayedYear(pinned(SHIPPED.but(medicine=blind)), on_call())

    assert [danger.name for danger, _ in year.missed(1, SEED)] == ["SpO₂ 84 %"]


def test_the_same_seed_draws_the_same_year() -> None:
    """And another one another."""
    assert list(courses(2, SEED)) == list(courses(2, SEED))
    assert list(courses(2, SEED)) != list(courses(2, SEED + 1))
