"""Vital sign readings: stores a reading, opens escalations by its verdict, and settles checkpoints."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.course.event_rule import ANY_PHASE, MONITORED, SessionEventRule
from domain.course.rules import checkpoints, vitals
from domain.course.rules.vitals import verdict
from domain.course.state import CourseState, MedicineSession, Stage
from domain.course.transition import Transition
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import Kind
from domain.events.clinic_events import VitalsRecorded
from domain.values import Blocker, Severity


def _after_discharge(_course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    if session.discharge is not None and at > session.discharge.at:
        yield Blocker(
            code="session.discharged",
            message=f"The patient was discharged from session {session.number} before this reading",
            absolute=True,
        )


def _read(transition: Transition[Any], before: MedicineSession, event: VitalsRecorded) -> None:
    """Judges the reading, and again those after it whose verdict it changes: it may have arrived late."""
    protocol, arrived = transition.course.protocol, transition.fact(event)
    place = before.place_of(arrived)
    session = checkpoints.unsettled_by(before, event.time).but(
        readings=(*before.readings[:place], arrived, *before.readings[place:])
    )
    transition.keep(session)
    transition.verdict = verdict(protocol, session, arrived)
    for reading in (arrived, *vitals.judged_anew(before, session, arrived)):
        is_known = reading is not arrived
        was = verdict(protocol, before, reading).severity if is_known else VerdictSeverity.NORMAL
        now = verdict(protocol, session, reading).severity if is_known else transition.verdict.severity
        if now.pages_as is not None and now.rank > was.rank:
            kind = Kind.VITALS_EMERGENCY if now is VerdictSeverity.EMERGENCY else Kind.VITALS_URGENT
            transition.escalate(kind, session.number, now.pages_as, reading.at)
        was_not_falling = is_known and vitals.is_not_falling(protocol, before, reading)
        if session.is_monitored and not was_not_falling and vitals.is_not_falling(protocol, session, reading):
            transition.escalate(Kind.BLOOD_PRESSURE_NOT_FALLING, session.number, Severity.URGENT, reading.at)
    if not checkpoints.is_overdue(protocol.medicine.checkpoints, session, transition.course.passed):
        transition.settle(Kind.VITALS_OVERDUE, session.number)
    settle_checkpoints(transition, session.number)


def settle_checkpoints(transition: Transition[Any], number: int) -> None:
    """Settles the session's finished checkpoints, so that later decisions need not compute them again."""
    session = transition.course.session_numbered(number)
    if session is not None and session.is_monitored:
        settled = checkpoints.settle(transition.course.protocol.medicine.checkpoints, session, transition.course.passed)
        if settled is not session:
            transition.keep(settled)


READ = SessionEventRule(
    event=VitalsRecorded,
    phases=ANY_PHASE,
    # A discharged patient's readings may arrive late; one who was sent away undosed may still be here and unwell.
    stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, *MONITORED, Stage.DISCHARGED, Stage.ABORTED}),
    standing=_after_discharge,
    apply=_read,
)
RULES = (READ,)
