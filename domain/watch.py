"""Whether somebody still watches over a dosed patient: what was to happen by itself, whether it did, what to do if not.

No heartbeat is written, for every dosed patient has one already: until her discharge her course always has a next
deadline, minutes away, and at the latest when it passes the course moves and its record with it. So does each
escalation of hers at its next step. Nothing moves where such a moment lies further back than a grace, and either nobody
answers for the course or escalation, or it answers that it has not moved itself.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.escalation import EscalationId
from domain.incident import Incident, raised
from domain.policy import Policy
from domain.values import CourseId, Frozen, Moment

UNBROKEN = timedelta(minutes=2)
"""Looks that lie further apart than this have missed something in between: the watch begins anew."""


class Visit(NamedTuple):
    """A dosed patient's session."""

    course_id: CourseId
    session: int


class Expected(Frozen):
    """What moves by itself at `moves_at` at the latest, as recorded: a dosed patient's course, or an escalation."""

    course_id: CourseId
    session: int
    moves_at: Moment
    escalation: EscalationId | None = None

    @property
    def visit(self) -> Visit:
        """Whose it is."""
        return Visit(self.course_id, self.session)


class Heard(Frozen):
    """The course or escalation itself was asked, and answers when it moves by itself; None for not at all."""

    moves_at: Moment | None


class Unanswered(Frozen):
    """The course or escalation was asked, and nobody answered for it."""


class Finding(StrEnum):
    """How a dosed patient is watched over, and why it is thought so.

    The record is `on_time`; or it is behind, and the course itself is on time (`record_behind`); or the course answers
    that it `stands_still` as the record says; or it is `unanswered` for.
    """

    ON_TIME = "on_time"
    RECORD_BEHIND = "record_behind"
    STANDS_STILL = "stands_still"
    UNANSWERED = "unanswered"

    @property
    def is_silent(self) -> bool:
        """Whether nobody would be woken for her."""
        return self in {Finding.STANDS_STILL, Finding.UNANSWERED}


class Look(Frozen):
    """When whoever watches looked, and since when there has been a watch without a break, whoever kept it."""

    looked_at: Moment
    watching_since: Moment


class Patience(Frozen):
    """How long what is overdue is waited for: `grace`, counted from no sooner than `since`."""

    grace: timedelta
    since: Moment | None

    def is_over(self, moves_at: datetime, now: datetime) -> bool:
        """Whether what was to move at that moment is given up at `now`. At the very end of the grace it is."""
        return max(moves_at, self.since or moves_at) + self.grace <= now


class Raise(Frozen):
    """Nobody watches over her: a new alarm."""

    incident: Incident
    finding: Finding


class Settle(Frozen):
    """The alarm is over."""

    id: EscalationId


Move = Raise | Settle


def look(last: Look | None, now: datetime) -> Look:
    """The look of `now` after the last one. After a break the watch begins anew, and gives what is overdue its time."""
    is_unbroken = last is not None and now - last.looked_at <= UNBROKEN
    return Look(looked_at=now, watching_since=last.watching_since if last and is_unbroken else now)


def patience(look: Look, last: Incident | None, grace: timedelta) -> Patience:
    """How patient the watch is with a visit. An alarm that is open is not over because the watch was broken off."""
    return Patience(grace=grace, since=None if last and not last.is_resolved else look.watching_since)


def overdue(expected: Iterable[Expected], patient: Patience, now: datetime) -> tuple[Expected, ...]:
    """What the record shows as not having moved in time: to be asked for."""
    return tuple(one for one in expected if patient.is_over(one.moves_at, now))


def finding(answers: Sequence[Heard | Unanswered], patient: Patience, now: datetime) -> Finding:
    """What the answers of one course come to, which was asked for all that its record shows as overdue."""
    if not answers:
        return Finding.ON_TIME
    if any(isinstance(one, Unanswered) for one in answers):
        return Finding.UNANSWERED
    moments = (one.moves_at for one in answers if isinstance(one, Heard))
    if any(moment is not None and patient.is_over(moment, now) for moment in moments):
        return Finding.STANDS_STILL
    return Finding.RECORD_BEHIND


def move(visit: Visit, found: Finding, last: Incident | None, policy: Policy, now: datetime) -> Move | None:
    """What follows for the visit, whose newest alarm so far is `last`; None where all stays as it is.

    Who resolves an alarm has looked at the patient, and is not called again before the policy's `resolve_within`.
    """
    if not found.is_silent:
        return Settle(id=last.id) if last and not last.is_resolved else None
    if last is None:
        return Raise(incident=raised(*visit, 1, now), finding=found)
    if not last.is_resolved or _is_looked_after(last, policy, now):
        return None
    return Raise(incident=raised(*visit, last.number + 1, now), finding=found)


def _is_looked_after(last: Incident, policy: Policy, now: datetime) -> bool:
    view = last.obligation.view
    assert view.resolved_at is not None
    return view.resolved_by is not None and now < view.resolved_at + policy.resolve_within
