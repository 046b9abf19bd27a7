"""Escalations: the on-call work, every page that was sent, and what people do about it."""

from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError

from console.admission import with_one_of
from console.api.lists import Items, Limit, lost, page
from console.bodies import media_type, read_body
from console.door import AtTheDoor, Door
from console.problems import ProblemCode, told
from domain.access import Caller, Right
from domain.escalation import (
    Acknowledge,
    EscalationId,
    EscalationState,
    EscalationView,
    Reassign,
    Resolve,
    Snooze,
)
from domain.reading_events import parse_json
from domain.refusal import FieldError, RefusalCode, Refused
from domain.values import CourseId, Frozen, Severity
from records.store import EscalationFilter

Reader = Annotated[Caller, Depends(with_one_of(Right.READ_ESCALATIONS))]
OnCallStaff = Annotated[Caller, Depends(with_one_of(Right.ACT_ON_ESCALATIONS))]
LONGEST_ID: Final = 200
Escalation = Annotated[
    EscalationId,
    Path(max_length=LONGEST_ID, description="The escalation's id", examples=["EX-1~vitals_overdue~2~1"]),
]
Order = TypeVar("Order", bound=Frozen)

router = APIRouter(prefix="/v1/escalations", tags=["escalations"])


@router.get("")
async def on_call_work(
    door: AtTheDoor,
    caller: Reader,
    state: Annotated[EscalationState | None, Query(description="Only this state")] = None,
    severity: Annotated[Severity | None, Query(description="Only this severity")] = None,
    course_id: Annotated[CourseId | None, Query(description="Only this course's")] = None,
    limit: Limit = 50,
    cursor: Annotated[
        EscalationId | None, Query(max_length=LONGEST_ID, description="`next` of the page before")
    ] = None,
) -> Items[EscalationView]:
    """The on-call work, newest opening first, as of what is recorded."""
    filters = EscalationFilter(
        state=state, severity=severity, course_id=course_id, site=caller.site, limit=limit + 1, cursor=cursor
    )
    found = await door.store.escalations(filters)
    if cursor is not None and not found and await door.store.escalation(cursor) is None:
        raise lost(cursor)
    door.reads.note(caller, "escalations", course_id)
    items, more = page(found, limit, lambda one: one.id)
    return Items[EscalationView](items=items, next=more)


@router.get("/{escalation_id}")
async def escalation(door: AtTheDoor, caller: Reader, escalation_id: Escalation) -> EscalationView:
    """One escalation as its workflow holds it now, with every page it sent."""
    view = await seen_by(door, caller, escalation_id)
    door.reads.note(caller, "escalation", view.course_id)
    return view


@router.post("/{escalation_id}/acknowledge")
async def acknowledge(
    request: Request, door: AtTheDoor, caller: OnCallStaff, escalation_id: Escalation
) -> EscalationView:
    """Somebody has it: the ladder stops, and the time to resolve it runs."""
    order = await _order(request, Acknowledge)
    await _open_to(door, caller, escalation_id)
    return await door.escalations.acknowledge(escalation_id, by=order.by, note=order.note)


@router.post("/{escalation_id}/resolve")
async def resolve(request: Request, door: AtTheDoor, caller: OnCallStaff, escalation_id: Escalation) -> EscalationView:
    """Somebody has dealt with it."""
    order = await _order(request, Resolve)
    await _open_to(door, caller, escalation_id)
    return await door.escalations.resolve(escalation_id, by=order.by, note=order.note)


@router.post("/{escalation_id}/snooze")
async def snooze(request: Request, door: AtTheDoor, caller: OnCallStaff, escalation_id: Escalation) -> EscalationView:
    """Nobody is paged for a while, within the policy's `max_snooze`."""
    order = await _order(request, Snooze)
    await _open_to(door, caller, escalation_id)
    return await door.escalations.snooze(escalation_id, by=order.by, length=order.for_, note=order.note)


@router.post("/{escalation_id}/reassign")
async def reassign(request: Request, door: AtTheDoor, caller: OnCallStaff, escalation_id: Escalation) -> EscalationView:
    """Somebody else is asked, and paged at once."""
    order = await _order(request, Reassign)
    await _open_to(door, caller, escalation_id)
    return await door.escalations.reassign(escalation_id, by=order.by, to=order.to, note=order.note)


async def seen_by(door: Door, caller: Caller, escalation_id: EscalationId) -> EscalationView:
    """The escalation, where its course is one that the caller may see; of one long past, what the record holds.

    Raises `Told` (`forbidden`), and `Refused` (`unknown_escalation`) or `Unavailable`.
    """
    try:
        view = await door.escalations.view(escalation_id)
    except Refused as refused:
        recorded = await door.store.escalation(escalation_id)
        if refused.refusal.code is not RefusalCode.UNKNOWN_ESCALATION or recorded is None:
            raise
        view = recorded
    await door.sites.check(caller, view.course_id)
    return view


async def _open_to(door: Door, caller: Caller, escalation_id: EscalationId) -> None:
    """Returns where she may act on it. Of one long past only the record knows still: that it is over."""
    view = await seen_by(door, caller, escalation_id)
    if view.state is EscalationState.RESOLVED:
        raise Refused.because(RefusalCode.NOT_OPEN, f"{escalation_id} is resolved")


async def _order(request: Request, model: type[Order]) -> Order:
    if media_type(request) != "application/json":
        raise told(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "application/json was expected")
    body = await read_body(request)
    parse_json(body)
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as wrong:
        errors = tuple(
            FieldError(pointer="".join(f"/{part}" for part in one["loc"]), detail=one["msg"]) for one in wrong.errors()
        )
        raise told(ProblemCode.INVALID, "; ".join(f"{e.pointer}: {e.detail}" for e in errors), *errors) from None
