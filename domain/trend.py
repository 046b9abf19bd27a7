"""How a patient's scores have moved since the beginning of her course."""

from domain.measures import Change, change
from domain.state import CourseState, MeasureTaken
from domain.values import Code


def trend(course: CourseState, taken: MeasureTaken) -> Change | None:
    """The score against the baseline: the referral's, or where it brought none the first that was taken.

    None for that first one itself, for what has no score, and for an instrument that the protocol does not name.
    """
    rule = course.protocol.measures.get(taken.scored.instrument)
    before = _baseline(course, taken)
    if rule is None or before is None or taken.scored.score is None:
        return None
    return change(before, taken.scored.score, rule)


def brought_along(course: CourseState, instrument: Code) -> float | None:
    """The score that the referral brought along, if it did."""
    said = course.referral.data.measures_baseline if course.referral else None
    return said.get(instrument) if said else None


def _baseline(course: CourseState, taken: MeasureTaken) -> float | None:
    if (score := brought_along(course, taken.scored.instrument)) is not None:
        return score
    of_kind = (one for one in course.measures if one.scored.instrument == taken.scored.instrument)
    first = min(of_kind, key=lambda one: one.at)
    return None if first is taken else first.scored.score
