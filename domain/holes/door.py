"""The door: whoever is not fit to leave, and goes home all the same."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from domain.course.rules import discharge, observation
from domain.events.clinic_events import DischargeAssessed, MedicationAdministered, SessionCleared
from domain.holes.asked import DOSED_AT, NURSE, PRESCRIBER, WELL, course, dosed, reading, recorded
from domain.holes.hole import Hole, Holes
from domain.holes.published import ANTIDOTES, OURS, SEDATING, THE_MEDICINE, TOLD
from domain.protocol.model import Protocol
from domain.protocol.values import Vital
from domain.values import Severity

_FIT: Final[Mapping[str, Any]] = {"padss": 10, "oriented": True, "steady_gait": True, "dissociation_resolved": True}


class Unfit(NamedTuple):
    """Somebody who does not go home: the key that keeps them, the blocker, who they are, and what would mend it."""

    key: str
    code: str
    who: str
    mend: str
    assessed: Mapping[str, Any] = {}
    signs: Mapping[Vital, int] = {}
    escort: bool = True


_RULES: Final = "medicine.discharge"
_UNFIT: Final = (
    Unfit(
        f"{_RULES}.padss_min",
        "discharge.padss_below_limit",
        "with a PADSS of 7",
        "must be at least 8 (S43: 9, and 8 by another score)",
        {"padss": 7},
    ),
    Unfit(
        f"{_RULES}.oriented", "discharge.not_oriented", "who is not oriented", "must be true (S43)", {"oriented": False}
    ),
    Unfit(
        f"{_RULES}.steady_gait",
        "discharge.not_steady_gait",
        "who cannot walk steadily",
        "must be true (S34, S43)",
        {"steady_gait": False},
    ),
    Unfit(
        f"{_RULES}.dissociation_resolved",
        "discharge.not_dissociation_resolved",
        "who is still dissociated",
        "must be true (S4)",
        {"dissociation_resolved": False},
    ),
    Unfit(
        f"{_RULES}.moaas_min",
        "discharge.moaas_below_limit",
        "with a MOAA/S of 3",
        "must be at least 4 (S4: the sedation has resolved; S44)",
        signs={Vital.MOAAS: 3},
    ),
    Unfit(
        f"{_RULES}.spo2_min",
        "discharge.spo2_below_limit",
        "with an SpO₂ of 89",
        f"must be at least 90 (S43: more than 92 on room air; 90 is {OURS})",
        signs={Vital.SPO2: 89},
    ),
    Unfit(
        f"{_RULES}.bp_within_percent",
        "discharge.systolic_not_near_baseline",
        "with a systolic pressure of 143, cleared with 100",
        "must be at most 40 (S43: no point beyond that)",
        signs={Vital.SYSTOLIC: 143},
    ),
    Unfit(
        "medicine.escort_required", "escort.missing", "whom nobody takes home", "must be true (S4, S43)", escort=False
    ),
)


def door_holes(protocol: Protocol) -> Holes:
    """A hole for each patient who would go home and is not fit to."""
    for unfit in _UNFIT:
        if unfit.code not in _against(protocol, unfit):
            yield Hole(key=unfit.key, lets_through=f"a patient {unfit.who} would be discharged", mend=unfit.mend)


def _against(protocol: Protocol, unfit: Unfit) -> frozenset[str]:
    leaves_at = DOSED_AT + protocol.medicine.minimum_observation
    assessed = DischargeAssessed.Data(actor=NURSE, session=1, **{**_FIT, **unfit.assessed})
    session = dosed(
        protocol,
        reading(DOSED_AT, {**WELL, Vital.SYSTOLIC: 100}),
        reading(leaves_at, {**WELL, Vital.SYSTOLIC: 100, **unfit.signs}),
    ).but(
        clearance=recorded(DOSED_AT, SessionCleared.Data(actor=PRESCRIBER, session=1)),
        assessment=recorded(leaves_at, assessed),
    )
    found = discharge.blockers(course(protocol, session), session, leaves_at, escort=unfit.escort, instructions=True)
    return frozenset(one.code for one in found)


def comedication_holes(protocol: Protocol) -> Holes:
    """A hole for each medicine that sedates, or is given in need, and of which nobody hears or which changes nothing.

    What no rule names is weighed by a prescriber.
    """
    given_at = DOSED_AT + protocol.medicine.minimum_observation / 2
    for code in (*SEDATING, *ANTIDOTES):
        given = recorded(given_at, MedicationAdministered.Data(actor=NURSE, session=1, code=code))
        session = dosed(protocol).but(medications=(given,))
        if any(True for _ in observation.unknown_given(protocol, session, given_at)):
            continue
        rule = observation.comedication(protocol, code)
        told = rule.tell if rule is not None else None
        if observation.begun(protocol, session).at != given_at:
            yield Hole(
                key=f"medicine.comedication.{code}.restarts_observation",
                lets_through=f"a patient who was given {code} would be watched no longer than without it",
                mend="must be true, or no rule name it, so that a prescriber weighs it (S1, S5, S9: it sedates)"
                if code in SEDATING
                else f"must be true, or no rule name it, so that a prescriber weighs it ({OURS}: it is given in need)",
            )
        if told is None and code in TOLD:
            yield Hole(
                key=f"medicine.comedication.{code}.tell",
                lets_through=f"nobody would hear that a patient was given {code}",
                mend="must be there (S1, S5, S9: it sedates)",
            )
        elif code in (*ANTIDOTES, *THE_MEDICINE) and (told is None or told is Severity.ROUTINE):
            why = "it is given in need" if code in ANTIDOTES else "filed so, a dose starts no checkpoints"
            yield Hole(
                key=f"medicine.comedication.{code}.tell",
                lets_through=f"of a patient who was given {code} "
                f"{'nobody would hear' if told is None else 'somebody would hear in working hours only'}",
                mend=f"must be urgent or worse ({OURS}: {why})",
            )
