"""Live sessions: every patient between check-in and discharge, whoever wants a human most first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from console.charts.drawing import Drawing, Size
from console.charts.session import session_chart
from console.pages import readings
from console.pages.clock import Clock
from console.pages.readings import ReadingShown
from console.pages.rendering import floor_page
from console.pages.shell import SEES_COURSES
from console.pages.viewer import Viewer, looking
from console.pages.visits import HERE, STAGES, people
from domain.access import Right
from domain.escalation import PHRASES
from domain.state import Stage
from domain.summary import CourseSummary
from domain.values import CourseId, Frozen, Severity
from domain.view import CourseView, SessionView
from gateway.rounds import go_round

PATH: Final = "/sessions"

LATE: Final = "late"
ON_TIME: Final = "well"
UNKNOWN: Final = "unknown"
STANDING: Final[Mapping[str, str]] = {LATE: "late", ON_TIME: "on time", UNKNOWN: "not known"}
"""How a patient is said to stand for whom nobody was called."""

SILENT: Final = (
    "Her course does not answer now: this is what was recorded last, without her readings. Look at the patient."
)

router = APIRouter(include_in_schema=False)


class LiveSession(Frozen):
    """One patient who is here.

    `mark` is how much she wants a human: a severity, `late`, or `well`. Where her course did not answer, `silent` says
    so and nothing measured is shown: what is recorded may be old.
    """

    course_id: CourseId
    version: int
    site: str
    session: str
    room: str | None = None
    people: tuple[str, ...] = ()
    stage: str
    mark: str
    standing: str
    since_label: str
    since: Clock | None
    due_label: str
    due: Clock | None
    reading: ReadingShown | None
    blocked_by: tuple[str, ...]
    chart: Drawing | None = None
    silent: str | None = None


class SessionsPage(Frozen):
    """Everybody who is here, and how many of them are late."""

    sessions: tuple[LiveSession, ...]
    late: int
    shows_sites: bool


class _Found(Frozen):
    """A course that the record knows under way, and what its workflow says; None where it did not answer."""

    recorded: CourseSummary
    view: CourseView | None


@router.get(PATH)
async def sessions(viewer: Annotated[Viewer, Depends(looking(*SEES_COURSES))]) -> Response:
    """Every patient who is here, as her course's workflow holds her now."""
    recorded = await viewer.door.store.sessions_under_way(
        viewer.caller.site, behind_escalations=not viewer.caller.has(Right.READ_COURSES)
    )
    found = await _asked(viewer, recorded)
    here = [live for one in found if (live := _shown(viewer, one)) is not None]
    for one in here:
        viewer.saw("live session", one.course_id)
    viewer.saw("live sessions")
    shown = SessionsPage(
        sessions=tuple(sorted(here, key=_urgency)),
        late=sum(one.due is not None and one.due.is_late for one in here),
        shows_sites=len({one.site for one in here}) > 1,
    )
    return await floor_page(viewer, PATH, "sessions.html", shown)


async def _asked(viewer: Viewer, recorded: Sequence[CourseSummary]) -> list[_Found]:
    answered = await go_round(viewer.door.courses.view, (one.course_id for one in recorded))
    views = {view.course_id: view for view in answered.views}
    return [_Found(recorded=one, view=views.get(one.course_id)) for one in recorded]


def _shown(viewer: Viewer, found: _Found) -> LiveSession | None:
    """Her session; None where she has gone home meanwhile: the record may be a moment behind."""
    if found.view is None:
        return _silent(viewer, found.recorded)
    here = (session for session in found.view.sessions if session.stage in HERE)
    session = next(here, None)
    return _live(viewer, found.recorded, found.view, session) if session else None


def _silent(viewer: Viewer, recorded: CourseSummary) -> LiveSession:
    """A patient of whom we know only what was recorded last."""
    clock = viewer.clock(recorded.site)
    mark = _mark(recorded.attention, recorded.reading_due_at, viewer.now)
    known = UNKNOWN if mark == ON_TIME else mark
    return LiveSession(
        course_id=recorded.course_id,
        version=recorded.sequence,
        site=recorded.site,
        session=f"session {recorded.session} of {recorded.planned_sessions}",
        stage=STAGES.get(Stage(recorded.stage), "here") if recorded.stage else "here",
        mark=known,
        standing=STANDING.get(known, known),
        since_label="since dose",
        since=clock.since(recorded.dosed_at) if recorded.dosed_at else None,
        due_label="next reading",
        due=clock.due(recorded.reading_due_at) if recorded.reading_due_at else None,
        reading=None,
        blocked_by=(),
        silent=SILENT,
    )


def _live(viewer: Viewer, recorded: CourseSummary, view: CourseView, session: SessionView) -> LiveSession:
    clock = viewer.clock(view.site)
    is_dosed = bool(session.doses)
    due_at = session.reading_due_at if is_dosed else recorded.to_do_by
    worst = max(view.escalations, key=lambda one: one.severity.rank, default=None)
    newest = session.readings[-1] if session.readings else None
    mark = _mark(worst.severity if worst else None, due_at, viewer.now)
    return LiveSession(
        course_id=view.course_id,
        version=view.sequence,
        site=view.site,
        session=f"session {session.number} of {view.planned_sessions}",
        room=session.room,
        people=people(viewer, session),
        stage=STAGES[session.stage],
        mark=mark,
        standing=STANDING.get(mark) or (PHRASES[worst.kind] if worst else mark),
        since_label="since dose",
        since=clock.since(session.doses[-1].at) if is_dosed else None,
        due_label=_due_label(session, recorded),
        due=clock.due(due_at) if due_at else None,
        reading=readings.shown(newest, clock) if newest else None,
        blocked_by=() if is_dosed else tuple(blocker.message for blocker in view.blockers),
        chart=session_chart(session, clock.now, clock.zone, Size.SMALL) if is_dosed else None,
    )


def _mark(attention: Severity | None, due_at: datetime | None, now: datetime) -> str:
    if attention is not None and attention is not Severity.ROUTINE:
        return attention.value
    return LATE if due_at is not None and due_at < now else attention.value if attention else ON_TIME


def _due_label(session: SessionView, recorded: CourseSummary) -> str:
    if not session.doses:
        return (recorded.to_do or "clearance").rpartition(": ")[2]
    newest = session.readings[-1] if session.readings else None
    is_second = newest is not None and newest.verdict.recheck_due_at == session.reading_due_at is not None
    return "second reading" if is_second else "next reading"


_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_ORDER: Final = (Severity.EMERGENCY.value, Severity.URGENT.value, LATE, UNKNOWN, Severity.ROUTINE.value, ON_TIME)


def _urgency(one: LiveSession) -> tuple[int, bool, datetime, str]:
    """The worst first; among equals, whose reading is not normal, then what is due longest or soonest."""
    due_at = datetime.fromisoformat(one.due.iso) if one.due else _NEVER
    is_calm = one.reading is None or one.reading.mark == ON_TIME
    return _ORDER.index(one.mark), is_calm, due_at, one.course_id
