"""Futility: without the benefit that the protocol asks for, the prescriber reviews the treatment before it goes on."""

from collections.abc import Iterator
from datetime import datetime

from domain.course.baseline import baseline_of
from domain.course.measure_history import MeasureTaken, answers
from domain.course.measures import ScoreChange, change
from domain.course.recorded import known_at
from domain.course.rules.plan_review import ended_at
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.protocol.instruments import instrument_name
from domain.protocol.measures import MeasureRule
from domain.values import Blocker, Code, count_of


def blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """For each measure that shows no benefit at that moment, until a plan answers it.

    It is prescribed after the end of the session that the protocol names, and after the first score since that showed
    none: whoever plans before it knows of no outcome.
    """
    indications = course.referral.data.indications if course.referral is not None else ()
    for instrument, rule in course.protocol.measures.items():
        if rule.futility is not None and course.protocol.is_asked_of(rule, indications):
            yield from _of_one(course, instrument, rule, at)


def _of_one(course: CourseState, instrument: Code, rule: MeasureRule, at: datetime) -> Iterator[Blocker]:
    futility, held = rule.futility, course.dosed_sessions
    if futility is None or len(held) < futility.after_session:
        return
    least = futility.least_percent or rule.response_percent
    asked = rule.but(response_percent=least)
    found = _changed(course, instrument, asked, course.measure_at(instrument, at))
    if found is not None and found.is_response is not False:
        return
    plan = known_at(course.plans, at)
    if plan is not None and plan.at >= _shown_at(course, instrument, asked, held[futility.after_session - 1], at):
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


def _shown_at(
    course: CourseState, instrument: Code, rule: MeasureRule, session: MedicineSession, at: datetime
) -> datetime:
    """When it was known that the session brought no benefit: at its end, or with the first score since that says so."""
    ended = ended_at(session)
    for taken in answers(course.measures).between(instrument, ended, at):
        found = _changed(course, instrument, rule, taken)
        if found is not None and found.is_response is False:
            return taken.at
    return ended


def _changed(
    course: CourseState, instrument: Code, rule: MeasureRule, taken: MeasureTaken | None
) -> ScoreChange | None:
    """The change from the baseline to this score; None if one of the two is not known."""
    baseline = baseline_of(course, instrument)
    if baseline is None or taken is None or taken.scored.score is None or taken.sequence == baseline.sequence:
        return None
    return change(baseline.score, taken.scored.score, rule)
