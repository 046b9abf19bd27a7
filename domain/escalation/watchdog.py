"""Whether somebody still watches over a course: what was to happen by itself, whether it did, what to do if not.

No heartbeat is written, for every dosed patient has one already: until their discharge their course always has a next
deadline, minutes away, and at the latest when it passes the course moves and its record with it. So does each
escalation of theirs at its next step. Nothing moves where such a moment lies further back than a grace, and either
nobody answers for the course or escalation, or it answers that it has not moved itself. A course without a dosed
patient has such moments too, days away and waited for longer: see `domain/escalation/watchdog_rounds.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from domain.escalation.ids import EscalationId
from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog_alarm import WatchdogAlarm, raised
from domain.oncall.policy import Policy
from domain.values import CourseId, Frozen, Moment, Severity

UNBROKEN = timedelta(minutes=2)
"""Looks that lie further apart than this have missed something in between: the watch begins anew."""

GRACES_WITHOUT_A_DOSE: Final = 5
"""How many graces what is not urgent may stand still: ten minutes where a dosed patient is given two.

No dosed patient is behind it and its deadlines are days, so nothing is lost in ten minutes; and Temporal, the workers
or the machine can be started anew in that time without waking somebody at night for it.
"""


class WatchedSession(NamedTuple):
    """A dosed patient's session; without a session, all else of a course."""

    course_id: CourseId
    session: int | None


class ExpectedMove(Frozen):
    """What moves by itself at `moves_at` at the latest, as recorded: a course, or an escalation.

    `session` is its dosed patient's, None where there is none or a routine escalation waits. `policy` is the severity
    by whose policy an escalation pages.
    """

    course_id: CourseId
    session: int | None
    moves_at: Moment
    escalation: EscalationId | None = None
    policy: Severity | None = None

    @property
    def visit(self) -> WatchedSession:
        """Whose it is."""
        return WatchedSession(self.course_id, self.session)

    @property
    def severity(self) -> Severity:
        """How much it wants a human where it is silent: a dosed patient and an emergency cannot wait."""
        is_hasty = self.session is not None or self.policy is Severity.EMERGENCY
        return Severity.EMERGENCY if is_hasty else Severity.URGENT

    def grace(self, grace: timedelta) -> timedelta:
        """How long it may stand still where a dosed patient's course may for `grace`."""
        return grace if self.severity is Severity.EMERGENCY else grace * GRACES_WITHOUT_A_DOSE


class Suspect(Frozen):
    """A course or an escalation of which Temporal itself says that its workflow fails again and again, or has ended."""

    course_id: CourseId
    escalation: EscalationId | None = None
    is_ended: bool = False


class NextMove(Frozen):
    """The course or escalation itself was asked, and answers when it moves by itself; None for not at all."""

    moves_at: Moment | None


class NoAnswer(Frozen):
    """The course or escalation was asked, and nobody answered for it; why, as far as Temporal itself knows."""

    why: SilenceReason = SilenceReason.UNANSWERED


class Tick(Frozen):
    """When whoever watches looked, and since when there has been a watch without a break, whoever kept it."""

    looked_at: Moment
    watching_since: Moment


class OverduePolicy(Frozen):
    """How long what is overdue is waited for: `grace`, counted from no sooner than `since`."""

    grace: timedelta
    since: Moment | None

    def is_over(self, moves_at: datetime, now: datetime) -> bool:
        """Whether what was to move at that moment is given up at `now`. At the very end of the grace it is."""
        return max(moves_at, self.since or moves_at) + self.grace <= now


class RaiseAlarm(Frozen):
    """Nobody watches over the course: a new alarm."""

    incident: WatchdogAlarm
    finding: SilenceReason


class SettleAlarm(Frozen):
    """The alarm is over."""

    id: EscalationId


Move = RaiseAlarm | SettleAlarm


def look(last: Tick | None, now: datetime) -> Tick:
    """The look of `now` after the last one. After a break the watch begins anew, and gives what is overdue its time."""
    is_unbroken = last is not None and now - last.looked_at <= UNBROKEN
    return Tick(looked_at=now, watching_since=last.watching_since if last and is_unbroken else now)


def patience(look: Tick, last: WatchdogAlarm | None, grace: timedelta) -> OverduePolicy:
    """How patient the watch is with a visit. An alarm that is open is not over because the watch was broken off."""
    return OverduePolicy(grace=grace, since=None if last and not last.is_resolved else look.watching_since)


def overdue(expected: Iterable[ExpectedMove], patient: OverduePolicy, now: datetime) -> tuple[ExpectedMove, ...]:
    """What the record shows as not having moved in time: to be asked for."""
    return tuple(one for one in expected if patient.is_over(one.moves_at, now))


def finding(answers: Sequence[NextMove | NoAnswer], patient: OverduePolicy, now: datetime) -> SilenceReason:
    """What the answers of one course come to, which was asked for all that its record shows as overdue."""
    if not answers:
        return SilenceReason.ON_TIME
    if silent := [one.why for one in answers if isinstance(one, NoAnswer)]:
        return max(silent, key=lambda why: why.rank)
    moments = (one.moves_at for one in answers if isinstance(one, NextMove))
    if any(moment is not None and patient.is_over(moment, now) for moment in moments):
        return SilenceReason.STANDS_STILL
    return SilenceReason.RECORD_BEHIND


def move(
    visit: WatchedSession,
    found: SilenceReason,
    last: WatchdogAlarm | None,
    policy: Policy,
    now: datetime,
    *,
    of: EscalationId | None = None,
) -> Move | None:
    """What follows for a dosed patient's visit, whose newest alarm so far is `last`; None where all stays as it is.

    Who resolves an alarm has looked at the patient, and is not called again before the policy's `resolve_within`.
    """
    if not found.is_silent:
        return SettleAlarm(id=last.id) if last and not last.is_resolved else None
    if last is None:
        return RaiseAlarm(incident=raised(*visit, 1, now, found=found, of=of), finding=found)
    if not last.is_resolved or is_looked_after(last, policy, now):
        return None
    return RaiseAlarm(incident=raised(*visit, last.number + 1, now, found=found, of=of), finding=found)


def is_looked_after(last: WatchdogAlarm, policy: Policy, now: datetime) -> bool:
    """Whether somebody has resolved this alarm, so lately that they still see to what it was about."""
    view = last.escalation.view
    is_by_somebody = view.resolved_by is not None and view.resolved_at is not None
    return is_by_somebody and now < view.resolved_at + policy.resolve_within  # type: ignore[operator]
