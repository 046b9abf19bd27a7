"""The audit log: who read which course, and when. It is written in the background, so that no request waits for it."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from console.request_id import request_id
from domain.access import Caller
from domain.values import CourseId
from records.access import AccessStore, CourseRead
from records.errors import RecordStoreError

MOST_KEPT: Final = 100_000
"""Most reads that are kept while the record store is away; beyond that the oldest are dropped, and the log says so."""

AT_ONCE: Final = 500
AGAIN_AFTER: Final = timedelta(seconds=2)

log = logging.getLogger(__name__)


class AuditLog:
    """Queues reads for the record store. No request waits for the record store or is refused without it."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._waiting: deque[CourseRead] = deque()
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many reads are not written yet."""
        return len(self._waiting)

    def note(self, caller: Caller, what: str, course_id: CourseId | None = None) -> None:
        """Notes that the caller was shown this, of the course or of a list of courses."""
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
        """While this is open, reads are written; at the end all that are left are, unless the record store is away."""
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
                except Exception as error:  # noqa: BLE001  reads must be recorded in the end, whatever goes wrong once
                    log.warning("Reads wait to be recorded: %s", type(error).__name__)
                    await asyncio.sleep(AGAIN_AFTER.total_seconds())

    async def _write(self) -> None:
        batch = [self._waiting[place] for place in range(min(AT_ONCE, len(self._waiting)))]
        await self._store.record_reads(batch)
        for _ in batch:
            self._waiting.popleft()
