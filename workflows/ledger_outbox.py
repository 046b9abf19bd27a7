"""The ledger outbox: appends accepted entries to the record store in the background, and loses none."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import accumulate

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, RetryState

with workflow.unsafe.imports_passed_through():
    from domain.ledger import Entry
    from domain.views.bookings import Booking
    from domain.views.figures import CourseFigures
    from domain.views.summary import Batch
    from workflows.activity_names import append_entries
    from workflows.waiting import until

BATCH = 100
"""Most entries in one batch: a whole backlog goes in few, small transactions."""

BATCH_BYTES = 1024 * 1024
"""Most bytes of JSON in one batch: the server accepts no payload of more than 2 MiB, compressed or not."""

APPEND_TIMEOUT = timedelta(seconds=30)
UNTIL_IT_IS_BACK = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
)
"""Retries without end, however long the record store is away."""

TOLD_AFTER = timedelta(minutes=15)
"""How long entries wait before somebody is told. An activity timeout, which costs no timer and no history event."""

TOLD_AGAIN_AFTER = timedelta(days=1)
"""The longest interval until somebody is told again. Each time costs a batch in the history, which the server limits,
so the interval doubles until something is recorded."""

AFTER_A_CONFLICT = timedelta(hours=1)
"""Pause after a ledger conflict: a human is told at once; until it is resolved, all entries are kept and retried."""


class LedgerOutbox:
    """Appends a course's entries in order, however long it takes; after a continue-as-new the next run takes over.

    `told` makes a batch of entries with the course's summary, and with figures, bookings and whether it goes first, of
    which is sent only what has moved. A run sends everything with its first batch.
    `behind` is called when entries have waited too long, and again while they do.
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
        self._figures: CourseFigures | None = None
        self._bookings: frozenset[Booking] = frozenset()
        self._goes_first: bool | None = None

    @property
    def unrecorded(self) -> tuple[Entry, ...]:
        """The entries that the record store has not confirmed yet, in order."""
        return self._unrecorded

    @property
    def unrecorded_bytes(self) -> int:
        """Their size in bytes of JSON."""
        return self._unrecorded_bytes

    def add(self, entries: tuple[Entry, ...]) -> None:
        """Appends entries to the queue."""
        self._unrecorded = (*self._unrecorded, *entries)
        self._unrecorded_bytes += sum(entry.size for entry in entries)

    def leave(self) -> None:
        """Starts nothing more: a Temporal command after a continue-as-new would fail the task. The next run goes on."""
        self._is_leaving = True

    async def run(self) -> None:
        """Appends entries until `leave` is called."""
        while True:
            await until(lambda: bool(self._unrecorded) and not self._is_leaving)
            batch = first_batch(self._unrecorded)
            if await self._append(batch):
                self._unrecorded = self._unrecorded[len(batch) :]
                self._unrecorded_bytes -= sum(entry.size for entry in batch)

    async def _append(self, entries: tuple[Entry, ...]) -> bool:
        batch = self._told(entries)
        try:
            await workflow.execute_activity(
                append_entries,
                self._moved(batch),
                start_to_close_timeout=APPEND_TIMEOUT,
                schedule_to_close_timeout=self._told_after,
                retry_policy=UNTIL_IT_IS_BACK,
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
        self._figures = batch.figures
        self._bookings = frozenset(batch.bookings)
        self._goes_first = batch.goes_first
        return True

    def _moved(self, batch: Batch) -> Batch:
        """The batch without what was sent already."""
        return batch.but(
            figures=batch.figures if batch.figures != self._figures else None,
            bookings=tuple(one for one in batch.bookings if one not in self._bookings),
            goes_first=batch.goes_first if batch.goes_first != self._goes_first else None,
        )


def patience() -> Iterator[timedelta]:
    """How long each successive activity for the same entries is retried."""
    length = TOLD_AFTER
    while True:
        yield length
        length = min(2 * length, TOLD_AGAIN_AFTER)


def first_batch(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The first entries, as many as fit into one batch, and at least one."""
    sizes = accumulate(entry.size for entry in entries[:BATCH])
    return entries[: max(1, sum(1 for size in sizes if size <= BATCH_BYTES))]
