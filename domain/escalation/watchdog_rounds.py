"""The watchdog's rounds over courses without a dosed patient: which silent ones get an alarm, and how many.

If Temporal or all workers are away, every due course is silent for one reason, so one alarm stands for all of them. A
fault of one course alone gets its own alarm, up to a limit: a faulty release fails everywhere at once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from domain.escalation.ids import EscalationId
from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog import (
    ExpectedMove,
    Move,
    NextMove,
    NoAnswer,
    RaiseAlarm,
    SettleAlarm,
    Tick,
    WatchedSession,
    finding,
    is_looked_after,
    patience,
)
from domain.escalation.watchdog_alarm import WatchdogAlarm, raised
from domain.oncall.policy import Policy
from domain.oncall.rota import next_opening
from domain.values import Severity

MOST_OF_THEIR_OWN: Final = 5
"""Most courses that have their own alarm at once; the one alarm for all stands for the rest."""

Policies = Mapping[Severity, Policy]


class Asked(NamedTuple):
    """A course or escalation that was asked, and its answer."""

    expected: ExpectedMove
    answer: NextMove | NoAnswer


class Judged(NamedTuple):
    """The finding for a session or rest of a course: of which escalation, how severe, and due since when.

    `is_known`: Temporal has ended it, and somebody has resolved the alarm for that already.
    """

    visit: WatchedSession
    found: SilenceReason
    of: EscalationId | None
    severity: Severity
    since: datetime
    is_known: bool = False

    @property
    def wants_somebody(self) -> bool:
        """Whether it needs an alarm, new or still open."""
        return self.found.is_silent and not self.is_known


class Measure(NamedTuple):
    """What the watchdog judges by: its tick, the grace of a dosed patient, each severity's policy."""

    look: Tick
    grace: timedelta
    policies: Policies


def newest(alarms: Iterable[WatchdogAlarm]) -> dict[WatchedSession, WatchdogAlarm]:
    """The newest alarm of each session or rest of a course."""
    found: dict[WatchedSession, WatchdogAlarm] = {}
    for one in alarms:
        visit = _visit(one)
        if visit not in found or found[visit].number < one.number:
            found[visit] = one
    return found


def is_late(one: ExpectedMove, last: WatchdogAlarm | None, by: Measure) -> bool:
    """Whether it is overdue as recorded. What pages only within a policy's hours is not late before they begin."""
    hours = by.policies[one.policy].hours if one.policy else None
    patient = patience(by.look, last, one.grace(by.grace))
    return patient.is_over(next_opening(hours, one.moves_at), by.look.looked_at)


def judged(
    visit: WatchedSession, asked: Sequence[Asked], alarms: Sequence[WatchdogAlarm], by: Measure, now: datetime
) -> Judged:
    """The finding from the answers: on time if nothing was asked, else the worst that nobody has handled yet."""
    theirs = [one for one in alarms if _visit(one) == visit]
    known = {
        one.of for one in theirs if one.found is SilenceReason.ENDED and one.escalation.view.resolved_by is not None
    }
    last = newest(theirs).get(visit)
    each = [_one(visit, one, _found(one, last, by, now), known) for one in asked]
    if not each:
        return Judged(visit, SilenceReason.ON_TIME, None, Severity.URGENT, now)
    worst = max(each, key=lambda one: (one.wants_somebody, one.found.rank, one.of is None))
    silent = [one for one in each if one.wants_somebody]
    return worst._replace(
        severity=max((one.severity for one in silent), key=_rank, default=Severity.URGENT),
        since=min(one.since for one in each),
    )


def _one(visit: WatchedSession, asked: Asked, found: SilenceReason, known: Collection[EscalationId | None]) -> Judged:
    one = asked.expected
    is_known = found is SilenceReason.ENDED and one.escalation in known
    return Judged(visit, found, one.escalation, one.severity, one.moves_at, is_known)


