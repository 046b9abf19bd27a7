"""Returning: a patient who was sent home, handed over or said to be dead, and is ours to watch again."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from domain.course.recorded import Recorded
from domain.course.rules.signs import newest, value_of
from domain.course.rules.vitals import verdict
from domain.course.session import MedicineSession, Reading, is_long_past
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.course.verdict import VerdictSeverity
from domain.protocol.model import Protocol
from domain.protocol.values import Vital
from domain.values import Role

COMES_BACK_WITHIN: Final = timedelta(days=1)
"""How long after discharge a patient still belongs to the session (S9: recurrences for up to a day)."""

AT_THE_CLINIC: Final = frozenset({Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST, Role.COORDINATOR})
"""Who shows a patient to be here by measuring them, say: neither a machine nor the patient."""


def belongs(session: MedicineSession, at: datetime) -> bool:
    """Whether what happened then is still of this session: they had not gone, or only within the last day."""
    return session.ended is None or at <= session.ended.at + COMES_BACK_WITHIN


def has_gone(session: MedicineSession, at: datetime) -> bool:
    """Whether a dosed patient had been sent home or handed over from this session within the day before."""
    return bool(session.doses) and session.ended is not None and session.ended.at < at and belongs(session, at)


def just_gone(course: CourseState, at: datetime) -> MedicineSession | None:
    """The newest session whose patient had been sent home, handed over or said to be dead by then, within a day."""
    ends = ((one, one.ended.at if one.ended else lost_at(one)) for one in course.newest_first)
    return next((one for one, end in ends if end is not None and end <= at <= end + COMES_BACK_WITHIN), None)


def lost_at(session: MedicineSession) -> datetime | None:
    """When a dosed patient was handed over or said to have died; None if neither ended their stay."""
    end = session.handover or session.death
    return end.at if end is not None and session.doses and session.discharge is None else None


def shows_them_here(sign: Recorded[Any], gone_at: datetime) -> bool:
    """Whether somebody at the clinic measured, assessed or treated them within the day after they were lost."""
    is_soon = gone_at < sign.at <= gone_at + COMES_BACK_WITHIN
    return is_soon and sign.data.actor.role in AT_THE_CLINIC and not is_long_past(sign.at, sign.recorded_at)


def is_seen_since(session: MedicineSession, moment: datetime) -> bool:
    """Whether anybody at the clinic has said that they saw the patient after that moment."""
    others = (session.assessment, *session.medications, *session.returns)
    first = bisect_right(session.readings, moment, key=lambda reading: reading.at)
    signs = (*(one for one in others if one is not None), *session.readings[first:])
    return any(shows_them_here(one, moment) for one in signs)


def watch_again(transition: Transition[Any], number: int, since: datetime, *, is_at_home: bool = False) -> None:
    """Watches the patient of this session again, from that moment on: a reading is due then.

    Told long after, it is a gap in the record: nobody can be watched for it any more. Of one who `is_at_home`, or was
    sent home longer ago than anybody stays at the door, one reading is asked for, and then the next.
    """
    session = transition.course.session_numbered(number)
    if session is None or is_long_past(since, transition.now):
        return
    at_the_door = transition.course.protocol.medicine.minimum_observation
    is_long_gone = session.discharge is not None and since - session.discharge.at > at_the_door
    transition.keep(session.watched_again(since, transition.now, is_at_home=is_at_home or is_long_gone))


def after_sign(transition: Transition[Any], number: int, sign: Recorded[Any]) -> None:
    """Watches a patient again who was handed over or said to be dead, and was seen here after it.

    The ambulance may have taken another patient, and the death may be another's: who is measured is here.
    """
    session, died_at = transition.course.session_numbered(number), transition.course.died_at
    gone_at = lost_at(session) if session is not None else None
    if gone_at is not None and shows_them_here(sign, gone_at) and (died_at is None or sign.at > died_at):
        watch_again(transition, number, sign.at)


def after_reading(transition: Transition[Any], number: int, reading: Reading) -> None:
    """Watches a patient again whom a reading shows to be here, or would have kept here, after they had gone."""
    after_sign(transition, number, reading)
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
