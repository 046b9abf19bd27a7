"""The floor's lists as CSV: every course that matches the floor's filters, and every patient on site."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from console.pages.floor.board import Wanted
from console.pages.floor.live_session import LiveSession, urgency
from console.pages.floor.sessions import patients_here
from console.pages.frame.csv_file import MOST_ROWS, NOT_KNOWN, csv_list, in_zone
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.viewer import Viewer, looking
from domain.protocol.parameters import UNITS
from domain.protocol.values import Vital

COURSES: Final = (
    "course_id",
    "site",
    "protocol_id",
    "protocol_version",
    "phase",
    "outcome",
    "held",
    "attention",
    "open_escalations",
    "session",
    "planned_sessions",
    "stage",
    "to_do",
    "to_do_by",
    "blocked_by",
    "dosed_at",
    "reading_due_at",
    "started_at",
    "closed_at",
)

VITALS: Final[Mapping[Vital, str]] = {vital: f"{vital} ({UNITS[vital]})" for vital in Vital}
"""The column of each vital sign, with its unit."""

SESSIONS: Final = (
    "course_id",
    "site",
    "room",
    "session",
    "stage",
    "people",
    "mark",
    "dosed_at",
    "due",
    "due_at",
    "read_at",
    *VITALS.values(),
    "verdict",
    "blocked_by",
)

Reader = Annotated[Viewer, Depends(looking(*SEES_COURSES))]

router = APIRouter(include_in_schema=False)


@router.get("/courses.csv")
async def courses(viewer: Reader, wanted: Wanted) -> Response:
    """The courses of the floor, not only those that a column shows, in its order; times by each site's own clock."""
    found = await viewer.services.store.board(wanted.but(limit=MOST_ROWS + 1), viewer.now)
    viewer.saw("courses")
    return csv_list(
        "kapstan-courses",
        COURSES,
        (in_zone(card, viewer.clock(card.site).zone) for column in found.columns for card in column.cards),
        (*(one for column in found.columns for one in column.unreadable), *found.unreadable),
    )


@router.get("/sessions.csv")
async def sessions(viewer: Reader) -> Response:
    """The live sessions, most urgent first, each with its last reading; not without the record store.

    Raises `RecordStoreError`: without it nobody can tell whether this is everybody.
    """
    here, unreadable = await patients_here(viewer)
    for one in here:
        viewer.saw("live session", one.course_id)
    viewer.saw("live sessions")
    return csv_list("kapstan-sessions", SESSIONS, map(_session, sorted(here, key=urgency)), unreadable)


def _session(one: LiveSession) -> Mapping[str, object]:
    taken = one.vitals
    return {
        **dict(one),
        "dosed_at": one.since.iso if one.since else None,
        "due": one.due_label if one.due else None,
        "due_at": one.due.iso if one.due else None,
        "read_at": one.reading.at.iso if one.reading else None,
        "verdict": one.reading.verdict if one.reading else None,
        **{column: getattr(taken, vital) for vital, column in VITALS.items() if taken},
        NOT_KNOWN: one.silent,
    }
