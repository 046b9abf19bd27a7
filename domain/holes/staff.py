"""Roles that nobody who is booked has: who may clear a dose, let the patient go, and close a question of safety."""

from collections.abc import Collection
from typing import Final

from domain.course.event_rule_registry import EVENT_RULES
from domain.course.rules.clearance import DANGERS
from domain.escalation.messages import Kind
from domain.events.clinic_events import Event, PatientDischarged, SessionCleared
from domain.holes.hole import Hole, Holes
from domain.protocol.model import Protocol
from domain.values import Role

_ACTS: Final[tuple[tuple[type[Event], str], ...]] = (
    (SessionCleared, "clear the dose"),
    (PatientDischarged, "discharge the patient"),
)

_TWO: Final = 2

_OF_CLINICIANS: Final = (Kind.SUICIDE_RISK, Kind.VITALS_EMERGENCY, Kind.ADVERSE_EVENT, Kind.ITEM9_POSITIVE)
"""The questions of safety that no desk answers."""


def staff_holes(protocol: Protocol) -> Holes:
    """A hole for each act of a visit, and each question of safety, that no booked role may see to."""
    booked = protocol.medicine.staff
    for event, act in _ACTS:
        if not EVENT_RULES[event].roles.intersection(booked):
            yield Hole(
                key="medicine.staff",
                lets_through=f"a visit could be booked with nobody who may {act}",
                mend=f"must name a {_either(EVENT_RULES[event].roles)}",
            )
    if len(set(booked)) < _TWO:
        yield Hole(
            key="medicine.staff",
            lets_through=f"a visit could be booked with a {booked[0]} alone, and nobody else to watch the patient",
            mend=f"must name a second role, such as {Role.MONITOR} (S4: a prescriber, and staff who monitor)",
        )
    for kind in _OF_CLINICIANS:
        if Role.COORDINATOR in protocol.escalations.resolvers_of(kind):
            yield Hole(
                key=f"escalations.resolved_by.{kind}",
                lets_through=f"the front desk could resolve {kind}",
                mend=f"must name clinicians alone, not {Role.COORDINATOR} (S47: a professional evaluates)",
            )
    for kind in sorted(DANGERS):
        resolvers = protocol.escalations.resolvers_of(kind)
        if resolvers and not set(resolvers).intersection(booked):
            yield Hole(
                key=f"escalations.resolved_by.{kind}",
                lets_through=f"nobody who is booked could resolve {kind}, which keeps the patient "
                "from a dose and from the door",
                mend=f"must name a {_either(booked)}",
            )


def _either(roles: Collection[Role]) -> str:
    return " or a ".join(role for role in Role if role in roles)
