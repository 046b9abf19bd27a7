"""The bounds of a dose: how much the protocol and the plan allow, on top of what was given. It never chooses one."""

from collections.abc import Iterator
from datetime import datetime
from math import fsum
from typing import NamedTuple

from domain.course.dose_given import DoseGiven
from domain.course.recorded import known_at
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.escalation.messages import Kind
from domain.events.clinic_events import InfusionStopped
from domain.protocol.medicine import DoseBasis, DoseRules, FirstMax
from domain.values import Actor, Blocker, Role, Severity

TOLERANCE = 1e-9
"""Tolerance for rounding in division: 35 mg for 70 kg is 0.5 mg/kg."""


LEAST_MG = 0.0001
"""Smallest dose considered, in mg: if not even this fits the bounds, no dose is offered."""


EVENTS = frozenset({Kind.VITALS_URGENT, Kind.VITALS_EMERGENCY, Kind.BLOOD_PRESSURE_NOT_FALLING, Kind.ADVERSE_EVENT})
"""The kinds of escalation after which, if urgent, the next session's dose does not rise."""


_AFTER_EVENT = "the dose of the session before, which had an urgent event,"


class Offered(NamedTuple):
    """A dose to be judged, injected or infused: when, how much in mg, by which route, and who answers for it."""

    at: datetime
    mg: float
    route: str
    actor: Actor
    witness: str | None


def as_offered(dose: DoseGiven) -> Offered:
    """A dose that was given, to be judged again."""
    witness = None if isinstance(dose.data, InfusionStopped.Data) else dose.data.witness
    return Offered(dose.at, dose.mg, dose.route, dose.data.actor, witness)


def exhausted_blockers(course: CourseState, session: MedicineSession) -> Iterator[Blocker]:
    """The blockers of any further dose in this session, however small, because a bound has been reached."""
    if (weight := weight_today(session)) is not None:
        total = given_mg(session) + LEAST_MG
        amount = _amount(course, total, weight)
        yield from _hard_blockers(course, amount)
        yield from _part_blockers(course, session, amount)
        yield from _rise_blockers(course, session, amount)
        yield from _event_blockers(course, session, total, amount)


def bound_blockers(course: CourseState, session: MedicineSession, dose: Offered) -> Iterator[Blocker]:
    """What the protocol's bounds and the plan say of this amount, on top of the session's doses."""
    rules = course.protocol.medicine.dose
    weight = weight_today(session)
    if weight is None:
        yield Blocker(code="weight.missing", message="The patient was not weighed today", absolute=True)
        # A dose that was given all the same is judged by the last weight known.
        weight = last_weight(course)
    if weight is None:
        return
    total = given_mg(session) + dose.mg
    amount = _amount(course, total, weight)
    yield from _hard_blockers(course, amount)
    yield from _part_blockers(course, session, amount)
    if amount > rules.max + TOLERANCE and not _has_second_prescriber(course, dose):
        key, what = "medicine.dose.max", "the limit of one prescriber,"
        yield _above(course, amount, "dose.needs_two_prescribers", rules.max, key, what)
    yield from _rise_blockers(course, session, amount)
    yield from _event_blockers(course, session, total, amount)
    planned = planned_mg(course, dose.at, weight)
    if planned is not None and dose.actor.role is not Role.PRESCRIBER and total > planned + TOLERANCE:
        yield Blocker(
            code="dose.above_plan",
            message=f"{total:g} mg is above the plan's {planned:g} mg; only a prescriber may report that",
            absolute=True,
            observed=total,
            limit=round(planned, 6),
        )


def planned_mg(course: CourseState, at: datetime, weight_kg: float) -> float | None:
    """The plan's dose at that moment in mg, for somebody of that weight; None without one."""
    plan = known_at(course.plans, at)
    planned = plan.data.dose if plan else None
    if planned is None:
        return None
    return planned.mg if planned.mg is not None else (planned.mg_per_kg or 0.0) * weight_kg


def _hard_blockers(course: CourseState, amount: float) -> Iterator[Blocker]:
    limit = course.protocol.medicine.dose.hard_max
    if amount > limit + TOLERANCE:
        key, what = "medicine.dose.hard_max", "the limit of any dose,"
        yield _above(course, amount, "dose.above_hard_max", limit, key, what)


def _part_blockers(course: CourseState, session: MedicineSession, amount: float) -> Iterator[Blocker]:
    """The limit of a dose in this part of the schedule."""
    part = course.part_of(session.number)
    if part is not None and part.dose_max is not None and amount > part.dose_max + TOLERANCE:
        what, key = f"the limit of {part.part.replace('_', ' ')},", f"{part.key}.dose_max"
        yield _above(course, amount, "dose.above_part_max", part.dose_max, key, what)


