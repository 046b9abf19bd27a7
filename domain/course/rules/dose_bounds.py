"""The bounds of a dose: how much the protocol and the plan allow, on top of what was given. It never chooses one."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from domain.course.dose_given import DoseGiven
from domain.course.recorded import known_at
from domain.course.rules.routes import RouteBounds, bounds_of, doses_by, given_mg
from domain.course.session import MedicineSession
from domain.course.state import CourseEscalation, CourseState
from domain.escalation.messages import Kind
from domain.events.clinic_events import InfusionStopped
from domain.protocol.medicine import DoseBasis, DoseRules, FirstMax
from domain.values import Actor, Blocker, Role, Severity, told_apart

TOLERANCE = 1e-9
"""Tolerance for rounding in division: 35 mg for 70 kg is 0.5 mg/kg."""


LEAST_MG = 0.0001
"""Smallest dose considered, in mg: if not even this fits the bounds, no dose is offered."""


EVENTS = frozenset({Kind.VITALS_URGENT, Kind.VITALS_EMERGENCY, Kind.BLOOD_PRESSURE_NOT_FALLING, Kind.ADVERSE_EVENT})
"""The kinds of escalation after which, if urgent, the next session's dose does not rise."""


_AFTER_EVENT = "the dose of the session before, which had an urgent event,"


class Offered(NamedTuple):
    """A dose to be judged, injected or infused: when, how much in mg, by which route, and who answers for it.

    `source` told of it; `until` is when an infusion is to end.
    """

    at: datetime
    mg: float
    route: str
    actor: Actor
    witness: str | None
    source: str | None = None
    until: datetime | None = None


def as_offered(dose: DoseGiven) -> Offered:
    """A dose that was given, to be judged again."""
    witness = None if isinstance(dose.data, InfusionStopped.Data) else dose.data.witness
    until = dose.ended_at if dose.is_infusion else None
    return Offered(dose.at, dose.mg, dose.route, dose.data.actor, witness, until=until)


def exhausted_blockers(course: CourseState, session: MedicineSession, bounds: RouteBounds) -> Iterator[Blocker]:
    """The blockers of any further dose in this session, however small, because one of these bounds has been reached."""
    if (weight := weight_today(session)) is not None:
        total = given_mg(course.protocol, session, bounds) + LEAST_MG
        amount = in_basis(bounds, total, weight)
        yield from _highest_blockers(course, session, bounds, amount)
        yield from _rise_blockers(course, session, bounds, amount)
        yield from _event_blockers(course, session, bounds, total, amount)


def bound_blockers(course: CourseState, session: MedicineSession, dose: Offered) -> Iterator[Blocker]:
    """What the protocol's bounds and the plan say of this amount, on top of the session's doses."""
    bounds = bounds_of(course.protocol, dose.route)
    weight = weight_today(session)
    if weight is None:
        yield unweighed()
        # A dose that was given all the same is judged by the last weight known.
        weight = last_weight(course)
    if weight is None:
        return
    total = given_mg(course.protocol, session, bounds, (dose.at, dose.mg))
    amount = in_basis(bounds, total, weight)
    # What is given once a bound was reached is no rounding of what reached it.
    rounding = 0.0 if any(exhausted_blockers(course, session, bounds)) else rounding_of(bounds)
    yield from _highest_blockers(course, session, bounds, amount, rounding)
    if is_above(amount, bounds.rules.max) and not _has_second_prescriber(course, dose):
        key, what = f"{bounds.key}.max", "the limit of one prescriber,"
        yield _above(course, bounds, amount, "dose.needs_two_prescribers", bounds.rules.max, key, what)
    yield from _rise_blockers(course, session, bounds, amount, rounding)
    yield from _event_blockers(course, session, bounds, total, amount, rounding)
    planned = planned_mg(course, dose.at, weight) if bounds.is_planned else None
    if planned is not None and is_above(total, planned, rounding):
        yield from _above_plan_blockers(course, dose.actor, total, planned)


def unweighed() -> Blocker:
    """The blocker of any dose on a day on which nobody weighed the patient."""
    return Blocker(code="weight.missing", message="The patient was not weighed today", absolute=True)


def rounding_of(bounds: RouteBounds) -> float:
    """How much more than a bound, in percent of it, is the rounding of a dose."""
    return (bounds.rules.rounding_percent or 0.0) if isinstance(bounds.rules, DoseRules) else 0.0


def is_above(amount: float, limit: float, rounding: float = 0.0) -> bool:
    """Whether it is more than the limit, and more than its rounding to what can be measured out."""
    return amount > limit * (1 + rounding / 100) + TOLERANCE


