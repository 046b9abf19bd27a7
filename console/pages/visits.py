"""A medicine session as a course's page shows it: who and where, what was given, every reading against its moment."""

from collections.abc import Iterator, Mapping
from typing import Final

from console.pages import readings
from console.pages.clock import Clock, WallClock
from console.pages.readings import ReadingShown
from console.pages.story import since_dose, who
from console.pages.viewer import Viewer
from domain.checkpoints import CheckpointStatus
from domain.state import Stage
from domain.values import Frozen, Severity
from domain.view import CourseView, SessionView

STAGES: Final[Mapping[Stage, str]] = {
    Stage.BOOKED: "booked",
    Stage.CHECKED_IN: "checked in",
    Stage.CLEARED: "cleared",
    Stage.DOSED: "dosed",
    Stage.RECOVERING: "recovering",
    Stage.DISCHARGED: "gone home",
    Stage.CANCELED: "canceled",
    Stage.MISSED: "missed",
    Stage.ABORTED: "broken off",
}
"""How far a session is, as a ward says it."""

HERE: Final = frozenset({Stage.CHECKED_IN, Stage.CLEARED, Stage.DOSED, Stage.RECOVERING})
"""Where the patient is in the house."""


class Step(Frozen):
    """One thing of a session that has a time."""

    words: str
    at: Clock


class ReadingRow(Frozen):
    """One reading in the table: when since the dose, and whether it came in time for a checkpoint."""

    since_dose: str
    punctuality: str
    reading: ReadingShown


class Visit(Frozen):
    """One session. `summary` says in a line how its readings stand."""

    number: int
    stage: str
    is_here: bool
    is_newest: bool
    starts: Clock
    room: str | None
    staff: tuple[str, ...]
    steps: tuple[Step, ...]
    since_dose: Clock | None
    due: Clock | None
    summary_mark: str
    summary: str
    rows: tuple[ReadingRow, ...]


def visits(viewer: Viewer, view: CourseView, clock: WallClock) -> tuple[Visit, ...]:
    """Every session, the newest first."""
    newest = view.sessions[-1].number if view.sessions else None
    return tuple(_visit(viewer, one, clock, is_newest=one.number == newest) for one in reversed(view.sessions))


def room_and_people(viewer: Viewer, session: SessionView) -> tuple[str, ...]:
    """The room, where one is booked, and who is with the patient."""
    people = tuple(who(viewer, one.id, one.role) for one in session.staff)
    return (session.room, *people) if session.room else people


def _visit(viewer: Viewer, session: SessionView, clock: WallClock, *, is_newest: bool) -> Visit:
    mark, summary = _summary(session)
    is_here = session.stage in HERE
    return Visit(
        number=session.number,
        stage=STAGES[session.stage],
        is_here=is_here,
        is_newest=is_newest,
        starts=clock.at(session.starts_at),
        room=session.room,
        staff=tuple(who(viewer, one.id, one.role) for one in session.staff),
        steps=tuple(_steps(session, clock)),
        since_dose=clock.since(session.doses[-1].at) if session.doses and is_here else None,
        due=clock.due(session.reading_due_at) if session.reading_due_at else None,
        summary_mark=mark,
        summary=summary,
        rows=tuple(
            ReadingRow(
                since_dose=since_dose(session, reading.at),
                punctuality=_punctuality(session, reading.at.isoformat()),
                reading=readings.shown(reading, clock),
            )
            for reading in session.readings
        ),
    )


def _steps(session: SessionView, clock: WallClock) -> Iterator[Step]:
    if session.checked_in_at is not None:
        yield Step(words="checked in", at=clock.at(session.checked_in_at))
    if session.cleared_at is not None:
        yield Step(words="cleared", at=clock.at(session.cleared_at))
    for dose in session.doses:
        yield Step(words=f"{dose.mg:g} mg {dose.route.replace('_', ' ')}", at=clock.at(dose.at))
    if session.discharged_at is not None:
        yield Step(words="went home", at=clock.at(session.discharged_at))


def _summary(session: SessionView) -> tuple[str, str]:
    """How many readings came in time, of those that were due."""
    counted = [one.status for one in session.checkpoints if one.status is not CheckpointStatus.PENDING]
    if not counted:
        return "", ""
    met = counted.count(CheckpointStatus.MET)
    missed = counted.count(CheckpointStatus.MISSED)
    words = f"{met} of {len(counted)} readings in time"
    if missed:
        return Severity.URGENT.value, f"{words}, {missed} missed"
    return "well" if met == len(counted) else Severity.ROUTINE.value, words


def _punctuality(session: SessionView, reading_at: str) -> str:
    statuses = [
        one.status for one in session.checkpoints if one.reading_at and one.reading_at.isoformat() == reading_at
    ]
    if not statuses:
        return ""
    return "in time" if CheckpointStatus.MET in statuses else "late"
