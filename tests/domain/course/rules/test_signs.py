"""Partial readings: what was taken is read, what was not is missing by name, and each sign has its own age."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.rules.checkpoints import CheckpointStatus, checkpoints
from domain.course.rules.signs import newest_of_all
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import Kind
from domain.events.clinic_events import ClinicEvent
from domain.protocol.values import Vital
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    MARA,
    assessment,
    clearance,
    discharge,
    dose,
    minutes,
    seconds,
    signs,
    vitals,
    weekly,
)
from tests.support.ward import TICK, Ward

PENDING, MET, LATE, MISSED = CheckpointStatus
PRESSURE: Mapping[str, Any] = {"systolic": 126, "diastolic": 79}
BREATH: Mapping[str, Any] = {"spo2": 98, "respiratory_rate": 14}
PULSE: Mapping[str, Any] = {"heart_rate": 74}
AWAKE: Mapping[str, Any] = {"moaas": 5}


def statuses(ward: Ward) -> list[CheckpointStatus]:
    rules = ward.course.protocol.medicine.checkpoints
    return [one.status for one in checkpoints(rules, ward.session(), ward.course.passed)]


def speaks_against(ward: Ward, event: ClinicEvent) -> list[str]:
    return [one.code for one in ward.course.blockers_for(event)]


def at(ward: Ward, minute: float, **taken: Any) -> object:
    return ward.reports(signs(MARA, at=ward.begins() + minutes(minute), **taken)).verdict


def test_of_two_readings_of_one_moment_the_later_one_tells_whatever_was_asked_before(ward: Ward) -> None:
    """A worker that has seen the course grow and one that reads it anew must come to the same."""
    ward.dosed()
    for spo2 in (91, 97):
        at(ward, 5, spo2=spo2)
    first, second = ward.session().readings[-2:]

    for readings in ((first, second), (second, first)):
        newest_of_all(readings[1:])

        assert newest_of_all(readings)[Vital.SPO2] is readings[1]


def test_a_pressure_without_a_pulse_oximeter_is_judged(ward: Ward) -> None:
    """Nail varnish: 200/120 is known, the oxygen is not."""
    ward.dosed()
    at(ward, 5, systolic=200, diastolic=120)
    answer = ward.reports(signs(MARA, at=ward.begins() + minutes(9), systolic=204, diastolic=118))

    assert answer.verdict is not None
    assert answer.verdict.severity is VerdictSeverity.URGENT
    assert Kind.VITALS_URGENT in ward.open


def test_a_reading_of_symptoms_alone_is_an_emergency(ward: Ward) -> None:
    """Nobody measures somebody who convulses (S1)."""
    answer = ward.dosed().reports(signs(MARA, at=ward.now + minutes(1), symptoms=["Convulsion"]))

    assert answer.verdict is not None
    assert answer.verdict.severity is VerdictSeverity.EMERGENCY
    assert ward.open == {Kind.VITALS_EMERGENCY: Severity.EMERGENCY}


def test_a_checkpoint_is_answered_by_several_readings(ward: Ward) -> None:
    """Once every required sign was taken within its window; the last of them says whether it was in time."""
    ward.watched(until=minutes(0))
    at(ward, 13, **PRESSURE)
    at(ward, 15, **BREATH)
    assert statuses(ward)[1] is PENDING

    at(ward, 20, **PULSE, **AWAKE)
    assert statuses(ward)[1] is MET


def test_signs_of_another_window_answer_nothing(ward: Ward) -> None:
    """A pressure of before the window is not this checkpoint's."""
    ward.watched(until=minutes(0))
    ward.reports(signs(MARA, at=ward.begins() + minutes(12) - TICK, **PRESSURE))
    at(ward, 15, **BREATH, **PULSE, **AWAKE)

    assert statuses(ward)[1] is PENDING


