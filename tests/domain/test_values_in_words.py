"""Numbers in words: a singular has no plural's s."""

from datetime import timedelta

import pytest

from domain.durations import in_words, out_of_words
from domain.values import count_of, told_apart
from tests.support.cast import days, hours, minutes, seconds


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


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((52 / 70.13, 0.5), ("0.741", "0.5")),
        ((0.5004, 0.5), ("0.5004", "0.5")),
        ((0.50001, 0.5), ("0.50001", "0.5")),
        ((1234.5678, 100), ("1234.57", "100")),
        ((0.5, 0.5), ("0.5", "0.5")),
    ],
)
def test_two_numbers_are_told_as_exactly_as_it_takes(numbers: tuple[float, float], said: tuple[str, str]) -> None:
    """Nobody reads six figures of a quotient, and a dose above 0.5 never reads as 0.5."""
    assert told_apart(*numbers) == said


@pytest.mark.parametrize(
    "length", [seconds(0), seconds(45), minutes(15), hours(1), hours(1) + seconds(8), days(1), days(33) + minutes(2)]
)
def test_a_length_of_time_is_read_out_of_its_words(length: timedelta) -> None:
    """As it was written, and nothing else is taken for one."""
    assert out_of_words(in_words(length)) == length


@pytest.mark.parametrize("text", ["", "soon", "142", "1 hour", "5 min ago", "2026-01-05"])
def test_another_text_is_no_length_of_time(text: str) -> None:
    """An answer, a date, an id."""
    assert out_of_words(text) is None
