"""Keys of safety that a file may leave out: without one everything is as it was before there was such a key."""

from collections.abc import Callable
from typing import Final, NamedTuple

from domain.holes.hole import Hole, Holes
from domain.holes.published import OURS, SHORT_COURSE
from domain.protocol.model import Protocol
from domain.values import Role, Severity


class AskedFor(NamedTuple):
    """A key that may be left out, whether a file says it, what is let through without it, and its basis."""

    key: str
    is_said: Callable[[Protocol], bool]
    lets_through: str
    basis: str = OURS
    is_remark: bool = False


def _compared(name: str) -> Callable[[Protocol], bool]:
    return lambda one: bool(getattr(one.medicine.compared, name, None))


def _is_short(protocol: Protocol) -> bool:
    return protocol.course.medicine_sessions <= SHORT_COURSE


def _hears_of_unknown(protocol: Protocol) -> bool:
    return protocol.medicine.symptoms.unknown is not Severity.ROUTINE


ASKED_FOR: Final = (
    AskedFor(
        "screening.consent_documents",
        lambda one: one.screening.consent_documents is not None,
        "any document that is signed would be the consent to this treatment",
    ),
    AskedFor(
        "medicine.dose.given_by",
        lambda one: one.medicine.dose.given_by is not None,
        "a dose could be given by anybody, the front desk too",
        "S11: by the standards of other anaesthetics",
    ),
    AskedFor(
        "medicine.dose.second_prescribers",
        lambda one: (
            one.medicine.dose.second_prescribers is not None or one.medicine.dose.max >= one.medicine.dose.hard_max
        ),
        "a name that nobody knows could stand for a dose above max as its second prescriber",
    ),
    *(
        AskedFor(
            f"{table}.roles",
            lambda one, table=table: getattr(one, table).roles is not None or getattr(one, table).sessions == 0,  # type: ignore[misc]
            "a talk could be held by anybody, the front desk too",
            "S25: therapists",
        )
        for table in ("preparation", "integration")
    ),
    *(
        AskedFor(
            f"{table}.least_minutes",
            lambda one, table=table: getattr(one, table).least_minutes is not None or getattr(one, table).sessions == 0,  # type: ignore[misc]
            "a talk of one minute would count",
            f"S25: an hour; half of it is {OURS}",
        )
        for table in ("preparation", "integration")
    ),
    *(
        AskedFor(f"medicine.compared.{name}", _compared(name), lets_through)
        for name, lets_through in (
            ("dose_at_least_percent", "a dose of a hundredth of the plan's, mg/kg typed as mg, would be taken"),
            ("dose_at_most_percent", "a dose of pounds for kilograms, more than twice the plan's, would be taken"),
            ("weight_kg", "the first weight of all, typed in pounds, would be taken"),
            ("same_dose_percent", "a dose that two systems tell, one of them rounded, would be two doses"),
            ("same_dose_within", "a dose that two people tell ten minutes apart would be two doses"),
            ("pregnancy_test", "a test that no longer applies would be asked about by nobody"),
        )
    ),
    AskedFor(
        "medicine.symptoms.unknown_after_dose",
        lambda one: one.medicine.symptoms.unknown_after_dose is not None or _hears_of_unknown(one),
        "a word that no list names, of somebody dosed an hour ago, would be told in working hours only",
        f"S9: reactions recur for 24 hours; {OURS}",
    ),
    AskedFor(
        "course.review_after_session",
        lambda one: one.course.review_after_session is not None or _is_short(one),
        "the sessions would go on without anybody asking whether they help",
        "S7: benefit is judged after 4 weeks; S11",
    ),
    AskedFor(
        "course.review_every",
        lambda one: one.course.review_every is not None or _is_short(one),
        "after the first review nobody would ask again whether the sessions help",
        "S11: repeated review",
        is_remark=True,
    ),
    AskedFor(
        "course.review_after_event",
        lambda one: bool(one.course.review_after_event),
        "after a session with an emergency nobody need look at the plan before the next dose",
        is_remark=True,
    ),
    AskedFor(
        "course.plan_interval_within",
        lambda one: one.course.plan_interval_within is not None,
        "a dose long before its day by the plan would be weighed by nobody",
        is_remark=True,
    ),
    AskedFor(
        "medicine.check_in_on_booked_day",
        lambda one: bool(one.medicine.check_in_on_booked_day),
        "a check-in of another day than the visit was booked for would be told to nobody",
        is_remark=True,
    ),
)
"""The keys that an approval asks for; each is a slip that was seen."""

_NO_GIVERS: Final = {Role.THERAPIST: "a therapist", Role.COORDINATOR: "the front desk"}
_NO_TALKERS: Final = {Role.COORDINATOR: "the front desk"}


def left_out_holes(protocol: Protocol) -> Holes:
    """A hole for each of these keys that the file does not say, and for each that it empties of its meaning."""
    for one in ASKED_FOR:
        if not one.is_said(protocol):
            yield Hole(
                key=one.key, lets_through=one.lets_through, mend=f"must be there ({one.basis})", is_remark=one.is_remark
            )
    for route in protocol.medicine.routes or ():
        for name, said, lets_through in (
            ("least", route.least, "a hundredth of a dose, grams typed as milligrams, would be taken"),
            ("prescribed", route.prescribed, f"an {route.route} dose could be given that no prescriber has named"),
        ):
            if not said:
                yield Hole(
                    key=f"{route.key}.{name}",
                    lets_through=lets_through,
                    mend=f"must be there ({OURS})",
                )
    yield from _roles(protocol)
    if protocol.preparation.sessions == 0 and not protocol.preparation.topics:
        yield Hole(
            key="preparation.sessions",
            lets_through="a patient would be dosed whom nobody has prepared",
            mend="must be at least 1, or topics name what is talked about (S63: 2 or 3; S66)",
        )


def _roles(protocol: Protocol) -> Holes:
    dose = protocol.medicine.dose
    for role in dose.given_by or ():
        if role in _NO_GIVERS:
            yield Hole(
                key="medicine.dose.given_by",
                lets_through=f"a dose could be given by {_NO_GIVERS[role]}",
                mend=f"must name neither {Role.THERAPIST} nor {Role.COORDINATOR} (S11)",
            )
        elif role is Role.SYSTEM:
            yield Hole(
                key="medicine.dose.given_by",
                lets_through="a dose that a system tells would be given by nobody who can be named",
                mend=f"should name {Role.SYSTEM} only where the system is told by a {Role.MONITOR} ({OURS})",
                is_remark=True,
            )
    for person in dose.second_prescribers or ():
        yield Hole(
            key="medicine.dose.second_prescribers",
            lets_through=f"{person} would stand for a dose above max, whoever that is",
            mend=f"should name prescribers alone ({OURS})",
            is_remark=True,
        )
    for table, roles in (("preparation", protocol.preparation.roles), ("integration", protocol.integration.roles)):
        if set(roles or ()) & set(_NO_TALKERS):
            yield Hole(
                key=f"{table}.roles",
                lets_through="a talk could be held by the front desk",
                mend=f"must not name {Role.COORDINATOR} (S25: therapists)",
            )
