"""Conditions and medications of a screening: read however they are spelled, and weighed where no list names them."""

import pytest

from domain.course.rules.eligibility import cautions
from domain.course.state import Phase
from tests.support.cast import MARA, clearance, days, eligible, minutes, over, referral, screening, vitals
from tests.support.ward import TICK, Ward

UNKNOWN = ("screening.condition_unknown", "screening.medication_unknown")


def against(ward: Ward, **found: list[str]) -> list[tuple[str, object]]:
    """What stands before `eligible`, and what was seen."""
    ward.screened().reports(screening(MARA, at=ward.now + TICK, **found))  # type: ignore[arg-type]
    return [(one.code, one.observed) for one in ward.course.blockers_for(eligible(MARA, at=ward.now))]


@pytest.mark.parametrize("condition", ["Active psychosis", "ACTIVE-PSYCHOSIS", "aneurysm", "pregnant", "Breastfeeding"])
def test_what_excludes_excludes_however_it_is_spelled(ward: Ward, condition: str) -> None:
    """S1, S9: a contraindication is one by its meaning."""
    assert against(ward, conditions=[condition]) == [("screening.condition_excludes", condition)]


@pytest.mark.parametrize("medication", ["Theophylline", "aminophylline", "Aminophylline"])
def test_a_medication_excludes_by_any_of_its_names(ward: Ward, medication: str) -> None:
    """Aminophylline is S9's own word."""
    assert against(ward, medications=[medication]) == [("screening.condition_excludes", medication)]


def test_what_is_to_be_reviewed_is_so_by_any_name(ward: Ward) -> None:
    """Under one code, so that one override lifts it."""
    assert against(ward, conditions=["Sleep apnea", "sleep_apnoea"]) == [("screening.sleep_apnoea", "sleep_apnoea")]


def test_what_no_list_names_is_weighed_with_its_name(ward: Ward) -> None:
    """Each by itself; an ICD code that the clinic has not mapped is one of them."""
    found = against(ward, conditions=["F20.0"], medications=["warfarin", "Digoxin"])

    assert found == [(UNKNOWN[0], "F20.0"), (UNKNOWN[1], "warfarin"), (UNKNOWN[1], "Digoxin")]
    ward.reports(eligible(MARA, at=ward.now, overrides=over(*UNKNOWN)))
    assert ward.course.phase is Phase.PREPARATION


@pytest.mark.parametrize("medication", ["ssri", "Sertraline", "levothyroxine", "maoi", "Lorazepam", "vitamin D"])
def test_ordinary_medications_stand_in_nobodys_way(ward: Ward, medication: str) -> None:
    """Those that the protocol knows as harmless, or shows as a caution."""
    assert against(ward, medications=[medication]) == []


def test_the_indication_itself_is_no_unknown_condition(ward: Ward) -> None:
    """It is what the treatment is for."""
    assert against(ward, conditions=["f33.2"]) == []


def test_a_caution_is_shown_by_any_of_its_names(ward: Ward) -> None:
    """As it was reported."""
    against(ward, medications=["Lorazepam", "ssri"])

    assert cautions(ward.course) == ("Lorazepam",)


def test_an_override_lifts_what_was_seen_and_not_the_next_unknown(ward: Ward) -> None:
    """A new screening with another medication asks the prescriber again before the dose."""
    against(ward, medications=["warfarin"])
    ward.reports(eligible(MARA, at=ward.now, overrides=over(UNKNOWN[1])))
    ward.checked_in().reports(screening(MARA, at=ward.begins() - minutes(15), medications=["Warfarin", "digoxin"]))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))

    asked = ward.course.blockers_for(clearance(MARA, at=ward.begins() - minutes(5)))
    assert [(one.code, one.observed) for one in asked] == [(UNKNOWN[1], "digoxin")]


def test_a_worse_pressure_than_the_one_weighed_asks_again(ward: Ward) -> None:
    """Screened at 155 and weighed; screened again at 168."""
    ward.screened().reports(screening(MARA, at=ward.now + TICK, systolic=155))
    ward.reports(eligible(MARA, at=ward.now, overrides=over("screening.systolic_above_limit")))
    ward.checked_in().reports(screening(MARA, at=ward.begins() - minutes(15), systolic=168))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))

    assert ward.reasons(clearance(MARA, at=ward.begins() - minutes(5))) == ["screening.systolic_above_limit"]


@pytest.mark.parametrize("indication", ["f33.2", "F33.2 ", "Existential Distress", "emotional-numbness"])
def test_an_indication_is_one_however_it_is_spelled(ward: Ward, indication: str) -> None:
    """The referral names one of the protocol's."""
    ward.reports(referral(MARA, at=ward.now, indications=[indication]))

    assert ward.course.phase is Phase.SCREENING


@pytest.mark.parametrize(
    "indication",
    [
        *("F32.2", "F33.9", "F41.9", "F43.12", "F42.2", "F11.20", "G89.4", "G62.9", "G90.50", "F32.A", "F10.20"),
        *("M79.7", "R45.3", "Z65.8", "R45.84", "F48.1", "R45.89", "R45.851"),
    ],
)
def test_an_indication_is_named_as_finely_as_a_clinic_codes_it(ward: Ward, indication: str) -> None:
    """CLINICAL.md 7: the shipped protocol takes whole families; their code among the conditions is no finding."""
    ward.reports(referral(MARA, at=ward.now, indications=[indication]))

    assert ward.course.phase is Phase.SCREENING
    assert against(Ward(), conditions=[indication]) == []


@pytest.mark.parametrize("indication", ["F32.3", "F33.3", "F20.9", "F30", "G40.9"])
def test_psychosis_mania_and_epilepsy_are_no_indication(ward: Ward, indication: str) -> None:
    """No family that is taken has them in it: among the conditions a prescriber weighs them."""
    assert ward.reasons(referral(MARA, at=ward.now, indications=[indication])) == ["invalid"]
    assert against(Ward(), conditions=[indication]) != []


def test_days_go_by_and_what_was_weighed_stays_weighed(ward: Ward) -> None:
    """Nothing is asked twice at the same value."""
    against(ward, conditions=["hay fever"])
    ward.reports(eligible(MARA, at=ward.now + days(1), overrides=over(UNKNOWN[0])))
    ward.checked_in().reports(vitals(MARA, at=ward.begins() - minutes(10)))

    assert ward.reasons(clearance(MARA, at=ward.begins() - minutes(5))) == []
