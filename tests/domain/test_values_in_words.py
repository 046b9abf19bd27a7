"""Numbers in words: a singular has no plural's s."""

import pytest

from domain.values import count_of


@pytest.mark.parametrize(
    ("number", "nouns", "said"),
    [
        (0, ("booster",), "0 boosters"),
        (1, ("day",), "1 day"),
        (2, ("day",), "2 days"),
        (1, ("entry", "entries"), "1 entry"),
        (2, ("entry", "entries"), "2 entries"),
    ],
)
def test_one_of_a_thing_is_named_in_the_singular(number: int, nouns: tuple[str, ...], said: str) -> None:
    """The call 1 day after session 1; 2 entries, chain whole."""
    assert count_of(number, *nouns) == said
