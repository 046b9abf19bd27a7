"""The activity that verifies the whole record."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import activity

from domain.verification import VerificationReport

ALIVE_EVERY: Final = timedelta(seconds=10)


class Verifying:
    """Verifies the record by `verify`, which stores its report too, and says meanwhile that it is alive."""

    def __init__(self, verify: Callable[[], Awaitable[VerificationReport]]) -> None:
        self._verify = verify

    @activity.defn
    async def verify_record(self) -> VerificationReport:
        """Verifies the whole record. Raises what keeps it from that, and is then retried."""
        alive = asyncio.create_task(_stay_alive())
        try:
            return await self._verify()
        finally:
            alive.cancel()
            with suppress(asyncio.CancelledError):
                await alive


async def _stay_alive() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(ALIVE_EVERY.total_seconds())
