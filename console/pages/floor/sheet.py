"""The sheet to print: who is here, what is due and what is open, for a shift, or for when the screens go dark."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from console.pages.floor.board import Wanted
from console.pages.floor.live_session import LiveSession, urgency
from console.pages.floor.needs import Need, needs
from console.pages.floor.sessions import patients_here
from console.pages.frame.clock import Clock
from console.pages.frame.rendering import floor_page
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.unreadable_rows import Unread, unread
from console.pages.frame.viewer import Viewer, looking
from domain.access import Right
from domain.course.session import HERE
from domain.values import CourseId, Frozen
from domain.views.summary import CourseSummary

PATH: Final = "/sheet"
MOST: Final = 500
"""Most courses and escalations on a sheet; beyond that it says how many there are besides."""

AHEAD: Final = timedelta(days=1)
"""How far ahead what is due stands on it."""

router = APIRouter(include_in_schema=False)


class DueLine(Frozen):
    """What a course without a patient here is waited for, and by when."""

    course_id: CourseId
    site: str
    to_do: str
    due: Clock


class Sheet(Frozen):
    """The patients here, most urgent first; what falls due within a day or is late, longest first; what is open.

    `open_now` is None for whoever may not read escalations. `more_open` and `more_due` are left out for want of room.
    `unread` are courses and escalations that cannot be read from the record.
    """

    here: tuple[LiveSession, ...]
    due: tuple[DueLine, ...]
    open_now: tuple[Need, ...] | None
    more_open: int
    more_due: int
    site: str | None
    unread: tuple[Unread, ...]
    unread_open: tuple[Unread, ...]


@router.get(PATH)
async def sheet(viewer: Annotated[Viewer, Depends(looking(*SEES_COURSES))], wanted: Wanted) -> Response:
    """The sheet of every site, or of the one that is asked for. Raises `RecordStoreError`."""
    store, site = viewer.services.store, wanted.site or viewer.caller.site
    patients, unreadable = await patients_here(viewer)
    here = [one for one in patients if site in {None, one.site}]
    found = await store.board(wanted.but(limit=MOST), viewer.now)
    cards = [card for column in found.columns for card in column.cards]
    may_see_open = viewer.caller.has(Right.READ_ESCALATIONS)
    unresolved = await store.unresolved(site, limit=MOST) if may_see_open else None
    for one in here:
        viewer.saw("live session", one.course_id)
    viewer.saw("sheet")
    floor = await store.floor(site)
    shown = Sheet(
        here=tuple(sorted(here, key=urgency)),
        due=_due(viewer, cards),
        open_now=needs(viewer, unresolved, viewer.clock(site)) if unresolved is not None else None,
        more_open=max(0, floor.unresolved - MOST) if may_see_open else 0,
        more_due=sum(column.courses for column in found.columns)
        - len(cards)
        - sum(len(column.unreadable) for column in found.columns),
        site=site,
        unread=unread(
            (*unreadable, *found.unreadable, *(one for column in found.columns for one in column.unreadable)),
            "/courses",
        ),
        unread_open=unread(unresolved.unreadable, "/escalations") if unresolved is not None else (),
    )
    return await floor_page(viewer, PATH, "sheet.html", shown, site=site)


def _due(viewer: Viewer, cards: list[CourseSummary]) -> tuple[DueLine, ...]:
    """The next task of each course whose patient is not here, that is late or falls due within a day."""
    waiting = [
        (card.to_do_by, card)
        for card in cards
        if card.to_do_by is not None and card.stage not in HERE and card.to_do_by < viewer.now + AHEAD
    ]
    return tuple(
        DueLine(
            course_id=card.course_id,
            site=card.site,
            to_do=card.to_do or "",
            due=viewer.clock(card.site).due(at),
        )
        for at, card in sorted(waiting, key=lambda one: (one[0], one[1].course_id))
    )
