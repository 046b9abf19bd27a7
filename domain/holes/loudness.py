"""What a file calls people for that needs nobody: whoever is called for nothing does not come when it matters."""

from datetime import timedelta
from typing import Final

from domain.codes import folded
from domain.durations import in_words, iso_8601
from domain.holes.hole import Hole, Holes
from domain.holes.published import OURS
from domain.protocol.instruments import PHQ9, instrument_name
from domain.protocol.model import Protocol
from domain.values import Severity

USUAL: Final = ("nausea", "vomiting", "dizziness", "dissociation", "sedation", "headache", "anxiety", "blurred_vision")
"""What every third patient or more has after a dose, and what passes (S1, S2, S34)."""

_HURRY: Final = timedelta(minutes=30)
_SOON: Final = timedelta(minutes=2)


def loudness_remarks(protocol: Protocol) -> Holes:
    """A remark for each severity, list and length that calls people for what is usual, or can wait."""
    medicine, symptoms = protocol.medicine, protocol.medicine.symptoms
    severities = [
        ("medicine.missed_visit", medicine.missed_visit, Severity.ROUTINE, "a visit that a patient missed"),
        ("medicine.missed_visit_at_risk", medicine.missed_visit_at_risk, Severity.URGENT, "a visit that was missed"),
        ("deviations.other", protocol.deviations.other, Severity.ROUTINE, "a talk that is told in the wrong phase"),
        ("medicine.symptoms.unknown", symptoms.unknown, Severity.URGENT, "a misspelled word on a call"),
    ]
    severities += [
        (f"measures.{name}.worsened", rule.worsened, Severity.URGENT, f"a higher score of {instrument_name(name)}")
        for name, rule in protocol.measures.items()
        if rule.worsened is not None
    ]
    for key, severity, most, what in severities:
        if severity.rank > most.rank:
            yield _loud(key, f"{what} would be {_spoken(severity)}, at any hour", f"should be {most}, or milder")
    for name, listed in (("emergency", symptoms.emergency), ("urgent", symptoms.urgent)):
        for code in (one for one in listed if folded(one) in map(folded, USUAL)):
            severity = Severity.EMERGENCY if name == "emergency" else Severity.URGENT
            yield _loud(
                f"medicine.symptoms.{name}",
                f"{code}, which is usual after a dose, would be {_spoken(severity)}",
                "should be among warning",
            )
    calls = protocol.check_ins
    for name, length in (("missed", calls.missed), ("missed_at_risk", calls.missed_at_risk)):
        if length < _HURRY:
            yield _loud(
                f"check_ins.{name}",
                f"that a patient did not pick up would be told after {in_words(length)}",
                f"should be at least {iso_8601(_HURRY)}",
            )
    if calls.waking is None:
        yield _loud("check_ins.waking", "a missed call would wake somebody", "should name the hours of the day")
    if medicine.checkpoints.missed_after < _SOON:
        told = "told_after" if medicine.checkpoints.told_after else "grace"
        yield _loud(
            f"medicine.checkpoints.{told}",
            f"a reading that is typed in {in_words(medicine.checkpoints.missed_after)} late would page somebody",
            f"should be at least {iso_8601(_SOON)}",
        )
    rule = protocol.measures.get(PHQ9)
    if rule is not None and rule.item9 is not None and rule.item9.routine_to is None:
        yield _loud(
            f"measures.{PHQ9}.item9.routine_to",
            "the mildest answer to question 9 would page somebody before the screen of the same day can answer it",
            "should be 1",
        )


def _loud(key: str, lets_through: str, mend: str) -> Hole:
    return Hole(key=key, lets_through=lets_through, mend=f"{mend} ({OURS})", is_remark=True)


def _spoken(severity: Severity) -> str:
    return "an emergency" if severity is Severity.EMERGENCY else str(severity)
