"""The outcomes of each instrument over many courses, where some courses' scores are encrypted."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Self

from domain.values import Code, Frozen
from domain.views.figures import MeasureFigures
from records.unreadable_rows import Row


class OneCourse(Frozen):
    """One instrument's scores of one course."""

    course_id: str
    measure: MeasureFigures

    @classmethod
    def of(cls, row: Row) -> Self:
        """From its row, opened."""
        told = {name: value for name, value in row.items() if name != "course_id"}
        return cls(course_id=row["course_id"], measure=MeasureFigures.model_validate(told))


def measure_outcomes(in_clear: Iterable[Row], one_by_one: Iterable[OneCourse]) -> list[Row]:
    """The fields of `MeasureOutcome`, by instrument: of those in clear, added up, and one by one."""
    sums: defaultdict[Code, Counter[str]] = defaultdict(Counter)
    for row in in_clear:
        sums[row["instrument"]].update({name: value for name, value in row.items() if name != "instrument"})
    for one in one_by_one:
        sums[one.measure.instrument].update(_tally(one.measure))
    return [_outcome(instrument, sums[instrument]) for instrument in sorted(sums)]


def _tally(measure: MeasureFigures) -> dict[str, Any]:
    return {
        "courses": 1,
        "baseline": measure.baseline,
        "change": measure.latest - measure.baseline,
        "response_known": measure.is_response is not None,
        "responded": bool(measure.is_response),
        "remission_known": measure.is_remission is not None,
        "remitted": bool(measure.is_remission),
    }


def _outcome(instrument: Code, sums: Counter[str]) -> Row:
    return {
        "instrument": instrument,
        "courses": sums["courses"],
        "mean_baseline": sums["baseline"] / sums["courses"],
        "mean_change": sums["change"] / sums["courses"],
        "response_share": _share(sums["responded"], sums["response_known"]),
        "remission_share": _share(sums["remitted"], sums["remission_known"]),
    }


def _share(of: int, known: int) -> float | None:
    return of / known if known else None
