"""The on-call lists as CSV: every escalation that is asked for, and who holds each rota in the coming weeks."""

from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Response

from console.pages.floor.board import OrAny
from console.pages.frame.csv_file import MOST_ROWS, csv_file, csv_list, in_zone
from console.pages.frame.viewer import Viewer, looking
from console.pages.oncall.oncall import Local
from domain.access import Right
from domain.escalation.messages import EscalationState, EscalationView
from domain.moments import instant
from domain.oncall.on_call_view import AHEAD, roster
from domain.values import CourseId, Severity
from records.store import EscalationFilter

ESCALATIONS: Final = (
    "id",
    "course_id",
    "session",
    "kind",
    "severity",
    "state",
    "opened_at",
    "step",
    "pages",
    "unreached",
    "first_acknowledged_at",
    "acknowledged_at",
    "acknowledged_by",
    "resolved_at",
    "resolved_by",
    "snoozed_until",
    "moves_at",
    "note",
)
SHIFTS: Final = ("rota", "person", "name", "begins_at", "ends_at", "is_override")

router = APIRouter(include_in_schema=False)


@router.get("/escalations.csv")
async def escalations(
    viewer: Annotated[Viewer, Depends(looking(Right.READ_ESCALATIONS))],
    state: OrAny[EscalationState] = None,
    severity: OrAny[Severity] = None,
    course: OrAny[CourseId] = None,
) -> Response:
    """Escalations, resolved ones too, newest opening first; how many pages each sent, and whom no channel reached."""
    found = await viewer.services.store.escalations(
        EscalationFilter(state=state, severity=severity, course_id=course, site=viewer.caller.site, limit=MOST_ROWS + 1)
    )
    viewer.saw("escalations", course)
    zone = viewer.clock().zone
    return csv_list("kapstan-escalations", ESCALATIONS, (_row(one, zone) for one in found), found.unreadable)


def _row(one: EscalationView, zone: ZoneInfo) -> dict[str, object]:
    return {
        **in_zone(one, zone),
        "pages": len(one.pages),
        "unreached": tuple(missed.person for missed in one.unreached),
    }


@router.get("/oncall.csv")
async def on_call(viewer: Annotated[Viewer, Depends(looking(Right.READ_ONCALL))], at: Local = None) -> Response:
    """Every rota's shifts for four weeks, from now or from `at` by the clinic's clock; times by each rota's own."""
    known, here = viewer.services.on_call.now(), viewer.clock().zone
    shown = roster(known, instant(at, here) if at else viewer.now, AHEAD)
    rows = (
        {"rota": rota.rota, "name": viewer.name_of(shift.person), **in_zone(shift, ZoneInfo(rota.timezone))}
        for rota in shown.rotas
        for shift in rota.shifts
    )
    return csv_file("kapstan-oncall", SHIFTS, rows)
