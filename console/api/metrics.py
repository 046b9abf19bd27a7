"""`GET /metrics`: how Kapstan does, for Prometheus."""

import asyncio
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from console.openapi.answers import answer
from console.services import AtTheDoor, Services
from records.errors import RecordStoreError
from records.gauges import Gauges, gauges

ANSWER_WITHIN: Final = timedelta(seconds=1)

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=answer(200, "Prometheus' text format", text={"text/plain": 'kapstan_courses{phase="medicine"} 3.0\n'}),
)
async def metrics(services: AtTheDoor) -> Response:
    """The console's own numbers, the clinic's as of what is recorded, and those of the Temporal SDK."""
    found, engine = await asyncio.gather(_gauges(services), services.engine.text())
    ours = services.measures.text(
        found,
        streams=services.stream.listeners,
        reads=services.reads.waiting,
        unreadable=services.connections.reading.unreadable,
    )
    return Response(ours + engine, media_type=CONTENT_TYPE_LATEST)


async def _gauges(services: Services) -> Gauges | None:
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await gauges(services.connections)
    except (RecordStoreError, TimeoutError):
        return None
