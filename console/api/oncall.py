"""Route for on call: whom each severity would page now, step by step, and who holds each rota in the coming weeks."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from console.auth import with_one_of
from console.services import OnCallDep
from domain.access import Caller, Right
from domain.oncall.on_call_view import AHEAD, Roster, roster

Reader = Annotated[Caller, Depends(with_one_of(Right.READ_ONCALL))]

router = APIRouter(prefix="/v1/oncall", tags=["on call"])


@router.get("")
async def on_call_now(
    on_call: OnCallDep,
    _caller: Reader,
    days: Annotated[int, Query(ge=1, le=92, description="How many days ahead the rotas are shown")] = AHEAD.days,
) -> Roster:
    """Who is on call now, per policy, as the on-call file says it at this moment. It names people, never addresses."""
    return roster(on_call.now(), datetime.now(UTC), timedelta(days=days))
