"""Whereabouts: a patient who leaves before discharge, comes back, or is handed over to an ambulance or a hospital.

Nobody is asked to measure a patient who is not there. Somebody looks for one who left: the escalation goes on until a
human resolves it, and the discharge stays due. After a handover the clinic watches no more, and calls as after any
session.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from domain.course.event_rule import ALWAYS, DISCHARGED, SessionEventRule
from domain.course.rules import clearance, discharge, returning
from domain.course.rules.checkpoints import unsettled
from domain.course.session import HERE, Departure, MedicineSession, Stage
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import PatientHandedOver, PatientLeft, PatientReturned
from domain.values import Blocker, Severity

HANDED_OVER: Final = "the patient was handed over"
"""The reason of the hold after a handover."""

LEFT: Final = "the patient has left"
"""Why an overdue reading is no longer asked for."""


def leave(transition: Transition[Any], session: MedicineSession, fact: Departure, severity: Severity) -> bool:
    """Takes a departure, and has the patient looked for; False if they have been seen since.

    Undosed, they are no longer cleared; what became of that clearance is still asked. Of an absence that is known
    already people are told again if it is worse.
    """
    was_away = session.is_away
    gone = unsettled(session).but(departures=(*session.departures, fact))
    if gone.is_away and gone.stage is Stage.CLEARED:
        gone = gone.but(stage=Stage.CHECKED_IN)
    transition.keep(gone)
    if not gone.is_away:
        return False
    transition.settle(Kind.VITALS_OVERDUE, session.number, LEFT)
    if not was_away or severity is Severity.EMERGENCY:
        transition.escalate(Kind.LEFT_BEFORE_DISCHARGE, session.number, severity, fact.at)
    return True


def _leave(transition: Transition[Any], session: MedicineSession, event: PatientLeft) -> None:
    severity = Severity.URGENT if session.doses else Severity.ROUTINE
    leave(transition, session, transition.recorded(event), severity)


def _is_away(_course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    yield from clearance.away_blockers(session, at)


def _not_away(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    others = (one for one in course.sessions if one is not session)
    is_elsewhere = any(one.was_under_way(at) for one in others)
    is_handed_over = session.handover is not None and session is course.session
    if is_elsewhere or not (session.was_away(at) or is_handed_over):
        yield Blocker(code="patient.not_away", message="Nobody said that the patient had left", absolute=True)


def _return(transition: Transition[Any], session: MedicineSession, event: PatientReturned) -> None:
    """Has the patient measured at once, and watched again; also one who had been sent home or lost."""
    transition.keep(unsettled(session).but(returns=(*session.returns, transition.recorded(event))))
    lost_at = returning.lost_at(session)
    is_found = lost_at is not None and event.time > lost_at
    if is_found or returning.has_gone(session, event.time):
        returning.watch_again(transition, session.number, event.time)


def _gone_from(
    course: CourseState, _rule: SessionEventRule[PatientReturned], event: PatientReturned
) -> MedicineSession | None:
    """The session that the patient had left, been handed over or sent home from by then; or the one under way.

    Of that they may have left without a word: it is told later.
    """
    gone = (
        one
        for one in course.newest_first
        if one.was_away(event.time)
        or ((lost_at := returning.lost_at(one)) is not None and lost_at <= event.time)
        or returning.has_gone(one, event.time)
    )
    here = (one for one in course.newest_first if one.was_under_way(event.time))
    return next(gone, None) or next(here, None)


def _hold(transition: Transition[Any], session: MedicineSession | None, event: PatientHandedOver) -> None:
    """Holds the course for a prescriber, who is told: who needs a hospital has had a serious event."""
    transition.hold(HANDED_OVER, event.time, is_safety=True)
    number = session.number if session is not None else event.data.session
    transition.escalate(Kind.ADVERSE_EVENT, number, Severity.EMERGENCY, event.time)


def _hand_over(transition: Transition[Any], session: MedicineSession, event: PatientHandedOver) -> None:
    if session.doses and (event.time < session.doses[-1].at or returning.is_seen_since(session, event.time)):
        # Who was dosed or measured after it is here, or here again: they are watched on.
        transition.keep(session.found_here())
        return
    handed_over = session.but(handover=transition.recorded(event))
    if session.doses:
        discharge.end(transition, handed_over, event.time)
    else:
        transition.keep(handed_over.but(stage=Stage.ABORTED))


GONE = SessionEventRule(event=PatientLeft, phases=ALWAYS, stages=HERE, standing=_is_away, apply=_leave)
BACK = SessionEventRule(
    event=PatientReturned,
    phases=ALWAYS,
    stages=HERE | DISCHARGED,
    standing=_not_away,
    place=_gone_from,
    apply=_return,
    needs_presence=True,
)
HANDED = SessionEventRule(
    event=PatientHandedOver,
    phases=ALWAYS,
    stages=HERE,
    judge=_hold,
    apply=_hand_over,
    may_be_outside=True,
)
RULES = (GONE, BACK, HANDED)
