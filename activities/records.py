"""What a course tells its record: the ledger's next entries, and how its escalations stand."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.escalation.messages import EscalationView
from domain.views.summary import Batch
from records.errors import LedgerConflict
from records.store import RecordStore


class Records:
    """Writes to the record store. While PostgreSQL is away every attempt fails, and the course retries."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    @activity.defn
    async def append_entries(self, batch: Batch) -> None:
        """The batch is in the ledger. Not retried where the ledger holds something else under the same sequence."""
        try:
            await self._store.append(batch)
        except LedgerConflict:
            raise ApplicationError(LedgerConflict.__name__, type=LedgerConflict.__name__, non_retryable=True) from None

    @activity.defn
    async def record_escalation(self, view: EscalationView) -> None:
        """The escalation is recorded as of this view, or a newer one."""
        await self._store.record_escalation(view)
