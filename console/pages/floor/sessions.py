"""The page of live sessions: every patient between check-in and discharge, most urgent first."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from console.charts.drawing import Key
from console.pages.floor.live_session import LiveSession, of_record, of_view, urgency
from console.pages.frame.rendering import floor_page
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.unreadable_rows import Unread, is_an_id, unread
from console.pages.frame.viewer import Viewer, looking
from console.recorded_answers import RecordedAnswer
from domain.access import Right
from domain.values import Frozen
from gateway.parallel_queries import go_round
from records.errors import RecordStoreError
from records.unreadable_rows import Unreadable

PATH: Final = "/sessions"

router = APIRouter(include_in_schema=False)


class SessionsPage(Frozen):
    """Every patient on site, and how many of them are late.

    While the record store is away, Temporal tells who is on site; `unanswered` courses did not answer, so that
    nobody can tell whether their patients are on site. `sees_all`: not only the courses behind escalations.
    `answered` is what was recorded here last.
    """

    sessions: tuple[LiveSession, ...]
    late: int
    shows_sites: bool
    sees_all: bool
    answered: RecordedAnswer | None = None
    unanswered: int = 0
    unread: tuple[Unread, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The legend of all charts together."""
        return tuple(dict.fromkeys(key for one in self.sessions if one.chart for key in one.chart.keys))


@router.get(PATH)
async def sessions(viewer: Annotated[Viewer, Depends(looking(*SEES_COURSES))]) -> Response:
    """Every patient on site, as their course's workflow holds them now."""
    try:
        (here, unreadable), unanswered = await patients_here(viewer), 0
    except RecordStoreError:
        (here, unanswered), unreadable = await _unrecorded(viewer), ()
    for one in here:
        viewer.saw("live session", one.course_id)
    viewer.saw("live sessions")
    shown = SessionsPage(
        sessions=tuple(sorted(here, key=urgency)),
        late=sum(one.is_late for one in here),
        shows_sites=len({one.site for one in here}) > 1,
        sees_all=viewer.caller.has(Right.READ_COURSES),
        answered=viewer.services.recorded_answers.answer(
            viewer.whose, PATH, viewer.request.query_params.get("answered", "")
        ),
        unanswered=unanswered,
        unread=unread(unreadable, "/courses"),
    )
    return await floor_page(viewer, PATH, "sessions.html", shown)


async def patients_here(viewer: Viewer) -> tuple[list[LiveSession], tuple[Unreadable, ...]]:
    """Patients on site by the record store; those whose course does not answer are shown as last recorded.

    If a row cannot be read, the course itself is asked; if that does not answer either, the row is named. Raises
    `RecordStoreError`.
    """
    found = await viewer.services.store.sessions_under_way(
        viewer.caller.site, behind_escalations=not viewer.caller.has(Right.READ_COURSES)
    )
    answered = await go_round(viewer.services.courses.view, (one_id for one_id in found.ids if is_an_id(one_id)))
    views = {view.course_id: view for view in answered.views}
    known = {one.course_id: one for one in found}
    lines = (
        of_view(viewer, views[one_id], known.get(one_id))
        if one_id in views
        else of_record(viewer, known[one_id])
        if one_id in known
        else None
        for one_id in found.ids
    )
    return [one for one in lines if one is not None], tuple(one for one in found.unreadable if one.id not in views)


async def _unrecorded(viewer: Viewer) -> tuple[list[LiveSession], int]:
    """The same without the record store. On-call staff see only courses with an unresolved escalation."""
    answered = await go_round(viewer.services.courses.view, await viewer.services.courses.with_the_patient_here())
    sees_all = viewer.caller.has(Right.READ_COURSES)
    theirs = (
        view for view in answered.views if viewer.caller.may_see_site(view.site) and (sees_all or view.escalations)
    )
    lines = (of_view(viewer, view, None) for view in theirs)
    return [one for one in lines if one is not None], len(answered.silent)
