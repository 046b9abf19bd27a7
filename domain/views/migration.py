"""What changes for one running course when it goes over to another version of its protocol."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple, TypeVar

from domain.course.course import Course
from domain.course.deadlines import DeadlineKind
from domain.course.state import Outcome, Phase
from domain.escalation.messages import Kind
from domain.events.clinic_events import ProtocolMigrated
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import Refusal, RefusalCode, Refused
from domain.values import Blocker, Frozen, Moment, Severity
from domain.views.course import CourseView, DeadlineView, course_view

T = TypeVar("T")


class DeadlineMoved(Frozen):
    """A deadline that is due at another moment: `before` is None if it is new, `after` if it is gone."""

    kind: DeadlineKind
    session: int | None
    subject: str | None
    before: Moment | None = None
    after: Moment | None = None


class CheckpointMoved(Frozen):
    """A checkpoint of a patient who is still watched: due from now on, or no more."""

    session: int
    due_at: Moment
    is_gone: bool = False


class CalledFor(Frozen):
    """Somebody who is called for at once: something is overdue by the new version."""

    kind: Kind
    session: int | None
    severity: Severity


class MigrationEffect(Frozen):
    """What the new version changes: in the way of the next step, in what is due, and in whom it calls for at once.

    `phase` and `outcome` are those that the course comes to, where it does not stay as it is; `sessions_planned` are
    how many there were to be, and how many there are.
    """

    phase: Phase | None = None
    outcome: Outcome | None = None
    sessions_planned: tuple[int, int] | None = None
    blockers_added: tuple[Blocker, ...] = ()
    blockers_gone: tuple[Blocker, ...] = ()
    deadlines: tuple[DeadlineMoved, ...] = ()
    checkpoints: tuple[CheckpointMoved, ...] = ()
    calls: tuple[CalledFor, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether nothing changes but the version."""
        return self == MigrationEffect()


def migration_effect(before: CourseView, after: CourseView) -> MigrationEffect:
    """The difference between the course as it is and as it is under the new version.

    Of a blocker that is there in both, the values that it names may differ: it is no change.
    """
    was, now = ({one.code for one in view.blockers} for view in (before, after))
    planned = before.planned_sessions, after.planned_sessions
    known = {one.id for one in before.escalations}
    return MigrationEffect(
        phase=after.phase if after.phase is not before.phase else None,
        outcome=after.outcome if after.outcome is not before.outcome else None,
        sessions_planned=planned if planned[0] != planned[1] else None,
        blockers_added=tuple(one for one in after.blockers if one.code not in was),
        blockers_gone=tuple(one for one in before.blockers if one.code not in now),
        deadlines=tuple(_deadlines(before.deadlines, after.deadlines)),
        checkpoints=tuple(_checkpoints_moved(_checkpoints(before), _checkpoints(after))),
        calls=tuple(
            CalledFor(kind=one.kind, session=one.session, severity=one.severity)
            for one in after.escalations
            if one.id not in known
        ),
    )


class Foreseen(Frozen):
    """What a migration would change, were it reported at a moment.

    With a `refusal` it would not be accepted; the effect is then what it would be if it were, and None where the course
    cannot be told under that version at all.
    """

    version: str
    refusal: Refusal | None = None
    before: CourseView | None = None
    effect: MigrationEffect | None = None


def foreseen(course: Course, event: ProtocolMigrated, at: datetime, offered: PinnedProtocol | None) -> Foreseen:
    """Decides on the migration and changes nothing. What is overdue by then passes before it, and at once after it."""
    now = course.pass_deadlines(at).course
    refusal = None
    try:
        now.check(event, at, offered)
    except Refused as refused:
        refusal = refused.refusal
    told = Foreseen(version=now.protocol.version, refusal=refusal)
    if offered is None or (refusal is not None and refusal.code is not RefusalCode.BLOCKED):
        return told
    then = now.accepted(event, at, offered).course.pass_deadlines(at).course
    before = course_view(now, at)
    return told.but(before=before, effect=migration_effect(before, course_view(then, at)))


class _Named(NamedTuple):
    kind: DeadlineKind
    session: int | None
    subject: str | None


def _deadlines(before: Iterable[DeadlineView], after: Iterable[DeadlineView]) -> Iterator[DeadlineMoved]:
    """The deadlines that are in one only, or at another moment in each."""
    was, now = _by_name(before), _by_name(after)
    for name in dict.fromkeys((*now, *was)):
        old, new = was.get(name, []), now.get(name, [])
        for gone, come in zip_longest(_without(old, new), _without(new, old)):
            yield DeadlineMoved(**name._asdict(), before=gone, after=come)


def _by_name(deadlines: Iterable[DeadlineView]) -> dict[_Named, list[Moment]]:
    found: dict[_Named, list[Moment]] = {}
    for one in deadlines:
        found.setdefault(_Named(one.kind, one.session, one.subject), []).append(one.due_at)
    return found


def _without(some: list[T], others: list[T]) -> list[T]:
    return [one for one in some if one not in others]


def _checkpoints_moved(was: list[tuple[int, Moment]], now: list[tuple[int, Moment]]) -> Iterator[CheckpointMoved]:
    for number, due_at in _without(now, was):
        yield CheckpointMoved(session=number, due_at=due_at)
    for number, due_at in _without(was, now):
        yield CheckpointMoved(session=number, due_at=due_at, is_gone=True)


def _checkpoints(view: CourseView) -> list[tuple[int, Moment]]:
    return [
        (session.number, checkpoint.due_at)
        for session in view.sessions
        if session.doses and session.ended_at is None
        for checkpoint in session.checkpoints
    ]
