"""The baseline of an instrument in one course: the score that came with the referral, or else the first answer's."""

from typing import NamedTuple

from domain.course.measure_history import answers
from domain.course.state import CourseState
from domain.values import Code, Moment


class Baseline(NamedTuple):
    """A score that later ones are compared with; `sequence` is the ledger entry of the answer or the referral."""

    score: float
    at: Moment
    sequence: int


def baseline_of(course: CourseState, instrument: Code) -> Baseline | None:
    """The baseline; None if there is no score yet."""
    if course.referral is not None and (brought := brought_along(course, instrument)) is not None:
        return Baseline(brought, course.referral.at, course.referral.sequence)
    first = answers(course.measures).first(instrument)
    if first is None or first.scored.score is None:
        return None
    return Baseline(first.scored.score, first.at, first.sequence)


def brought_along(course: CourseState, instrument: Code) -> float | None:
    """The baseline score in the referral; None if it has none."""
    said = course.referral.data.measures_baseline if course.referral else None
    return said.get(instrument) if said else None
