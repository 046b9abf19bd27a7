"""An answer that many ask for and that costs something to find: found once at a time, and kept for a moment."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic
from typing import Final, Generic, TypeVar

KEPT_FOR: Final = timedelta(seconds=1)
"""How old an answer may be: less than anybody who looks at it regularly would notice."""

T = TypeVar("T")


class KeptAnswer(Generic[T]):
    """Asks at most once in `KEPT_FOR`, however many want to know. `clock` counts seconds and never goes back."""

    def __init__(self, ask: Callable[[], Awaitable[T]], clock: Callable[[], float] = monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._asking: asyncio.Future[T] | None = None
        self._asked_at = 0.0

    async def now(self) -> T:
        """The answer; raises what asking raised."""
        if self._asking is None or self._is_old(self._asking):
            self._asked_at = self._clock()
            self._asking = asyncio.ensure_future(self._ask())
        # Whoever gives up waiting takes the answer from nobody else.
        return await asyncio.shield(self._asking)

    def _is_old(self, asking: asyncio.Future[T]) -> bool:
        return asking.done() and self._clock() - self._asked_at >= KEPT_FOR.total_seconds()
