"""`GET /readyz`: whether Temporal, the record store, workers on both task queues and the watchdog are up."""

from fastapi import APIRouter, Response

from console.api.answers import answer
from console.readiness import Readiness
from console.services import ReadinessDep

router = APIRouter(tags=["health"])


@router.get(
    "/readyz",
    responses=answer(200, "All three are reachable") | answer(503, "Something is not reachable", model=Readiness),
)
async def ready(readiness: ReadinessDep, response: Response) -> Readiness:
    """Whether Temporal, the record store, a worker and the watchdog are up, a second ago at most; 503 if one is not."""
    found = await readiness.now()
    if not found.is_ready:
        response.status_code = 503
    return found
