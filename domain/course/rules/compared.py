"""Today beside what was known before: a slip of the pen is often right in itself, and far from everything else.

A weight in pounds, a dose of which the mg/kg were typed as mg, a test that suddenly does not apply. The protocol says
what is compared; each is for a prescriber to weigh, by its value.
"""

from collections.abc import Iterable, Iterator

from domain.course.rules import weights
from domain.course.rules.dose_bounds import TOLERANCE, Offered, in_basis, last_weight, planned_mg, weight_today
from domain.course.rules.routes import RouteBounds, bounds_of, given_mg
from domain.course.rules.weighing import is_weighed
from domain.course.session import MedicineSession
from domain.course.state import CourseState, PregnancyTested
from domain.events.fields import PregnancyTest
from domain.protocol.medicine import ComparedRules, RouteRules
from domain.values import Blocker, told_apart

NOTHING = ComparedRules()


def arrival_blockers(course: CourseState, session: MedicineSession) -> Iterator[Blocker]:
    """What of this visit's check-in is far from what was known before it."""
    arrived = session.check_in
    if arrived is None:
        return
    yield from weights.blockers(course, arrived)
    earlier = [test for test in course.pregnancy_tests if test.at < arrived.at]
    result, screening = arrived.data.pregnancy_test, course.screening
    if result is None and screening is not None:
        # Where none was taken today, it is the screening that says that none was to be taken.
        result = screening.data.pregnancy_test
    yield from (one for one in _test_blockers(course, result, earlier) if not _is_decided(course, one, earlier))


def screening_blockers(course: CourseState) -> Iterator[Blocker]:
    """What of the screening in force is far from what was known before it: the decision on eligibility weighs it."""
    screening = course.screening
    if screening is None:
        return
    asked = tuple(weights.blockers(course, screening))
    yield from asked or weights.pounds_blockers(course, screening.data.weight_kg)
    earlier = [test for test in course.pregnancy_tests if test.at < screening.at]
    yield from _test_blockers(course, screening.data.pregnancy_test, earlier)


def _test_blockers(
    course: CourseState, result: PregnancyTest | None, earlier: Iterable[PregnancyTested]
) -> Iterator[Blocker]:
    """The blocker of a test that does not apply, and of which one of these said something."""
    before = _said_something(earlier)
    if rules_of(course).pregnancy_test and result is PregnancyTest.NOT_APPLICABLE and before is not None:
        yield Blocker(
            code="pregnancy_test.no_longer_applicable",
            message=f"The pregnancy test is said not to apply; it was {before.result} before",
            observed=PregnancyTest.NOT_APPLICABLE,
            limit=before.result,
        )


def _said_something(tests: Iterable[PregnancyTested]) -> PregnancyTested | None:
    """The newest of these tests that applied."""
    applied = [test for test in tests if test.result is not PregnancyTest.NOT_APPLICABLE]
    return applied[-1] if applied else None


def _is_decided(course: CourseState, blocker: Blocker, earlier: Iterable[PregnancyTested]) -> bool:
    """Whether the decision on eligibility weighed it, and no test since then said something."""
    before = _said_something(earlier)
    is_since = before is None or course.eligibility is None or before.at > course.eligibility.at
    return not is_since and is_weighed(blocker, course.weighed)


def dose_blockers(course: CourseState, session: MedicineSession, dose: Offered) -> Iterator[Blocker]:
    """An injected dose that is far below the plan's: mg/kg or millilitres may have been typed as mg."""
    yield from _far_below(course, session, dose, "dose_at_least_percent")


def infusion_blockers(
    course: CourseState, session: MedicineSession, dose: Offered, started_mg: float | None = None
) -> Iterator[Blocker]:
    """An infusion that is far below the plan's dose; of one that was started with less, below what was started."""
    yield from _far_below(course, session, dose, "infusion_at_least_percent", started_mg)


def _far_below(
    course: CourseState, session: MedicineSession, dose: Offered, key: str, started_mg: float | None = None
) -> Iterator[Blocker]:
    least, bounds = getattr(rules_of(course), key), bounds_of(course.protocol, dose.route)
    weight = weight_today(session) or last_weight(course)
    planned = None if weight is None else planned_mg(course, dose.at, weight)
    before = given_mg(course.protocol, session, bounds)
    if isinstance(bounds.rules, RouteRules):
        started = None if started_mg is None else before + started_mg
        yield from _below_least(course, bounds, before + dose.mg, weight, started)
        return
    if least is None or not planned:
        return
    is_less = started_mg is not None and before + started_mg < planned
    expected, whose = (before + started_mg, "started") if is_less and started_mg else (planned, "plan's")
    total = before + dose.mg
    percent = round(100 * total / expected, 1)
    if percent < least:
        yield Blocker(
            code="dose.far_below_plan",
            message=f"{total:g} mg are {percent:g} % of the {whose} {expected:g} mg; at least {least:g} % are expected",
            observed=total,
            limit=round(expected, 6),
            source=course.protocol.source_of(f"medicine.compared.{key}"),
        )


def _below_least(
    course: CourseState, bounds: RouteBounds, mg: float, weight: float | None, started_mg: float | None
) -> Iterator[Blocker]:
    """What was given by a further route, of which a plan says no amount; what was started with less was asked about."""
    least = bounds.rules.least if isinstance(bounds.rules, RouteRules) else None
    if least is None or weight is None:
        return
    amount = in_basis(bounds, mg, weight)
    is_asked = started_mg is not None and in_basis(bounds, started_mg, weight) < least - TOLERANCE
    if amount < least - TOLERANCE and not is_asked:
        unit = bounds.rules.basis.replace("_per_", "/")
        said, at_least = told_apart(amount, least)
        yield Blocker(
            code="dose.below_least",
            message=f"{said} {unit} is below the least by this route, {at_least} {unit}",
            observed=amount,
            limit=least,
            source=course.protocol.source_of(f"{bounds.key}.least"),
        )


def rules_of(course: CourseState) -> ComparedRules:
    """What the protocol compares."""
    return course.protocol.medicine.compared or NOTHING
