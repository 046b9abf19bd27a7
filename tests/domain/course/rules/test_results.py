"""Laboratory values and drug screens: missing, old or outside they are weighed by the prescriber, by their value."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from domain.events.clinic_events import ClinicEvent
from domain.protocol.screening import ScreeningTest
from domain.protocol.values import Range
from domain.values import Actor, Role
from tests.domain.conftest import Opens
from tests.support.cast import (
    DESK,
    LIND,
    MARA,
    OSEI,
    PATIENT,
    WEEKLY,
    check_in,
    clearance,
    correction,
    cssrs,
    days,
    dose,
    eligible,
    hours,
    minutes,
    over,
    result,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, Ward, holds

ALT = ScreeningTest(range=Range(low=0, high=60), unit="U/L", valid_for=days(30), before_every=2)
DRUGS = ScreeningTest(wanted=("negative",), valid_for=days(7), before_every=1)
LABS = weekly({"screening.tests": {"alt": ALT, "urine_drug_screen": DRUGS}})

CODES = ("result.alt_missing", "result.urine_drug_screen_missing")


@pytest.fixture
def ward(opens: Opens) -> Ward:
    return opens(LABS)


def alt(ward: Ward, value: float = 31, **said: object) -> ClinicEvent:
    return result(MARA, "alt", **{"at": ward.now, "value": value, "unit": "U/L", **said})  # type: ignore[arg-type]


def drugs(ward: Ward, answer: str = "negative", **said: object) -> ClinicEvent:
    return result(MARA, "urine_drug_screen", **{"at": ward.now, "answer": answer, **said})  # type: ignore[arg-type]


def decides(ward: Ward, *found: ClinicEvent) -> list[str]:
    """What stands before `eligible` with these results."""
    ward.screened()
    for one in found:
        ward.reports(one)
    return ward.reasons(eligible(MARA, at=ward.now))


def comes(ward: Ward, session: int) -> Ward:
    """This session's visit up to its clearance, all else being well."""
    begins = ward.booked(session).begins(session)
    ward.reports(cssrs(MARA, at=begins - minutes(30)))
    ward.reports(check_in(MARA, session, at=begins - minutes(20)))
    ward.reports(vitals(MARA, session, at=begins - minutes(11)))
    return ward


def found_eligible(ward: Ward) -> Ward:
    decides(ward, alt(ward.screened()), drugs(ward))
    ward.reports(eligible(MARA, at=ward.now))
    return ward


def test_each_test_that_is_missing_is_named(ward: Ward) -> None:
    """`screening.tests`, and the prescriber may weigh that it is missing."""
    assert decides(ward) == [*CODES]
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=over(*CODES))) == []

    assert decides(ward, alt(ward), drugs(ward)) == []


@pytest.mark.parametrize(("value", "codes"), [(0, []), (60, []), (60.5, ["result.alt_above_limit"])])
def test_a_value_lies_within_its_range(ward: Ward, value: float, codes: list[str]) -> None:
    """Both ends are within."""
    assert decides(ward, alt(ward.screened(), value), drugs(ward)) == codes


def test_a_value_below_its_range_is_named_too(opens: Opens) -> None:
    """Haemoglobin, say."""
    low = ScreeningTest(range=Range(low=12, high=18), unit="g/dL", valid_for=days(30))
    ward = opens(weekly({"screening.tests": {"haemoglobin": low}})).screened()
    ward.reports(result(MARA, "haemoglobin", at=ward.now, value=11.9, unit="g/dL"))

    assert ward.reasons(eligible(MARA, at=ward.now)) == ["result.haemoglobin_below_limit"]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({"unit": "u/l"}, []),
        ({"unit": "µkat/L", "value": 0.5}, ["result.alt_in_other_unit"]),
        ({"value": None, "unit": None, "answer": "normal"}, ["result.alt_in_other_unit"]),
    ],
    ids=["spelled otherwise", "another unit", "no value"],
)
def test_a_value_is_read_in_the_protocols_unit_alone(ward: Ward, said: Mapping[str, object], codes: list[str]) -> None:
    """Nobody converts it: 0.5 µkat/L would be normal as U/L."""
    assert decides(ward, alt(ward.screened(), **said), drugs(ward)) == codes  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", ["negative", "Negative", "negative."])
