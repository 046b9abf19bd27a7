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

_OF_CLINICIANS: Final = (
    *(Kind.SUICIDE_RISK, Kind.VITALS_EMERGENCY, Kind.ADVERSE_EVENT, Kind.ITEM9_POSITIVE, Kind.ITEM9_SCREENED),
    *(Kind.VITALS_URGENT, Kind.VITALS_OVERDUE, Kind.BLOOD_PRESSURE_NOT_FALLING, Kind.DOSE_UNREPORTED),
    *(Kind.LEFT_BEFORE_DISCHARGE, Kind.PROTOCOL_DEVIATION, Kind.MEASURE_HIGH, Kind.EXCLUSION_FOUND),
    *(Kind.CORRECTION_REVIEW, Kind.PATIENT_DECEASED),
)
"""The questions of safety that no desk answers."""

_OF_THE_BODY: Final = (
    *(Kind.VITALS_EMERGENCY, Kind.VITALS_URGENT, Kind.VITALS_OVERDUE, Kind.BLOOD_PRESSURE_NOT_FALLING),
    *(Kind.ADVERSE_EVENT, Kind.DOSE_UNREPORTED),
)
"""Those that ask for somebody who may treat the patient, or watch them: no therapist answers them."""


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
    elif Role.MONITOR not in booked:
        yield Hole(
            key="medicine.staff",
            lets_through="a visit could be booked with nobody who watches the patient: "
            f"a {' and a '.join(dict.fromkeys(booked))} alone",
            mend=f"must name a {Role.MONITOR} (S4: a prescriber, and staff who monitor)",
        )
    if protocol.medicine.one_person_two_roles and len(set(booked)) == _TWO:
        yield Hole(
            key="medicine.one_person_two_roles",
            lets_through="a visit could be booked with one person, in both roles, alone with the patient",
            mend="must be false, or medicine.staff name a third role (S4: a prescriber, and staff who monitor)",
        )
    for kind in _OF_CLINICIANS:
        if _may_resolve(protocol, Role.COORDINATOR, kind):
            yield Hole(
                key=f"escalations.resolved_by.{kind}",
                lets_through=f"the front desk could resolve {kind}",
                mend=f"must name clinicians alone, not {Role.COORDINATOR} (S47: a professional evaluates)",
            )
    for kind in _OF_THE_BODY:
        if _may_resolve(protocol, Role.THERAPIST, kind):
            yield Hole(
                key=f"escalations.resolved_by.{kind}",
                lets_through=f"a therapist could resolve {kind}",
                mend=f"must name a {Role.PRESCRIBER} or a {Role.MONITOR} (S4: who may treat the patient, or monitor)",
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


def _may_resolve(protocol: Protocol, role: Role, kind: Kind) -> bool:
    """Whether somebody in this role may; anybody may resolve what the file leaves out."""
    resolvers = protocol.escalations.resolvers_of(kind)
    return not resolvers or role in resolvers


def _either(roles: Collection[Role]) -> str:
    return " or a ".join(role for role in Role if role in roles)
