"""`GET /metrics`: metrics for Prometheus."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from console.api.answers import answer
from console.services import MetricsDep

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=answer(200, "Prometheus' text format", text={"text/plain": 'kapstan_courses{phase="medicine"} 3.0\n'}),
)
async def metrics(collected: MetricsDep) -> Response:
    """The console's own metrics; the clinic's as recorded and those of the Temporal SDK are up to a second old."""
    return Response(await collected.text(), media_type=CONTENT_TYPE_LATEST)
