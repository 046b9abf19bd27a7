"""The record store activities: append ledger entries, and record the state of escalations."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.course.ended_course import EndedCourse
from domain.escalation.messages import EscalationView
from domain.ledger import LedgerHead
from domain.values import CourseId
from domain.views.summary import Batch
from records.errors import LedgerConflict
from records.store import RecordStore


class Records:
    """Writes to the record store. While PostgreSQL is away every attempt fails, and the course retries.

    A course writes one batch at a time. `gathering` is how long a batch that is written is not yet reported as such, so
    that what the course accepts meanwhile goes together in its next one: a burst of events takes few activities.
    `lets_go_first` tells Temporal that a course goes before others, or does no more.
    """

    def __init__(
        self,
        store: RecordStore,
        gathering: timedelta = timedelta(),
        lets_go_first: Callable[[CourseId, bool], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._gathering = gathering
        self._lets_go_first = lets_go_first

    @activity.defn
    async def append_entries(self, batch: Batch) -> None:
        """Appends the batch to the ledger. Not retried if the ledger holds something else under the same sequence."""
        try:
            await self._store.append(batch)
        except LedgerConflict:
            raise ApplicationError(LedgerConflict.__name__, type=LedgerConflict.__name__, non_retryable=True) from None
        if batch.goes_first is not None and self._lets_go_first:
            await self._lets_go_first(batch.course_id, batch.goes_first)
        await asyncio.sleep(self._gathering.total_seconds())

    @activity.defn
    async def keep_ended_course(self, ended: EndedCourse) -> None:
        """Keeps a course whose workflow ends, for whoever asks after it."""
        await self._store.keep_ended_course(ended)

    @activity.defn
    async def is_kept(self, head: LedgerHead) -> bool:
        """Whether the record kept the course with this head, and its ledger ends there still."""
        return await self._store.is_kept(head)

    @activity.defn
    async def record_escalation(self, view: EscalationView) -> None:
        """Records the escalation as of this view; a newer recorded view is kept."""
        await self._store.record_escalation(view)
