"""What the protocol says of symptoms, however they are spelled, and which of them stand before a dose."""

import pytest

from domain.course.verdict import Verdict, VerdictSeverity
from domain.escalation.messages import Change, Kind
from domain.protocol.model import Protocol
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import MARA, clearance, dose, minutes, over, seconds, signs, vitals, weekly
from tests.support.ward import Ward

NORMAL, WARNING, RECHECK, URGENT, EMERGENCY = VerdictSeverity


def told(ward: Ward, *symptoms: str) -> Verdict:
    """The verdict on a reading with these symptoms, a quarter of an hour after the dose."""
    ward.watched(until=minutes(0))
    answer = ward.reports(vitals(MARA, at=ward.begins() + minutes(15), symptoms=symptoms))
    assert answer.verdict is not None
    return answer.verdict


def read_before_the_dose(ward: Ward, *symptoms: str) -> Ward:
    ward.checked_in().reports(vitals(MARA, at=ward.begins() - minutes(10), symptoms=symptoms))
    return ward


def before_clearance(ward: Ward) -> list[tuple[str, bool, object]]:
    """What stands before the clearance: code, whether it is absolute, and what was seen."""
    asked = clearance(MARA, at=ward.begins() - minutes(5))
    return [(one.code, one.absolute, one.observed) for one in ward.course.blockers_for(asked)]


@pytest.mark.parametrize(
    "spelled",
    ["chest_pain", "chest pain", "Chest_Pain", "CHEST-PAIN", "dyspnea", "Shortness of breath", "laryngospasm", "apnea"],
)
def test_an_emergency_is_one_however_it_is_spelled(ward: Ward, spelled: str) -> None:
    """S1, S8: symptoms alone trigger; a spelling must not decide over it."""
    assert told(ward, spelled).severity is EMERGENCY
    assert ward.open[Kind.VITALS_EMERGENCY] is Severity.EMERGENCY


@pytest.mark.parametrize("code", ["R07.9", "hiccups", "-", "chestpain"])
def test_a_symptom_in_no_list_is_a_warning_never_nothing(ward: Ward, code: str) -> None:
    """It is named as unknown, so that somebody looks at what was meant."""
    verdict = told(ward, code)

    assert verdict.severity is WARNING
    assert [(one.code, one.observed) for one in verdict.findings] == [("vitals.symptom_unknown", code)]


def test_a_protocol_without_synonyms_still_folds_the_spelling(opens: Opens) -> None:
    """`[vocabulary]` is optional; a protocol's own list may be spelled as people write."""
    bare: Protocol = weekly({"vocabulary": {}, "medicine.symptoms.urgent": ("Cold Sweat",)})

    assert told(opens(bare), "cold-sweat").severity is URGENT


def test_an_urgent_symptom_before_the_dose_is_weighed(ward: Ward) -> None:
    """Agitation and vomiting pages people, and asks the prescriber for a rationale besides."""
    read_before_the_dose(ward, "agitation", "vomiting")
    ward.hears(Kind.VITALS_URGENT, Change.RESOLVED)

    assert before_clearance(ward) == [("vitals.symptom_reported", False, "agitation")]
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over("vitals.symptom_reported")))
    assert ward.hears_against(dose(MARA, at=ward.begins())) == []


def test_an_unknown_symptom_before_the_dose_is_weighed(ward: Ward) -> None:
    """Nobody is dosed on a word that nobody has read."""
    assert before_clearance(read_before_the_dose(ward, "R07.9")) == [("vitals.symptom_unknown", False, "R07.9")]


def test_an_emergency_stays_until_a_reading_without_it(ward: Ward) -> None:
    """The nurse resolves the page; the reading that showed chest pain clears nobody, nor does an oxygen sensor."""
    read_before_the_dose(ward, "Chest pain")
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)
    reported = [("vitals.symptom_reported", True, "Chest pain")]
    assert before_clearance(ward) == reported

    ward.reports(signs(MARA, at=ward.begins() - minutes(8), spo2=98))
    assert before_clearance(ward) == reported

    ward.reports(vitals(MARA, at=ward.begins() - minutes(7)))
    assert before_clearance(ward) == []


def test_a_symptom_after_the_clearance_speaks_against_the_dose(ward: Ward) -> None:
    """The same at the dose: what the prescriber has not weighed is absolute there."""
    ward.cleared().reports(signs(MARA, at=ward.begins() - minutes(1), symptoms=["agitated"]))
    ward.hears(Kind.VITALS_URGENT, Change.RESOLVED)

    against = ward.course.blockers_for(dose(MARA, at=ward.begins()))
    assert [(one.code, one.absolute) for one in against] == [("vitals.symptom_reported", True)]


def test_another_symptom_than_the_one_weighed_asks_again(ward: Ward) -> None:
    """An override lifts what was seen, not its code."""
    read_before_the_dose(ward, "agitation")
    ward.hears(Kind.VITALS_URGENT, Change.RESOLVED)
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over("vitals.symptom_reported")))
    ward.reports(signs(MARA, at=ward.begins() - seconds(30), symptoms=["prolonged dissociation"]))
    ward.hears(Kind.VITALS_URGENT, Change.RESOLVED)

    assert ward.hears_against(dose(MARA, at=ward.begins())) == ["vitals.symptom_reported"]
