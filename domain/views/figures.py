"""Figures of a course and of many: protocol adherence, punctuality and outcomes."""

from datetime import timedelta

from domain.course.measures import ScoreChange
from domain.course.rules.checkpoints import CheckpointStatus, checkpoints
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.last_answer import keeps_last_answer
from domain.values import Code, Frozen, Moment, Severity
from domain.views.score_trend import trend


class MeasureFigures(Frozen):
    """One instrument of one course: its newest score against the baseline."""

    instrument: Code
    baseline: float
    latest: float
    is_response: bool | None
    is_remission: bool | None


class CourseFigures(Frozen):
    """The figures of one course: doses, punctuality of checkpoints and integration talks, and measure outcomes.

    A checkpoint is `met` within its grace, `late` after it, `missed` if no reading ever came. An integration talk that
    the protocol asks for after a session is `in_time` within its window, `late` after it, `owed` until it is held.
    """

    sessions: int
    checkpoints_met: int
    checkpoints_late: int
    checkpoints_missed: int
    integrations_in_time: int
    integrations_late: int
    integrations_owed: int
    measures: tuple[MeasureFigures, ...]


class Punctuality(Frozen):
    """Counts of how often something was in time, late, or not done at all."""

    in_time: int
    late: int
    missed: int

    @property
    def share(self) -> float | None:
        """The share that was in time, 0 to 1; None if there was nothing."""
        total = self.in_time + self.late + self.missed
        return self.in_time / total if total else None


class CourseCount(Frozen):
    """How many courses are in this phase, or ended with this outcome."""

    phase: str
    outcome: str | None
    courses: int


class Waiting(Frozen):
    """Response times of one severity: median and 90th percentile.

    Measured from opening to first acknowledgement, and from opening to resolution.
    """

    severity: Severity
    escalations: int
    acknowledged: int
    acknowledged_median: timedelta | None
    acknowledged_p90: timedelta | None
    resolved: int
    resolved_median: timedelta | None
    resolved_p90: timedelta | None


class MeasureOutcome(Frozen):
    """One instrument over many courses: the mean change from baseline, and how many responded or remitted of `known`.

    A share is None if the protocol defines no threshold. A negative change is an improvement.
    """

    instrument: Code
    courses: int
    mean_baseline: float
    mean_change: float
    response_share: float | None
    remission_share: float | None


class FleetFigures(Frozen):
    """The figures of all courses that started, and escalations that were opened, from `since` until `until`.

    `left_out` are those whose record holds values that cannot be counted, such as an invalid number.
    """

    site: str | None
    since: Moment | None
    until: Moment | None
    courses: tuple[CourseCount, ...]
    sessions: int
    checkpoints: Punctuality
    integrations: Punctuality
    waiting: tuple[Waiting, ...]
    measures: tuple[MeasureOutcome, ...]
    left_out: tuple[str, ...] = ()


@keeps_last_answer
def course_figures(course: CourseState) -> CourseFigures:
    """The figures of the course as it is now."""
    rules = course.protocol.medicine.checkpoints
    statuses = [
        checkpoint.status
        for session in course.dosed_sessions
        for checkpoint in checkpoints(rules, session, course.passed)
    ]
    talks = [_integration(course, session) for session in course.sessions if session.ended is not None]
    return CourseFigures(
        sessions=len(course.dosed_sessions),
        checkpoints_met=statuses.count(CheckpointStatus.MET),
        checkpoints_late=statuses.count(CheckpointStatus.LATE),
        checkpoints_missed=statuses.count(CheckpointStatus.MISSED),
        integrations_in_time=talks.count("in_time"),
        integrations_late=talks.count("late"),
        integrations_owed=talks.count("owed"),
        measures=tuple(_measures(course)),
    )


def _integration(course: CourseState, session: MedicineSession) -> str:
    rules = course.protocol.integration
    assert session.ended is not None
    held = sorted(talk.at for talk in session.integrations)
    if len(held) < rules.sessions:
        return "owed"
    is_late = bool(held) and held[rules.sessions - 1] > session.ended.at + rules.within
    return "late" if is_late else "in_time"


def _measures(course: CourseState) -> list[MeasureFigures]:
    found: list[MeasureFigures] = []
    for instrument in sorted({taken.scored.instrument for taken in course.measures}):
        newest = course.measure(instrument)
        moved: ScoreChange | None = trend(course, newest) if newest else None
        if moved is not None:
            found.append(
                MeasureFigures(
                    instrument=instrument,
                    baseline=moved.baseline,
                    latest=moved.score,
                    is_response=moved.is_response,
                    is_remission=moved.is_remission,
                )
            )
    return found
