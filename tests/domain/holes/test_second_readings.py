"""A limit that waits for a second reading has a value beyond which one reading is enough."""

import re

import pytest

from domain.course.verdict import VerdictSeverity
from domain.holes.asked import judged
from domain.holes.second_readings import second_reading_holes
from domain.protocol.medicine import Limit
from domain.protocol.values import LimitSeverity, Vital
from tests.support.cast import WEEKLY, minutes
from tests.support.protocol_holes import with_limits, without_limits

WAITING = [limit for limit in WEEKLY.medicine.limits if limit.confirm_within is not None]
LOW = Limit(vital=Vital.SPO2, below=92, severity=LimitSeverity.EMERGENCY, confirm_within=minutes(5))


@pytest.mark.parametrize("waiting", WAITING, ids=lambda limit: limit.key)
def test_without_a_further_limit_the_first_reading_calls_nobody_however_far_out_it_is(waiting: Limit) -> None:
    """A single 260/150: five minutes until a second cuff, and nobody is told until then (S63: 200/120 in one)."""
    protocol = without_limits(
        lambda one: one.vital is waiting.vital and one.above is not None and one.confirm_within is None
    )

    (hole,) = second_reading_holes(protocol)

    value = int(re.findall(r"of (\d+)", hole.lets_through)[0])
    assert hole.key == waiting.key
    assert "would call nobody for 5 min" in hole.lets_through
    assert judged(protocol, waiting.vital, value) is VerdictSeverity.RECHECK
    assert judged(WEEKLY, waiting.vital, value) is VerdictSeverity.URGENT


def test_a_hole_says_which_readings_wait_and_what_would_mend_it() -> None:
    """In the words of whoever reads the file."""
    (hole,) = second_reading_holes(without_limits(lambda one: one.above == 220))

    assert hole.lets_through == (
        "a systolic pressure of 291 would call nobody for 5 min, until it is read again, "
        "and so would any from 181 to 400"
    )
    assert hole.mend == (
        "there must be an urgent limit further out, or a graver one, without confirm_within: "
        "beyond it one reading is enough"
    )


def test_a_low_value_that_waits_is_named_as_well() -> None:
    """An SpO₂ of 0 is no value to measure again first."""
    (hole,) = second_reading_holes(with_limits(LOW))

    assert (hole.key, "any from 0 to 91" in hole.lets_through) == (LOW.key, True)


def test_a_warning_may_wait() -> None:
    """It calls nobody in any case."""
    assert list(second_reading_holes(with_limits(LOW.but(severity=LimitSeverity.WARNING)))) == []


def test_a_rise_that_waits_needs_a_value_of_its_own() -> None:
    """Counted from the lowest pressure that a patient is cleared with."""
    rise = Limit(vital=Vital.SYSTOLIC, rise=60, severity=LimitSeverity.URGENT, confirm_within=minutes(5))

    (hole,) = second_reading_holes(with_limits(rise))

    assert "any from 150 to 400" in hole.lets_through
    assert list(second_reading_holes(with_limits(rise, *WEEKLY.medicine.limits))) == []
