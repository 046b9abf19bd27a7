"""What a reading counted for, as its reporter is told."""

import pytest

from domain.protocol.values import Vital
from domain.views.counted import Counted, counted
from domain.views.course import course_view
from domain.views.limits import unfit_for_a_dose
from tests.domain.conftest import Opens
from tests.support.cast import MARA, WEEKLY, minutes, vitals, weekly
from tests.support.ward import Ward

REQUIRED = WEEKLY.medicine.checkpoints.required


def told(ward: Ward, after: float, **values: int | None) -> Counted:
    """What a reading counted for that was taken so many minutes after the dose."""
    at = ward.begins() + minutes(after)
    ward.watched(until=minutes(45)).reports(vitals(MARA, at=at, **values))  # type: ignore[arg-type]
    (session,) = course_view(ward.course, ward.now).sessions
    return counted(session, at, REQUIRED)


def test_at_55_minutes_it_is_too_early_for_the_60_minute_reading(ward: Ward) -> None:
    """It is a reading like any other, and answers no checkpoint: the next one is due as before."""
    reading = told(ward, 55)

    assert reading.answered is None
    assert reading.following is not None
    assert reading.following.due_at == ward.begins() + minutes(60)
    assert reading.is_too_early(ward.begins() + minutes(55))


@pytest.mark.parametrize("after", [57, 59, 60, 64])
def test_at_59_minutes_it_counts_and_the_next_is_due_at_90(ward: Ward, after: int) -> None:
    """From three minutes before its moment on."""
    reading = told(ward, after)

    assert reading.answered is not None
    assert reading.answered.due_at == ward.begins() + minutes(60)
    assert reading.following is not None
    assert reading.following.due_at == ward.begins() + minutes(90)


@pytest.mark.parametrize("after", [46, 47])
def test_a_reading_that_was_left_out_is_not_the_next_one(opens: Opens, after: int) -> None:
    """Nobody was measured at 30 minutes, nor called yet; after the 45-minute reading the one at 60 is due."""
    ward = opens(weekly({"medicine.checkpoints.grace": minutes(20)}))
    ward.watched(until=minutes(15)).reports(vitals(MARA, at=ward.begins() + minutes(46)))
    at = ward.begins() + minutes(after)
    if after > 46:
        ward.reports(vitals(MARA, at=at))
    (session,) = course_view(ward.course, ward.now).sessions
    reading = counted(session, at, REQUIRED)

    assert reading.following is not None
    assert reading.following.due_at == session.reading_due_at == ward.begins() + minutes(60)
    assert reading.missing == ()


def test_half_a_reading_says_what_is_still_to_be_taken(ward: Ward) -> None:
    """Every required sign answers a checkpoint, by one reading or several."""
    reading = told(ward, 59, spo2=None, moaas=None)

    assert reading.answered is None
    assert reading.missing == (Vital.SPO2, Vital.MOAAS)
    assert not reading.is_too_early(ward.begins() + minutes(59))


def test_before_the_dose_a_value_beyond_its_gate_is_too_high_for_a_dose(ward: Ward) -> None:
    """142 where 140 is the most, though no limit of a reading is crossed; 140 itself is none."""
    ward.checked_in()
    limits = course_view(ward.course, ward.now).sessions[0].limits
    high, fit = (vitals(MARA, at=ward.now, systolic=systolic).data for systolic in (142, 140))

    assert list(unfit_for_a_dose(limits, high)) == ["Systolic 142 is too high for a dose (140)"]
    assert list(unfit_for_a_dose(limits, fit)) == []
