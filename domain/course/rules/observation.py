"""Since when a dosed patient is observed: the end of the last dose, or a later medicine that starts it anew."""

from typing import NamedTuple

from domain.codes import folded
from domain.course.state import MedicineSession
from domain.protocol.model import ComedicationRule, Protocol
from domain.values import Moment


class Begun(NamedTuple):
    """When the observation began, and when that was learned."""

    at: Moment
    recorded_at: Moment


def begun(protocol: Protocol, session: MedicineSession) -> Begun:
    """Since when the patient of a dosed session is observed; while an infusion runs, its start."""
    doses = (Begun(dose.ended_at, (dose.stopped or dose).recorded_at) for dose in session.doses)
    others = (Begun(one.at, one.recorded_at) for one in session.medications if _restarts(protocol, one.data.code))
    return max((*doses, *others), key=lambda one: one.at)


def comedication(protocol: Protocol, code: str) -> ComedicationRule | None:
    """What the protocol says of this other medicine; None if it does not name it."""
    return next((one for one in protocol.medicine.comedication if folded(one.code) == folded(code)), None)


def _restarts(protocol: Protocol, code: str) -> bool:
    rule = comedication(protocol, code)
    return rule is not None and rule.restarts_observation
