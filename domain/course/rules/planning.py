"""Planning: whether a plan's sessions, intervals, dose and goals lie within the protocol's bounds."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from typing import Any, NamedTuple

from domain.course.event_rule import PRESCRIBER, TREATMENT, EventRule
from domain.course.rules import maintenance
from domain.course.rules.dose_bounds import amounts_in_words, first_max, is_above, is_an_amount
from domain.course.rules.followup import go_on_when_integrated
from domain.course.rules.preparation import begin_medicine_when_prepared
from domain.course.rules.routes import own_bounds
from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.events.clinic_events import PlanPrescribed
from domain.events.fields import Dose
from domain.protocol.medicine import DoseBasis
from domain.values import Blocker, count_of


def blockers(course: CourseState, event: PlanPrescribed) -> Iterator[Blocker]:
    """The blockers of prescribing this plan; one in follow-up is for sessions after the series."""
    if against := tuple(maintenance.standing(course, event.time)):
        yield from against
        return
    course = maintenance.as_a_plan_finds_it(course)
    rules, source = course.protocol.course, course.protocol.source_of
    plan, bounds = event.data, maintenance.session_bounds(course)
    sessions = plan.medicine_sessions
    if sessions is None and course.phase is Phase.FOLLOW_UP:
        sessions = rules.medicine_sessions
    if sessions is not None and not bounds.least <= sessions <= bounds.most:
        key = "course.maintenance.most" if course.is_maintenance(course.next_session()) else "course.sessions_max"
        yield Blocker(
            code="plan.sessions_out_of_bounds",
            message=f"{count_of(sessions, 'session')} {'was' if sessions == 1 else 'were'} "
            f"planned; {bounds.least} to {bounds.most} are allowed",
            absolute=True,
            observed=sessions,
            limit=f"{bounds.least}-{bounds.most}",
            source=source(key),
        )
    if plan.interval_days is not None:
        spacing = course.spacing_of(course.next_session())
        # A bound may be half a day: the allowed range in whole days lies within it.
        least, most = ceil(spacing.interval_min / timedelta(days=1)), spacing.interval_max // timedelta(days=1)
        if not least <= plan.interval_days <= most:
            yield Blocker(
                code="plan.interval_out_of_bounds",
                message=f"An interval of {count_of(plan.interval_days, 'day')} was planned; "
                f"{least} to {most} are allowed",
                absolute=True,
                observed=plan.interval_days,
                limit=f"{least}-{most}",
                source=source(f"{spacing.key}.interval_min"),
            )
    if rules.goals_required and not course.plans and not plan.goals:
        yield Blocker(code="plan.goals_missing", message="The first plan names the patient's goals", absolute=True)
    yield from _dose_blockers(course, plan.dose)
    allowed = [one.route.value for one in course.protocol.medicine.routes or ()]
    for route in plan.further_routes or ():
        if route not in allowed:
            yield Blocker(
                code="plan.route_not_allowed",
                message=f"{route} was planned; the protocol's further routes are {' or '.join(allowed) or 'none'}",
                absolute=True,
                observed=route,
                limit=" or ".join(allowed) or "none",
                source=source("medicine.routes"),
            )


def _dose_blockers(course: CourseState, dose: Dose) -> Iterator[Blocker]:
    """The blockers for a dose in another unit or out of bounds; before any dose, the first dose's bound applies.

    What is planned is held against the bound of the session whose dose comes next.
    """
    rules, source = course.protocol.medicine.dose, course.protocol.source_of
    amount = dose.mg_per_kg if rules.basis is DoseBasis.MG_PER_KG else dose.mg
    if amount is None:
        yield Blocker(
            code="plan.dose_in_wrong_unit",
            message=f"The protocol counts doses in {rules.basis.replace('_per_', '/')}",
            absolute=True,
            observed="mg" if dose.mg is not None else "mg_per_kg",
            limit=rules.basis,
            source=source("medicine.dose.basis"),
        )
        return
    most = _most_of_next_dose(course)
    if is_above(amount, most.limit):
        yield Blocker(
            code=f"plan.dose_above_{most.name}",
            message=f"A planned dose of {amount:g} is above the limit of {most.limit:g}",
            absolute=True,
            observed=amount,
            limit=most.limit,
            source=source(most.key),
        )
    if not is_an_amount(rules, amount):
        yield Blocker(
            code="plan.dose_not_an_amount",
            message=f"A planned dose of {amount:g} is none of the protocol's: {amounts_in_words(rules)}",
            absolute=True,
            observed=amount,
            limit=amounts_in_words(rules),
            source=source("medicine.dose.amounts"),
        )


class _Most(NamedTuple):
    """A bound of the next dose: its name in a blocker's code, and its key."""

    limit: float
    name: str
    key: str


def _most_of_next_dose(course: CourseState) -> _Most:
    """The bound that nobody may plan above: of a first dose, or of any; or that of the part, where it is lower."""
    rules, part = course.protocol.medicine.dose, course.part_of(course.next_session())
    most = _Most(rules.hard_max, "hard_max", "medicine.dose.hard_max")
    if not course.dosed_sessions:
        first = first_max(course, own_bounds(course.protocol))
        most = _Most(first.amount, "first_max", first.key)
    if part is not None and part.dose_max is not None and part.dose_max < most.limit:
        return _Most(part.dose_max, "part_max", f"{part.key}.dose_max")
    return most


def _prescribe(transition: Transition[Any], event: PlanPrescribed) -> None:
    plans = (*transition.course.plans, transition.recorded(event))
    transition.change(plans=tuple(sorted(plans, key=lambda plan: plan.at)))
    begin_medicine_when_prepared(transition, event.time)
    maintenance.begin(transition, event.time)
    go_on_when_integrated(transition, event.time)


PRESCRIBED = EventRule(
    event=PlanPrescribed,
    phases=TREATMENT,
    more_phases=maintenance.more_phases,
    roles=PRESCRIBER,
    standing=maintenance.standing,
    blockers=blockers,
    apply=_prescribe,
)
RULES = (PRESCRIBED,)
