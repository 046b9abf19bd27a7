"""The same medicine told twice: by a second system, by two people, or by a dose that tells of an infusion.

It is asked about, and neither dropped nor taken for what it may not be: whoever was given it twice is watched for it.
"""

from datetime import timedelta
from typing import Any, Final

from domain.course.dose_given import DoseGiven
from domain.course.recorded import Recorded
from domain.course.rules import parts
from domain.course.rules.compared import rules_of
from domain.course.rules.dose_bounds import Offered
from domain.course.rules.routes import bounds_of, told_once
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.durations import in_words
from domain.events.clinic_events import InfusionStarted
from domain.values import Blocker

DUPLICATE_WITHIN: Final = timedelta(minutes=5)
"""The same amount reported again within this time may be one dose reported twice, whoever tells of it."""

_NONE: Final = timedelta()


def blockers(course: CourseState, session: MedicineSession, dose: Offered) -> tuple[Blocker, ...]:
    """One for each dose of the session of which this one may be a second report."""
    bounds = bounds_of(course.protocol, dose.route)
    is_part = parts.is_part(course, session, dose.at, dose.mg, bounds)
    counted = told_once([(given.at, given.mg) for given in session.doses], bounds)
    known = (given for given in session.doses if (given.at, given.mg) in counted)
    found = (_apart(course, given, dose, is_part=is_part) for given in known)
    return tuple(possible_duplicate(dose, apart) for apart in found if apart is not None)


def possible_duplicate(dose: Offered, apart: timedelta) -> Blocker:
    """The blocker of a dose that was told so long after, or before, the same amount."""
    return Blocker(
        code="dose.possible_duplicate",
        message=f"{dose.mg:g} mg were reported {in_words(apart)} apart",
        observed=dose.mg,
    )


def is_second_start(course: CourseState, session: MedicineSession, start: Offered) -> bool:
    """Whether this start is that of the infusion that runs, told again: nobody runs two of as much at once."""
    within, running = rules_of(course).same_dose_within, session.running_infusion
    if within is None or running is None:
        return False
    return abs(start.at - running.at) <= within and _is_same(course, running.mg, start.mg)


def is_second_stop(course: CourseState, infusion: DoseGiven, stop: Offered) -> bool:
    """Whether this stop of an infusion is the one that is known, told by somebody else: soon, and of as much."""
    within = rules_of(course).same_dose_within
    if within is None or infusion.is_running or not stop.mg:
        return False
    is_near = _NONE <= stop.at - infusion.ended_at <= within
    return is_near and _is_same(course, infusion.mg, stop.mg) and _is_of_another(course, infusion, stop)


def _apart(course: CourseState, given: DoseGiven, dose: Offered, *, is_part: bool) -> timedelta | None:
    """How far this dose is from one that it may be a second report of; None if it is none."""
    between, within = abs(given.at - dose.at), rules_of(course).same_dose_within
    amounts = {given.mg} if within is None else _amounts(given)
    if not any(_is_same(course, mg, dose.mg) for mg in amounts):
        return None
    apart = course.protocol.medicine.dose.parts_apart
    if is_part and apart is not None:
        # There is a rest between two parts: whoever tells of another before it is over may mean the same one.
        return between if between < apart else None
    if is_part:
        # Two devices by one hand are two; those that two tell of, or of one moment, may be one.
        is_told_twice = within is not None and between <= within and _is_of_another(course, given, dose)
        return between if is_told_twice or not between else None
    if between <= DUPLICATE_WITHIN:
        return between
    if within is None:
        return None
    ends_at = max(given.at, dose.at) if given.is_running else given.ended_at
    gap = max(dose.at - ends_at, given.at - (dose.until or dose.at), _NONE)
    is_infusion = given.is_infusion is not (dose.until is not None)
    return gap if gap <= within and (is_infusion or _is_of_another(course, given, dose)) else None


def _amounts(given: DoseGiven) -> set[float]:
    """What was given, and of an infusion what was to be given."""
    return {given.mg, given.data.mg} if isinstance(given.data, InfusionStarted.Data) else {given.mg}


def _is_same(course: CourseState, known: float, told: float) -> bool:
    percent = rules_of(course).same_dose_percent
    return known == told if percent is None else abs(known - told) <= known * percent / 100


def _is_of_another(course: CourseState, given: DoseGiven, dose: Offered) -> bool:
    """Whether somebody else, or another system, told of it."""
    facts = (given, given.stopped) if given.stopped is not None else (given,)
    return not any(_is_teller(course, fact, dose) for fact in facts)


def _is_teller(course: CourseState, fact: Recorded[Any], dose: Offered) -> bool:
    if fact.data.actor.id != dose.actor.id:
        return False
    kept = next((one for one in course.journal if one.sequence == fact.sequence), None)
    return kept is None or dose.source is None or kept.event.source == dose.source
