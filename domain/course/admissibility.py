"""Admissibility: which clinic events a course may accept now, and the blockers of one, from the event rules."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.course.event_rule import EventRule, SessionEventRule
from domain.course.event_rule_registry import EVENT_RULES
from domain.course.placement_blockers import unknown_session, wrong_phase, wrong_role, wrong_stage
from domain.course.rules import clearance, discharge, eligibility, preparation
from domain.course.rules.referral import REFERRED
from domain.course.state import CourseState, Phase, Stage
from domain.events.clinic_events import MODELS, ClinicEvent, Event
from domain.events.fields import lifted_by
from domain.values import Blocker, absolute_first


def next_acts(course: CourseState, now: datetime) -> tuple[str, ...]:
    """The types of the clinic events that the course may accept now, in the order of a course."""
    if course.referral is None:
        return (_type_of(REFERRED.event),)
    return tuple(
        name
        for name, model in MODELS.items()
        if course.phase in EVENT_RULES[model].phases and EVENT_RULES[model].may_come(course, now)
    )


def blockers_for(course: CourseState, event: ClinicEvent) -> tuple[Blocker, ...]:
    """Every blocker of this event, absolute ones first; empty if the event can be accepted.

    Blockers that the event's overrides lift are left out.
    """
    rule = EVENT_RULES[type(event)]
    lifted = lifted_by(rule.overrides(event))
    remaining = (one for one in _blockers(course, rule, event) if one.absolute or one.code not in lifted)
    return absolute_first(remaining)


def goal_blockers(course: CourseState, now: datetime) -> tuple[Blocker, ...]:
    """The blockers of the course's next step: eligibility, the first session, clearance or discharge."""
    session = course.session
    match course.phase:
        case Phase.SCREENING:
            return eligibility.blockers(course, now)
        case Phase.PREPARATION:
            return tuple(preparation.blockers(course))
        case Phase.MEDICINE if session is not None and session.is_monitored:
            return discharge.blockers(course, session, now)
        case Phase.MEDICINE if session is not None and session.stage in {Stage.CHECKED_IN, Stage.CLEARED}:
            return clearance.blockers(course, session, now)
        case Phase.MEDICINE:
            return tuple(clearance.standing_blockers(course, now))
        case _:
            return ()


def _blockers(
    course: CourseState, rule: EventRule[Any] | SessionEventRule[Any], event: ClinicEvent
) -> Iterator[Blocker]:
    role = event.data.actor.role
    if role not in rule.roles:
        yield wrong_role(role, _type_of(rule.event).removeprefix("kap."), rule.roles)
    number = getattr(event.data, "session", None) if isinstance(rule, SessionEventRule) else None
    session = course.session_numbered(number) if number is not None else None
    if number is not None and session is None:
        yield unknown_session(number)
    if course.phase not in rule.phases:
        yield wrong_phase(course, rule.phases)
    if rule.stages is not None and session is not None and session.stage not in rule.stages:
        yield wrong_stage(session, rule.stages)
    else:
        yield from rule.blockers_of(course, session, event)


def _type_of(model: type[Event]) -> str:
    return str(model.model_fields["type"].default)
