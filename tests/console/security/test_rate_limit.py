"""A token's rate: a batch is let in where one event would be, and is paid off afterwards."""

import pytest

from console.errors.problems import ProblemError
from console.security.rate_limit import RateLimit

TOKEN, OTHER = "abcd1234", "other123"


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def is_let_in(rates: RateLimit, token: str = TOKEN) -> bool:
    try:
        rates.spend(token)
    except ProblemError:
        return False
    return True


def test_a_batch_costs_its_events() -> None:
    """A hundred events at ten a second take the token ten seconds, and nobody else any."""
    clock = Seconds()
    rates = RateLimit(10, clock)

    assert is_let_in(rates)
    rates.owe(TOKEN, 99)

    clock.now = 7.9  # the burst of two seconds was there before
    assert not is_let_in(rates)
    assert is_let_in(rates, OTHER)
    clock.now = 8.2
    assert is_let_in(rates)


def test_who_owes_is_told_when_to_come_again() -> None:
    """In seconds, rounded up."""
    rates = RateLimit(10, Seconds())
    rates.spend(TOKEN)
    rates.owe(TOKEN, 99)

    with pytest.raises(ProblemError) as refused:
        rates.spend(TOKEN)

    assert refused.value.headers()["Retry-After"] == "9"
