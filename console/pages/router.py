"""The router of all pages."""

from fastapi import APIRouter

from console.pages.clinic import audit, figures, protocols
from console.pages.course import course
from console.pages.floor import board, sessions
from console.pages.frame import live_updates, sign_in
from console.pages.oncall import acknowledge, escalations, oncall
from console.pages.recording import correct, record

router = APIRouter()
for part in (
    board,
    sessions,
    course,
    record,
    correct,
    escalations,
    oncall,
    protocols,
    figures,
    audit,
    live_updates,
    sign_in,
    acknowledge,
):
    router.include_router(part.router)
