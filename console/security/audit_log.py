"""The record of reads: who looked at which course, and when; kept for the auditor, without making anybody wait."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from console.middleware.request_id import request_id
from domain.access import Caller
from domain.values import CourseId
from records.access import AccessStore, CourseRead
from records.errors import RecordStoreError

MOST_KEPT: Final = 100_000
"""How many reads wait for a record store that is away; then the oldest are lost, and the log says so."""

AT_ONCE: Final = 500
AGAIN_AFTER: Final = timedelta(seconds=2)

log = logging.getLogger(__name__)


class AuditLog:
    """Reads on their way to the record store. A nurse at night does not wait for it, and is not refused without it."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._waiting: deque[CourseRead] = deque()
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many reads are not recorded yet."""
        return len(self._waiting)

    def note(self, caller: Caller, what: str, course_id: CourseId | None = None) -> None:
        """The caller has been shown this of the course, or of a list of courses."""
        if len(self._waiting) >= MOST_KEPT:
            self._waiting.popleft()
            log.error("A read could not be recorded: the record store has been away for too long")
        self._waiting.append(
            CourseRead(
                at=datetime.now(UTC),
                token_id=caller.token_id,
                name=caller.name,
                role=caller.role,
                course_id=course_id,
                what=what,
                request_id=request_id(),
            )
        )
        self._news.set()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Reads are written down meanwhile; at the end, all that were noted, unless the record store is away."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            with suppress(RecordStoreError):
                while self._waiting:
                    await self._write()

    async def _keep(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                try:
                    await self._write()
                except Exception as error:  # noqa: BLE001  what was read is to be recorded, whatever goes wrong once
                    log.warning("Reads wait to be recorded: %s", type(error).__name__)
                    await asyncio.sleep(AGAIN_AFTER.total_seconds())

    async def _write(self) -> None:
        batch = [self._waiting[place] for place in range(min(AT_ONCE, len(self._waiting)))]
        await self._store.record_reads(batch)
        for _ in batch:
            self._waiting.popleft()
