"""The outbox towards the record store: nothing accepted is lost, nothing waits for PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import accumulate

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, RetryState

with workflow.unsafe.imports_passed_through():
    from domain.ledger import Entry
    from domain.views.summary import Batch
    from workflows.activity_names import append_entries

BATCH = 100
"""Entries appended at once: a whole backlog goes in few, small transactions."""

BATCH_BYTES = 1024 * 1024
"""And how many bytes of JSON they may be: the server takes no payload of more than 2 MiB, compressed or not."""

APPEND_TIMEOUT = timedelta(seconds=30)
UNTIL_IT_IS_BACK = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
)
"""The record store may be away for as long as it likes: the attempts go on without end."""

TOLD_AFTER = timedelta(minutes=15)
"""How long entries wait before somebody is told. The server counts it: no timer of ours, no event while all is well."""

TOLD_AGAIN_AFTER = timedelta(days=1)
"""How long at the most until it is seen to again. Each time costs a batch of history, which the server bounds: it comes
twice as late as the time before, until something was recorded."""

AFTER_A_CONFLICT = timedelta(hours=1)
"""A ledger that holds something else is for a human, who is told at once; until then we ask again, and keep all."""


class LedgerOutbox:
    """Appends a course's entries in their order, however long it takes; a continued run takes over what is left.

    `told` puts entries together with where the course stands now. `behind` is called when they have waited for too
    long, again and again for as long as they do.
    """

    def __init__(
        self, unrecorded: tuple[Entry, ...], told: Callable[[tuple[Entry, ...]], Batch], behind: Callable[[], None]
    ) -> None:
        self._unrecorded = unrecorded
        self._unrecorded_bytes = sum(entry.size for entry in unrecorded)
        self._told = told
        self._behind = behind
        self._is_leaving = False
        self._patience = patience()
        self._told_after = next(self._patience)

    @property
    def unrecorded(self) -> tuple[Entry, ...]:
        """What the record store has not confirmed yet, in order."""
        return self._unrecorded

    @property
    def unrecorded_bytes(self) -> int:
        """How many bytes of JSON that is."""
        return self._unrecorded_bytes

    def add(self, entries: tuple[Entry, ...]) -> None:
        """These follow what is queued already."""
        self._unrecorded = (*self._unrecorded, *entries)
        self._unrecorded_bytes += sum(entry.size for entry in entries)

    def leave(self) -> None:
        """Nothing more is begun: a command behind a continue-as-new would fail the task. The next run goes on."""
        self._is_leaving = True

    async def run(self) -> None:
        """Appends until it is to leave."""
        while True:
            await workflow.wait_condition(lambda: bool(self._unrecorded) and not self._is_leaving)
            batch = first_batch(self._unrecorded)
            if await self._append(batch):
                self._unrecorded = self._unrecorded[len(batch) :]
                self._unrecorded_bytes -= sum(entry.size for entry in batch)

    async def _append(self, entries: tuple[Entry, ...]) -> bool:
        try:
            await workflow.execute_activity(
                append_entries,
                self._told(entries),
                start_to_close_timeout=APPEND_TIMEOUT,
                schedule_to_close_timeout=self._told_after,
                retry_policy=UNTIL_IT_IS_BACK,
                summary=f"entries {entries[0].sequence} to {entries[-1].sequence}",
            )
        except ActivityError as error:
            self._behind()
            self._told_after = next(self._patience)
            if error.retry_state is RetryState.NON_RETRYABLE_FAILURE:
                workflow.logger.error("The ledger in the record store differs from the course's: it needs a human")
                await workflow.sleep(AFTER_A_CONFLICT)
            return False
        self._patience = patience()
        self._told_after = next(self._patience)
        return True


def patience() -> Iterator[timedelta]:
    """How long each attempt at the same entries goes on, one after the other."""
    length = TOLD_AFTER
    while True:
        yield length
        length = min(2 * length, TOLD_AGAIN_AFTER)


def first_batch(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The first entries, as many as go at once, and at least one."""
    sizes = accumulate(entry.size for entry in entries[:BATCH])
    return entries[: max(1, sum(1 for size in sizes if size <= BATCH_BYTES))]
