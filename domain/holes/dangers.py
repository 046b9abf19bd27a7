"""Dangers by the numbers of published protocols: after the dose they call somebody, before it they forbid it.

What `limits` asks is relative to the file's own gates: whoever moves a gate moves the danger. This asks of any file.
"""

from collections.abc import Iterable
from typing import Final

from domain.course.rules import clearance
from domain.course.session import MedicineSession, Stage
from domain.course.verdict import VerdictSeverity
from domain.holes.asked import DOSED_AT, WELL, course, every_value, in_the_middle, judged, reading
from domain.holes.hole import Hole, Holes
from domain.holes.limits import end_holes
from domain.holes.published import DANGERS, NEVER_DOSED, RISE, TAKEN, Danger
from domain.holes.wording import SIGN, a, in_words, so_would
from domain.protocol.model import Protocol
from domain.protocol.values import Vital

_LEAST: dict[VerdictSeverity, str] = {
    VerdictSeverity.WARNING: "a",
    VerdictSeverity.URGENT: "an urgent",
    VerdictSeverity.EMERGENCY: "an emergency",
}


def danger_holes(protocol: Protocol) -> Holes:
    """A hole for each value that a published protocol calls dangerous and this one does not.

    Of an end of a sign that has a hole by the file's own gates nothing is said twice.
    """
    ends = dict.fromkeys((danger.vital, danger.is_high) for danger in DANGERS)
    told = {end for end in ends if any(True for _ in end_holes(protocol, end[0], is_high=end[1]))}
    for vital, is_high in (end for end in ends if end not in told):
        of_end = [one for one in DANGERS if (one.vital, one.is_high) == (vital, is_high)]
        yield from _graver(hole for danger in of_end for hole in _mild(protocol, danger))
    yield from _rise(protocol)


def _graver(found: Iterable[Hole]) -> Holes:
    """These holes; the remarks only where there is nothing else."""
    every = list(found)
    yield from [hole for hole in every if not hole.is_remark] or every


def _mild(protocol: Protocol, danger: Danger) -> Holes:
    found = {value: _judged(protocol, danger, value) for value in _beyond(protocol, danger)}
    mild = sorted(value for value, severity in found.items() if severity.rank < danger.least.rank)
    if mild:
        shown = in_the_middle(mild)
        yield Hole(
            key=f"medicine.limits.{danger.vital}",
            lets_through=f"{a(danger.vital, shown)} {'in one reading' if danger.at_once else 'that stays'} would "
            f"be {_said(found[shown])}{so_would(mild)}",
            mend=f"there must be {_LEAST[danger.least]} limit of {danger.vital} with {danger.bound}, or nearer"
            f"{', without confirm_within' if danger.at_once else ''} ({danger.basis})",
            is_remark=danger.is_remark,
        )


def _judged(protocol: Protocol, danger: Danger, value: int) -> VerdictSeverity:
    return judged(protocol, danger.vital, *([value] if danger.at_once else [value, value]))


def _beyond(protocol: Protocol, danger: Danger) -> list[int]:
    """The values that are asked about. A limit is no nearer than the gate ends: a warning inside it cannot be given."""
    values = every_value(danger.vital)
    further = [value for value in values if (value >= danger.value if danger.is_high else value <= danger.value)]
    clearance = protocol.medicine.clearance
    gate = clearance.hold.of(danger.vital) or clearance.never.of(danger.vital)
    if gate is None or danger.least is not VerdictSeverity.WARNING:
        return further
    return [value for value in further if not gate.holds(value)]


def _said(severity: VerdictSeverity) -> str:
    return (
        "read again, and nobody would be called until then"
        if severity is VerdictSeverity.RECHECK
        else in_words(severity)
    )


