"""Rate limit by token: a steady rate, with bursts of a few seconds' worth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final

from cachetools import LRUCache

from console.errors.problems import ProblemCode, problem_error
from domain.access import TokenId

BURST_SECONDS: Final = 2
"""Largest burst of a token, in seconds of its rate."""


TOKENS: Final = 10_000
"""Tokens whose rate is kept: those used last."""


@dataclass
class _Bucket:
    left: float
    filled_at: float


class RateLimit:
    """A token bucket for each API token, refilled at `a_second`. `clock` counts seconds and never goes back."""

    def __init__(self, a_second: float, clock: Callable[[], float] = monotonic) -> None:
        self._a_second = a_second
        self._most = a_second * BURST_SECONDS
        self._clock = clock
        self._buckets: LRUCache[TokenId, _Bucket] = LRUCache(TOKENS)

    def spend(self, token: TokenId) -> None:
        """Counts one request of the token. Raises `ProblemError` (`too_many`) if its bucket is empty, or it owes."""
        now = self._clock()
        if (bucket := self._buckets.get(token)) is None:
            bucket = self._buckets[token] = _Bucket(self._most, now)
        bucket.left = min(self._most, bucket.left + (now - bucket.filled_at) * self._a_second)
        bucket.filled_at = now
        if bucket.left < 1:
            wait = timedelta(seconds=(1 - bucket.left) / self._a_second)
            detail = f"This token may make {self._a_second:g} requests a second"
            raise problem_error(ProblemCode.TOO_MANY, detail, retry_after=wait)
        bucket.left -= 1

    def owe(self, token: TokenId, requests: int) -> None:
        """Counts so many further requests of a token that has just spent one: it waits for them before the next."""
        if (bucket := self._buckets.get(token)) is not None:
            bucket.left -= requests
