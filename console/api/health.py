"""`GET /healthz`: liveness, which touches nothing outside the process."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from console.api.answers import answer

router = APIRouter(tags=["health"])


OK: Final = "ok\n"


@router.get("/healthz", response_class=PlainTextResponse, responses=answer(200, "It does", text={"text/plain": OK}))
async def alive() -> PlainTextResponse:
    """The console process is alive."""
    return PlainTextResponse(OK)
