"""Asking before recording: what an event would be answered, and what stands in the way of one. Nothing changes."""

from datetime import datetime
from typing import Any

from domain.course.answer import Answer
from domain.course.course import Course, Decision
from domain.course.event_rule import EventRule, SessionEventRule
from domain.course.event_rule_registry import EVENT_RULES
from domain.course.placement_blockers import unknown_session, wrong_phase, wrong_stage
from domain.course.session import MedicineSession
from domain.events.clinic_events import MODELS
from domain.refusal import Refusal
from domain.values import Blocker, Frozen, Moment, absolute_first


class Intent(Frozen):
    """An event that somebody is about to report: its full type, and the medicine session that it is about."""

    type: str
    session: int | None
    at: Moment


class Foretold(Frozen):
    """What an event would be told: the answer, or else the refusal.

    `replayed`: it was accepted before, and this is its first answer.
    """

    answer: Answer | None = None
    refusal: Refusal | None = None
    replayed: bool = False


def check_deviations(course: Course, decision: Decision, now: datetime) -> None:
    """Raises `Refused` (`blocked`) if the decision accepts a fact that deviates from the protocol."""
    if decision.answer is not None and decision.answer.deviations:
        raise course.blocked(decision.answer.deviations, now)


def in_the_way(course: Course, intent: Intent) -> tuple[Blocker, ...]:
    """What the protocol has against such an event at that moment whatever it says, absolute ones first.

    Which role reports it, and what its content has against it, is known only once it is reported.
    """
    rule = EVENT_RULES[MODELS[intent.type]]
    phases = rule.phases_in(course)
    by_phase = () if course.phase in phases else (wrong_phase(course, phases),)
    found = (
        _of_session(course, rule, intent) if isinstance(rule, SessionEventRule) else _of_course(course, rule, intent)
    )
    return absolute_first((*by_phase, *found))


def _of_course(course: Course, rule: EventRule[Any], intent: Intent) -> tuple[Blocker, ...]:
    return tuple((rule.foreseen or rule.standing)(course, intent.at))


def _of_session(course: Course, rule: SessionEventRule[Any], intent: Intent) -> tuple[Blocker, ...]:
    session = _session(course, rule, intent)
    if session is None:
        return () if intent.session is None else (unknown_session(intent.session),)
    if session.stage not in rule.stages:
        return (wrong_stage(session, rule.stages),)
    return tuple(rule.standing(course, session, intent.at))


def _session(course: Course, rule: SessionEventRule[Any], intent: Intent) -> MedicineSession | None:
    """The session that is named, or else the last one at a fitting stage."""
    if intent.session is not None:
        return course.session_numbered(intent.session)
    return next((one for one in course.newest_first if one.stage in rule.stages), None)
