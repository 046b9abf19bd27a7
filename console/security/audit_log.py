"""The audit log: who read which course, which sign-ins failed, and acts that no ledger holds.

It is written in the background, so that no request waits for it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from cachetools import TTLCache

from console.request_id import own_request_id, request_id
from domain.access import Caller, SentBy, TokenId
from domain.values import CourseId, PersonId
from records.access import AccessStore, AdministrationAct, AuditEntry, CourseRead, FailedSignIn
from records.errors import RecordStoreError

MOST_KEPT: Final = 100_000
"""Most entries that are kept while the record store is away; beyond it the oldest are dropped, and the log says so."""

AT_ONCE: Final = 500
AGAIN_AFTER: Final = timedelta(seconds=2)

FAILURES_NOTED_EVERY: Final = timedelta(minutes=1)
"""How often failed sign-ins of one address that show the same token are noted: a flood of them is one line a minute."""

MOST_FAILURES: Final = 100
"""Most failed sign-ins that are noted within `FAILURES_NOTED_EVERY`, whatever comes from wherever."""

A_LINK, BY_LINK = "a page's link", "link"
"""The name and the role of whoever reads by the link of a page."""

log = logging.getLogger(__name__)


class AuditLog:
    """Queues entries for the record store. No request waits for the record store or is refused without it."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._waiting: deque[AuditEntry] = deque()
        self._news = asyncio.Event()
        self._noted = self._done = 0
        self._progress = asyncio.Event()
        self._failed: TTLCache[tuple[str | None, TokenId | None], bool] = TTLCache(
            MOST_FAILURES, FAILURES_NOTED_EVERY.total_seconds()
        )

    @property
    def waiting(self) -> int:
        """How many entries are not written yet."""
        return len(self._waiting)

    async def is_written(self, within: timedelta) -> None:
        """Returns when everything that was noted until now is written, or after this long."""
        noted = self._noted
        with suppress(TimeoutError):
            async with asyncio.timeout(within.total_seconds()):
                while self._done < noted:
                    await self._progress.wait()

    def note(self, caller: Caller, what: str, course_id: CourseId | None = None) -> None:
        """Notes that the caller was shown this, of the course or of a list of courses."""
        self._add(
            CourseRead(
                at=datetime.now(UTC),
                token_id=caller.token_id,
                name=caller.name,
                role=caller.role,
                course_id=course_id,
                what=what,
                request_id=request_id(),
                person=caller.person,
                own_request_id=own_request_id(),
            )
        )

    def note_by_link(self, person: PersonId, what: str, course_id: CourseId) -> None:
        """Notes that this person was shown this of the course, by the link of a page."""
        self._add(
            CourseRead(
                at=datetime.now(UTC),
                token_id=None,
                name=A_LINK,
                role=BY_LINK,
                course_id=course_id,
                what=what,
                request_id=request_id(),
                person=person,
                own_request_id=own_request_id(),
            )
        )

    def note_act(self, what: str, about: str, sent_by: SentBy) -> None:
        """Notes an act that stands in no ledger."""
        self._add(AdministrationAct(at=datetime.now(UTC), what=what, about=about, sent_by=sent_by))

    def note_failed_sign_in(self, address: str | None, token_id: TokenId | None) -> None:
        """Notes that a token was shown that does not hold, from this address."""
        self._failed.expire()
        if (address, token_id) in self._failed or len(self._failed) >= MOST_FAILURES:
            return
        self._failed[address, token_id] = True
        self._add(FailedSignIn(at=datetime.now(UTC), token_id=token_id, address=address, request_id=own_request_id()))

    def _add(self, entry: AuditEntry) -> None:
        if len(self._waiting) >= MOST_KEPT:
            self._waiting.popleft()
            self._done += 1
            log.error("An entry of the audit could not be recorded: the record store has been away for too long")
        self._waiting.append(entry)
        self._noted += 1
        self._news.set()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While this is open, entries are written, and at its end all that are left, if the record store answers."""
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
                except Exception as error:  # noqa: BLE001  they must be recorded in the end, whatever goes wrong once
                    log.warning("Entries of the audit wait to be recorded: %s", type(error).__name__)
                    await asyncio.sleep(AGAIN_AFTER.total_seconds())

    async def _write(self) -> None:
        batch = [self._waiting[place] for place in range(min(AT_ONCE, len(self._waiting)))]
        await self._store.record(batch)
        for _ in batch:
            self._waiting.popleft()
        self._done += len(batch)
        progress, self._progress = self._progress, asyncio.Event()
        progress.set()
