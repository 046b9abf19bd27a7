"""Score trends: a patient's scores compared with the baseline of their course."""

from domain.course.baseline import baseline_of
from domain.course.measure_history import MeasureTaken
from domain.course.measures import ScoreChange, change
from domain.course.state import CourseState
from domain.protocol.instruments import QUESTIONNAIRES
from domain.protocol.measures import MeasureRule
from domain.values import Code, Frozen, Moment


class Thresholds(Frozen):
    """The thresholds of an instrument's scores in one course; None where the protocol sets none.

    A score of `response_at_most` or less is a response, one below `remission_below` a remission, and one that lies
    `meaningful_change` or more from the baseline is a meaningful change. Scores go from `lowest` to `highest`.
    """

    instrument: Code
    baseline: float | None = None
    baseline_at: Moment | None = None
    response_at_most: float | None = None
    remission_below: float | None = None
    meaningful_change: float | None = None
    lowest: float | None = None
    highest: float | None = None
    response_source: str | None = None
    remission_source: str | None = None


def trend(course: CourseState, taken: MeasureTaken) -> ScoreChange | None:
    """The change from baseline, which is the referral's score or else the first answer's.

    None for that first answer itself, for one without a score, and for an instrument the protocol does not name.
    """
    rule = course.protocol.measures.get(taken.scored.instrument)
    before = baseline_of(course, taken.scored.instrument)
    if rule is None or before is None or before.sequence == taken.sequence or taken.scored.score is None:
        return None
    return change(before.score, taken.scored.score, rule)


def thresholds(course: CourseState) -> tuple[Thresholds, ...]:
    """The thresholds of each instrument that has an answer or a referral score."""
    brought = course.referral.data.measures_baseline if course.referral else None
    known = (*(brought or {}), *(taken.scored.instrument for taken in course.measures))
    return tuple(_thresholds(course, instrument) for instrument in dict.fromkeys(known))


def _thresholds(course: CourseState, instrument: Code) -> Thresholds:
    rule = course.protocol.measures.get(instrument)
    asked = QUESTIONNAIRES.get(instrument)
    scores = asked.scores if asked else rule.range if rule else None
    baseline = baseline_of(course, instrument)
    return Thresholds(
        instrument=instrument,
        baseline=baseline.score if baseline else None,
        baseline_at=baseline.at if baseline else None,
        response_at_most=_response(baseline.score if baseline else None, rule),
        remission_below=rule.remission_below if rule else None,
        meaningful_change=rule.meaningful_change if rule else None,
        lowest=scores.low if scores else None,
        highest=scores.high if scores else None,
        response_source=course.protocol.source_of(f"measures.{instrument}.response_percent"),
        remission_source=course.protocol.source_of(f"measures.{instrument}.remission_below"),
    )


def _response(baseline: float | None, rule: MeasureRule | None) -> float | None:
    if rule is None or rule.response_percent is None or baseline is None or baseline <= 0:
        return None
    return baseline * (100 - rule.response_percent) / 100
