"""Signs that nobody has to take after the dose: at a checkpoint, or before the patient goes home."""

from domain.course.rules import discharge
from domain.course.rules.checkpoints import checkpoints
from domain.holes.asked import DOSED_AT, WELL, course, dosed, reading
from domain.holes.hole import Hole, Holes
from domain.holes.published import TAKEN
from domain.holes.wording import SIGN
from domain.protocol.model import Protocol
from domain.protocol.values import Route, Vital


def required_sign_holes(protocol: Protocol) -> Holes:
    """A hole for each sign that a dose depends on, or should, and that a checkpoint, or the door, does without."""
    clearance = protocol.medicine.clearance
    for vital in Vital:
        is_gated = clearance.hold.of(vital) is not None or clearance.never.of(vital) is not None
        if not (is_gated or vital in TAKEN):
            continue
        passed = [
            *(("a checkpoint would be met",) if _is_met_without(protocol, vital) else ()),
            *(("a dosed patient would be discharged",) if _goes_home_without(protocol, vital) else ()),
        ]
        if passed:
            yield Hole(
                key="medicine.checkpoints.required",
                lets_through=f"{' and '.join(passed)} without {SIGN[vital]}{', on which a dose depends' * is_gated}",
                mend=f"must name {vital}",
                is_remark=is_gated and _is_left_to_the_form(protocol, vital),
            )


def _is_left_to_the_form(protocol: Protocol, vital: Vital) -> bool:
    """Whether some who give this medicine take the sign before it alone: by the nose, as the REMS form does (S5)."""
    return set(protocol.routes) == {Route.INTRANASAL} and vital in {Vital.HEART_RATE, Vital.RESPIRATORY_RATE}


def _is_met_without(protocol: Protocol, vital: Vital) -> bool:
    session = dosed(protocol, reading(DOSED_AT + protocol.medicine.checkpoints.offsets[0], _all_but(vital)))
    return checkpoints(protocol.medicine.checkpoints, session, {})[0].is_answered


def _goes_home_without(protocol: Protocol, vital: Vital) -> bool:
    leaves_at = DOSED_AT + protocol.medicine.minimum_observation
    session = dosed(protocol, reading(leaves_at, _all_but(vital)))
    against = discharge.rests_on(course(protocol, session), session, leaves_at)
    return f"discharge.{vital}_missing" not in {blocker.code for blocker in against}


def _all_but(vital: Vital) -> dict[Vital, int]:
    return {sign: value for sign, value in WELL.items() if sign is not vital}
