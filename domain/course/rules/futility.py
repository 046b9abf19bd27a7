"""Futility: without the benefit that the protocol asks for, the prescriber reviews the treatment before it goes on."""

from collections.abc import Iterator
from datetime import datetime

from domain.course.baseline import baseline_of
from domain.course.measures import ScoreChange, change
from domain.course.recorded import known_at
from domain.course.state import CourseState
from domain.protocol.instruments import instrument_name
from domain.protocol.measures import MeasureRule
from domain.values import Blocker, Code, count_of


def blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """For each measure that shows no benefit at that moment, until a plan is prescribed after the session it names."""
    indications = course.referral.data.indications if course.referral is not None else ()
    for instrument, rule in course.protocol.measures.items():
        if rule.futility is not None and course.protocol.is_asked_of(rule, indications):
            yield from _of_one(course, instrument, rule, at)


def _of_one(course: CourseState, instrument: Code, rule: MeasureRule, at: datetime) -> Iterator[Blocker]:
    futility, held = rule.futility, course.dosed_sessions
    if futility is None or len(held) < futility.after_session:
        return
    plan = known_at(course.plans, at)
    if plan is not None and plan.at > held[futility.after_session - 1].doses[0].at:
        return
    least = futility.least_percent or rule.response_percent
    found = _changed(course, instrument, rule.but(response_percent=least), at)
    if found is not None and found.is_response is not False:
        return
    name, sessions = instrument_name(instrument), count_of(len(held), "session")
    percent = found.improvement_percent if found is not None else None
    yield Blocker(
        code=f"measure.{instrument}_without_benefit",
        message=f"{name} {_in_words(percent)} in {sessions}; {least} % better is the least: "
        "the prescriber's review has not been done",
        observed=percent,
        limit=least,
        source=course.protocol.source_of(f"measures.{instrument}.futility.least_percent"),
    )


def _in_words(improvement: float | None) -> str:
    if improvement is None:
        return "is not known to have improved"
    return f"improved by {improvement:g} %" if improvement >= 0 else f"worsened by {-improvement:g} %"


def _changed(course: CourseState, instrument: Code, rule: MeasureRule, at: datetime) -> ScoreChange | None:
    """The change from the baseline to the newest score at that moment; None if one of the two is not known."""
    baseline, newest = baseline_of(course, instrument), course.measure_at(instrument, at)
    if baseline is None or newest is None or newest.scored.score is None or newest.sequence == baseline.sequence:
        return None
    return change(baseline.score, newest.scored.score, rule)
