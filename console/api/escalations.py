"""Routes for escalations: the list, one escalation with its pages, and the acts on it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import ConfigDict, Field

from console.access.escalations import ACTING
from console.api.answers import problems
from console.api.lists import Items, Limit, lost, page
from console.api.request_body import JsonBody
from console.auth import with_one_of
from console.errors.problems import ProblemCode
from console.services import AuditLogDep, EscalationAccessDep, StoreDep
from domain.access import Caller, Right
from domain.durations import Length
from domain.escalation import messages
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView
from domain.values import CourseId, Frozen, PersonId, Severity, Text
from records.store import EscalationFilter
from records.unreadable_rows import RowId

Reader = Annotated[Caller, Depends(with_one_of(Right.READ_ESCALATIONS))]
OnCallStaff = Annotated[Caller, Depends(with_one_of(*ACTING))]
LONGEST_ID: Final = 200
Escalation = Annotated[
    EscalationId,
    Path(max_length=LONGEST_ID, description="The escalation's id", examples=["EX-1~vitals_overdue~2~1"]),
]


class EscalationViewList(Items[EscalationView]):
    """One page of the list of escalations. `next` is null on the last page."""


class Acknowledge(Frozen):
    """`by` acknowledges: the ladder stops, and the policy's `resolve_within` runs."""

    by: PersonId
    note: Text | None = None

    @property
    def order(self) -> messages.Acknowledge:
        """The order to the workflow, marked as not given by a page's link."""
        return messages.Acknowledge(by=self.by, note=self.note)


class Resolve(Frozen):
    """`by` resolves the escalation; `note` says how."""

    by: PersonId
    note: Text

    @property
    def order(self) -> messages.Resolve:
        """The order to the workflow."""
        return messages.Resolve(by=self.by, note=self.note)


class Snooze(Frozen):
    """No page for this long, within the policy's `max_snooze`. Its wire name is `for`."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    by: PersonId
    for_: Annotated[Length, Field(alias="for")]
    note: Text

    @property
    def order(self) -> messages.Snooze:
        """The order to the workflow."""
        return messages.Snooze(by=self.by, for_=self.for_, note=self.note)


class Reassign(Frozen):
    """`by` passes it to `to`, who is paged at once."""

    by: PersonId
    to: PersonId
    note: Text | None = None

    @property
    def order(self) -> messages.Reassign:
        """The order to the workflow, marked as not given by a page's link."""
        return messages.Reassign(by=self.by, to=self.to, note=self.note)


ACTED_ON: Final = problems(ProblemCode.FORBIDDEN, ProblemCode.UNKNOWN_ESCALATION, ProblemCode.NOT_OPEN)
"""Problems that every act may return, besides those of authentication and middleware."""

RESOLVED: Final = problems(
    ProblemCode.FORBIDDEN, ProblemCode.UNKNOWN_ESCALATION, ProblemCode.BLOCKED, ProblemCode.NOT_OPEN
)
"""Of resolving: a question of safety is `blocked` to a role that the protocol does not name for it."""

router = APIRouter(prefix="/v1/escalations", tags=["escalations"])


@router.get("")
async def on_call_work(
    store: StoreDep,
    audit: AuditLogDep,
    caller: Reader,
    state: Annotated[EscalationState | None, Query(description="Only this state")] = None,
    severity: Annotated[Severity | None, Query(description="Only this severity")] = None,
    course_id: Annotated[CourseId | None, Query(description="Only this course's")] = None,
    limit: Limit = 50,
    cursor: Annotated[RowId | None, Query(description="`next` of the page before")] = None,
) -> EscalationViewList:
    """Escalations, newest opening first, as recorded."""
    filters = EscalationFilter(
        state=state, severity=severity, course_id=course_id, site=caller.site, limit=limit + 1, cursor=cursor
    )
    found = await store.escalations(filters)
    if cursor is not None and not found.ids and not await store.has_escalation(cursor):
        raise lost(cursor)
    audit.note(caller, "escalations", course_id)
    shown = page(found, limit, lambda one: one.id)
    return EscalationViewList(items=shown.items, next=shown.next, unreadable=shown.unreadable)


@router.get("/{escalation_id}", responses=problems(ProblemCode.FORBIDDEN, ProblemCode.UNKNOWN_ESCALATION))
async def escalation(
    access: EscalationAccessDep, audit: AuditLogDep, caller: Reader, escalation_id: Escalation
) -> EscalationView:
    """One escalation as its workflow holds it now, with every page it sent."""
    view = await access.view(caller, escalation_id)
    audit.note(caller, "escalation", view.course_id)
    return view


@router.post("/{escalation_id}/acknowledge", responses=ACTED_ON)
async def acknowledge(
    access: EscalationAccessDep,
    caller: OnCallStaff,
    escalation_id: Escalation,
    order: Annotated[Acknowledge, Depends(JsonBody(Acknowledge))],
) -> EscalationView:
    """Acknowledges the escalation: the ladder stops, and the time to resolve it runs."""
    return await access.act(caller, escalation_id, order.order)


@router.post("/{escalation_id}/resolve", responses=RESOLVED)
async def resolve(
    access: EscalationAccessDep,
    caller: OnCallStaff,
    escalation_id: Escalation,
    order: Annotated[Resolve, Depends(JsonBody(Resolve))],
) -> EscalationView:
    """Resolves the escalation. A question of safety is resolved by a role that the protocol names."""
    return await access.act(caller, escalation_id, order.order)


@router.post("/{escalation_id}/snooze", responses=ACTED_ON)
async def snooze(
    access: EscalationAccessDep,
    caller: OnCallStaff,
    escalation_id: Escalation,
    order: Annotated[Snooze, Depends(JsonBody(Snooze))],
) -> EscalationView:
    """Pages nobody for a while, within the policy's `max_snooze`."""
    return await access.act(caller, escalation_id, order.order)


@router.post("/{escalation_id}/reassign", responses=ACTED_ON)
async def reassign(
    access: EscalationAccessDep,
    caller: OnCallStaff,
    escalation_id: Escalation,
    order: Annotated[Reassign, Depends(JsonBody(Reassign))],
) -> EscalationView:
    """Passes the escalation to somebody else, who is paged at once; the next step pages when it was due."""
    return await access.act(caller, escalation_id, order.order)
