"""Arrival: what the check-in of today says, and the blockers of a clearance that follow from it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from domain.course.event_rule import MEDICINE, SessionEventRule
from domain.course.recorded import Recorded, newer
from domain.course.rules import pregnancy
from domain.course.rules.dose_bounds import unweighed
from domain.course.rules.readings import with_earlier_told
from domain.course.session import MedicineSession, Stage
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.durations import in_words
from domain.events.clinic_events import PatientCheckedIn
from domain.events.fields import PregnancyTest
from domain.moments import on_the_calendar
from domain.values import Blocker

PAST_MIDNIGHT: Final = timedelta(hours=4)
"""How long a check-in is still of the same visit when midnight has passed since."""


def blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """Blockers of the clearance from what the patient and the staff said at the check-in."""
    rules, source = course.protocol.medicine, course.protocol.source_of
    if session.check_in is None or session.check_in.at > at:
        yield _not_checked_in()
        return
    yield from outdated_blockers(course, session, at)
    said = session.check_in.data
    for what, last_at, fasting in (
        ("solids", said.last_solids_at, rules.solids_fasting),
        ("fluids", said.last_fluids_at, rules.fluids_fasting),
    ):
        if at - last_at < fasting:
            yield Blocker(
                code=f"fasting.{what}_too_recent",
                message=f"The last {what} were {in_words(at - last_at)} ago; must be at least {in_words(fasting)}",
                observed=in_words(at - last_at),
                limit=in_words(fasting),
                source=source(f"medicine.{what}_fasting"),
            )
    if rules.escort_required and not said.escort:
        yield Blocker(
            code="escort.missing",
            message="Nobody is there to escort the patient home",
            source=source("medicine.escort_required"),
        )
    if rules.pregnancy_test_each_session and said.pregnancy_test is None and not _needs_no_test(course):
        yield Blocker(
            code="pregnancy_test.missing",
            message="No pregnancy test was recorded today",
            source=source("medicine.pregnancy_test_each_session"),
        )
    if said.medications_changed or _is_change_unweighed(course, at):
        yield Blocker(
            code="medications.changed",
            message="The patient's medications have changed; the prescriber must look at them",
        )
    if said.weight_kg is None:
        yield unweighed()


def outdated_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blocker for a check-in of another day or after that moment: weight, test, escort, fasting must be today's.

    The days are those of the course's site. A visit that runs past midnight is still the same one for four hours.
    """
    if session.check_in is None:
        return
    age = at - session.check_in.at
    if age < timedelta():
        yield _not_checked_in()
    elif age >= PAST_MIDNIGHT and course.day_of(session.check_in.at) != course.day_of(at):
        yield Blocker(
            code="check_in.outdated",
            message=f"The check-in is of another day, {in_words(age)} old: the session must be aborted and booked "
            "again",
            absolute=True,
            observed=in_words(age),
        )


def another_day_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blocker of a check-in on another day than the one that the visit was booked for, where the protocol asks.

    The days are those of the course's site; one that is late in the evening may begin after midnight.
    """
    if not course.protocol.medicine.check_in_on_booked_day or session.stage is not Stage.BOOKED:
        return
    booked, arrived = course.day_of(session.starts_at), course.day_of(at)
    if booked != arrived and abs(at - session.starts_at) >= PAST_MIDNIGHT:
        yield Blocker(
            code="check_in.another_day",
            message=f"Session {session.number} was booked for {on_the_calendar(booked)}; "
            f"this is {on_the_calendar(arrived)}",
            observed=arrived.isoformat(),
            limit=booked.isoformat(),
            source=course.protocol.source_of("medicine.check_in_on_booked_day"),
        )


def _not_checked_in() -> Blocker:
    return Blocker(code="check_in.missing", message="The patient has not been checked in", absolute=True)


def _needs_no_test(course: CourseState) -> bool:
    return course.screening is not None and course.screening.data.pregnancy_test is PregnancyTest.NOT_APPLICABLE


def _is_change_unweighed(course: CourseState, at: datetime) -> bool:
    """Whether an earlier visit told of other medications, and neither a clearance nor a new screening weighed them."""
    changed_at = course.medications_changed_at
    if changed_at is None or changed_at > at:
        return False
    return course.screening is None or course.screening.at < changed_at


def _check_in(transition: Transition[Any], session: MedicineSession, event: PatientCheckedIn) -> None:
    """Takes the check-in, and takes back a clearance that rested on an earlier one; what became of it is still asked.

    One of a visit in which a dose was given already only fills in what was not known: the weight above all.
    """
    arrived = transition.recorded(event)
    if session.doses:
        if session.check_in is None or event.time <= session.doses[0].at:
            transition.keep(session.but(check_in=_weighed(session.check_in, arrived)))
        return
    newest = newer(session.check_in, arrived)
    if newest is not arrived:
        return
    here = session.but(stage=Stage.CHECKED_IN, check_in=arrived, abort=None)
    transition.keep(with_earlier_told(transition, here))


def _weighed(
    known: Recorded[PatientCheckedIn.Data] | None, arrived: Recorded[PatientCheckedIn.Data]
) -> Recorded[PatientCheckedIn.Data]:
    """The newer of two check-ins of one visit, with the weight of the other where it tells none."""
    told = newer(known, arrived)
    older = arrived if told is known else known
    if told.data.weight_kg is not None or older is None:
        return told
    return told.but(data=told.data.but(weight_kg=older.data.weight_kg))


def _judge(transition: Transition[Any], _session: MedicineSession | None, event: PatientCheckedIn) -> None:
    """Keeps what outlives the visit: a pregnancy test, and medications that nobody has weighed yet."""
    pregnancy.take(transition, event)
    known = transition.course.medications_changed_at
    if event.data.medications_changed and (known is None or known < event.time):
        transition.change(medications_changed_at=event.time)


def _visit_of(
    course: CourseState, _rule: SessionEventRule[PatientCheckedIn], event: PatientCheckedIn
) -> MedicineSession | None:
    """The visit of a patient who was not waited for: the one named, or else the last, if it has had no dose.

    It may arrive after the dose: then it is of the visit named, or of the one under way.
    """
    named = course.session_numbered(event.data.session) if event.data.session is not None else None
    if named is not None and named.doses and course.day_of(named.doses[0].at) == course.day_of(event.time):
        return named
    undosed = (one for one in (named, course.session) if one is not None and not one.doses)
    under_way = (one for one in course.newest_first if one.is_monitored)
    return next(undosed, None) or named or next(under_way, None)


CHECKED_IN = SessionEventRule(
    event=PatientCheckedIn,
    phases=MEDICINE,
    stages=frozenset({Stage.BOOKED}),
    standing=another_day_blockers,
    judge=_judge,
    place=_visit_of,
    apply=_check_in,
)
RULES = (CHECKED_IN,)
