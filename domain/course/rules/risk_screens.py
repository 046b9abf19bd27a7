"""Risk screens: an answer that hints at suicide requires a risk screen the same day (CLINICAL.md 5.1)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from domain.course import measures
from domain.course.event_rule import ALWAYS, ANYONE, EventRule
from domain.course.measure_history import MeasureTaken, answers
from domain.course.rules.worsening import tell_worsening
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import MeasureRecorded
from domain.protocol.instruments import CSSRS, instrument_name
from domain.protocol.model import Item9Rule, MeasureRule
from domain.values import Blocker, Code, Frozen, Moment


class ScreenOwed(Frozen):
    """A risk screen that an answer requires and that has not been taken after it.

    It is due at the end of the day of the answer, by the days of the course's site.
    """

    instrument: Code
    asked_by: MeasureTaken
    rule: Item9Rule
    due_at: Moment


def screens_owed(course: CourseState) -> Iterator[ScreenOwed]:
    """The screens owed: one for each instrument whose newest answer that requires a screen still lacks it.

    A screen from before the answer does not count. Of the same moment, as when a visit's papers are filed together, it
    counts if it was reported after the answer.
    """
    for instrument, measure in course.protocol.measures.items():
        rule = measure.item9
        if rule is None:
            continue
        newest = answers(course.measures).newest_hint(instrument, rule.at_least)
        if newest is not None and not _is_answered(course, rule.needs, newest):
            due_at = course.day_begins(course.day_of(newest.at) + timedelta(days=1))
            yield ScreenOwed(instrument=rule.needs, asked_by=newest, rule=rule, due_at=due_at)


def is_at_risk(course: CourseState) -> bool:
    """Whether the patient's next calls are hurried: the newest C-SSRS is moderate or high, or one is due.

    One is due after the patient spoke of suicide on a call, and after an answer that requires a screen.
    """
    newest = course.measure(CSSRS)
    if newest is not None and newest.scored.risk is not None and newest.scored.risk.is_raised:
        return True
    spoken_at = course.ideation_at
    if spoken_at is not None and (newest is None or newest.at < spoken_at):
        return True
    return any(True for _ in screens_owed(course))


def _is_answered(course: CourseState, screen: Code, asked_by: MeasureTaken) -> bool:
    taken = course.measure(screen, since=asked_by.at)
    if taken is None or taken.at > asked_by.at:
        return taken is not None
    # Of the same moment: whatever was reported after the answer stands behind it.
    since = max(place for place, measure in enumerate(course.measures) if measure == asked_by)
    return any(one.at == asked_by.at and one.scored.instrument == screen for one in course.measures[since:])


def risk_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blocker of a raised risk of suicide in the newest answer before that moment, until a newer one is calmer.

    That a human has looked at it does not take it away: before a dose the prescriber weighs it (S47).
    """
    for instrument in course.protocol.measures:
        taken = course.measure_at(instrument, at)
        risk = taken.scored.risk if taken is not None else None
        if risk is not None and risk.is_raised:
            yield Blocker(
                code=f"measure.{instrument}_raised",
                message=f"The last {instrument_name(instrument)} shows a {risk} risk of suicide",
                observed=risk,
            )


def owed_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """A blocker for each screen that an answer before that moment requires, and that has not been taken after it."""
    for owed in screens_owed(course):
        if owed.asked_by.at <= at:
            yield Blocker(
                code=f"measure.{owed.instrument}_missing",
                message=f"{instrument_name(owed.instrument)} has not been taken since an answer that asks for it",
                limit=owed.instrument,
            )


def score(course: CourseState, event: MeasureRecorded) -> measures.Scored:
    """Scores the answers. Raises `Refused`, naming the field, if they do not fit the instrument."""
    said = event.data
    return measures.scored(
        said.instrument,
        course.protocol.measures,
        items=said.items,
        score=said.score,
        behavior_lifetime=said.behavior_lifetime,
    )


def _take(transition: Transition[Any], event: MeasureRecorded) -> None:
    scored = score(transition.course, event)
    taken = MeasureTaken(at=event.time, recorded_at=transition.now, scored=scored, sequence=transition.sequence)
    transition.change(measures=(*transition.course.measures, taken))
    rule = transition.course.protocol.measures.get(scored.instrument)
    if rule is None:
        return
    tell_worsening(transition, rule, taken)
    if rule.item9 and scored.item9 is not None and scored.item9 >= rule.item9.at_least:
        transition.escalate(Kind.ITEM9_POSITIVE, None, rule.item9.severity, event.time)
    _answer_risk(transition, rule, scored.risk, event)


def _answer_risk(
    transition: Transition[Any], rule: MeasureRule, risk: measures.Risk | None, event: MeasureRecorded
) -> None:
    answer = {measures.Risk.HIGH: rule.high, measures.Risk.MODERATE: rule.moderate}.get(risk) if risk else None
    if answer is None:
        return
    if answer.hold:
        transition.hold(f"suicide risk {risk}", event.time, is_safety=True)
    transition.escalate(Kind.SUICIDE_RISK, None, answer.severity, event.time)


MEASURED = EventRule(event=MeasureRecorded, phases=ALWAYS, roles=ANYONE, check=score, apply=_take)
RULES = (MEASURED,)
