"""Whether Temporal, the record store, workers on both task queues and the watchdog are up."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from domain.values import Frozen
from gateway.pollers import workers_of_each_queue
from records.connections import Connections
from records.errors import RecordStoreError
from records.watchdog import WatchdogStore

ANSWER_WITHIN: Final = timedelta(seconds=1.5)

WATCHED_WITHIN: Final = timedelta(minutes=1)


class Readiness(Frozen):
    """What is up now. `record_store`: it answers and accepts writes.

    `worker`: at least one polls each of the two task queues, for workflows and for activities.

    `watch`: the watchdog has looked at dosed patients within the last minute.
    """

    temporal: bool
    record_store: bool
    worker: bool
    watch: bool

    @property
    def is_ready(self) -> bool:
        """All of it is up."""
        return self.temporal and self.record_store and self.worker and self.watch


async def readiness(client: Client, connections: Connections, watched: WatchdogStore) -> Readiness:
    """What is up now. What does not answer in time counts as down."""
    temporal, record_store, watch, worker = await asyncio.gather(
        _is_well(client.service_client.check_health(timeout=ANSWER_WITHIN)),
        _is_well(connections.can_write()),
        _is_well(is_watched(watched)),
        _is_well(_is_worked_on(client)),
    )
    return Readiness(temporal=temporal, record_store=record_store, worker=worker, watch=watch)


async def _is_well(look: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await look
    except (RPCError, RecordStoreError, TimeoutError, RuntimeError):
        return False


async def is_watched(watched: WatchdogStore) -> bool:
    """Whether some watchdog has looked within the last minute. Raises as `WatchdogStore` does."""
    last = await watched.last_look()
    return last is not None and last.looked_at > datetime.now(UTC) - WATCHED_WITHIN


async def _is_worked_on(client: Client) -> bool:
    return all((await workers_of_each_queue(client)).values())
