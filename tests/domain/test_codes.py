"""Codes are compared as people mean them: case, spaces, hyphens and underscores say nothing."""

import pytest

from domain.codes import folded, in_words


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
    ],
)
def test_a_spelling_decides_nothing(spelled: str) -> None:
    """However somebody types it, chest pain is chest pain."""
    assert folded(spelled) == "chest_pain"


@pytest.mark.parametrize("other", ["chestpain", "chest_pains", "R07.9", "chest_pain_2"])
def test_another_word_is_another_code(other: str) -> None:
    """What a synonym is, the protocol says; nothing is guessed."""
    assert folded(other) != "chest_pain"


def test_a_code_is_said_in_words() -> None:
    """As a sentence begins with it."""
    assert in_words("sleep_apnoea") == "Sleep apnoea"
