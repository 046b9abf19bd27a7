"""Gates: what the protocol asks of patients with some indications alone (CLINICAL.md 2.1 and 2.3)."""

from collections.abc import Iterator
from datetime import datetime

from domain.codes import folded
from domain.course.state import CourseState
from domain.events.clinic_events import ScreeningRecorded
from domain.protocol.instruments import instrument_name
from domain.protocol.screening import ScreeningGate
from domain.values import Blocker, count_of


def findings(course: CourseState, screening: ScreeningRecorded.Data) -> Iterator[Blocker]:
    """The findings of a screening that a gate of theirs speaks against; of several gates the strictest."""
    rules = course.protocol.screening
    trials = [("screening.prior_trials_min", rules.prior_trials_min)]
    days: list[tuple[str, int]] = []
    asked = tuple(_of_them(course))
    is_named = any(gate.trials_named for _, gate in asked)
    for table, gate in asked:
        if gate.prior_trials_min is not None:
            trials.append((f"{table}.prior_trials_min", gate.prior_trials_min))
        if gate.abstinent_days_min is not None:
            days.append((f"{table}.abstinent_days_min", gate.abstinent_days_min))
    key, least = max(trials, key=lambda one: one[1])
    tried = _tried(course, screening, is_named=is_named)
    if (tried or 0) < least:
        yield Blocker(
            code="screening.prior_trials_below_limit",
            message=f"{count_of(least, 'adequate treatment')} must have been tried without success"
            f"{', each told by its name' if is_named else ''}",
            observed=tried,
            limit=least,
            source=course.protocol.source_of(key),
        )
    if not days:
        return
    key, least = max(days, key=lambda one: one[1])
    known = screening.abstinent_days
    if known is None or known < least:
        said = "is not known" if known is None else f"was {count_of(known, 'day')} ago"
        yield Blocker(
            code="screening.abstinence_below_limit",
            message=f"Their last use {said}; must be at least {count_of(least, 'day')}",
            observed=known,
            limit=least,
            source=course.protocol.source_of(key),
        )


def _tried(course: CourseState, screening: ScreeningRecorded.Data, *, is_named: bool) -> int | None:
    """How many treatments did not help: those that are named, each once; a bare number where none need be."""
    if screening.adequate_trials is not None or is_named:
        return len({course.protocol.canonical(folded(one)) for one in screening.adequate_trials or ()})
    return screening.prior_adequate_trials


def decision_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blockers of a decision on eligibility: a score that a gate of theirs asks for, and that is not within it."""
    for table, gate in _of_them(course):
        if gate.measure is None:
            continue
        taken = course.measure_at(gate.measure, at)
        score = taken.scored.score if taken is not None else None
        if score is None:
            if gate.measure not in course.protocol.screening.measures:
                yield Blocker(
                    code=f"measure.{gate.measure}_missing",
                    message=f"{instrument_name(gate.measure)} has not been taken",
                    limit=gate.measure,
                    source=course.protocol.source_of(f"{table}.measure"),
                )
            continue
        is_low = gate.score_min is not None and score < gate.score_min
        is_high = gate.score_max is not None and score > gate.score_max
        if is_low or is_high:
            bound = gate.score_min if is_low else gate.score_max
            yield Blocker(
                code=f"measure.{gate.measure}_{'below' if is_low else 'above'}_limit",
                message=f"{instrument_name(gate.measure)} {score:g} is {'below' if is_low else 'above'} the limit of "
                f"{bound:g}",
                observed=score,
                limit=bound,
                source=course.protocol.source_of(f"{table}.score_{'min' if is_low else 'max'}"),
            )


def _of_them(course: CourseState) -> Iterator[tuple[str, ScreeningGate]]:
    """The gates of this patient's indications, each with the path of its table."""
    protocol, referral = course.protocol, course.referral
    for name, gate in (protocol.screening.gates or {}).items():
        if referral is not None and protocol.is_for(gate.indications, referral.data.indications):
            yield f"screening.gates.{name}", gate
