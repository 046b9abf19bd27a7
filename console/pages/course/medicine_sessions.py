"""Medicine sessions on a course's page: staff and room, doses, and every reading against its checkpoint."""

from collections.abc import Iterator

from console.charts.drawing import Drawing, TextSize
from console.charts.session import session_chart
from console.pages import labels
from console.pages.course import readings
from console.pages.course.readings import ReadingShown
from console.pages.course.timeline import who
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from console.pages.labels import STAGES
from domain.course.rules.checkpoints import CheckpointStatus
from domain.course.session import HERE, Stage
from domain.values import Frozen, Severity, count_of
from domain.views.course import CourseView
from domain.views.session import SessionView


class SessionStep(Frozen):
    """One timed step of a session."""

    words: str
    at: Clock


class SessionShown(Frozen):
    """One session, with its chart for a page and for a phone. `beyond` are its readings that crossed a limit."""

    number: int
    stage: str
    is_here: bool
    is_newest: bool
    starts: Clock
    room: str | None
    staff: tuple[str, ...]
    steps: tuple[SessionStep, ...]
    since_dose: Clock | None
    due: Clock | None
    summary_mark: str
    summary: str
    chart: Drawing | None
    narrow: Drawing | None
    beyond: tuple[ReadingShown, ...]


def visits(viewer: Viewer, view: CourseView, clock: WallClock) -> tuple[SessionShown, ...]:
    """Every session, newest first."""
    newest = view.sessions[-1].number if view.sessions else None
    return tuple(_visit(viewer, one, clock, is_newest=one.number == newest) for one in reversed(view.sessions))


def people(viewer: Viewer, session: SessionView) -> tuple[str, ...]:
    """The staff with the patient."""
    return tuple(who(viewer, one.id, one.role) for one in session.staff)


def session_here(view: CourseView, number: int | None) -> SessionView | None:
    """The session of this number, if the patient is in it; without a number the one that they are in, if any."""
    return next((one for one in view.sessions if one.stage in HERE and number in {None, one.number}), None)


def stage_of(session: SessionView) -> str:
    """The session's stage in words, and whether the patient has left."""
    stage = labels.HANDED_OVER if session.handed_over_at is not None else STAGES[session.stage]
    return labels.AWAY.format(stage=stage) if session.away_since is not None else stage


def _visit(viewer: Viewer, session: SessionView, clock: WallClock, *, is_newest: bool) -> SessionShown:
    mark, summary = _summary(session)
    is_here = session.stage in HERE
    return SessionShown(
        number=session.number,
        stage=stage_of(session),
        is_here=is_here,
        is_newest=is_newest,
        starts=clock.at(session.starts_at),
        room=session.room,
        staff=people(viewer, session),
        steps=tuple(_steps(session, clock)),
        since_dose=clock.since(session.doses[-1].at) if session.doses and is_here else None,
        due=clock.due(session.reading_due_at) if session.reading_due_at else None,
        summary_mark=mark,
        summary=summary,
        chart=_drawn(session, clock, TextSize.WIDE),
        narrow=_drawn(session, clock, TextSize.NARROW),
        beyond=tuple(readings.shown(one, clock) for one in session.readings if one.verdict.findings),
    )


def _drawn(session: SessionView, clock: WallClock, size: TextSize) -> Drawing | None:
    return session_chart(session, clock.now, clock.zone, size) if session.readings or session.doses else None


def _steps(session: SessionView, clock: WallClock) -> Iterator[SessionStep]:
    if session.checked_in_at is not None:
        yield SessionStep(words=STAGES[Stage.CHECKED_IN], at=clock.at(session.checked_in_at))
    if session.cleared_at is not None:
        yield SessionStep(words=STAGES[Stage.CLEARED], at=clock.at(session.cleared_at))
    for dose in session.doses:
        yield SessionStep(words=f"{dose.mg:g} mg {dose.route.replace('_', ' ')}", at=clock.at(dose.at))
        if dose.stopped_at is not None:
            yield SessionStep(words=labels.INFUSION_STOPPED, at=clock.at(dose.stopped_at))
    for words, moment in (
        (labels.HANDED_OVER, session.handed_over_at),
        (labels.DIED, session.died_at),
        (STAGES[Stage.DISCHARGED], session.discharged_at),
    ):
        if moment is not None:
            yield SessionStep(words=words, at=clock.at(moment))


def _summary(session: SessionView) -> tuple[str, str]:
    """How many of the readings that were due were taken in time."""
    counted = [one.status for one in session.checkpoints if one.status is not CheckpointStatus.PENDING]
    if not counted:
        return "", ""
    met = counted.count(CheckpointStatus.MET)
    missed = counted.count(CheckpointStatus.MISSED)
    words = f"{met} of {count_of(len(counted), 'reading')} in time"
    if missed:
        return Severity.URGENT.value, f"{words}, {missed} missed"
    return "well" if met == len(counted) else "late", words
