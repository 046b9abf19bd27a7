"""Collects all metrics: the console's own, the clinic's as recorded, and those of the Temporal SDK."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from console.kept_answer import KeptAnswer
from console.live.stream import Stream
from console.metrics.console_metrics import ConsoleMetrics
from console.security.audit_log import AuditLog
from gateway.pollers import workers_of_each_queue
from gateway.sdk_metrics import SdkMetrics
from records.connections import Connections
from records.errors import RecordStoreError
from records.gauges import Gauges, gauges

ANSWER_WITHIN: Final = timedelta(seconds=1)


class CollectedMetrics:
    """All metrics. What others have to be asked for is asked once a second at most, however often they are read."""

    def __init__(
        self,
        counted: ConsoleMetrics,
        sdk: SdkMetrics,
        stream: Stream,
        audit: AuditLog,
        connections: Connections,
        client: Client,
    ) -> None:
        self._counted = counted
        self._stream = stream
        self._audit = audit
        self._reading = connections.reading
        self._gauges = KeptAnswer(partial(_gauges, connections))
        self._workers = KeptAnswer(partial(_workers, client))
        self._engine = KeptAnswer(sdk.text)

    async def text(self) -> bytes:
        """Them in Prometheus' text format."""
        found, workers, engine = await asyncio.gather(self._gauges.now(), self._workers.now(), self._engine.now())
        ours = self._counted.text(
            found,
            workers,
            streams=self._stream.listeners,
            reads=self._audit.waiting,
            unreadable=self._reading.unreadable,
        )
        return ours + engine


async def _gauges(connections: Connections) -> Gauges | None:
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await gauges(connections)
    except (RecordStoreError, TimeoutError):
        return None


async def _workers(client: Client) -> Mapping[str, int] | None:
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await workers_of_each_queue(client)
    except (RPCError, RuntimeError, TimeoutError):
        return None
