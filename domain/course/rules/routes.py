"""Routes: the ways by which the medicine may be given in a session, and the bounds of what is given by each.

A lozenge and an injection are not added up: what is given by a further route is held against bounds of its own.
"""

from collections.abc import Iterable
from datetime import datetime
from math import fsum
from typing import NamedTuple

from domain.course.dose_given import DoseGiven
from domain.course.session import MedicineSession
from domain.protocol.medicine import DoseRules, RouteRules
from domain.protocol.model import Protocol
from domain.values import Blocker


class RouteBounds(NamedTuple):
    """The bounds of what is given by a route, and the path of their keys."""

    rules: DoseRules | RouteRules
    key: str

    @property
    def is_planned(self) -> bool:
        """Whether it is the dose that a plan speaks of: by the protocol's own route, or by one that has no bounds."""
        return isinstance(self.rules, DoseRules)


def own_bounds(protocol: Protocol) -> RouteBounds:
    """The bounds of what is given by the protocol's own route."""
    return RouteBounds(protocol.medicine.dose, "medicine.dose")


def bounds_of(protocol: Protocol, route: str) -> RouteBounds:
    """The bounds of what is given by this route."""
    further = (RouteBounds(one, one.key) for one in protocol.medicine.routes or () if one.route == route)
    return next(further, own_bounds(protocol))


def every_bounds(protocol: Protocol) -> tuple[RouteBounds, ...]:
    """The bounds of each route by which the medicine may be given, the protocol's own first."""
    return tuple(bounds_of(protocol, route) for route in protocol.routes)


def doses_by(protocol: Protocol, session: MedicineSession, bounds: RouteBounds) -> tuple[DoseGiven, ...]:
    """The session's doses that count against these bounds."""
    if protocol.medicine.routes is None:
        return session.doses
    return tuple(dose for dose in session.doses if bounds_of(protocol, dose.route).key == bounds.key)


Told = tuple[datetime, float]
"""When something was given, and how much in mg."""


def told_once(told: Iterable[Told], bounds: RouteBounds) -> list[Told]:
    """What was told, in order, without what may be a second report of the same part: so much is counted once."""
    apart = bounds.rules.parts_apart if isinstance(bounds.rules, DoseRules) else None
    in_order = sorted(told)
    if apart is None:
        return in_order
    counted: list[Told] = []
    for at, mg in in_order:
        if not any(mg == one and at - then < apart for then, one in counted):
            counted.append((at, mg))
    return counted


def given_mg(protocol: Protocol, session: MedicineSession, bounds: RouteBounds, *more: Told) -> float:
    """What was given in this session, or as much `more`, and counts against these bounds, in mg."""
    told = [(given.at, given.mg) for given in doses_by(protocol, session, bounds)]
    # The same in every release, as `sum` is not.
    return fsum(mg for _, mg in told_once((*told, *more), bounds))


def route_not_allowed(protocol: Protocol, route: str) -> Blocker:
    """The blocker of a dose by another route than the protocol's."""
    allowed = " or ".join(protocol.routes)
    return Blocker(
        code="dose.route_not_allowed",
        message=f"The route {route} was reported; the protocol is {allowed}",
        absolute=True,
        observed=route,
        limit=allowed,
    )