def amount_blockers(course: CourseState, session: MedicineSession, dose: Offered) -> Iterator[Blocker]:
    """The blocker of an amount that the medicine does not come in, with what was given before in the session."""
    rules, total = course.protocol.medicine.dose, given_mg(session) + dose.mg
    if not is_an_amount(rules, total):
        yield Blocker(
            code="dose.not_an_amount",
            message=f"{total:g} mg is none of the protocol's amounts: {amounts_in_words(rules)}",
            observed=total,
            limit=amounts_in_words(rules),
            source=course.protocol.source_of("medicine.dose.amounts"),
        )


def is_an_amount(rules: DoseRules, amount: float) -> bool:
    """Whether the protocol allows this amount, in mg; one that names none allows any."""
    return rules.amounts is None or any(abs(amount - one) <= TOLERANCE for one in rules.amounts)


def amounts_in_words(rules: DoseRules) -> str:
    """The protocol's amounts, such as "28, 56, 84 mg"."""
    return f"{', '.join(f'{one:g}' for one in rules.amounts or ())} mg"


def first_max(course: CourseState) -> FirstMax:
    """The most for this patient's first dose, by their age at the newest screening."""
    age = course.screening.data.age_years if course.screening is not None else None
    return course.protocol.medicine.dose.first_max_of(age)


def _unit(rules: DoseRules) -> str:
    return "mg/kg" if rules.basis is DoseBasis.MG_PER_KG else "mg"


def _rise_blockers(course: CourseState, session: MedicineSession, amount: float) -> Iterator[Blocker]:
    """The limit of a first dose, or of the increase over the session before."""
    rules = course.protocol.medicine.dose
    before = next((one for one in reversed(course.dosed_sessions) if one.number < session.number), None)
    if before is None:
        first = first_max(course)
        if amount > first.amount + TOLERANCE:
            what = "the limit of a first dose,"
            yield _above(course, amount, "dose.above_first_max", first.amount, first.key, what)
    else:
        given_before = _amount(course, given_mg(before), _weight_at(course, before))
        if amount - given_before > rules.step_max + TOLERANCE:
            limit = round(given_before + rules.step_max, 6)
            key, what = "medicine.dose.step_max", "the highest next step"
            yield _above(course, amount, "dose.step_too_large", limit, key, what)


def _event_blockers(course: CourseState, session: MedicineSession, mg: float, amount: float) -> Iterator[Blocker]:
    """The blocker of a rise over a session that had an urgent or emergency event (CLINICAL.md 3.5)."""
    before = next((one for one in reversed(course.dosed_sessions) if one.number < session.number), None)
    if before is None or course.protocol.medicine.dose.step_after_event or not _had_event(course, before):
        return
    given = given_mg(before)
    given_before = _amount(course, given, _weight_at(course, before))
    # A lighter patient has more mg/kg of the same dose, a heavier one more mg of the same mg/kg: neither is a rise.
    if mg > given + TOLERANCE and amount > given_before + TOLERANCE:
        key = "medicine.dose.step_after_event"
        yield _above(course, amount, "dose.step_after_event", given_before, key, _AFTER_EVENT)


def _had_event(course: CourseState, session: MedicineSession) -> bool:
    first_dose = session.doses[0].at
    return any(
        one.kind in EVENTS
        and one.severity.rank >= Severity.URGENT.rank
        # Whoever reports an event at home may name no session.
        and (one.session == session.number or (one.session is None and one.opened_at >= first_dose))
        for one in course.escalations
    )


def _above(course: CourseState, amount: float, code: str, limit: float, key: str, what: str) -> Blocker:
    unit = _unit(course.protocol.medicine.dose)
    return Blocker(
        code=code,
        message=f"{amount:g} {unit} is above {what} of {limit:g} {unit}",
        absolute=True,
        observed=amount,
        limit=limit,
        source=course.protocol.source_of(key),
    )


def _amount(course: CourseState, mg: float, weight_kg: float) -> float:
    return _in_basis(course.protocol.medicine.dose.basis, mg, weight_kg)


def given_mg(session: MedicineSession) -> float:
    """What was given in this session, in mg."""
    return fsum(given.mg for given in session.doses)  # the same in every release of Python, as `sum` is not


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
    later = (one for one in course.sessions if one.number > session.number)
    weights = (known, *map(weight_today, later))
    return next(weight for weight in weights if weight is not None)


def _in_basis(basis: DoseBasis, mg: float, weight_kg: float) -> float:
    """Converts a dose in mg to the protocol's basis: mg/kg or mg."""
    return round(mg / weight_kg if basis is DoseBasis.MG_PER_KG else mg, 6)


def _has_second_prescriber(course: CourseState, dose: Offered) -> bool:
    # Kapstan has no list of prescribers; it only knows people whom the course has met in other roles.
    first, second = dose.actor, dose.witness
    roles = {role for who, role in course.roles if who == second}
    return (
        first.role is Role.PRESCRIBER
        and second is not None
        and second != first.id
        and (not roles or Role.PRESCRIBER in roles)
    )