def test_an_answer_that_is_wanted_is_one_however_it_is_spelled(ward: Ward, answer: str) -> None:
    """`wanted`."""
    assert decides(ward, alt(ward.screened()), drugs(ward, answer)) == []


@pytest.mark.parametrize("answer", ["positive", "invalid", "negative for cocaine"])
def test_any_other_answer_is_weighed_by_the_prescriber(ward: Ward, answer: str) -> None:
    """A positive drug screen is a decision, with a rationale; it is nobody else's."""
    assert decides(ward, alt(ward.screened()), drugs(ward, answer)) == ["result.urine_drug_screen_not_as_wanted"]
    weighed = over("result.urine_drug_screen_not_as_wanted", rationale="Prescribed opioid, known to us")
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=weighed)) == []


def test_a_test_has_the_names_that_the_vocabulary_gives_it(opens: Opens) -> None:
    """The laboratory writes GPT."""
    named = weekly({"screening.tests": {"alt": ALT}, "vocabulary": {**WEEKLY.vocabulary, "alt": ("gpt",)}})
    ward = opens(named).screened()
    ward.reports(result(MARA, "GPT", at=ward.now, value=31, unit="U/L"))

    assert ward.reasons(eligible(MARA, at=ward.now)) == []


@EDGES
def test_a_result_is_so_old_at_most(ward: Ward, edge: timedelta) -> None:
    """`valid_for`, counted from when the sample was taken."""
    ward.screened()
    ward.reports(alt(ward, at=ward.now - days(30) - edge))
    ward.reports(drugs(ward))

    assert ward.reasons(eligible(MARA, at=ward.now)) == (["result.alt_outdated"] if edge > timedelta() else [])


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({}, ["/data/value"]),
        ({"value": 31}, ["/data/unit"]),
        ({"answer": "normal", "unit": "U/L"}, ["/data/unit"]),
        ({"value": 31, "unit": "U/L", "answer": "normal"}, ["/data/answer"]),
    ],
    ids=["nothing", "no unit", "a unit of nothing", "both"],
)
def test_a_result_says_one_thing(ward: Ward, said: Mapping[str, Any], pointers: list[str]) -> None:
    """A value with its unit, or an answer; what is wrong is named by its field."""
    refusal = ward.referred().refuses(result(MARA, "alt", at=ward.now, **said))

    assert [error.pointer for error in refusal.errors] == pointers


def test_the_newest_result_counts_whenever_it_arrives(ward: Ward) -> None:
    """The laboratory sends yesterday's after today's."""
    assert decides(ward, alt(ward.screened()), alt(ward, 90, at=ward.now - days(1)), drugs(ward)) == []


def test_a_test_is_asked_of_those_it_is_for(opens: Opens) -> None:
    """`indications`, by family; and a test that nobody asks for stands in nobody's way."""
    of_addiction = weekly({"screening.tests": {"urine_drug_screen": DRUGS.but(indications=("F11.2",))}})
    ward = opens(of_addiction).screened()
    ward.reports(result(MARA, "ferritin", at=ward.now, value=4, unit="µg/L"))

    assert ward.reasons(eligible(MARA, at=ward.now)) == []


def test_a_test_is_asked_for_again_before_each_nth_session(ward: Ward) -> None:
    """`before_every`: the drug screen each week, the liver before each second session, if the last one is old."""
    found_eligible(ward)
    assert ward.reasons(clearance(MARA, 1, at=comes(ward, 1).now)) == []
    ward.cleared(1).discharged(1)
    assert ward.reasons(clearance(MARA, 2, at=comes(ward, 2).now)) == ["result.urine_drug_screen_outdated"]

    ward.reports(drugs(ward))
    assert ward.reasons(clearance(MARA, 2, at=ward.now)) == []


