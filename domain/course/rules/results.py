"""Results: laboratory values and drug screens that the protocol asks for, with their age, and what they must be.

One that is missing, old or outside is weighed by the prescriber, at the decision on eligibility or before a dose. A
result that was weighed stays so; a worse value, or another answer of another day, is weighed anew.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from domain.codes import folded
from domain.course.event_rule import ALWAYS, EventRule
from domain.course.recorded import Recorded, known_at
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.durations import in_words
from domain.events.clinic_events import ResultRecorded
from domain.protocol.screening import ScreeningTest
from domain.protocol.values import is_listed
from domain.refusal import FieldError, invalid
from domain.values import Blocker, Code

_TESTS: Final = "screening.tests"


def check(_course: CourseState, event: ResultRecorded) -> None:
    """Checks that the result says one thing. Raises `Refused`, naming the field, if it does not."""
    said = event.data
    errors = []
    if said.value is None and said.answer is None:
        errors.append(FieldError(pointer="/data/value", detail="must be there, or an answer instead"))
    if said.value is not None and said.answer is not None:
        errors.append(FieldError(pointer="/data/answer", detail="must be left out: there is a value"))
    if (said.value is None) != (said.unit is None):
        detail = "must be there: a value has one" if said.unit is None else "must be left out: there is no value"
        errors.append(FieldError(pointer="/data/unit", detail=detail))
    if errors:
        raise invalid(*errors)


def decision_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blockers of a decision on eligibility at that moment: each test that is missing, old or outside."""
    for test, rule in _asked(course):
        yield from _age_blockers(course, test, rule, at)
    yield from outside(course, at)


def due_blockers(course: CourseState, session: int, at: datetime) -> Iterator[Blocker]:
    """The blockers of this session's clearance: each test that is due again before it, and is missing or old."""
    for test, rule in _asked(course):
        if rule.is_due_before(session):
            yield from _age_blockers(course, test, rule, at)


def outside(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """A blocker for each test whose newest result by that moment is not what the protocol asks for."""
    for test, rule in _asked(course):
        taken = _newest(course, test, at)
        if taken is not None:
            yield from _finding(course, test, rule, taken)


def _asked(course: CourseState) -> Iterator[tuple[Code, ScreeningTest]]:
    """The protocol's tests that this patient is asked for."""
    protocol, referral = course.protocol, course.referral
    for test, rule in (protocol.screening.tests or {}).items():
        if referral is not None and protocol.is_for(rule.indications, referral.data.indications):
            yield test, rule


def _newest(course: CourseState, test: Code, at: datetime) -> Recorded[ResultRecorded.Data] | None:
    return known_at((one for one in course.results if _is_of(course, one.data.test, test)), at)


def _is_of(course: CourseState, said: Code, test: Code) -> bool:
    """Whether that is the test, by its own name or by another one of the protocol's vocabulary."""
    return is_listed(test, (said, course.protocol.canonical(said)))


def _age_blockers(course: CourseState, test: Code, rule: ScreeningTest, at: datetime) -> Iterator[Blocker]:
    taken = _newest(course, test, at)
    if taken is None:
        yield Blocker(
            code=f"result.{folded(test)}_missing",
            message=f"{_named(test)}: no result has been recorded",
            source=course.protocol.source_of(f"{_TESTS}.{test}.valid_for"),
        )
    elif at - taken.at > rule.valid_for:
        yield Blocker(
            code=f"result.{folded(test)}_outdated",
            message=f"{_named(test)}: the last result is {in_words(at - taken.at)} old; "
            f"{in_words(rule.valid_for)} at most",
            observed=in_words(at - taken.at),
            limit=in_words(rule.valid_for),
            source=course.protocol.source_of(f"{_TESTS}.{test}.valid_for"),
        )


def _finding(
    course: CourseState, test: Code, rule: ScreeningTest, taken: Recorded[ResultRecorded.Data]
) -> Iterator[Blocker]:
    said, source = taken.data, course.protocol.source_of(f"{_TESTS}.{test}.range")
    if rule.range is None or rule.unit is None:
        if said.answer is None or not rule.is_wanted(said.answer):
            found = said.answer or f"{said.value:g} {said.unit}"
            yield Blocker(
                code=f"result.{folded(test)}_not_as_wanted",
                message=f"{_named(test)} is {found}; must be {' or '.join(rule.wanted or ())}",
                observed=f"{found}, {course.day_of(taken.at).isoformat()}",
                limit=", ".join(rule.wanted or ()),
                source=course.protocol.source_of(f"{_TESTS}.{test}.wanted"),
            )
    elif said.value is None or said.unit is None or folded(said.unit) != folded(rule.unit):
        found = said.answer or f"{said.value:g} {said.unit}"
        yield Blocker(
            code=f"result.{folded(test)}_in_other_unit",
            message=f"{_named(test)} is {found}; must be in {rule.unit}",
            observed=f"{found}, {course.day_of(taken.at).isoformat()}",
            limit=rule.unit,
            source=source,
        )
    elif not rule.range.holds(said.value):
        is_high = said.value > rule.range.high
        bound = rule.range.high if is_high else rule.range.low
        yield Blocker(
            code=f"result.{folded(test)}_{'above' if is_high else 'below'}_limit",
            message=f"{_named(test)} {said.value:g} {rule.unit} is {'above' if is_high else 'below'} {bound:g}",
            observed=said.value,
            limit=bound,
            source=source,
        )


def _named(test: Code) -> str:
    """The test as a sentence begins with it, in the clinic's own capitals: `urine_drug_screen` is Urine drug screen."""
    return f"{test[:1].upper()}{test[1:]}".replace("_", " ")


def _is_any_asked(course: CourseState) -> bool:
    return any(True for _ in _asked(course))


def _record(transition: Transition[Any], event: ResultRecorded) -> None:
    results = (*transition.course.results, transition.recorded(event))
    transition.change(results=tuple(sorted(results, key=lambda one: one.at)))


RECORDED = EventRule(
    event=ResultRecorded, phases=ALWAYS, check=check, is_wanted=_is_any_asked, fulfils=True, apply=_record
)
RULES = (RECORDED,)
