"""Whether Kapstan lives, and whether it can do its work."""

from fastapi import APIRouter, Response

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def alive() -> Response:
    """The console answers."""
    return Response("ok\n", media_type="text/plain")
