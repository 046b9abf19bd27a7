"""Admissibility: which clinic events a course may accept now, and the blockers of one, from the event rules."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from domain.course.event_rule import MONITORED, EventRule, SessionEventRule
from domain.course.event_rule_registry import EVENT_RULES
from domain.course.placement_blockers import (
    deceased,
    impossible,
    none_under_way,
    not_under_way,
    unknown_session,
    wrong_phase,
    wrong_stage,
)
from domain.course.rules import booking, clearance, consent, discharge, eligibility, preparation
from domain.course.rules.referral import REFERRED
from domain.course.session import MedicineSession, Stage
from domain.course.state import CourseState, Phase
from domain.events.clinic_events import (
    MODELS,
    CheckInCompleted,
    ClinicEvent,
    ConsentSigned,
    DischargeAssessed,
    DoseAdministered,
    Event,
    FollowUpHeld,
    InfusionStarted,
    IntegrationHeld,
    MeasureRecorded,
    PatientCheckedIn,
    PatientLeft,
    PatientReturned,
    PatientWithdrew,
    PreparationHeld,
    ScreeningRecorded,
    VitalsRecorded,
)
from domain.events.fields import lifted_by
from domain.last_answer import keeps_last_answer
from domain.values import Blocker, absolute_first

SHOWS_THEM_ALIVE: Final = (
    CheckInCompleted,
    ConsentSigned,
    DischargeAssessed,
    DoseAdministered,
    FollowUpHeld,
    InfusionStarted,
    IntegrationHeld,
    MeasureRecorded,
    PatientCheckedIn,
    PatientLeft,
    PatientReturned,
    PatientWithdrew,
    PreparationHeld,
    ScreeningRecorded,
    VitalsRecorded,
)
"""Facts of a living patient: after a death one of the two is in the wrong record."""


def next_acts(course: CourseState, now: datetime) -> tuple[str, ...]:
    """The types of the clinic events that the protocol wants now, in the order of a course.

    Of a closed course it wants nothing, unless a dosed patient has still to be watched and sent home.
    """
    if course.referral is None:
        return (_type_of(REFERRED.event),)
    if course.is_closed:
        return tuple(name for name, model in MODELS.items() if _is_for_the_monitored(course, EVENT_RULES[model], now))
    return tuple(
        name
        for name, model in MODELS.items()
        if course.phase in EVENT_RULES[model].phases_in(course) and EVENT_RULES[model].may_come(course, now)
    )


class Placement(NamedTuple):
    """Where an event belongs, and what the protocol has against it.

    `against`, absolute ones first, are the blockers of an act or the deviations of a fact. A fact that does not
    `count` is kept in the ledger and judged, and fulfils nothing.
    """

    session: MedicineSession | None
    against: tuple[Blocker, ...]
    counts: bool


def place(course: CourseState, event: ClinicEvent) -> Placement:
    """Finds the session of this event, and what the protocol has against it.

    Blockers that the event's overrides lift are left out.
    """
    rule = EVENT_RULES[type(event)]
    lifted = lifted_by(rule.overrides(event))
    by_role = rule.by_role(course, event, event.data.actor.role)
    phases = rule.phases_in(course)
    by_phase = [] if course.phase in phases else [wrong_phase(course, phases)]
    session, by_session = session_of(course, rule, event)
    own = () if by_session and rule.is_act else rule.blockers_of(course, session, event)
    by_death = deceased(course, event.time) if isinstance(event, SHOWS_THEM_ALIVE) else ()
    everything = (*by_role, *by_phase, *by_session, *by_death, *impossible(event), *own)
    against = tuple(one for one in everything if one.absolute or one.code not in lifted)
    return Placement(session, absolute_first(against), counts=not (rule.fulfils and against))


def placed(course: CourseState, act: ClinicEvent) -> Placement:
    """Where an accepted act belongs: nothing stood against it."""
    return Placement(session_of(course, EVENT_RULES[type(act)], act)[0], (), counts=True)


@keeps_last_answer
def goal_blockers(course: CourseState, now: datetime) -> tuple[Blocker, ...]:
    """The blockers of the course's next step: eligibility, the first session, clearance or discharge."""
    session = course.session
    if (monitored := course.monitored) is not None:
        return discharge.blockers(course, monitored, now)
    match course.phase:
        case Phase.SCREENING:
            return eligibility.blockers(course, now)
        case Phase.PREPARATION:
            return tuple(preparation.blockers(course))
        case Phase.MEDICINE if session is not None and session.stage in {Stage.CHECKED_IN, Stage.CLEARED}:
            return clearance.blockers(course, session, now)
        case Phase.MEDICINE:
            number = session.number if session is not None and session.is_waiting else booking.next_number(course)
            return (*clearance.standing_blockers(course, now), *consent.further_blockers(course, now, number))
        case _:
            return ()


def _is_for_the_monitored(course: CourseState, rule: EventRule[Any] | SessionEventRule[Any], now: datetime) -> bool:
    if course.monitored is None or course.phase not in rule.phases_in(course) or rule.stages is None:
        return False
    return rule.stages >= MONITORED and rule.may_come(course, now)


def session_of(
    course: CourseState, rule: EventRule[Any] | SessionEventRule[Any], event: ClinicEvent
) -> tuple[MedicineSession | None, tuple[Blocker, ...]]:
    """The session that the event belongs to, and what speaks against the one that it names."""
    if not isinstance(rule, SessionEventRule):
        return None, ()
    number: int | None = getattr(event.data, "session", None)
    named = course.session_numbered(number) if number is not None else None
    if named is not None and rule.needs_presence and (meant := _under_way_instead(course, named, event.time)):
        return meant, (not_under_way(named, meant),)
    if named is not None and rule.fits(named):
        return named, ()
    placed = named if rule.is_act else rule.place(course, rule, event)
    if named is not None:
        return placed, (wrong_stage(named, rule.stages),)
    if number is not None:
        return placed, (unknown_session(number),)
    return placed, () if placed is not None or rule.may_be_outside else (none_under_way(course, event.time),)


def _under_way_instead(course: CourseState, named: MedicineSession, at: datetime) -> MedicineSession | None:
    """The session at which the patient was at that moment, if it was not the one named."""
    if named.was_under_way(at):
        return None
    others = (one for one in course.newest_first if one is not named)
    return next((one for one in others if one.was_under_way(at)), None)


def _type_of(model: type[Event]) -> str:
    return str(model.model_fields["type"].default)
