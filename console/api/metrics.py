"""`GET /metrics`: metrics for Prometheus."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from temporalio.client import Client
from temporalio.service import RPCError

from console.api.answers import answer
from console.services import AuditLogDep, ClientDep, ConnectionsDep, MetricsDep, SdkMetricsDep, StreamDep
from gateway.pollers import workers_of_each_queue
from records.connections import Connections
from records.errors import RecordStoreError
from records.gauges import Gauges, gauges

ANSWER_WITHIN: Final = timedelta(seconds=1)

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=answer(200, "Prometheus' text format", text={"text/plain": 'kapstan_courses{phase="medicine"} 3.0\n'}),
)
async def metrics(
    counted: MetricsDep,
    sdk: SdkMetricsDep,
    stream: StreamDep,
    audit: AuditLogDep,
    connections: ConnectionsDep,
    client: ClientDep,
) -> Response:
    """The console's own metrics, the clinic's as recorded, and those of the Temporal SDK."""
    found, workers, engine = await asyncio.gather(_gauges(connections), _workers(client), sdk.text())
    ours = counted.text(
        found,
        workers,
        streams=stream.listeners,
        reads=audit.waiting,
        unreadable=connections.reading.unreadable,
    )
    return Response(ours + engine, media_type=CONTENT_TYPE_LATEST)


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