def test_a_checkpoint_waits_for_the_sedation(ward: Ward) -> None:
    """MOAA/S never taken in a whole session: sedation is what the REMS watches first (S4, S5)."""
    ward.watched(until=minutes(0))
    at(ward, 15, **PRESSURE, **PULSE, **BREATH)
    ward.until(ward.begins() + minutes(20))

    assert ward.open == {Kind.VITALS_OVERDUE: Severity.URGENT}


def test_a_sign_that_is_missing_pages_somebody(ward: Ward) -> None:
    """A checkpoint with a required sign missing is missed; the sign resolves the page when it comes."""
    ward.watched(until=minutes(0))
    at(ward, 15, **PRESSURE, **PULSE, **AWAKE)
    ward.until(ward.begins() + minutes(20))
    assert ward.open == {Kind.VITALS_OVERDUE: Severity.URGENT}

    at(ward, 21, **PRESSURE)
    assert Kind.VITALS_OVERDUE not in ward.settled
    at(ward, 22, **BREATH)
    assert Kind.VITALS_OVERDUE in ward.settled


def test_a_protocol_may_require_less(opens: Opens) -> None:
    """`required`: what a clinic cannot measure it does not ask for."""
    ward = opens(weekly({"medicine.checkpoints.required": (Vital.SYSTOLIC, Vital.DIASTOLIC)})).watched(until=minutes(0))
    at(ward, 15, **PRESSURE)

    assert statuses(ward)[1] is MET


def test_each_sign_has_its_own_age_at_clearance(ward: Ward) -> None:
    """The newest value of each, a quarter of an hour old at most."""
    ward.checked_in()
    ward.reports(signs(MARA, at=ward.begins() - minutes(18), **PRESSURE, **AWAKE))
    ward.reports(signs(MARA, at=ward.begins() - minutes(10), **BREATH, **PULSE))
    asked = ward.begins() - minutes(3)

    assert ward.reasons(clearance(MARA, at=asked)) == []
    late = [(one.code, one.absolute) for one in ward.course.blockers_for(clearance(MARA, at=asked + TICK))]
    assert late == [
        ("vitals.systolic_missing", True),
        ("vitals.diastolic_missing", False),
        ("vitals.moaas_missing", False),
    ]


def test_a_newer_value_of_one_sign_leaves_the_others(ward: Ward) -> None:
    """The last reading alone does not decide: an oxygen sensor's value hides no high pressure."""
    ward.checked_in().reports(vitals(MARA, at=ward.begins() - minutes(10), systolic=152))
    ward.reports(signs(MARA, at=ward.begins() - minutes(6), spo2=98))

    assert ward.reasons(clearance(MARA, at=ward.begins() - minutes(5))) == ["vitals.systolic_above_limit"]


def test_one_sign_taken_after_the_clearance_leaves_the_dose_open(ward: Ward) -> None:
    """What was fresh at the clearance holds as long as that does; a worse sign speaks against the dose."""
    ward.cleared().reports(signs(MARA, at=ward.begins() + minutes(20), spo2=98))
    given = dose(MARA, at=ward.begins() + minutes(24))
    assert speaks_against(ward, given) == []

    ward.reports(signs(MARA, at=ward.begins() + minutes(23), spo2=94))
    assert speaks_against(ward, given) == ["vitals.spo2_below_limit"]


def test_a_rise_is_counted_from_each_signs_own_value_at_clearance(ward: Ward) -> None:
    """The pressure was taken before the oxygen; it is the baseline all the same."""
    ward.checked_in()
    ward.reports(signs(MARA, at=ward.begins() - minutes(12), systolic=110, diastolic=70, **AWAKE))
    ward.reports(signs(MARA, at=ward.begins() - minutes(8), **BREATH, **PULSE))
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5)))
    ward.reports(dose(MARA, at=ward.begins()))
    answer = ward.reports(signs(MARA, at=ward.begins() + minutes(5), systolic=150, diastolic=80))

    assert answer.verdict is not None
    assert [one.code for one in answer.verdict.findings] == ["vitals.systolic_risen"]


