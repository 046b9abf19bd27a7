"""Measures: a questionnaire is scored, and what it tells of suicide, or of a relapse, is told at once."""

from datetime import datetime
from typing import Any, Final

from domain.course import measures
from domain.course.event_rule import ALWAYS, ANYONE, EventRule
from domain.course.measure_history import MeasureTaken, answers
from domain.course.rules import known_risk, risk_screens, suicidality
from domain.course.rules.worsening import tell_worsening
from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import MeasureRecorded
from domain.protocol.instruments import CSSRS
from domain.protocol.measures import MeasureRule
from domain.values import Code, Severity

SCREENED: Final = "the risk screen taken since shows no raised risk"
"""Why an answer that hinted at suicide pages nobody any more: somebody still reads it, without being woken."""

KNOWN: Final = "the risk screen taken since shows no more than what is known of the patient"
"""The same of a patient who stays at risk."""


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
        since_last_contact=said.since_last_contact,
    )


def _take(transition: Transition[Any], event: MeasureRecorded) -> None:
    scored = score(transition.course, event)
    taken = _taken(transition, event, scored)
    transition.change(measures=(*transition.course.measures, taken))
    if scored.risk is not None and scored.risk.is_raised and not taken.is_known:
        _learn(transition)
    rule = transition.course.protocol.measures.get(scored.instrument)
    if rule is None:
        return
    tell_worsening(transition, rule, taken)
    if rule.cut_off is not None and scored.score is not None and scored.score >= rule.cut_off.at_least:
        severity = _brought_along(transition, event) or rule.cut_off.severity
        transition.escalate(Kind.MEASURE_HIGH, None, severity, event.time)
    if rule.item9 and scored.item9 is not None and scored.item9 >= rule.item9.at_least:
        is_at_risk_already = risk_screens.is_known_at_risk(transition.course)
        _learn(transition)
        late = transition.now - event.time
        severity = rule.item9.severity if is_at_risk_already else rule.item9.severity_of(scored.item9, late)
        transition.escalate(Kind.ITEM9_POSITIVE, None, _brought_along(transition, event) or severity, event.time)
    if not taken.is_known:
        _answer_risk(transition, rule, scored.risk, event)
    _settle_hints(transition, event.time, scored.instrument)


def _taken(transition: Transition[Any], event: MeasureRecorded, scored: measures.Scored) -> MeasureTaken:
    """The answers as the course keeps them; of a C-SSRS also each of them, and whether they were known."""
    taken = MeasureTaken(at=event.time, recorded_at=transition.now, scored=scored, sequence=transition.sequence)
    said, course = event.data, transition.course
    if scored.instrument != CSSRS or said.items is None:
        return taken
    tells = measures.tells_of_attempt(said.items, behavior_lifetime=bool(said.behavior_lifetime))
    is_lifetime_news = bool(said.behavior_lifetime) and not answers(course.measures).tells_of_attempt(event.time)
    tells_news = measures.tells_of_attempt(said.items, behavior_lifetime=is_lifetime_news)
    is_raised = scored.risk is not None and scored.risk.is_raised
    return taken.but(
        tells_of_attempt=tells,
        answers=said.items,
        since_last_contact=bool(said.since_last_contact),
        is_known=is_raised and known_risk.is_known(course, event.time, said.items, tells_of_attempt=tells_news),
    )


def _learn(transition: Transition[Any]) -> None:
    transition.change(risk_told=suicidality.learned(transition.course, transition.now, transition.sequence))


def _answer_risk(
    transition: Transition[Any], rule: MeasureRule, risk: measures.Risk | None, event: MeasureRecorded
) -> None:
    answer = {measures.Risk.HIGH: rule.high, measures.Risk.MODERATE: rule.moderate}.get(risk) if risk else None
    if answer is None:
        return
    earlier = _brought_along(transition, event)
    if answer.hold and earlier is None:
        transition.hold(f"suicide risk {risk}", event.time, is_safety=True)
    transition.escalate(Kind.SUICIDE_RISK, None, earlier or answer.severity, event.time)


def _brought_along(transition: Transition[Any], event: MeasureRecorded) -> Severity | None:
    """How loudly an answer is told that the patient brings along; of anybody in treatment only if it is history."""
    if transition.course.phase is not Phase.SCREENING:
        return Severity.ROUTINE if transition.tells_history(Kind.SUICIDE_RISK, event.time) else None
    return risk_screens.earlier(transition.course, event.time, transition.now)


def _settle_hints(transition: Transition[Any], at: datetime, instrument: Code) -> None:
    """Wakes nobody any more for an answer whose screen has been taken and was calm: somebody reads it by day."""
    course = transition.course
    hints = (rule.item9 for rule in course.protocol.measures.values())
    is_screen = any(hint is not None and hint.needs == instrument for hint in hints)
    paged = (one for one in course.unresolved if one.kind is Kind.ITEM9_POSITIVE)
    wakes = any(one.severity is not Severity.ROUTINE for one in paged)
    if is_screen and wakes and not risk_screens.is_at_risk(course, beyond_known=True):
        is_known = risk_screens.is_at_risk(course)
        transition.settle(Kind.ITEM9_POSITIVE, None, KNOWN if is_known else SCREENED)
        transition.escalate(Kind.ITEM9_SCREENED, None, Severity.ROUTINE, at)


MEASURED = EventRule(event=MeasureRecorded, phases=ALWAYS, roles=ANYONE, check=score, apply=_take)
RULES = (MEASURED,)
