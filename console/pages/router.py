"""Every page, each at its own path."""

from fastapi import APIRouter

from console.pages import (
    acknowledge,
    board,
    course,
    escalations,
    figures,
    live,
    oncall,
    protocols,
    record,
    sessions,
    signing_in,
)

router = APIRouter()
for part in (board, sessions, course, record, escalations, oncall, protocols, figures, live, signing_in, acknowledge):
    router.include_router(part.router)
