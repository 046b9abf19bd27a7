"""Vital sign readings: stores a reading, opens escalations by its verdict, and settles checkpoints."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.course.event_rule import ALWAYS, MONITORED, SessionEventRule
from domain.course.rules import checkpoints, returning, suicidality, symptoms, vitals
from domain.course.rules.returning import belongs
from domain.course.rules.vitals import verdict
from domain.course.session import MedicineSession, Reading, ReadingSeries, Stage
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import Kind
from domain.events.clinic_events import VitalsRecorded
from domain.values import Blocker, Severity


def _long_discharged(_course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    if not belongs(session, at):
        yield Blocker(
            code="session.discharged",
            message=f"The patient was discharged from session {session.number} long before this reading",
            absolute=True,
        )


def _session_of_reading(
    course: CourseState, _rule: SessionEventRule[VitalsRecorded], event: VitalsRecorded
) -> MedicineSession | None:
    """The session that was under way, or from which the patient has only just gone."""
    under_way = next((one for one in course.newest_first if one.was_under_way(event.time)), None)
    return under_way or returning.just_gone(course, event.time)


def _read(transition: Transition[Any], before: MedicineSession, event: VitalsRecorded) -> None:
    """Judges the reading, and again those after it whose verdict it changes: it may have arrived late."""
    if not belongs(before, event.time):
        _read_outside(transition, event)
        return
    rules, arrived = transition.course.protocol.medicine.checkpoints, transition.recorded(event)
    asked_anew = checkpoints.unsettled(before) if before.is_away else checkpoints.unsettled_by(before, event.time)
    session = asked_anew.with_reading(arrived)
    transition.keep(session)
    _judge(transition, before, session, arrived, session.number)
    returning.after_reading(transition, session.number, arrived)
    session = transition.course.session_numbered(session.number) or session
    if not checkpoints.is_overdue(rules, session, transition.course.passed):
        transition.settle(Kind.VITALS_OVERDUE, session.number)
    settle_checkpoints(transition, session.number)


def _read_outside(transition: Transition[Any], event: VitalsRecorded) -> None:
    before, arrived = transition.course.outside, transition.recorded(event)
    outside = before.with_reading(arrived)
    transition.change(outside=outside)
    _judge(transition, before, outside, arrived, None)


def with_earlier_told(transition: Transition[Any], session: MedicineSession) -> MedicineSession:
    """The session with its readings that were told before anything else of the visit: they are outside no more."""
    outside = transition.course.outside
    of_it = tuple(reading for reading in outside.readings if session.was_under_way(reading.at))
    if not of_it:
        return session
    left = tuple(reading for reading in outside.readings if not session.was_under_way(reading.at))
    transition.change(outside=outside.but(readings=left))
    return session.with_readings(of_it)


def _judge(
    transition: Transition[Any], before: ReadingSeries, series: ReadingSeries, arrived: Reading, number: int | None
) -> None:
    """Takes the verdict on the reading that arrived, and escalates it, and what it makes worse of later ones."""
    protocol = transition.course.protocol
    transition.verdict = verdict(protocol, series, arrived)
    suicidality.tell_of_symptoms(transition, arrived.data.symptoms, arrived.at)
    if symptoms.told_as(transition.verdict) is Severity.ROUTINE:
        transition.escalate(Kind.ADVERSE_EVENT, number, Severity.ROUTINE, arrived.at)
    for reading in (arrived, *vitals.judged_anew(protocol, before, series, arrived)):
        is_known = reading is not arrived
        was = verdict(protocol, before, reading).severity if is_known else VerdictSeverity.NORMAL
        now = verdict(protocol, series, reading).severity if is_known else transition.verdict.severity
        if now.pages_as is not None and now.rank > was.rank:
            kind = Kind.VITALS_EMERGENCY if now is VerdictSeverity.EMERGENCY else Kind.VITALS_URGENT
            transition.escalate(kind, number, now.pages_as, reading.at)
        was_not_falling = is_known and vitals.is_not_falling(protocol, before, reading)
        if series.is_monitored and not was_not_falling and vitals.is_not_falling(protocol, series, reading):
            transition.escalate(Kind.BLOOD_PRESSURE_NOT_FALLING, number, Severity.URGENT, reading.at)


def settle_checkpoints(transition: Transition[Any], number: int) -> None:
    """Settles the session's finished checkpoints, so that later decisions need not compute them again."""
    session = transition.course.session_numbered(number)
    if session is not None and session.is_monitored:
        settled = checkpoints.settle(transition.course.protocol.medicine.checkpoints, session, transition.course.passed)
        if settled is not session:
            transition.keep(settled)


READ = SessionEventRule(
    event=VitalsRecorded,
    phases=ALWAYS,
    # A discharged patient's readings may arrive late; one who was sent away undosed may still be here and unwell.
    stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, *MONITORED, Stage.DISCHARGED, Stage.ABORTED}),
    standing=_long_discharged,
    place=_session_of_reading,
    apply=_read,
    apply_outside=_read_outside,
    may_be_outside=True,
    needs_presence=True,
)
RULES = (READ,)
