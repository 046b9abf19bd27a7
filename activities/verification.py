"""The activity that verifies the whole record."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import activity

from domain.verification import VerificationReport

AGAIN_AFTER: Final = timedelta(minutes=5)
"""How long after news the record is verified again: PostgreSQL or a course may just have been slow."""

ALIVE_EVERY: Final = timedelta(seconds=10)


class Verifying:
    """Verifies the record by `verify`, which stores its report too, and says meanwhile that it is alive."""

    def __init__(
        self, verify: Callable[[], Awaitable[VerificationReport]], again_after: timedelta = AGAIN_AFTER
    ) -> None:
        self._verify = verify
        self._again_after = again_after

    @activity.defn
    async def verify_record(self) -> VerificationReport:
        """Verifies the whole record, twice where there is news. Raises what keeps it from that, and is then retried."""
        alive = asyncio.create_task(_stay_alive())
        try:
            report = await self._verify()
            if report.is_news:
                await asyncio.sleep(self._again_after.total_seconds())
                report = await self._verify()
            return report
        finally:
            alive.cancel()
            with suppress(asyncio.CancelledError):
                await alive


async def _stay_alive() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(ALIVE_EVERY.total_seconds())
