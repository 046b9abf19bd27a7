"""Other medicines: co-medication and rescue, what follows from them, and who is told."""

from datetime import timedelta

import pytest

from domain.escalation.messages import Change, Kind
from domain.values import Severity
from tests.support.cast import (
    MARA,
    OSEI,
    assessment,
    clearance,
    days,
    discharge,
    dose,
    hours,
    medication,
    minutes,
    over,
    vitals,
)
from tests.support.ward import EDGES, Ward, holds


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
    assert holds(ward)


@pytest.mark.parametrize("code", ["midazolam", "MIDAZOLAM", " Midazolam "])
def test_people_are_told_as_the_protocol_says(ward: Ward, code: str) -> None:
    """However it is spelled."""
    ward.dosed().reports(medication(MARA, at=ward.now, code=code))

    assert ward.open == {Kind.ADVERSE_EVENT: Severity.URGENT}


@pytest.mark.parametrize("code", ["ketamine", "S-Ketamine", "Spravato"])
def test_a_dose_that_was_filed_as_another_medicine_wakes_somebody(ward: Ward, code: str) -> None:
    """Many systems file every medicine so; nobody is watched before somebody says that it was the dose."""
    ward.cleared().reports(medication(MARA, at=ward.now, code=code))

    assert ward.open == {Kind.ADVERSE_EVENT: Severity.EMERGENCY}


def test_a_medicine_that_the_protocol_does_not_know_is_told(ward: Ward) -> None:
    """A code in no list is never nothing: a deviation, for somebody to look at."""
    assert ward.dosed().hears_against(medication(MARA, at=ward.now, code="propofol")) == ["medication.unknown"]
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.ROUTINE}


def test_a_medicine_given_outside_a_session_is_taken(ward: Ward) -> None:
    """At home, or before the visit."""
    answer = ward.booked().reports(medication(MARA, None, at=ward.now, code="midazolam"))

    assert answer.deviations == ()
    assert ward.open == {Kind.ADVERSE_EVENT: Severity.URGENT}


@pytest.mark.parametrize("code", ["lorazepam", "alprazolam", "clonidine"])
def test_their_own_tablet_on_an_ordinary_day_wakes_nobody(ward: Ward, code: str) -> None:
    """`tell_on_other_days`: between visits it is read by day; at one, and in the day after a dose, it is urgent."""
    ward.discharged().sleeps(hours(40))
    ward.sends(medication(MARA, None, at=ward.now, code=code))
    ward.passes(days(2))
    assert ward.open[Kind.ADVERSE_EVENT] is Severity.ROUTINE

    soon, there = Ward().discharged(), Ward().cleared()
    soon.reports(medication(MARA, None, at=soon.begins() + days(1), code=code))
    there.reports(medication(MARA, None, at=there.now, code=code))
    assert soon.open[Kind.ADVERSE_EVENT] is there.open[Kind.ADVERSE_EVENT] is Severity.URGENT


@pytest.mark.parametrize(
    "code", ["oxygen", "O2", "normal saline", "glycopyrrolate", "metoclopramide", "ketorolac", "ibuprofen"]
)
def test_what_a_clinic_gives_every_day_waits_for_no_prescriber_at_the_door(ward: Ward, code: str) -> None:
    """The shipped files know it, and nobody is woken for it."""
    ward.watched()
    assert ward.hears_against(medication(MARA, at=ward.now, code=code)) == []
    ward.reports(assessment(MARA, at=ward.begins() + minutes(121)))

    assert ward.reasons(discharge(MARA, at=ward.begins() + minutes(122))) == []
    assert {severity for _, severity in ward.pages} <= {Severity.ROUTINE}


@pytest.mark.parametrize("code", ["clonidine", "metoprolol", "hydralazine", "promethazine", "diphenhydramine"])
def test_what_sedates_or_lowers_the_pressure_starts_the_observation_again(ward: Ward, code: str) -> None:
    """Known, and watched."""
    ward.watched()
    assert ward.hears_against(medication(MARA, at=ward.now, code=code)) == []

    assert "discharge.observation_too_short" in [one.code for one in ward.course.blockers(ward.now + minutes(30))]


def test_a_medicine_before_the_dose_does_not_shorten_the_observation(ward: Ward) -> None:
    """The later of the two counts."""
    ward.cleared().reports(medication(MARA, at=ward.now, code="labetalol"))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.reports(dose(MARA, at=ward.begins()))

    codes = [one.code for one in ward.course.blockers(ward.begins() + hours(2) - minutes(1))]
    assert "discharge.observation_too_short" in codes
    assert "discharge.observation_too_short" not in [one.code for one in ward.course.blockers(ward.begins() + hours(2))]


