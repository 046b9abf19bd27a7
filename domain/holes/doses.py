"""Doses beyond all that is published, amounts that do not exist, and doses against their gates that wake nobody."""

from datetime import timedelta
from math import fsum
from typing import Final

from domain.course.rules import deviations
from domain.course.rules.routes import RouteBounds, every_bounds
from domain.durations import in_words, iso_8601
from domain.events.clinic_events import DoseAdministered
from domain.holes.asked import COURSE, DOSED_AT, NURSE, course
from domain.holes.hole import Hole, Holes
from domain.holes.published import (
    ALONE,
    DEVICE_MG,
    FIRST,
    FIRST_OF_DEVICES,
    HIGHEST,
    HIGHEST_OF_DEVICES,
    MOST_IN_A_MONTH,
    OURS,
    REFERENCE_BY_VEIN,
    STEP,
    DoseCeiling,
)
from domain.protocol.medicine import DoseBasis
from domain.protocol.model import Protocol
from domain.protocol.values import Route
from domain.values import Blocker, Severity


def dose_holes(protocol: Protocol) -> Holes:
    """A hole for each bound that lets an anaesthetic dose through, and for each dose outside that nobody hears of."""
    for route, bounds in zip(protocol.routes, every_bounds(protocol), strict=True):
        yield from _ceilings(protocol, route, bounds)
    yield from _together(protocol)
    yield from _first_of_the_old(protocol)
    yield from _in_a_month(protocol)
    dose = protocol.medicine.dose
    if protocol.route is Route.INTRANASAL and dose.basis is DoseBasis.MG and dose.amounts is None:
        yield Hole(
            key="medicine.dose.amounts",
            lets_through=f"{dose.first_max - 1:g} mg would be within the bounds, and no device gives that",
            mend="must list the amounts that the devices give, or basis be mg_per_kg (S7: 28, 56 and 84 mg)",
        )
    if protocol.medicine.compared is None or protocol.medicine.compared.weight_within_percent is None:
        yield Hole(
            key="medicine.compared.weight_within_percent",
            lets_through="a weight typed in pounds would be taken, and with it a dose of more than twice the plan's",
            mend=f"must be there ({OURS})",
        )


def _ceilings(protocol: Protocol, route: Route, bounds: RouteBounds) -> Holes:
    rules, basis = bounds.rules, bounds.rules.basis
    for name, amount, ceilings, by in (
        ("hard_max", rules.hard_max, HIGHEST, "could be given"),
        ("max", rules.max, ALONE, "could be given by one prescriber alone"),
        ("first_max", rules.first_max, FIRST, "could be given as a patient's first dose"),
        ("step_max", rules.step_max, STEP, "could be added to the dose before"),
    ):
        ceiling = ceilings.get((route, basis))
        if route is Route.INTRANASAL and _is_of_devices(protocol):
            ceiling = {"hard_max": HIGHEST_OF_DEVICES, "first_max": FIRST_OF_DEVICES}.get(name, ceiling)
        if ceiling is not None and amount > ceiling.amount:
            yield _above(route, f"{bounds.key}.{name}", amount, basis, ceiling, by)
    if route is Route.INTRANASAL and basis is DoseBasis.MG and rules.hard_max > HIGHEST_OF_DEVICES.amount:
        above = _above(route, f"{bounds.key}.hard_max", rules.hard_max, basis, HIGHEST_OF_DEVICES, "could be given")
        yield above.but(is_remark=True)

    if route is Route.INTRAVENOUS and rules.first_max > REFERENCE_BY_VEIN[basis].amount:
        reference = REFERENCE_BY_VEIN[basis]
        by = "could be given as a patient's first dose"
        yield _above(route, f"{bounds.key}.first_max", rules.first_max, basis, reference, by).but(is_remark=True)


def _together(protocol: Protocol) -> Holes:
    """What is given by several routes is never added up: their shares of the most of any dose are."""
    if not protocol.medicine.routes:
        return
    for name, words, is_remark in (
        ("max", "by one prescriber alone", False),
        ("first_max", "as a patient's first dose", False),
        ("hard_max", "by two prescribers", True),
    ):
        shares: list[float] = []
        amounts: list[str] = []
        for route, bounds in zip(protocol.routes, every_bounds(protocol), strict=True):
            amount, basis = getattr(bounds.rules, name), bounds.rules.basis
            shares.append(amount / HIGHEST[route, basis].amount)
            amounts.append(f"{amount:g} {basis.replace('_per_', '/')} {route}")
        if fsum(shares) > 1 + _ROUNDING:
            yield Hole(
                key="medicine.routes",
                lets_through=f"{' and '.join(amounts)} could be given in one session {words}",
                mend=f"their {name}, each as a part of the most of any dose by its route, "
                f"{'should' if is_remark else 'must'} add up to 1 at most (S63: more is anaesthesia; "
                f"that parts add up is {OURS})",
                is_remark=is_remark,
            )


