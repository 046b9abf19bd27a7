"""Other medicines: co-medication and rescue, what follows from them, and who is told."""

from datetime import timedelta

import pytest

from domain.escalation.messages import Change, Kind
from domain.values import Severity
from tests.support.cast import (
    MARA,
    assessment,
    discharge,
    dose,
    hours,
    medication,
    minutes,
    vitals,
)
from tests.support.ward import EDGES, Ward, is_whole


@EDGES
def test_a_sedative_starts_the_observation_again(ward: Ward, edge: timedelta) -> None:
    """Two hours from midazolam on, not from the dose."""
    ward.watched(until=minutes(60)).reports(medication(MARA, at=ward.begins() + minutes(61), code="midazolam"))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ends = ward.begins() + minutes(181) + edge
    for minute in (90, 120, 135, 150, 165):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute)))
    ward.reports(vitals(MARA, at=ends - minutes(2)))
    ward.reports(assessment(MARA, at=ends))

    early = {"discharge.observation_too_short", "discharge.assessed_too_early"} if edge < timedelta() else set()
    assert set(ward.reasons(discharge(MARA, at=ends))) == early


def test_vitals_and_the_assessment_come_after_it(ward: Ward) -> None:
    """What was seen before the sedative says nothing of the patient after it."""
    ward.watched().reports(assessment(MARA, at=ward.now + minutes(1)))
    ward.reports(medication(MARA, at=ward.now + minutes(1), code="Midazolam"))

    codes = {one.code for one in ward.course.blockers(ward.now + minutes(1))}
    assert {"vitals.missing", "discharge.not_assessed", "discharge.observation_too_short"} <= codes


def test_a_medicine_without_consequence_has_none(ward: Ward) -> None:
    """Ondansetron is written down."""
    ward.watched()
    before = ward.course.blockers(ward.now)
    answer = ward.reports(medication(MARA, at=ward.now))

    assert answer.deviations == ()
    assert ward.pages == []
    assert ward.course.blockers(ward.now) == before
    assert [one.data.code for one in ward.session().medications] == ["ondansetron"]
    assert is_whole(ward)


@pytest.mark.parametrize("code", ["midazolam", "MIDAZOLAM", " Midazolam "])
def test_people_are_told_as_the_protocol_says(ward: Ward, code: str) -> None:
    """However it is spelled."""
    ward.dosed().reports(medication(MARA, at=ward.now, code=code))

    assert ward.open == {Kind.ADVERSE_EVENT: Severity.URGENT}


def test_a_medicine_that_the_protocol_does_not_know_is_told(ward: Ward) -> None:
    """A code in no list is never nothing: a deviation, for somebody to look at."""
    assert ward.dosed().hears_against(medication(MARA, at=ward.now, code="propofol")) == ["medication.unknown"]
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.ROUTINE}


def test_a_medicine_given_outside_a_session_is_taken(ward: Ward) -> None:
    """At home, or before the visit."""
    answer = ward.booked().reports(medication(MARA, None, at=ward.now, code="lorazepam"))

    assert answer.deviations == ()
    assert ward.open == {Kind.ADVERSE_EVENT: Severity.URGENT}


def test_a_medicine_before_the_dose_does_not_shorten_the_observation(ward: Ward) -> None:
    """The later of the two counts."""
    ward.cleared().reports(medication(MARA, at=ward.now, code="labetalol"))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.reports(dose(MARA, at=ward.begins()))

    codes = [one.code for one in ward.course.blockers(ward.begins() + hours(2) - minutes(1))]
    assert "discharge.observation_too_short" in codes
    assert "discharge.observation_too_short" not in [one.code for one in ward.course.blockers(ward.begins() + hours(2))]