def _above_plan_blockers(course: CourseState, actor: Actor, mg: float, planned: float) -> Iterator[Blocker]:
    """What the plan has against more than it says: anything of a report by others, far more of a prescriber's too."""
    compared = course.protocol.medicine.compared
    most = compared.dose_at_most_percent if compared is not None else None
    if actor.role is not Role.PRESCRIBER:
        yield Blocker(
            code="dose.above_plan",
            message=f"{mg:g} mg is above the plan's {planned:g} mg; only a prescriber may report that",
            absolute=True,
            observed=mg,
            limit=round(planned, 6),
        )
    elif most is not None and (percent := round(100 * mg / planned, 1)) > most:
        yield Blocker(
            code="dose.far_above_plan",
            message=f"{mg:g} mg are {percent:g} % of the plan's {planned:g} mg; {most:g} % are the most",
            observed=mg,
            limit=round(planned, 6),
            source=course.protocol.source_of("medicine.compared.dose_at_most_percent"),
        )


def planned_mg(course: CourseState, at: datetime, weight_kg: float) -> float | None:
    """The plan's dose at that moment in mg, for somebody of that weight; None without one."""
    plan = known_at(course.plans, at)
    planned = plan.data.dose if plan else None
    if planned is None:
        return None
    return planned.mg if planned.mg is not None else (planned.mg_per_kg or 0.0) * weight_kg


def _highest_blockers(
    course: CourseState, session: MedicineSession, bounds: RouteBounds, amount: float, rounding: float = 0.0
) -> Iterator[Blocker]:
    """The limit of any dose, and that of a planned one in this part of the schedule."""
    if is_above(amount, bounds.rules.hard_max):
        key, what = f"{bounds.key}.hard_max", "the limit of any dose,"
        yield _above(course, bounds, amount, "dose.above_hard_max", bounds.rules.hard_max, key, what)
    part = course.part_of(session.number) if bounds.is_planned else None
    if part is not None and part.dose_max is not None and is_above(amount, part.dose_max, rounding):
        what, key = f"the limit of {part.part.replace('_', ' ')},", f"{part.key}.dose_max"
        yield _above(course, bounds, amount, "dose.above_part_max", part.dose_max, key, what)


def listed_blockers(course: CourseState, session: MedicineSession, dose: Offered) -> Iterator[Blocker]:
    """The blocker of an amount that the medicine does not come in, with what was given before in the session."""
    bounds = bounds_of(course.protocol, dose.route)
    rules, total = course.protocol.medicine.dose, given_mg(course.protocol, session, bounds, (dose.at, dose.mg))
    if bounds.is_planned and not is_an_amount(rules, total):
        yield Blocker(
            code="dose.not_an_amount",
            message=f"{total:g} mg is none of the protocol's amounts: {amounts_in_words(rules)}",
            observed=total,
            limit=amounts_in_words(rules),
            source=course.protocol.source_of("medicine.dose.amounts"),
        )


def is_an_amount(rules: DoseRules, amount: float) -> bool:
    """Whether the protocol allows this amount, in mg; one that names none allows any."""
    return rules.amounts is None or any(not is_above(abs(amount - one), 0) for one in rules.amounts)


def amounts_in_words(rules: DoseRules) -> str:
    """The protocol's amounts, such as "28, 56, 84 mg"."""
    return f"{', '.join(f'{one:g}' for one in rules.amounts or ())} mg"


def first_max(course: CourseState, bounds: RouteBounds) -> FirstMax:
    """The most for this patient's first dose; by the protocol's own route at their age, by the newest screening."""
    if not isinstance(bounds.rules, DoseRules):
        return FirstMax(bounds.rules.first_max, f"{bounds.key}.first_max")
    return bounds.rules.first_max_of(course.screening.data.age_years if course.screening is not None else None)


def _rise_blockers(
    course: CourseState, session: MedicineSession, bounds: RouteBounds, amount: float, rounding: float = 0.0
) -> Iterator[Blocker]:
    """The limit of a first dose by this route, or of the increase over the session before in which it was given."""
    dosed = (one for one in reversed(course.dosed_sessions) if one.number < session.number)
    before = next((one for one in dosed if doses_by(course.protocol, one, bounds)), None)
    if before is None:
        first = first_max(course, bounds)
        if is_above(amount, first.amount, rounding):
            what = "the limit of a first dose,"
            yield _above(course, bounds, amount, "dose.above_first_max", first.amount, first.key, what)
    else:
        given_before = _given_before(course, before, bounds)
        most = max(given_before + bounds.rules.step_max, _known_before(course, before, bounds))
        if is_above(amount, most, rounding):
            limit, key = round(most, 6), f"{bounds.key}.step_max"
            yield _above(course, bounds, amount, "dose.step_too_large", limit, key, "the highest next step")


def _known_before(course: CourseState, last: MedicineSession, bounds: RouteBounds) -> float:
    """What may be given again after a session whose dose was cut short, in their basis; 0 where it was not.

    That is what the last whole dose was; where there is none yet, the first one as it was planned, and no more than its
    limit. A session with an urgent event shows nothing, and neither does any before it.
    """
    dosed = [
        one for one in course.dosed_sessions if one.number <= last.number and doses_by(course.protocol, one, bounds)
    ]
    for session in reversed(dosed):
        if events_of(course, session):
            return 0.0
        if not _is_cut_short(course, session, bounds):
            return _given_before(course, session, bounds)
    planned = _planned_then(course, dosed[0], bounds)
    return min(first_max(course, bounds).amount, planned) if planned is not None else 0.0