def _is_of_devices(protocol: Protocol) -> bool:
    """Whether what is given comes in the devices of esketamine."""
    amounts = protocol.medicine.dose.amounts
    return amounts is not None and all(amount % DEVICE_MG == 0 for amount in amounts)


def _first_of_the_old(protocol: Protocol) -> Holes:
    dose = protocol.medicine.dose
    for one in dose.by_age or ():
        if one.first_max > dose.first_max:
            yield Hole(
                key=one.key,
                lets_through=f"from {one.age_min} years on more could be given as a first dose than before",
                mend=f"must be at most first_max ({dose.first_max:g})",
            )
        elif one.age_min > _OLDEST:
            yield Hole(
                key=one.key,
                lets_through=f"a patient of {_OLDEST} years would be given the first dose of the young",
                mend=f"its age_min must be at most {_OLDEST} (S63: 65)",
            )
    if dose.by_age is None and _is_of_devices(protocol) and protocol.route is Route.INTRANASAL:
        yield Hole(
            key="medicine.dose.by_age",
            lets_through=f"a patient of 70 years would be given {dose.first_max:g} mg as a first dose",
            mend="should name 28 mg from 65 years on (S63: in Europe)",
            is_remark=True,
        )


_ROUNDING: Final = 1e-9
_OLDEST: Final = 90
_BETWEEN_DEVICES: Final = timedelta(hours=36)
_MONTH: Final = timedelta(days=30)


def _in_a_month(protocol: Protocol) -> Holes:
    """As many doses as may follow one another within a month, each as soon as it may."""
    course, given, after = protocol.course, 0, timedelta()
    for session in range(1, course.sessions_max + 1):
        if session > 1:
            after += (course.part_of(session) or course).interval_min
        if after >= _MONTH:
            break
        given = session
    nearest = min(course.interval_min, *(one.interval_min for one in course.schedule or ()), timedelta.max)
    if protocol.route is Route.INTRANASAL and _is_of_devices(protocol) and nearest < _BETWEEN_DEVICES:
        yield Hole(
            key="course.schedule" if nearest < course.interval_min else "course.interval_min",
            lets_through=f"a patient could be given devices again after {in_words(nearest)}",
            mend=f"no interval_min may be less than {iso_8601(_BETWEEN_DEVICES)} (S7; the rest is {OURS})",
        )
    elif given > MOST_IN_A_MONTH:
        yield Hole(
            key="course.interval_min" if course.schedule is None else "course.schedule",
            lets_through=f"a patient could be dosed {given} times within {in_words(_MONTH)}",
            mend=f"interval_min must be longer, or sessions_max at most {MOST_IN_A_MONTH} (S30: three a week; {OURS})",
        )
    if course.maintenance is not None and _MONTH / course.maintenance.interval_min > MOST_IN_A_MONTH:
        yield Hole(
            key="course.maintenance.interval_min",
            lets_through=f"after the series a patient could be dosed {_MONTH / course.maintenance.interval_min:.0f} "
            f"times within {in_words(_MONTH)}",
            mend=f"must be longer: at most {MOST_IN_A_MONTH} times (S30: three a week; {OURS})",
        )


def _above(route: Route, key: str, amount: float, basis: DoseBasis, ceiling: DoseCeiling, by: str) -> Hole:
    unit = basis.replace("_per_", "/")
    return Hole(
        key=key,
        lets_through=f"{amount:g} {unit} {route} {by}",
        mend=f"must be at most {ceiling.amount:g} {unit} ({ceiling.basis})",
    )


def deviation_holes(protocol: Protocol) -> Holes:
    """A hole where a dose against its gates wakes nobody: nobody weighed it before."""
    given = DoseAdministered(
        specversion="1.0",
        id="asked",
        source="asked",
        subject=COURSE,
        time=DOSED_AT,
        data=DoseAdministered.Data(actor=NURSE, session=1, mg=1, route=protocol.route),
    )
    for name, code, words in (
        ("dose", "dose.above_first_max", "that a prescriber might have overridden, and did not,"),
        ("dose_absolute", "dose.above_hard_max", "that nobody may override"),
    ):
        against = Blocker(code=code, message=code, absolute=name == "dose_absolute")
        if deviations.severity_of(course(protocol), given, None, (against,), DOSED_AT) is Severity.ROUTINE:
            yield Hole(
                key=f"deviations.{name}",
                lets_through=f"of a dose against a rule {words} somebody would hear in working hours only",
                mend=f"must be urgent or worse ({OURS})",
            )