@pytest.mark.parametrize("code", ["Versed", "diazepam", "Valium", "lorazepam", "epinephrine"])
def test_a_medicine_is_what_it_is_by_any_of_its_names(ward: Ward, code: str) -> None:
    """`[vocabulary]` is read for medicines too; one with a rule of its own has that one."""
    ward.watched()
    assert ward.hears_against(medication(MARA, at=ward.now, code=code)) == []

    assert ward.open[Kind.ADVERSE_EVENT].rank >= Severity.URGENT.rank
    codes = {one.code for one in ward.course.blockers(ward.now + minutes(1))}
    assert {"discharge.observation_too_short", "discharge.not_assessed"} <= codes


def test_a_medicine_that_the_protocol_does_not_know_is_weighed_at_the_door(ward: Ward) -> None:
    """The monitor alone sends nobody home with it."""
    ward.watched().reports(medication(MARA, at=ward.begins() + minutes(121), code="propofol"))
    ward.reports(assessment(MARA, at=ward.begins() + minutes(124)))
    home = discharge(MARA, at=ward.begins() + minutes(130))

    assert [(one.code, one.absolute) for one in ward.course.blockers_for(home)] == [("medication.unknown", False)]
    ward.reports(discharge(MARA, at=home.time, by=OSEI, overrides=over("medication.unknown")))


def test_a_medicine_that_the_protocol_does_not_know_is_weighed_before_the_dose(ward: Ward) -> None:
    """Weighed at the clearance it stands in nobody's way, not at the door either; another one asks again."""
    ward.checked_in().reports(medication(MARA, at=ward.begins() - minutes(12), code="propofol"))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))
    assert ward.reasons(clearance(MARA, at=ward.begins() - minutes(5))) == ["medication.unknown"]
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over("medication.unknown")))

    assert ward.hears_against(medication(MARA, at=ward.begins() - minutes(2), code="scopolamine")) == [
        "medication.unknown"
    ]
    assert ward.hears_against(dose(MARA, at=ward.begins())) == ["medication.unknown"]
    unknown = [one.observed for one in ward.course.blockers(ward.now) if one.code == "medication.unknown"]
    assert unknown == ["scopolamine"]


@pytest.mark.parametrize("session", [1, None])
@pytest.mark.parametrize("code", ["propofol", "adrenaline"])
def test_somebody_hears_of_a_medicine_given_after_the_discharge(ward: Ward, session: int | None, code: str) -> None:
    """Whether or not anybody named the session, or the protocol the medicine."""
    ward.discharged().reports(medication(MARA, session, at=ward.now + minutes(20), code=code))

    kind = Kind.ADVERSE_EVENT if code == "adrenaline" else Kind.PROTOCOL_DEVIATION
    assert kind in ward.open


def test_somebody_hears_of_an_unknown_medicine_outside_every_session(ward: Ward) -> None:
    """Before the first visit as well."""
    assert ward.prepared().hears_against(medication(MARA, None, at=ward.now, code="propofol")) == ["medication.unknown"]
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.ROUTINE}


@pytest.mark.parametrize("session", [1, None])
@pytest.mark.parametrize("minute", [110, 130, 150], ids=["before the discharge", "at it", "after it"])
def test_a_sedative_told_after_the_discharge_opens_the_session_again(
    ward: Ward, session: int | None, minute: int
) -> None:
    """Whoever was given it is watched for as long as the observation runs that it began."""
    ward.discharged().sleeps(minutes(25))
    given = medication(MARA, session, at=ward.begins() + minutes(minute), code="midazolam")
    ward.sends(given)

    assert ward.course.monitored is not None
    assert "discharge.observation_too_short" in {one.code for one in ward.course.blockers(ward.now)}


def test_a_sedative_told_when_its_observation_is_over_opens_nothing(ward: Ward) -> None:
    """Somebody is told, and nobody is asked to measure a patient who has long been at home."""
    ward.discharged().sleeps(hours(3))
    ward.sends(medication(MARA, at=ward.begins() + minutes(110), code="midazolam"))

    assert ward.course.monitored is None
    assert ward.open[Kind.ADVERSE_EVENT] is Severity.URGENT


def test_a_sedative_taken_at_home_opens_nothing(ward: Ward) -> None:
    """In the evening, at home: somebody is told."""
    ward.discharged().reports(medication(MARA, None, at=ward.now + hours(8), code="lorazepam"))

    assert ward.course.monitored is None
    assert ward.open[Kind.ADVERSE_EVENT] is Severity.URGENT