def moves(
    every: Sequence[Judged], alarms: Sequence[WatchdogAlarm], policies: Policies, now: datetime
) -> tuple[Move, ...]:
    """The alarms to raise and resolve after a round; `alarms` are the open and the recently resolved alarms."""
    last = newest(alarms)
    open_now = [one for one in last.values() if not one.is_resolved]
    theirs = {one.visit: one for one in every}
    room = MOST_OF_THEIR_OWN - sum(not one.is_for_all for one in open_now)
    wanting = sorted(
        (one for one in every if one.found.is_its_own and _is_to_be_told(one, last.get(one.visit), policies, now)),
        key=lambda one: (-_rank(one.severity), one.since, one.visit),
    )
    told, left = wanting[: max(room, 0)], wanting[max(room, 0) :]
    in_common = [*(one for one in every if one.found is SilenceReason.UNANSWERED), *left]
    # Those without an alarm of their own include the one that the alarm for all is raised on.
    has_room = room > len(told)
    settled = [
        SettleAlarm(id=one.id)
        for visit, one in last.items()
        if not one.is_resolved and _is_over(one, theirs.get(visit), in_common, has_room=has_room)
    ]
    own = [_raise(one, last.get(one.visit), now) for one in told]
    return (*settled, *own, *_for_all(in_common, alarms, last, policies, now))


def _found(one: Asked, last: WatchdogAlarm | None, by: Measure, now: datetime) -> SilenceReason:
    keeps_hours = one.expected.policy is not None and by.policies[one.expected.policy].hours is not None
    if keeps_hours and isinstance(one.answer, NextMove):
        # Its timer was set by the hours at that time: an edit of the hours since does not make it silent.
        return SilenceReason.RECORD_BEHIND
    return finding([one.answer], patience(by.look, last, one.expected.grace(by.grace)), now)


def _is_to_be_told(one: Judged, last: WatchdogAlarm | None, policies: Policies, now: datetime) -> bool:
    if not one.wants_somebody or (last is not None and not last.is_resolved):
        return False
    return last is None or not is_looked_after(last, policies[one.severity], now)


def _is_over(alarm: WatchdogAlarm, one: Judged | None, in_common: Sequence[Judged], *, has_room: bool) -> bool:
    moves_again = one is None or not one.wants_somebody
    return not in_common and (moves_again or has_room) if alarm.is_for_all else moves_again


def _for_all(
    in_common: Sequence[Judged],
    alarms: Sequence[WatchdogAlarm],
    last: Mapping[WatchedSession, WatchdogAlarm],
    policies: Policies,
    now: datetime,
) -> list[Move]:
    """One alarm for all of them, raised on the longest overdue of the most severe."""
    if not in_common:
        return []
    severity = max((one.severity for one in in_common), key=_rank)
    known = [one for one in alarms if one.is_for_all and _rank(one.escalation.view.severity) >= _rank(severity)]
    if any(not one.is_resolved or is_looked_after(one, policies[severity], now) for one in known):
        return []
    free = [
        one for one in in_common if one.severity is severity and (one.visit not in last or last[one.visit].is_resolved)
    ]
    if not free:
        return []
    chosen = min(free, key=lambda one: (one.since, one.visit))
    return [_raise(chosen, last.get(chosen.visit), now, is_for_all=True)]


def _raise(one: Judged, last: WatchdogAlarm | None, now: datetime, *, is_for_all: bool = False) -> RaiseAlarm:
    number = last.number + 1 if last else 1
    alarm = raised(
        one.visit.course_id,
        one.visit.session,
        number,
        now,
        severity=one.severity,
        found=one.found,
        of=one.of,
        is_for_all=is_for_all,
    )
    return RaiseAlarm(incident=alarm, finding=one.found)


def _visit(alarm: WatchdogAlarm) -> WatchedSession:
    view = alarm.escalation.view
    return WatchedSession(view.course_id, view.session)


def _rank(severity: Severity) -> int:
    return severity.rank
