"""Parts of one dose: a spray of three devices is charted device by device, and is one dose up to the plan's amount."""

from datetime import datetime
from math import fsum

from domain.course.rules.dose_bounds import is_above, last_weight, planned_mg, weight_today
from domain.course.rules.routes import RouteBounds, Told, doses_by, told_once
from domain.course.session import MedicineSession
from domain.course.state import CourseState


def is_part(course: CourseState, session: MedicineSession, at: datetime, mg: float, bounds: RouteBounds) -> bool:
    """Whether so much more at that moment is a further part of the session's first dose within these bounds."""
    given = doses_by(course.protocol, session, bounds)
    told = [(dose.at, dose.mg) for dose in given]
    return bool(given) and bounds.is_planned and _are_one(course, session, told_once([*told, (at, mg)], bounds))


def doses_counted(course: CourseState, session: MedicineSession, bounds: RouteBounds) -> int:
    """How many doses were given within these bounds; the parts of the first one are one dose."""
    given = doses_by(course.protocol, session, bounds)
    told = told_once([(dose.at, dose.mg) for dose in given], bounds)
    return len(told) - max(_parts(course, session, told, bounds) - 1, 0)


def _parts(course: CourseState, session: MedicineSession, told: list[Told], bounds: RouteBounds) -> int:
    """How many of these doses, from the first one on, are parts of it."""
    numbers = range(2, len(told) + 1) if bounds.is_planned else ()
    return max((number for number in numbers if _are_one(course, session, told[:number])), default=1)


def _are_one(course: CourseState, session: MedicineSession, told: list[Told]) -> bool:
    """Whether these are few enough, so near one another, and no more than the plan's dose."""
    rules, weight = course.protocol.medicine.dose, weight_today(session) or last_weight(course)
    if rules.parts_max is None or rules.parts_within is None or weight is None:
        return False
    moments = [at for at, _ in told]
    planned = planned_mg(course, max(moments), weight)
    is_near = max(moments) - min(moments) <= rules.parts_within
    total = fsum(mg for _, mg in told)
    return (
        len(told) <= rules.parts_max
        and is_near
        and planned is not None
        and not is_above(total, planned, rules.rounding_percent or 0.0)
    )