def test_an_old_value_is_no_matter_before_a_session_that_does_not_ask_for_it(opens: Opens) -> None:
    """Three days old at most, before each second session."""
    ward = opens(weekly({"screening.tests": {"alt": ALT.but(valid_for=days(3))}})).screened()
    ward.reports(alt(ward))
    ward.reports(eligible(MARA, at=ward.now))
    assert ward.reasons(clearance(MARA, 1, at=comes(ward, 1).now)) == []

    ward.cleared(1).discharged(1)
    assert ward.reasons(clearance(MARA, 2, at=comes(ward, 2).now)) == ["result.alt_outdated"]


def test_what_is_found_after_the_decision_is_weighed_before_the_dose(ward: Ward) -> None:
    """A value that was weighed is not asked about again, and a worse one is."""
    ward.screened().reports(alt(ward, 70))
    ward.reports(drugs(ward))
    ward.reports(eligible(MARA, at=ward.now, overrides=over("result.alt_above_limit")))
    assert ward.reasons(clearance(MARA, 1, at=comes(ward, 1).now)) == []

    ward.reports(alt(ward, 90))
    assert ward.reasons(clearance(MARA, 1, at=ward.now)) == ["result.alt_above_limit"]
    ward.reports(clearance(MARA, 1, at=ward.now, overrides=over("result.alt_above_limit")))
    assert ward.reasons(dose(MARA, 1, at=ward.now)) == []


def test_a_positive_drug_screen_of_another_day_is_weighed_anew(ward: Ward) -> None:
    """The one that was weighed was of the opioid that they had told of."""
    ward.screened().reports(alt(ward))
    ward.reports(drugs(ward, "positive"))
    ward.reports(eligible(MARA, at=ward.now, overrides=over("result.urine_drug_screen_not_as_wanted")))
    assert ward.reasons(clearance(MARA, 1, at=comes(ward, 1).now)) == []

    ward.reports(drugs(ward, "positive"))
    assert ward.reasons(clearance(MARA, 1, at=ward.now)) == ["result.urine_drug_screen_not_as_wanted"]


def test_a_result_after_the_clearance_stands_before_the_dose(ward: Ward) -> None:
    """The laboratory rings; the session is cleared anew, or not."""
    found_eligible(ward).cleared().reports(drugs(ward, "positive"))

    assert "result.urine_drug_screen_not_as_wanted" in ward.reasons(dose(MARA, at=ward.now))


def test_a_result_that_is_corrected_reads_as_corrected(ward: Ward) -> None:
    """It was another patient's cup."""
    positive = drugs(ward.screened(), "positive")
    assert decides(ward, alt(ward), positive) == ["result.urine_drug_screen_not_as_wanted"]
    ward.reports(correction(positive, at=ward.now + hours(1), answer="negative"))

    assert ward.reasons(eligible(MARA, at=ward.now)) == []
    assert holds(ward)


@pytest.mark.parametrize("actor", [OSEI, LIND, DESK, Actor(id="lab", role=Role.SYSTEM)], ids=lambda actor: actor.role)
def test_staff_and_systems_report_a_result(ward: Ward, actor: Actor) -> None:
    """A laboratory's own system, too."""
    assert ward.referred().reasons(alt(ward, by=actor)) == []


def test_what_the_patient_says_of_a_test_is_no_result(ward: Ward) -> None:
    """It is kept, with its deviation, and counts for nothing."""
    answer = ward.screened().reports(drugs(ward, by=PATIENT))

    assert [one.code for one in answer.deviations] == ["actor.role_not_allowed"]
    assert ward.reasons(eligible(MARA, at=ward.now)) == [*CODES]


def test_a_result_is_offered_where_the_protocol_asks_this_patient_for_one(ward: Ward, opens: Opens) -> None:
    """`next`: the shipped one asks those who are treated for a dependence, and nobody else."""
    assert "kap.result.recorded" in ward.referred().course.next_acts(ward.now)
    other = opens(weekly({})).referred()
    assert "kap.result.recorded" not in other.course.next_acts(other.now)
