"""Measures: a questionnaire is scored, and what it tells of suicide, or of a relapse, is told at once."""

from datetime import datetime
from typing import Any, Final

from domain.course import measures
from domain.course.event_rule import ALWAYS, ANYONE, EventRule
from domain.course.measure_history import MeasureTaken, answers
from domain.course.rules import risk_screens, suicidality
from domain.course.rules.worsening import tell_worsening
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import MeasureRecorded
from domain.protocol.instruments import CSSRS
from domain.protocol.measures import MeasureRule
from domain.values import Code, Severity

SCREENED: Final = "the risk screen taken since shows no raised risk"
"""Why an answer that hinted at suicide pages nobody any more: somebody still reads it, without being woken."""


def score(course: CourseState, event: MeasureRecorded) -> measures.Scored:
    """Scores the answers. Raises `Refused`, naming the field, if they do not fit the instrument.

    Behaviour earlier in life is a risk when it is first told: after that the screener asks for what is new (S47).
    """
    said, is_known = event.data, answers(course.measures).tells_of_attempt(event.time)
    return measures.scored(
        said.instrument,
        course.protocol.measures,
        items=said.items,
        score=said.score,
        behavior_lifetime=False if said.behavior_lifetime and is_known else said.behavior_lifetime,
    )


def _take(transition: Transition[Any], event: MeasureRecorded) -> None:
    scored = score(transition.course, event)
    taken = MeasureTaken(
        at=event.time,
        recorded_at=transition.now,
        scored=scored,
        sequence=transition.sequence,
        tells_of_attempt=scored.instrument == CSSRS
        and measures.tells_of_attempt(event.data.items or (), behavior_lifetime=bool(event.data.behavior_lifetime)),
    )
    transition.change(measures=(*transition.course.measures, taken))
    if scored.risk is not None and scored.risk.is_raised:
        _learn(transition)
    rule = transition.course.protocol.measures.get(scored.instrument)
    if rule is None:
        return
    tell_worsening(transition, rule, taken)
    if rule.item9 and scored.item9 is not None and scored.item9 >= rule.item9.at_least:
        is_at_risk_already = risk_screens.is_known_at_risk(transition.course)
        _learn(transition)
        severity = rule.item9.severity if is_at_risk_already else rule.item9.severity_of(scored.item9)
        transition.escalate(Kind.ITEM9_POSITIVE, None, severity, event.time)
    _answer_risk(transition, rule, scored.risk, event)
    _settle_hints(transition, event.time, scored.instrument)


def _learn(transition: Transition[Any]) -> None:
    transition.change(risk_told=suicidality.learned(transition.course, transition.now, transition.sequence))


def _answer_risk(
    transition: Transition[Any], rule: MeasureRule, risk: measures.Risk | None, event: MeasureRecorded
) -> None:
    answer = {measures.Risk.HIGH: rule.high, measures.Risk.MODERATE: rule.moderate}.get(risk) if risk else None
    if answer is None:
        return
    if answer.hold:
        transition.hold(f"suicide risk {risk}", event.time, is_safety=True)
    transition.escalate(Kind.SUICIDE_RISK, None, answer.severity, event.time)


def _settle_hints(transition: Transition[Any], at: datetime, instrument: Code) -> None:
    """Wakes nobody any more for an answer whose screen has been taken and was calm: somebody reads it by day."""
    course = transition.course
    hints = (rule.item9 for rule in course.protocol.measures.values())
    is_screen = any(hint is not None and hint.needs == instrument for hint in hints)
    paged = (one for one in course.unresolved if one.kind is Kind.ITEM9_POSITIVE)
    wakes = any(one.severity is not Severity.ROUTINE for one in paged)
    if is_screen and wakes and not risk_screens.is_at_risk(course):
        transition.settle(Kind.ITEM9_POSITIVE, None, SCREENED)
        transition.escalate(Kind.ITEM9_SCREENED, None, Severity.ROUTINE, at)


MEASURED = EventRule(event=MeasureRecorded, phases=ALWAYS, roles=ANYONE, check=score, apply=_take)
RULES = (MEASURED,)
