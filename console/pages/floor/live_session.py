"""One patient on site, as a line: how they are, the last reading, and what is due next."""

from datetime import UTC, datetime
from typing import Final

from console.charts.drawing import Drawing, TextSize
from console.charts.session import session_chart
from console.pages.course import readings
from console.pages.course.medicine_sessions import people, stage_of
from console.pages.course.readings import ReadingShown
from console.pages.frame.clock import Clock
from console.pages.frame.viewer import Viewer
from console.pages.labels import CLOCKS, PUNCTUALITY, STAGES
from domain.course.session import HERE, Stage
from domain.escalation.messages import PHRASES
from domain.events.clinic_events import VitalsRecorded
from domain.values import CourseId, Frozen, Severity
from domain.views.course import CourseView
from domain.views.session import SessionView
from domain.views.summary import CourseSummary

LATE: Final = "late"
ON_TIME: Final = "well"
UNKNOWN: Final = "unknown"

READING: Final = "kap.vitals.recorded"
READING_FORM: Final = "/courses/{course_id}/record/vitals.recorded?from=sessions"
"""Where a reading is recorded; the form leads back to the live sessions."""

SILENT: Final = (
    "Their course does not answer now: this is what was recorded last, without their readings. Look at the patient."
)


class LiveSession(Frozen):
    """One patient on site.

    `mark` says how urgently they need a human: a severity, `late`, or `well`. If their course did not answer, `silent`
    says so, and no reading is shown: recorded ones may be old. `record_at` is where this viewer records a reading.
    `vitals` are those of `reading`, as they were recorded.
    """

    course_id: CourseId
    version: int
    site: str
    session: str
    room: str | None = None
    people: tuple[str, ...] = ()
    stage: str
    mark: str
    mark_label: str
    since_label: str
    since: Clock | None
    due_label: str
    due: Clock | None
    reading: ReadingShown | None
    vitals: VitalsRecorded.Data | None = None
    blocked_by: tuple[str, ...]
    chart: Drawing | None = None
    narrow: Drawing | None = None
    silent: str | None = None
    record_at: str | None = None

    @property
    def is_late(self) -> bool:
        """Whether what is due next was due before now."""
        return self.due is not None and self.due.is_late


def of_view(viewer: Viewer, view: CourseView, recorded: CourseSummary | None) -> LiveSession | None:
    """The patient from their course; None if they have left: the record store may be a moment behind."""
    here = [session for session in view.sessions if session.stage in HERE]
    session = max(here, key=lambda one: bool(one.doses), default=None)
    return _live(viewer, recorded, view, session) if session else None


def of_record(viewer: Viewer, recorded: CourseSummary) -> LiveSession:
    """The patient from the record store, when their course does not answer."""
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
        mark_label=PUNCTUALITY.get(known, known),
        since_label=CLOCKS["since_dose"],
        since=clock.since(recorded.dosed_at) if recorded.dosed_at else None,
        due_label=CLOCKS["next_reading"],
        due=clock.due(recorded.reading_due_at) if recorded.reading_due_at else None,
        reading=None,
        blocked_by=(),
        silent=SILENT,
        record_at=_record_at(viewer, recorded.course_id),
    )


def _live(viewer: Viewer, recorded: CourseSummary | None, view: CourseView, session: SessionView) -> LiveSession:
    clock = viewer.clock(view.site)
    is_dosed = bool(session.doses)
    due_at = session.reading_due_at if is_dosed else recorded.to_do_by if recorded else session.starts_at
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
        stage=stage_of(session),
        mark=mark,
        mark_label=PUNCTUALITY.get(mark) or (PHRASES[worst.kind] if worst else mark),
        since_label=CLOCKS["since_dose"],
        since=clock.since(session.doses[-1].at) if is_dosed else None,
        due_label=_due_label(session, recorded),
        due=clock.due(due_at) if due_at else None,
        reading=readings.shown(newest, clock, session) if newest else None,
        vitals=newest.vitals if newest else None,
        blocked_by=() if is_dosed else tuple(blocker.message for blocker in view.in_the_way),
        chart=session_chart(session, clock.now, clock.zone, TextSize.SMALL) if is_dosed else None,
        record_at=_record_at(viewer, view.course_id),
        narrow=session_chart(session, clock.now, clock.zone, TextSize.TINY) if is_dosed else None,
    )


def _record_at(viewer: Viewer, course_id: CourseId) -> str | None:
    return READING_FORM.format(course_id=course_id) if viewer.caller.may_report(READING) else None


def _mark(attention: Severity | None, due_at: datetime | None, now: datetime) -> str:
    if attention is not None and attention is not Severity.ROUTINE:
        return attention.value
    return LATE if due_at is not None and due_at < now else attention.value if attention else ON_TIME


def _due_label(session: SessionView, recorded: CourseSummary | None) -> str:
    if not session.doses:
        return ((recorded.to_do if recorded else None) or CLOCKS["dose"]).rpartition(": ")[2]
    newest = session.readings[-1] if session.readings else None
    is_second = newest is not None and newest.verdict.recheck_due_at == session.reading_due_at is not None
    return CLOCKS["second_reading" if is_second else "next_reading"]


_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_ORDER: Final = (Severity.EMERGENCY.value, Severity.URGENT.value, LATE, UNKNOWN, Severity.ROUTINE.value, ON_TIME)


def urgency(one: LiveSession) -> tuple[int, bool, datetime, str]:
    """Sort key: most severe first, then abnormal readings, then by when something is due."""
    due_at = datetime.fromisoformat(one.due.iso) if one.due else _NEVER
    is_calm = one.reading is None or one.reading.mark == ON_TIME
    return _ORDER.index(one.mark), is_calm, due_at, one.course_id