def _is_cut_short(course: CourseState, session: MedicineSession, bounds: RouteBounds) -> bool:
    whole = bounds.rules.whole_from_percent if isinstance(bounds.rules, DoseRules) else None
    planned = _planned_then(course, session, bounds)
    if whole is None or planned is None:
        return False
    return _given_before(course, session, bounds) < planned * whole / 100


def _planned_then(course: CourseState, session: MedicineSession, bounds: RouteBounds) -> float | None:
    """The plan's dose at the first dose of that session, in the basis of these bounds."""
    weight = _weight_at(course, session)
    planned = planned_mg(course, doses_by(course.protocol, session, bounds)[0].at, weight)
    return in_basis(bounds, planned, weight) if planned is not None else None


def _event_blockers(
    course: CourseState,
    session: MedicineSession,
    bounds: RouteBounds,
    mg: float,
    amount: float,
    rounding: float = 0.0,
) -> Iterator[Blocker]:
    """The blocker of a rise over a session that had an urgent or emergency event (CLINICAL.md 3.5)."""
    before = next((one for one in reversed(course.dosed_sessions) if one.number < session.number), None)
    if before is None or course.protocol.medicine.dose.step_after_event or not events_of(course, before):
        return
    given_before = _given_before(course, before, bounds)
    # A lighter patient has more mg/kg of the same dose, a heavier one more mg of the same mg/kg: neither is a rise.
    mg_before = given_mg(course.protocol, before, bounds)
    if is_above(mg, mg_before, rounding) and is_above(amount, given_before, rounding):
        key = "medicine.dose.step_after_event"
        yield _above(course, bounds, amount, "dose.step_after_event", given_before, key, _AFTER_EVENT)


def events_of(course: CourseState, session: MedicineSession) -> tuple[CourseEscalation, ...]:
    """The urgent and emergency events of a dosed session; one that rests on a corrected slip alone did not happen."""
    first_dose = session.doses[0].at
    return tuple(
        one
        for one in course.escalations
        if one.kind in EVENTS
        and one.severity.rank >= Severity.URGENT.rank
        and not one.rests_on_corrected
        # Whoever reports an event at home may name no session.
        and (one.session == session.number or (one.session is None and one.opened_at >= first_dose))
    )


def _above(
    course: CourseState, bounds: RouteBounds, amount: float, code: str, limit: float, key: str, what: str
) -> Blocker:
    unit = "mg/kg" if bounds.rules.basis is DoseBasis.MG_PER_KG else "mg"
    said, most = told_apart(amount, limit)
    return Blocker(
        code=code,
        message=f"{said} {unit} is above {what} of {most} {unit}",
        absolute=True,
        observed=amount,
        limit=limit,
        source=course.protocol.source_of(key),
    )


def _given_before(course: CourseState, session: MedicineSession, bounds: RouteBounds) -> float:
    """What was given in an earlier session and counts against these bounds, in their basis."""
    return in_basis(bounds, given_mg(course.protocol, session, bounds), _weight_at(course, session))


def weight_today(session: MedicineSession) -> float | None:
    """The weight taken at this session's check-in, in kg."""
    return session.check_in.data.weight_kg if session.check_in else None


def last_weight(course: CourseState, until: int | None = None) -> float | None:
    """The patient's last known weight in kg: of the newest check-in with one, else of the screening or referral.

    `until` is the number of the last session whose check-in counts.
    """
    sessions = (one for one in reversed(course.sessions) if until is None or one.number <= until)
    taken = [session.check_in for session in sessions if session.check_in is not None]
    told = (*taken, course.screening, course.referral)
    return next((fact.data.weight_kg for fact in told if fact is not None and fact.data.weight_kg is not None), None)


def _weight_at(course: CourseState, session: MedicineSession) -> float:
    """What the patient weighed at that session as far as is known: of it, of before it, or else the first one after."""
    known = weight_today(session) or last_weight(course, until=session.number)
    weights = (known, *map(weight_today, course.sessions))
    return next(weight for weight in weights if weight is not None)


def in_basis(bounds: RouteBounds, mg: float, weight_kg: float) -> float:
    """Converts a dose in mg to the basis of its bounds: mg/kg or mg."""
    return round(mg / weight_kg if bounds.rules.basis is DoseBasis.MG_PER_KG else mg, 6)


def _has_second_prescriber(course: CourseState, dose: Offered) -> bool:
    first, second = dose.actor, dose.witness
    if first.role is not Role.PRESCRIBER or second is None or second == first.id:
        return False
    met = {role for who, role in course.roles if who == second}
    named = course.protocol.medicine.dose.second_prescribers
    return Role.PRESCRIBER in met or (not met if named is None else second in named)