def _rise(protocol: Protocol) -> Holes:
    """From the lowest pressure of a healthy adult: one that rises so far is not yet high by itself."""
    cleared_with = 95
    value = cleared_with + RISE
    if judged(protocol, Vital.SYSTOLIC, value, cleared_with=cleared_with) is VerdictSeverity.NORMAL:
        yield Hole(
            key="medicine.limits.systolic",
            lets_through=f"a systolic pressure of {value} would be normal, of a patient cleared with {cleared_with}",
            mend=f"there must be a limit of systolic with rise = {RISE}, or less (S2: 40 is reported)",
        )


_DROWSY: Final = 4
"""The MOAA/S of whoever answers slowly to their name (S44)."""


def gate_holes(protocol: Protocol) -> Holes:
    """A hole for each sign without which a dose would be cleared, and for each dangerous value that would be."""
    for vital in Vital:
        if f"vitals.{vital}_missing" in _against(protocol, {one: WELL[one] for one in Vital if one is not vital}):
            yield from _cleared(protocol, vital)
        elif vital in TAKEN:
            yield Hole(
                key=f"medicine.clearance.hold.{vital}",
                lets_through=f"a patient would be cleared for a dose without {SIGN[vital]}",
                mend=f"there must be a range of {vital} in medicine.clearance.hold (S4, S5, S34, S35: taken before "
                "each dose)",
            )
        else:
            yield from _cleared(protocol, vital)
    yield from _drowsy(protocol)


def _drowsy(protocol: Protocol) -> Holes:
    """After a dose it is what is expected, before one it is not."""
    is_gated = protocol.medicine.clearance.hold.of(Vital.MOAAS) is not None
    if is_gated and "vitals.moaas_below_limit" not in _against(protocol, {**WELL, Vital.MOAAS: _DROWSY}):
        yield Hole(
            key="medicine.clearance.hold.moaas",
            lets_through=f"a patient would be cleared for a dose with {a(Vital.MOAAS, _DROWSY)}",
            mend="must begin at 5 (S44: at 4 they answer slowly to their name)",
        )


def _cleared(protocol: Protocol, vital: Vital) -> Holes:
    for is_high in (True, False):
        of_end = [one for one in DANGERS if one.vital is vital and one.is_high is is_high]
        found = [hole for danger in of_end for hole in _passed(protocol, danger)]
        # Of each gate the nearest value is enough: what lies further out passes with it.
        yield from _graver({(hole.key, hole.is_remark): hole for hole in reversed(found)}.values())


def _passed(protocol: Protocol, danger: Danger) -> Holes:
    vital = danger.vital
    is_absolute = _against(protocol, {vital: danger.value}).get(
        f"vitals.{vital}_{'above' if danger.is_high else 'below'}_limit"
    )
    end = danger.value - 1 if danger.is_high else danger.value + 1
    bound = f"must {'end' if danger.is_high else 'begin'} at {end}, or nearer ({danger.basis})"
    if danger.forbids_a_dose and is_absolute is None:
        yield Hole(
            key=f"medicine.clearance.hold.{vital}",
            lets_through=f"a patient would be cleared for a dose with {a(vital, danger.value)}",
            mend=bound,
            is_remark=danger.is_remark,
        )
    is_never = danger.forbids_a_dose and (danger.at_once or danger.is_high) and not danger.is_remark
    if is_never and vital in NEVER_DOSED and not is_absolute:
        yield Hole(
            key=f"medicine.clearance.never.{vital}",
            lets_through=f"a prescriber alone could clear a patient for a dose with {a(vital, danger.value)}",
            mend=bound,
        )


def _against(protocol: Protocol, signs: dict[Vital, int]) -> dict[str, bool]:
    """What speaks against a clearance of somebody who is here with these signs, and whether nobody may override it."""
    visit = MedicineSession(number=1, stage=Stage.CHECKED_IN, starts_at=DOSED_AT, readings=(reading(DOSED_AT, signs),))
    return {one.code: one.absolute for one in clearance.blockers(course(protocol, visit), visit, DOSED_AT)}
