"""Words of the protocol: each is read as its list says, and none of them silences a dose against its gates."""

import pytest

from domain.holes.screening_words import screening_word_holes
from domain.holes.silence import MAY_BE_SILENT, silence_holes
from domain.holes.symptom_words import symptom_holes
from domain.protocol.medicine import SUICIDAL
from domain.views.blocker_labels import WORDS
from tests.support.cast import WEEKLY, weekly

SYMPTOMS = WEEKLY.medicine.symptoms


def test_a_word_that_no_reading_can_bear_is_named() -> None:
    """`none` says on a form that there is nothing: in a list it would never be heard."""
    (hole,) = symptom_holes(weekly({"medicine.symptoms.urgent": (*SYMPTOMS.urgent, "None")}))

    assert (hole.key, hole.lets_through) == (
        "medicine.symptoms.urgent",
        "None would be normal, though None is in this list",
    )


def test_a_protocol_without_an_emergency_among_its_symptoms_is_named() -> None:
    """Chest pain goes to emergency care at once, whatever the numbers say (S1, S8)."""
    vocabulary = {name: names for name, names in WEEKLY.vocabulary.items() if name not in SYMPTOMS.emergency}

    found = list(symptom_holes(weekly({"medicine.symptoms.emergency": (), "vocabulary": vocabulary})))

    assert [hole.lets_through for hole in found if hole.key == "medicine.symptoms.emergency"] == [
        "no symptom would be an emergency: chest_pain would be a warning only"
    ]


@pytest.mark.parametrize("word", SUICIDAL)
def test_a_word_of_suicide_that_would_not_be_read_as_one_is_named(word: str) -> None:
    """An empty list leaves each of them unread; those that are shipped read all."""
    found = [hole.lets_through for hole in symptom_holes(weekly({"medicine.symptoms.suicidal": ()}))]

    assert f"{word} would be read as no word of suicide, and would ask for no C-SSRS" in found


def test_another_name_that_is_left_out_of_the_vocabulary_is_named() -> None:
    """Self-harm is a word of suicide by its entry alone."""
    names = tuple(one for one in WEEKLY.vocabulary["suicidal_ideation"] if not one.startswith("self_"))
    vocabulary = {**WEEKLY.vocabulary, "suicidal_ideation": names}

    (hole,) = symptom_holes(weekly({"vocabulary": vocabulary}))

    assert hole.lets_through.startswith("self_harm would be read as no word of suicide")


@pytest.mark.parametrize(
    ("name", "passed"), [("absolute", "would exclude nobody"), ("review", "would be weighed by nobody")]
)
def test_a_condition_that_no_screening_can_bear_is_named(name: str, passed: str) -> None:
    """It is listed, and would stand in nobody's way."""
    codes = (*getattr(WEEKLY.screening, name), "none")

    (hole,) = screening_word_holes(weekly({f"screening.{name}": codes}))

    assert (hole.key, hole.lets_through) == (f"screening.{name}", f"none {passed}, though none is in this list")


def test_a_condition_to_weigh_that_is_also_excluded_is_weighed_by_nobody() -> None:
    """A name in the vocabulary makes it another code: the graver list takes it, and this one never does."""
    vocabulary = {**WEEKLY.vocabulary, "pregnancy": (*WEEKLY.vocabulary["pregnancy"], "cystitis")}

    found = [hole.lets_through for hole in screening_word_holes(weekly({"vocabulary": vocabulary}))]

    assert found
    assert all("would be weighed by nobody, though cystitis is in this list" in said for said in found)


@pytest.mark.parametrize("code", sorted({one.replace("<>", "systolic") for one in WORDS}))
def test_what_may_mean_that_somebody_was_dosed_or_sent_home_against_a_rule_is_never_silent(code: str) -> None:
    """Of each deviation that there is: only what fulfils nothing and harms nobody may call nobody."""
    found = list(silence_holes(weekly({"deviations.silent": (code,)})))

    assert [hole.mend for hole in found] == ([] if code in MAY_BE_SILENT else [f"must not name {code}"])


def test_a_code_that_is_none_is_named() -> None:
    """A slip of the pen would keep nothing silent."""
    silent = (*WEEKLY.deviations.silent, "check_in.to_early")

    (hole,) = silence_holes(weekly({"deviations.silent": silent}))

    assert hole.lets_through == "check_in.to_early would keep nothing silent: no deviation is called so"


def test_what_stands_against_a_dose_or_the_way_home_may_not_be_silent() -> None:
    """Whatever the label, no such code is among those that may be."""
    against = ("session", "actor", "dose", "vitals", "weight", "pregnancy_test", "discharge", "medication", "patient")
    loud = [code for code in MAY_BE_SILENT if code.partition(".")[0] in against]

    assert loud == ["patient.not_away"]
