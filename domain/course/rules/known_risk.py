"""A risk of suicide that is known from the start: what the prescriber weighed, and what says no more than that.

Of a patient who was referred for it (`measures.cssrs.known_baseline`) the same answer each week is no news. Whatever
is more than was weighed is: another answer that is yes, one that had been no since, and any suicidal behaviour.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.course.measure_history import MeasureTaken, answers
from domain.course.rules import risk_screens
from domain.course.state import CourseState, KnownRisk, Phase
from domain.protocol.instruments import CSSRS, SCREENER_ITEMS, instrument_name
from domain.protocol.measures import KnownBaselineRule
from domain.values import Blocker

_NO: tuple[int, ...] = (0,) * SCREENER_ITEMS


def decision_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blocker of a decision on somebody of whom a raised risk may be known: the prescriber weighs the answers."""
    weighed = _to_be_weighed(course, at)
    if weighed is not None:
        instrument, risk = weighed.scored.instrument, weighed.scored.risk
        yield Blocker(
            code=f"measure.{instrument}_raised",
            message=f"The last {instrument_name(instrument)} shows a {risk} risk of suicide: weighed with a rationale, "
            "its answers are what is known of this patient",
            observed=risk,
            source=course.protocol.source_of("measures.cssrs.known_baseline.valid_for"),
        )


def weighed(course: CourseState, at: datetime, lifted: frozenset[str]) -> KnownRisk | None:
    """What is known from a decision at that moment, which lifted these blockers; None if nothing is."""
    found = _to_be_weighed(course, at)
    if found is None or found.answers is None or f"measure.{CSSRS}_raised" not in lifted:
        return None
    return KnownRisk(sequence=found.sequence, at=found.at, decided_at=at, answers=found.answers)


def is_known(course: CourseState, at: datetime, said: Sequence[int], *, tells_of_attempt: bool) -> bool:
    """Whether a C-SSRS with these answers of that moment says no more than the prescriber weighed.

    An answer that has been no since, in a whole month, is news again. So is any behaviour, for the screener asks for
    three months and cannot tell the behaviour that was weighed from another one; after any, nothing is known any more.
    """
    known, rule = course.known_risk, _rule(course)
    if known is None or rule is None or tells_of_attempt or course.phase in {Phase.FOLLOW_UP, Phase.CLOSED}:
        return False
    if not known.decided_at <= at <= known.decided_at + rule.valid_for:
        return False
    screens = [one for one in course.measures if one.scored.instrument == CSSRS and one.at <= at]
    since = [one for one in screens if (one.at, one.sequence) >= (known.at, known.sequence)]
    if all(one.sequence != known.sequence for one in since):
        return False  # it was of another patient, or of another day
    later = [one.answers or _NO for one in since if one.sequence != known.sequence]
    if any(behaviour for *_, behaviour in later):
        return False
    return all(answer <= expected for answer, expected in zip(said, _expected(course, known, since), strict=True))


def _expected(course: CourseState, known: KnownRisk, since: Sequence[MeasureTaken]) -> list[int]:
    """The answers that were yes at the decision, and in every month that a screen has told of since."""
    index = answers(course.measures)
    months = [[one.answers or _NO for one in index.with_the_month_of(screen)] for screen in since]
    return [
        int(bool(answer) and all(any(said[place] for said in month) for month in months))
        for place, answer in enumerate(known.answers)
    ]


def _to_be_weighed(course: CourseState, at: datetime) -> MeasureTaken | None:
    """The raised C-SSRS of that moment, or of the month before it, of a patient of whom it may be known; else None."""
    rule, worst = _rule(course), risk_screens.gravest(course, CSSRS, at)
    if rule is None or course.referral is None or worst is None or worst.scored.risk is None:
        return None
    is_of_them = course.protocol.is_for(rule.indications, course.referral.data.indications)
    return worst if is_of_them and worst.scored.risk.is_raised else None


def _rule(course: CourseState) -> KnownBaselineRule | None:
    measure = course.protocol.measures.get(CSSRS)
    return measure.known_baseline if measure is not None else None
