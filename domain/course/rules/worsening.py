"""Worsening: a score that is meaningfully worse than the patient's best is told to somebody, in any phase."""

from typing import Any

from domain.course.measure_history import MeasureTaken, answers
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.protocol.measures import MeasureRule
from domain.values import Severity


def tell_worsening(transition: Transition[Any], rule: MeasureRule, taken: MeasureTaken) -> None:
    """Escalates if the newest score is worse than the best before it by at least the meaningful change (S8).

    An answer sent late is no news of the patient today; it may show that the newest score is a worsening.
    """
    course = transition.course
    newest = answers(course.measures).newest(taken.scored.instrument) or taken
    before = course.but(measures=tuple(one for one in course.measures if one is not taken))
    was_told = newest is not taken and is_worsening(before, rule, newest)
    if is_worsening(course, rule, newest) and not was_told:
        transition.escalate(Kind.MEASURE_WORSENED, None, rule.worsened or Severity.ROUTINE, newest.at)


def is_worsening(course: CourseState, rule: MeasureRule, taken: MeasureTaken) -> bool:
    """Whether the score is at least the meaningful change above the best before it, the referral's among them."""
    instrument, score = taken.scored.instrument, taken.scored.score
    if score is None or rule.meaningful_change is None:
        return False
    brought = course.referral.data.measures_baseline if course.referral else None
    earlier = (
        one.scored.score
        for one in course.measures
        if one.scored.instrument == instrument and one is not taken and one.at <= taken.at
    )
    scores = [known for known in ((brought or {}).get(instrument), *earlier) if known is not None]
    return bool(scores) and score - min(scores) >= rule.meaningful_change
