"""Since when a dosed patient is observed: the end of the last dose, or a later medicine that starts it anew."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from domain.codes import folded
from domain.course.session import MedicineSession
from domain.protocol.medicine import ComedicationRule
from domain.protocol.model import Protocol
from domain.values import Blocker, Moment


class Begun(NamedTuple):
    """When the observation began, and when that was learned."""

    at: Moment
    recorded_at: Moment


def begun(protocol: Protocol, session: MedicineSession) -> Begun:
    """Since when the patient of a dosed session is observed; while an infusion runs, its start."""
    doses = (Begun(dose.ended_at, (dose.stopped or dose).recorded_at) for dose in session.doses)
    others = (Begun(one.at, one.recorded_at) for one in session.medications if restarts(protocol, one.data.code))
    return max((*doses, *others), key=lambda one: one.at)


def comedication(protocol: Protocol, code: str) -> ComedicationRule | None:
    """What the protocol says of this other medicine, by its name or by what it is; None if it names neither."""
    rules = {folded(one.code): one for one in protocol.medicine.comedication}
    return rules.get(folded(code)) or rules.get(folded(protocol.canonical(code)))


def unknown(protocol: Protocol, code: str) -> Blocker:
    """What stands against a medicine that the protocol does not name: a prescriber weighs it."""
    return Blocker(
        code="medication.unknown",
        message=f"The protocol does not say what follows from {code}; a prescriber must look at it",
        observed=code,
        source=protocol.source_of("medicine.comedication"),
    )


def unknown_given(protocol: Protocol, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """A blocker for each medicine that the patient had been given by then and the protocol does not name."""
    for given in session.medications:
        if given.at <= at and comedication(protocol, given.data.code) is None:
            yield unknown(protocol, given.data.code)


def restarts(protocol: Protocol, code: str) -> bool:
    """Whether the observation starts again with this medicine."""
    rule = comedication(protocol, code)
    return rule is not None and rule.restarts_observation
