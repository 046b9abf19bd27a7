"""Returning: a patient who was sent home, or handed over, and is ours to watch again."""

from datetime import datetime, timedelta
from typing import Any, Final

from domain.course.rules.signs import newest, value_of
from domain.course.state import MedicineSession, Reading, is_long_past
from domain.course.transition import Transition
from domain.course.verdict import VerdictSeverity
from domain.events.clinic_events import AdverseEventReported
from domain.protocol.model import Protocol, Vital
from domain.values import Role, Severity

COMES_BACK_WITHIN: Final = timedelta(days=1)
"""How long after discharge a patient still belongs to the session (S9: recurrences for up to a day)."""

AT_THE_CLINIC: Final = frozenset({Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST})
"""Who is with the patient during a session."""


def belongs(session: MedicineSession, at: datetime) -> bool:
    """Whether what happened then is still of this session: they had not gone, or only within the last day."""
    return session.ended is None or at <= session.ended.at + COMES_BACK_WITHIN


def has_gone(session: MedicineSession, at: datetime) -> bool:
    """Whether a dosed patient had been sent home or handed over from this session within the day before."""
    return bool(session.doses) and session.ended is not None and session.ended.at < at and belongs(session, at)


def watch_again(transition: Transition[Any], number: int, since: datetime) -> None:
    """Watches the patient of this session again, from that moment on: a reading is due then.

    Told long after, it is a gap in the record: nobody can be watched for it any more.
    """
    session = transition.course.session_numbered(number)
    if session is not None and session.death is None and not is_long_past(since, transition.now):
        transition.keep(session.watched_again(since, transition.now))


def after_event(transition: Transition[Any], event: AdverseEventReported, severity: Severity | None) -> None:
    """Watches a patient again who fares badly on the way home, as somebody tells who looks after them.

    That is for as long after their discharge as they are observed after a dose; later they are at home.
    """
    within = transition.course.protocol.medicine.minimum_observation
    if severity is None or severity.rank < Severity.URGENT.rank or event.data.actor.role not in AT_THE_CLINIC:
        return
    for session in transition.course.sessions:
        is_named = event.data.session in {None, session.number}
        ended = session.discharge
        if is_named and ended is not None and ended.at < event.time <= ended.at + within:
            watch_again(transition, session.number, event.time)


def after_reading(transition: Transition[Any], number: int, reading: Reading, severity: VerdictSeverity) -> None:
    """Watches a patient again whom this reading would have kept here, had it been known when they were sent home.

    It wants a second reading or a human, or is below what the discharge asks for. One that was taken before the
    discharge counts from when it was learned, unless they were measured since; one before a handover is why they went.
    """
    session = transition.course.session_numbered(number)
    if session is None or session.ended is None or not belongs(session, reading.at):
        return
    died_at = transition.course.died_at
    if died_at is not None and reading.at <= died_at:
        return
    is_since = reading.at > session.ended.at
    is_news = session.discharge is not None and reading.recorded_at > session.discharge.recorded_at
    if not is_since and not (is_news and _is_newest(session, reading)):
        return
    if severity.rank >= VerdictSeverity.RECHECK.rank or _is_below(transition.course.protocol, reading):
        watch_again(transition, number, reading.at if is_since else transition.now)


def _is_below(protocol: Protocol, reading: Reading) -> bool:
    least = {Vital.MOAAS: protocol.medicine.discharge.moaas_min, Vital.SPO2: protocol.medicine.discharge.spo2_min}
    return any((value := value_of(reading, vital)) is not None and value < low for vital, low in least.items())


def _is_newest(session: MedicineSession, reading: Reading) -> bool:
    """Whether some sign of it, or all that it tells of, has not been taken since."""
    taken = newest(session, session.readings[-1].at)
    return session.readings[-1] == reading or any(one == reading for one in taken.values())
