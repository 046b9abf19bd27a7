"""A patient who was sent home or handed over, and is ours to watch again: by a reading, or because they came back."""

from typing import Any

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Stage
from domain.escalation.messages import Kind
from domain.values import Severity
from tests.support.cast import LIND, MARA, discharge, hours, minutes, vitals
from tests.support.ward import Ward

URGENT = (Kind.VITALS_URGENT, Severity.URGENT)


def test_a_first_breach_after_the_discharge_is_asked_for_again_and_stands(ward: Ward) -> None:
    """200/120 at the door wants a second reading; with none it is urgent. They are watched again."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(5), systolic=200, diastolic=120))
    assert ward.stage() is Stage.RECOVERING
    assert [one.due_at for one in ward.due(DeadlineKind.RECHECK)] == [ward.now + minutes(5)]

    ward.calls.clear()
    ward.passes(minutes(5))
    assert ward.pages == [URGENT]
    assert ward.due(DeadlineKind.CHECKPOINT) != []


def test_a_first_breach_of_before_the_discharge_that_arrives_after_it_is_asked_for_again(ward: Ward) -> None:
    """200/120 two minutes before they went, told five minutes after it: nobody knew when they were sent home."""
    ward.discharged().passes(minutes(5))
    ward.sends(vitals(MARA, at=ward.begins() + minutes(128), systolic=200, diastolic=120))
    assert ward.session().is_watched

    ward.calls.clear()
    ward.passes(minutes(10))
    assert URGENT in ward.pages
    assert ward.due(DeadlineKind.CHECKPOINT)[0].due_at >= ward.begins() + minutes(135)


def test_an_emergency_of_before_the_discharge_that_arrives_after_it_is_watched_again(ward: Ward) -> None:
    """SpO2 82 of the last minutes: it would have kept them here."""
    ward.discharged().passes(minutes(5))
    ward.sends(vitals(MARA, at=ward.begins() + minutes(128), spo2=82))

    assert ward.session().is_watched


@pytest.mark.parametrize("minute", [50, 118])
def test_a_late_reading_that_others_have_followed_brings_nobody_back(ward: Ward, minute: int) -> None:
    """They were measured since, and were well when they went."""
    ward.discharged().sends(vitals(MARA, at=ward.begins() + minutes(minute), spo2=82))

    assert ward.stage() is Stage.DISCHARGED
    assert Kind.VITALS_EMERGENCY in ward.open


def test_a_calm_second_reading_lets_them_go_again(ward: Ward) -> None:
    """By a discharge like any other."""
    ward.discharged().reports(vitals(MARA, at=ward.now + minutes(5), systolic=200, diastolic=120))
    ward.reports(vitals(MARA, at=ward.now + minutes(4)))
    ward.reports(discharge(MARA, at=ward.now + minutes(1), by=LIND))

    assert ward.stage() is Stage.DISCHARGED


@pytest.mark.parametrize("signs", [{"symptoms": ("chest_pain",)}, {"spo2": 85}])
def test_a_reading_of_the_next_morning_asks_for_none_of_the_night(ward: Ward, signs: dict[str, Any]) -> None:
    """By phone, at nine: it is told, and from then on as of anybody who is watched; nothing is made up for."""
    ward.discharged().until(ward.begins() + hours(23))
    ward.calls.clear()
    ward.reports(vitals(MARA, at=ward.now, **signs))
    ward.passes(hours(1))

    overdue = [severity for kind, severity in ward.pages if kind is Kind.VITALS_OVERDUE]
    assert len(overdue) <= 8
    assert ward.written("checkpoint.missed").count("checkpoint.missed") <= 4
