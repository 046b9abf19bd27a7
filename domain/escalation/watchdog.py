"""Rules of the watchdog: which courses and escalations have missed their next move, and when to raise an alarm.

No heartbeat is needed, for every dosed patient has one already: until discharge their course always has a deadline
minutes away, and when it passes the course moves, and its record with it. So does each of its escalations at its next
step. A course or escalation is silent if such a moment passed more than a grace ago, and it either does not answer or
answers that it has not moved. A course without a dosed patient has such moments too, days away and with a longer grace:
see `domain/escalation/watchdog_rounds.py`.
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
"""Longest gap between two ticks. After a longer one the watchdog counts as interrupted and starts afresh."""

CLOCKS_DIFFER: Final = timedelta(minutes=2)
"""Most that the clock of who answered an alarm may be ahead of the watchdog's."""

GRACES_WITHOUT_A_DOSE: Final = 5
"""How many graces to wait where no dosed patient is concerned: ten minutes, where a dosed patient's course gets two.

Its deadlines are days away, so nothing is lost in ten minutes; and Temporal, the workers or the machine can be
restarted in that time without waking somebody at night.
"""


class WatchedSession(NamedTuple):
    """What the watchdog watches: a dosed patient's session, or with `session` None all else of a course."""

    course_id: CourseId
    session: int | None


class ExpectedMove(Frozen):
    """A course or escalation that must move by itself by `moves_at`, as recorded.

    `session` is its dosed patient's; None if there is none or it is a routine escalation. An escalation follows the
    policy of severity `policy`.
    """

    course_id: CourseId
    session: int | None
    moves_at: Moment
    escalation: EscalationId | None = None
    policy: Severity | None = None

    @property
    def visit(self) -> WatchedSession:
        """The session, or rest of a course, that it belongs to."""
        return WatchedSession(self.course_id, self.session)

    @property
    def severity(self) -> Severity:
        """The alarm's severity if it is silent: emergency for a dosed patient or an emergency, else urgent."""
        is_hasty = self.session is not None or self.policy is Severity.EMERGENCY
        return Severity.EMERGENCY if is_hasty else Severity.URGENT

    def grace(self, grace: timedelta) -> timedelta:
        """How long it may stand still, given the `grace` of a dosed patient's course."""
        return grace if self.severity is Severity.EMERGENCY else grace * GRACES_WITHOUT_A_DOSE


class Suspect(Frozen):
    """A course or escalation whose workflow, according to Temporal, keeps failing or has ended."""

    course_id: CourseId
    escalation: EscalationId | None = None
    is_ended: bool = False


class NextMove(Frozen):
    """The answer of a course or escalation: when it next moves by itself; None for never."""

    moves_at: Moment | None


class NoAnswer(Frozen):
    """The course or escalation did not answer; `why`, as far as Temporal knows."""

    why: SilenceReason = SilenceReason.UNANSWERED


class Tick(Frozen):
    """One tick of the watchdog: when it looked, and since when ticks have come without a break, from any process."""

    looked_at: Moment
    watching_since: Moment


class OverduePolicy(Frozen):
    """How long an overdue move is waited for: `grace`, counted from `since` at the earliest."""

    grace: timedelta
    since: Moment | None

    def is_over(self, moves_at: datetime, now: datetime) -> bool:
        """Whether the wait for a move due at that moment is over at `now`. At the exact end of the grace it is."""
        return max(moves_at, self.since or moves_at) + self.grace <= now


class RaiseAlarm(Frozen):
    """A new alarm is to be raised: the course is silent."""

    incident: WatchdogAlarm
    finding: SilenceReason


class SettleAlarm(Frozen):
    """An alarm is to be resolved: the course moves again."""

    id: EscalationId


Move = RaiseAlarm | SettleAlarm


def look(last: Tick | None, now: datetime) -> Tick:
    """The tick of `now` after the last one. After a break, overdue moves get their full grace again."""
    is_unbroken = last is not None and now - last.looked_at <= UNBROKEN
    # Nobody watches from a moment to come: whoever wrote that would have nobody called for what is overdue.
    return Tick(looked_at=now, watching_since=min(last.watching_since, now) if last and is_unbroken else now)


def patience(look: Tick, last: WatchdogAlarm | None, grace: timedelta) -> OverduePolicy:
    """The overdue policy of a session. While its alarm is open, a break of the watchdog grants no new grace."""
    return OverduePolicy(grace=grace, since=None if last and not last.is_resolved else look.watching_since)


def overdue(expected: Iterable[ExpectedMove], patient: OverduePolicy, now: datetime) -> tuple[ExpectedMove, ...]:
    """The moves that are overdue as recorded; each must be asked for its state."""
    return tuple(one for one in expected if patient.is_over(one.moves_at, now))


def finding(answers: Sequence[NextMove | NoAnswer], patient: OverduePolicy, now: datetime) -> SilenceReason:
    """The finding from the answers of one course, which was asked about everything its record shows as overdue."""
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
    """The alarm to raise or resolve for a dosed patient's session, whose newest alarm is `last`; None for no change.

    Whoever resolves an alarm has looked at the patient, so no new one is raised within `resolve_within`.
    """
    if not found.is_silent:
        return SettleAlarm(id=last.id) if last and not last.is_resolved else None
    if last is None:
        return RaiseAlarm(incident=raised(*visit, 1, now, found=found, of=of), finding=found)
    if not last.is_resolved or is_looked_after(last, policy, now):
        return None
    return RaiseAlarm(incident=raised(*visit, last.number + 1, now, found=found, of=of), finding=found)


def is_looked_after(last: WatchdogAlarm, policy: Policy, now: datetime) -> bool:
    """Whether a person has resolved this alarm less than `resolve_within` ago, and not at a moment to come."""
    view = last.escalation.view
    if view.resolved_by is None or view.resolved_at is None:
        return False
    return now - policy.resolve_within < view.resolved_at <= now + CLOCKS_DIFFER
