"""Codes are compared as people mean them: case, plural, spaces and punctuation say nothing."""

import pytest

from domain.codes import folded, in_words, is_said, is_within


@pytest.mark.parametrize(
    "spelled",
    [
        "chest_pain",
        "chest pain",
        "Chest_Pain",
        "CHEST-PAIN",
        " chest  pain ",
        "chest_-pain",
        "chest\u00a0pain",
        "chest–pain",
        "chest pains",
        "ChestPain",
        "Chest pain.",
        "chest pain!?",
        "chest.pain",
        "chest/pain",
    ],
)
def test_a_spelling_decides_nothing(spelled: str) -> None:
    """However somebody types it, chest pain is chest pain."""
    assert folded(spelled) == "chest_pain"


@pytest.mark.parametrize("other", ["chestpain", "R07.9", "chest_pain_2", "chest pain (denied)", "no chest pain"])
def test_another_word_is_another_code(other: str) -> None:
    """What a synonym is, the protocol says; nothing is guessed."""
    assert folded(other) != "chest_pain"


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("Allergies", "allergy"),
        ("rashes", "rash"),
        ("SEIZURES", "seizure"),
        ("can't breathe", "cant_breathe"),
        ("can\u2019t breathe", "cant_breathe"),
        ("dyspn\u0153a", "dyspnoea"),
    ],
)
def test_a_plural_an_apostrophe_and_a_ligature_are_spelling(spelled: str, meant: str) -> None:
    """As people write them."""
    assert folded(spelled) == meant


@pytest.mark.parametrize("code", ["F32.A", "f20.0", "psychosis", "anaphylaxis", "weakness", "pus", "gas", "diabetes"])
def test_what_only_looks_like_a_plural_stays_what_it_is(code: str) -> None:
    """No two codes become one: a classification's dot and a word's last letters belong to it."""
    assert folded(code) in {code.casefold(), "diabete"}


@pytest.mark.parametrize(
    "sentence",
    [
        *("severe chest pain", "chest pain, no nausea", "no relief from chest pain", "no nausea, chest pain"),
        *(
            "no new chest pain",
            "won't deny chest pain",
            "refuses to deny chest pain",
            "cannot deny chest pain",
            "does not deny chest pain",
            "no longer denies chest pain",
            "nausea but Chest-Pain!",
        ),
    ],
)
def test_a_sentence_says_what_it_does_not_deny(sentence: str) -> None:
    """A denial is of what follows it at once; one that is itself denied is none."""
    assert is_said("chest_pain", sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        *("no chest pain", "denies any chest pain", "denies nausea or chest pain", "without signs of chest pain"),
        *("no longer chest pain", "pain, chest clear", "chest", "pain of the chest wall"),
    ],
)
def test_a_sentence_does_not_say_what_it_denies(sentence: str) -> None:
    """Nor what its words would say in another order or clause."""
    assert not is_said("chest_pain", sentence)


def test_a_code_is_said_in_words() -> None:
    """As a sentence begins with it."""
    assert in_words("sleep_apnoea") == "Sleep apnoea"


@pytest.mark.parametrize(
    ("code", "listed", "expected"),
    [
        ("F43.12", "F43.1", True),
        ("f43.12 ", "F43", True),
        ("F43.1", "F43.1", True),
        ("F43", "F43.1", False),
        ("F43.2", "F43.1", False),
        ("F32.A", "F32", True),
        ("G89.29", "G8", False),
        ("F4", "F4", True),
        ("fatigue", "f", False),
        ("existential_distress_2", "existential_distress", False),
        ("Existential Distress", "existential_distress", True),
    ],
)
def test_a_code_of_the_icd_10_stands_for_all_below_it(code: str, listed: str, expected: bool) -> None:
    """And for none beside or above it; words stand for themselves."""
    assert is_within(code, listed) is expected
