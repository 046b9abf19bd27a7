"""Summarises how a course ended, from the system's own views, and compares that with the script."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain

from domain.course.rules.checkpoints import CheckpointStatus
from domain.course.session import Stage
from domain.course.state import Outcome
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import EscalationState, EscalationView, Kind
from domain.ledger import Entry
from domain.protocol.instruments import PHQ9
from domain.values import CourseId, Frozen, PersonId
from domain.views.course import CourseView
from domain.views.session import SessionView

SEVERE_SYSTOLIC, SEVERE_DIASTOLIC = 180, 110
"""A session with a reading above either counts as severely hypertensive (CLINICAL.md 3.1, S22)."""


class Call(Frozen):
    """One escalation: whom its pages reached, in order, once for each page, and who answered."""

    kind: Kind
    paged: tuple[PersonId, ...]
    answered_by: PersonId | None


class Rise(Frozen):
    """The reading at `after` the dose minus the one before the dose, in mmHg."""

    after: timedelta
    systolic: int
    diastolic: int


class Ending(Frozen):
    """How a course ended.

    A checkpoint whose reading came after its grace, or never, is late. `answered_after` is the time from an
    escalation's opening to somebody's answer. `happened` are the types of the ledger's entries, in the order in which
    each came first. `severe` counts the sessions with a reading above 180/110.
    """

    course_id: CourseId
    outcome: Outcome | None
    sessions: int
    on_time: int
    late: int
    warned: bool
    calls: tuple[Call, ...]
    answered_after: tuple[timedelta, ...]
    unresolved: int
    overrides: tuple[str, ...]
    happened: tuple[str, ...]
    phq9: tuple[int, int] | None
    rises: tuple[Rise, ...]
    severe: int

    @property
    def pages(self) -> int:
        """How many pages reached somebody."""
        return sum(len(call.paged) for call in self.calls)


class ExpectedEnding(Frozen):
    """How a script must end. If its days are left to chance, only the outcome is known in advance."""

    outcome: Outcome
    late: int = 0
    warned: bool = False
    calls: tuple[Call, ...] = ()
    overrides: tuple[str, ...] = ()
    happened: tuple[str, ...] = ()
    is_left_to_chance: bool = False


def ending(view: CourseView, escalations: Sequence[EscalationView], ledger: Sequence[Entry]) -> Ending:
    """The ending of this course, from its view, all its escalations and its whole ledger."""
    statuses = [checkpoint.status for session in view.sessions for checkpoint in session.checkpoints]
    readings = chain.from_iterable(session.readings for session in view.sessions)
    in_order = sorted(escalations, key=lambda one: one.opened_at)
    totals = [int(one.score) for one in view.measures if one.instrument == PHQ9 and one.score is not None]
    return Ending(
        course_id=view.course_id,
        outcome=view.outcome,
        sessions=sum(session.stage is Stage.DISCHARGED for session in view.sessions),
        on_time=statuses.count(CheckpointStatus.MET),
        late=statuses.count(CheckpointStatus.LATE) + statuses.count(CheckpointStatus.MISSED),
        warned=any(reading.verdict.severity is not VerdictSeverity.NORMAL for reading in readings),
        calls=tuple(_call(one) for one in in_order),
        answered_after=tuple(
            one.acknowledged_at - one.opened_at for one in in_order if one.acknowledged_at is not None
        ),
        unresolved=sum(one.state is not EscalationState.RESOLVED for one in escalations),
        overrides=tuple(one.code for one in view.overrides),
        happened=tuple(dict.fromkeys(entry.type for entry in ledger)),
        phq9=(totals[0], totals[-1]) if totals else None,
        rises=tuple(chain.from_iterable(_rises(session) for session in view.sessions)),
        severe=sum(_is_severe(session) for session in view.sessions),
    )


def _call(one: EscalationView) -> Call:
    # Pages of one step are sent at once, so that either may be recorded first.
    pages = sorted((page for page in one.pages if page.ok), key=lambda page: (page.at, page.person))
    return Call(kind=one.kind, paged=tuple(page.person for page in pages), answered_by=one.acknowledged_by)


def _rises(session: SessionView) -> Iterator[Rise]:
    if not session.doses:
        return
    dosed_at = session.doses[0].at
    before = [reading for reading in session.readings if reading.at < dosed_at][-1].vitals
    readings = {reading.at: reading.vitals for reading in session.readings}
    for checkpoint in session.checkpoints:
        if checkpoint.reading_at is not None:
            now = readings[checkpoint.reading_at]
            systolic = _difference(now.systolic, before.systolic)
            diastolic = _difference(now.diastolic, before.diastolic)
            if systolic is not None and diastolic is not None:
                yield Rise(after=checkpoint.due_at - dosed_at, systolic=systolic, diastolic=diastolic)


def _difference(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


def _is_severe(session: SessionView) -> bool:
    return any(
        (reading.vitals.systolic or 0) > SEVERE_SYSTOLIC or (reading.vitals.diastolic or 0) > SEVERE_DIASTOLIC
        for reading in session.readings
    )


def differences(expected: ExpectedEnding, found: Ending) -> tuple[str, ...]:
    """Deviations from the script, each as a sentence; empty if there are none."""
    return tuple(_differences(expected, found))


def _differences(expected: ExpectedEnding, found: Ending) -> Iterator[str]:
    if found.outcome is not expected.outcome:
        yield f"it ended {found.outcome or 'not at all'}; must be {expected.outcome}"
    if not expected.is_left_to_chance:
        yield from _scripted_differences(expected, found)
    if found.unresolved:
        yield f"unresolved escalations: {found.unresolved}"


def _scripted_differences(expected: ExpectedEnding, found: Ending) -> Iterator[str]:
    if found.late != expected.late:
        yield f"late checkpoints: {found.late}; must be {expected.late}"
    if found.warned is not expected.warned:
        yield "there must be a warning" if expected.warned else "there must be no warning"
    if found.calls != expected.calls:
        yield f"called: {_told(found.calls)}; must be {_told(expected.calls)}"
    if found.overrides != expected.overrides:
        yield f"overridden: {_listed(found.overrides)}; must be {_listed(expected.overrides)}"
    if missing := [name for name in expected.happened if name not in found.happened]:
        yield f"not in the ledger: {_listed(missing)}"


def _told(calls: Sequence[Call]) -> str:
    return (
        "; ".join(f"{one.kind} paged {_listed(one.paged)}, answered by {one.answered_by}" for one in calls) or "nobody"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
