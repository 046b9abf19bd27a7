"""Doses beyond all that is published, amounts that do not exist, and doses against their gates that wake nobody."""

from domain.course.rules import deviations
from domain.course.rules.routes import RouteBounds, every_bounds
from domain.events.clinic_events import DoseAdministered
from domain.holes.asked import COURSE, DOSED_AT, NURSE, course
from domain.holes.hole import Hole, Holes
from domain.holes.published import ALONE, HIGHEST, OURS, DoseCeiling
from domain.protocol.medicine import DoseBasis
from domain.protocol.model import Protocol
from domain.protocol.values import Route
from domain.values import Blocker, Severity


def dose_holes(protocol: Protocol) -> Holes:
    """A hole for each bound that lets an anaesthetic dose through, and for each dose outside that nobody hears of."""
    for route, bounds in zip(protocol.routes, every_bounds(protocol), strict=True):
        yield from _ceilings(route, bounds)
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


def _ceilings(route: Route, bounds: RouteBounds) -> Holes:
    rules, basis = bounds.rules, bounds.rules.basis
    for name, amount, ceiling, by in (
        ("hard_max", rules.hard_max, HIGHEST.get((route, basis)), "could be given"),
        ("max", rules.max, ALONE.get((route, basis)), "could be given by one prescriber alone"),
    ):
        if ceiling is not None and amount > ceiling.amount:
            yield _above(route, f"{bounds.key}.{name}", amount, basis, ceiling, by)


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
