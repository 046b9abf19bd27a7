"""A reading far from the one before it: somebody is asked to look once more."""

from datetime import timedelta

import pytest

from domain.course.rules.jumps import LEAST, LastValue, jumps
from domain.events.clinic_events import VitalsRecorded
from domain.protocol.values import Vital
from tests.support.cast import LIND, MONDAY

BEFORE = {
    Vital.SYSTOLIC: LastValue(at=MONDAY, value=131),
    Vital.DIASTOLIC: LastValue(at=MONDAY + timedelta(minutes=5), value=82),
    Vital.SPO2: LastValue(at=MONDAY, value=98),
}


def reading(**values: int) -> VitalsRecorded.Data:
    return VitalsRecorded.Data.model_validate({"actor": LIND, **values})


def test_a_turned_digit_is_asked_about() -> None:
    """213 after 131: with the value before and the moment at which that was taken."""
    (jump,) = jumps(BEFORE, reading(systolic=213, diastolic=84))

    assert (jump.vital, jump.before, jump.now) == (Vital.SYSTOLIC, BEFORE[Vital.SYSTOLIC], 213)


@pytest.mark.parametrize(("vital", "before"), [(Vital.SYSTOLIC, 131), (Vital.DIASTOLIC, 82), (Vital.SPO2, 98)])
def test_from_a_distance_on_in_either_direction(vital: Vital, before: int) -> None:
    """At the distance it is asked about, one unit nearer it is not."""
    for sign in (-1, 1) if vital is not Vital.SPO2 else (-1,):
        at, near = before + sign * LEAST[vital], before + sign * (LEAST[vital] - 1)
        assert [one.vital for one in jumps(BEFORE, reading(**{vital: at}))] == [vital]
        assert jumps(BEFORE, reading(**{vital: near})) == ()


def test_what_was_not_taken_before_or_now_is_no_jump() -> None:
    """Nothing is compared with nothing."""
    assert jumps({}, reading(systolic=213, diastolic=84)) == ()
    assert jumps(BEFORE, reading(heart_rate=180)) == ()
