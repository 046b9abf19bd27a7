"""What two courses have in common that may go on alike: a course without its times, its numbers and its past."""

from datetime import datetime
from typing import NamedTuple

from domain.course.course import Course
from domain.course.rules.clearance import DANGERS
from domain.course.rules.risk_screens import is_at_risk
from domain.course.session import MedicineSession, Stage
from domain.course.state import Outcome, Phase
from domain.values import Severity

NOT_REFERRED = "not referred"
ENDED_EARLY = "ended early"
FREE = "free"

_EARLY = frozenset({Outcome.WITHDRAWN, Outcome.DISCONTINUED, Outcome.TRANSFERRED})
_OF_THE_VISIT = frozenset({"vitals", "discharge"})
_SAID_ALREADY = frozenset({"course", "escalation"})


class Visit(NamedTuple):
    """The course's newest medicine session; a `stage` that is free is of one that may be booked anew."""

    stage: str
    may_have_been_dosed: bool
    is_monitored: bool
    is_away: bool
    is_at_home: bool
    is_called: bool
    is_integrated: bool


class State(NamedTuple):
    """An abstract state. Of two courses in the same one the same is expected.

    `called` is the worst that is open: `danger` forbids a dose and the way home, `urgent` a dose; nothing else does.
    `missing` is what the next step waits for, by what it is about; of a visit its signs, and everything else together.
    """

    phase: str
    outcome: str | None
    visit: Visit | None
    hold: str | None
    is_at_risk: bool
    called: str | None
    missing: frozenset[str]

    @property
    def place(self) -> str:
        """Where the course is, for whoever looks from afar: its phase, and the stage of its visit."""
        if self.outcome is not None:
            return f"closed: {self.outcome}"
        name = self.phase.replace("_", "-")
        if self.visit is None or self.phase in {Phase.INTEGRATION, Phase.FOLLOW_UP}:
            return name
        return f"{name}: {'to be booked anew' if self.visit.stage == FREE else self.visit.stage.replace('_', ' ')}"


def abstracted(course: Course, now: datetime) -> State:
    """The abstract state that the course is in."""
    session = course.session
    return State(
        phase=course.phase if course.referral is not None else NOT_REFERRED,
        outcome=ENDED_EARLY if course.outcome in _EARLY else course.outcome and course.outcome.replace("_", " "),
        visit=_visit(session) if session is not None else None,
        hold=("safety" if course.hold.is_safety else "other") if course.hold is not None else None,
        is_at_risk=course.referral is not None and is_at_risk(course),
        called=_called(course),
        missing=_missing(course, now),
    )


def _visit(session: MedicineSession) -> Visit:
    return Visit(
        stage=FREE if session.may_be_booked_again else session.stage,
        may_have_been_dosed=session.may_have_been_dosed,
        is_monitored=session.is_monitored,
        is_away=session.is_away,
        is_at_home=session.is_at_home,
        is_called=bool(session.check_ins),
        is_integrated=bool(session.integrations),
    )


def _called(course: Course) -> str | None:
    if any(one.kind in DANGERS for one in course.unresolved):
        return "danger"
    return "urgent" if any(one.severity.rank >= Severity.URGENT.rank for one in course.unresolved) else None


def _missing(course: Course, now: datetime) -> frozenset[str]:
    groups = frozenset(blocker.code.partition(".")[0] for blocker in course.blockers(now)) - _SAID_ALREADY
    if course.session is None or course.session.stage not in {Stage.CHECKED_IN, Stage.CLEARED}:
        return groups
    return (groups & _OF_THE_VISIT) | ({"papers"} if groups - _OF_THE_VISIT else set())
