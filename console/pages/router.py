"""The router of all pages; what another site makes a browser send to any of them is refused."""

from fastapi import APIRouter, Depends

from console.own_pages import from_our_pages
from console.pages.clinic import audit, figures, protocols, rehearsal
from console.pages.course import course, ledger_files, past
from console.pages.floor import board, rooms, sessions, sheet
from console.pages.floor import list_files as floor_files
from console.pages.frame import live_updates, phones, sign_in
from console.pages.oncall import acknowledge, escalations, oncall
from console.pages.oncall import list_files as oncall_files
from console.pages.recording import correct, group, record

router = APIRouter(dependencies=[Depends(from_our_pages)])
for part in (
    board,
    sessions,
    rooms,
    floor_files,
    sheet,
    course,
    ledger_files,
    past,
    record,
    correct,
    group,
    escalations,
    oncall,
    oncall_files,
    protocols,
    rehearsal,
    figures,
    audit,
    live_updates,
    sign_in,
    phones,
    acknowledge,
):
    router.include_router(part.router)