def test_a_second_reading_is_of_the_sign_that_was_too_high(ward: Ward) -> None:
    """An oxygen value confirms no pressure, and takes back no question."""
    ward.watched(until=minutes(0))
    at(ward, 5, systolic=185, diastolic=90)
    at(ward, 7, spo2=98)
    assert [one.due_at for one in ward.due(DeadlineKind.RECHECK)] == [ward.begins() + minutes(10)]

    ward.until(ward.begins() + minutes(10))
    assert ward.open == {Kind.VITALS_URGENT: Severity.URGENT}


def test_at_the_door_each_sign_is_fresh(ward: Ward) -> None:
    """A pressure of half an hour ago sends nobody home."""
    ward.watched(until=minutes(90))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(110)))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(121)))
    ward.reports(signs(MARA, at=ward.begins() + minutes(124), **BREATH, **AWAKE))
    leaves = ward.begins() + minutes(126)

    assert ward.reasons(discharge(MARA, at=leaves)) == [
        "discharge.systolic_missing",
        "discharge.diastolic_missing",
        "discharge.heart_rate_missing",
    ]
    ward.reports(signs(MARA, at=ward.begins() + minutes(125), **PRESSURE, **PULSE))
    assert ward.reasons(discharge(MARA, at=leaves)) == []


def test_at_the_door_each_signs_last_value_is_judged(ward: Ward) -> None:
    """A last value of oxygen hides no slow breathing of three minutes before (S4)."""
    ward.watched(until=minutes(90)).reports(vitals(MARA, at=ward.begins() + minutes(121), respiratory_rate=9))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(122)))
    ward.reports(signs(MARA, at=ward.begins() + minutes(124), spo2=98))

    assert "discharge.respiratory_rate_below_limit" in ward.reasons(discharge(MARA, at=ward.begins() + minutes(126)))


def test_a_booster_needs_each_sign_fresh_and_normal(opens: Opens) -> None:
    """Since the dose before, whichever reading it came with."""
    ward = opens(weekly({"medicine.dose.boosters_max": 1})).dosed()
    at(ward, 5, **PRESSURE)
    booster = dose(MARA, at=ward.begins() + minutes(10), mg=1, by=ward.session().doses[0].data.actor)
    assert "vitals.too_old" in speaks_against(ward, booster)

    at(ward, 7, **BREATH, **PULSE, **AWAKE)
    assert not {"vitals.too_old", "vitals.not_normal"} & {*speaks_against(ward, booster)}

    at(ward, 8, systolic=165, diastolic=80)
    at(ward, 9, spo2=98)
    assert "vitals.not_normal" in speaks_against(ward, booster)


@pytest.mark.parametrize("later", [{"spo2": 98}, {"heart_rate": 74}])
def test_a_pressure_that_does_not_fall_is_seen_between_other_signs(ward: Ward, later: Mapping[str, Any]) -> None:
    """It is compared with the pressure before it, not with whatever was measured last (S1)."""
    ward.watched(until=minutes(60))
    at(ward, 105, systolic=150, diastolic=80)
    at(ward, 118, **later)
    at(ward, 120, systolic=151, diastolic=80)

    assert Kind.BLOOD_PRESSURE_NOT_FALLING in ward.open


def test_a_partial_reading_that_arrives_late_answers_its_checkpoint(ward: Ward) -> None:
    """A gateway sends the channels one by one, and not in order."""
    ward.watched(until=minutes(0))
    at(ward, 15, **PRESSURE, **PULSE, **AWAKE)
    at(ward, 30, **PRESSURE, **PULSE, **BREATH, **AWAKE)
    assert statuses(ward)[1] is MISSED or statuses(ward)[1] is PENDING

    ward.reports(signs(MARA, at=ward.begins() + minutes(16) + seconds(5), **BREATH))
    assert statuses(ward)[1] is MET
