"""Returning: a patient who was sent home, or handed over, and is ours to watch again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from domain.course.rules.signs import newest, value_of
from domain.course.rules.vitals import verdict
from domain.course.session import MedicineSession, Reading, is_long_past
from domain.course.transition import Transition
from domain.course.verdict import VerdictSeverity
from domain.protocol.model import Protocol, Vital

COMES_BACK_WITHIN: Final = timedelta(days=1)
"""How long after discharge a patient still belongs to the session (S9: recurrences for up to a day)."""


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


def after_reading(transition: Transition[Any], number: int, reading: Reading) -> None:
    """Watches a patient again whom a reading would have kept here that was taken after they had gone."""
    session = transition.course.session_numbered(number)
    if (
        session is None
        or session.ended is None
        or not session.ended.at < reading.at
        or not belongs(session, reading.at)
    ):
        return
    died_at = transition.course.died_at
    if died_at is not None and reading.at <= died_at:
        return
    if would_keep(transition.course.protocol, session, reading) is not None:
        watch_again(transition, number, reading.at)


def would_keep(protocol: Protocol, session: MedicineSession, reading: Reading) -> VerdictSeverity | None:
    """The verdict on a reading with which nobody is sent home; None if it keeps nobody.

    It wants a second reading or a human, or is below what the discharge asks for.
    """
    severity = verdict(protocol, session, reading).severity
    is_kept = severity.rank >= VerdictSeverity.RECHECK.rank or _is_below(protocol, reading)
    return severity if is_kept else None


def last_readings(session: MedicineSession) -> Iterator[Reading]:
    """The last reading of the session, and of each sign the last one that has it."""
    if session.readings:
        last = session.readings[-1]
        yield from {id(one): one for one in (last, *newest(session, last.at).values())}.values()


def _is_below(protocol: Protocol, reading: Reading) -> bool:
    least = {Vital.MOAAS: protocol.medicine.discharge.moaas_min, Vital.SPO2: protocol.medicine.discharge.spo2_min}
    return any((value := value_of(reading, vital)) is not None and value < low for vital, low in least.items())
