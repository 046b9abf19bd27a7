"""Collects all metrics: the console's own, the clinic's as recorded, and those of the Temporal SDK."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from console.live.stream import Stream
from console.metrics.console_metrics import ConsoleMetrics
from console.security.audit_log import AuditLog
from gateway.pollers import workers_of_each_queue
from gateway.sdk_metrics import SdkMetrics
from records.connections import Connections
from records.errors import RecordStoreError
from records.gauges import Gauges, gauges

ANSWER_WITHIN: Final = timedelta(seconds=1)


async def collected(
    counted: ConsoleMetrics,
    sdk: SdkMetrics,
    stream: Stream,
    audit: AuditLog,
    connections: Connections,
    client: Client,
) -> bytes:
    """All of them, in Prometheus' text format."""
    found, workers, engine = await asyncio.gather(_gauges(connections), _workers(client), sdk.text())
    ours = counted.text(
        found,
        workers,
        streams=stream.listeners,
        reads=audit.waiting,
        unreadable=connections.reading.unreadable,
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
