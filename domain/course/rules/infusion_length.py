"""How long an infusion runs: a dose that is pushed, and one that drips on, are asked about by the protocol's lengths.

A protocol that names no shortest or longest length asks for none.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from domain.course.dose_given import DoseGiven
from domain.course.rules.dose_bounds import Offered, last_weight, planned_mg, weight_today
from domain.course.rules.routes import bounds_of
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.durations import in_words
from domain.protocol.values import Route
from domain.values import Blocker

AT_ONCE: Final = timedelta()


def of_push(course: CourseState, session: MedicineSession, dose: Offered) -> Iterator[Blocker]:
    """An intravenous dose that was given at once, where the protocol infuses it."""
    if dose.route == Route.INTRAVENOUS:
        yield from _too_fast(course, session, dose, AT_ONCE)


def of_start(course: CourseState, session: MedicineSession, dose: Offered, over: timedelta | None) -> Iterator[Blocker]:
    """An infusion that is to run for so long."""
    if over is not None:
        yield from _too_fast(course, session, dose, over)
        yield from _too_long(course, over, AT_ONCE)


def of_stop(course: CourseState, session: MedicineSession, infusion: DoseGiven, dose: Offered) -> Iterator[Blocker]:
    """An infusion that stopped at the dose's moment, when so much had run in, its grace over or not."""
    ran = infusion.ran_until(dose.at)
    yield from _too_fast(course, session, dose, ran)
    yield from _too_long(course, ran, course.protocol.medicine.infusion.grace)


def _too_fast(course: CourseState, session: MedicineSession, dose: Offered, length: timedelta) -> Iterator[Blocker]:
    least = course.protocol.medicine.infusion.least
    if least is None:
        return
    needed = timedelta(seconds=round((least * _share_of_plan(course, session, dose)).total_seconds()))
    if length < needed:
        how = f"in {in_words(length)}" if length else "at once"
        yield Blocker(
            code="infusion.too_fast",
            message=f"{dose.mg:g} mg were given {how}; an infusion of so much takes at least {in_words(needed)}",
            observed=in_words(length),
            limit=in_words(needed),
            source=course.protocol.source_of("medicine.infusion.least"),
        )


def _share_of_plan(course: CourseState, session: MedicineSession, dose: Offered) -> float:
    """How much of the plan's dose it is, 1 at most: a part of the dose may run in in that part of the time."""
    weight = weight_today(session) or last_weight(course)
    is_planned = bounds_of(course.protocol, dose.route).is_planned
    planned = planned_mg(course, dose.at, weight) if is_planned and weight is not None else None
    return min(1.0, dose.mg / planned) if planned else 1.0


def _too_long(course: CourseState, length: timedelta, grace: timedelta) -> Iterator[Blocker]:
    most = course.protocol.medicine.infusion.most
    if most is not None and length > most + grace:
        yield Blocker(
            code="infusion.too_long",
            message=f"An infusion of {in_words(length)} is longer than {in_words(most)}",
            observed=in_words(length),
            limit=in_words(most),
            source=course.protocol.source_of("medicine.infusion.most"),
        )
