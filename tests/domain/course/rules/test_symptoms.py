"""What the protocol says of symptoms, however they are spelled, and which of them stand before a dose."""

from datetime import timedelta

import pytest

from domain.course.verdict import Verdict, VerdictSeverity
from domain.escalation.messages import Change, Kind
from domain.protocol.model import Protocol
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    LIND,
    MARA,
    OSEI,
    assessment,
    call,
    clearance,
    days,
    discharge,
    dose,
    hours,
    minutes,
    over,
    seconds,
    signs,
    vitals,
    weekly,
)
from tests.support.ward import Ward

AS_OF_ANYBODY = {"medicine.symptoms.unknown_after_dose": None}
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
    [
        *("chest_pain", "chest pain", "Chest_Pain", "CHEST-PAIN", "ChestPain", "chest pains.", "pain in chest"),
        *("dyspnea", "Shortness of breath", "SOB", "can't breathe", "choking", "airway obstruction"),
        *("laryngospasm", "apnea", "stopped breathing", "respiratory depression", "bronchospasm", "cyanosis"),
        *("cardiac arrest", "no pulse", "angioedema", "grand mal", "tonic-clonic", "seizing", "Seizure."),
        *("faint", "blackout", "coma", "unrousable", "stroke", "hemiparesis", "blindness", "suicide attempt"),
    ],
)
def test_an_emergency_is_one_however_it_is_spelled(ward: Ward, spelled: str) -> None:
    """S1, S8: symptoms alone trigger; a spelling must not decide over it."""
    assert told(ward, spelled).severity is EMERGENCY
    assert ward.open[Kind.VITALS_EMERGENCY] is Severity.EMERGENCY


@pytest.mark.parametrize("spelled", ["hallucinations", "psychosis", "suicidal thoughts", "wants to die", "confusion"])
def test_what_is_urgent_is_urgent_by_its_other_names(ward: Ward, spelled: str) -> None:
    """Somebody comes, whatever it is called."""
    assert told(ward, spelled).severity is URGENT


@pytest.mark.parametrize("spelled", ["blurred vision", "double vision", "diplopia"])
def test_an_everyday_effect_wakes_nobody(ward: Ward, spelled: str) -> None:
    """Blurred and double vision are usual after the medicine; lost sight is not."""
    assert told(ward, spelled).severity is WARNING
    assert ward.open == {}


@pytest.mark.parametrize(
    ("written", "severity"),
    [("Chest pain (mild)", EMERGENCY), ("agitation [a little]", URGENT), ("nausea (with blood)", URGENT)],
)
def test_a_remark_takes_nothing_from_a_symptom(ward: Ward, written: str, severity: VerdictSeverity) -> None:
    """What is urgent stays so; a remark on anything milder may be the graver half, and somebody hears of it."""
    assert told(ward, written).severity is severity
    assert len(ward.open) == 1


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        *(("severe chest pain", EMERGENCY), ("Chest pain, dyspnoea", EMERGENCY), ("fainted at home", EMERGENCY)),
        *(("took an overdose", EMERGENCY), ("not breathing well", EMERGENCY), ("nausea and tight chest", EMERGENCY)),
        *(("very agitated", URGENT), ("nausea with fall from the bed", URGENT), ("severe_agitation", URGENT)),
    ],
)
def test_one_word_more_does_not_hide_what_is_grave(ward: Ward, written: str, severity: VerdictSeverity) -> None:
    """Staff write sentences: a code that is urgent or worse is read wherever it stands in one."""
    assert told(ward, written).severity is severity


@pytest.mark.parametrize("written", ["no chest pain", "denies chest pain or dyspnoea", "nausea and an odd feeling"])
def test_what_a_sentence_denies_or_leaves_open_is_looked_at(ward: Ward, written: str) -> None:
    """A denied symptom wakes nobody; and beside a mild one the unknown word may be the graver half."""
    verdict = told(ward, written)

    assert [one.code for one in verdict.findings] == ["vitals.symptom_unknown"]
    assert verdict.severity is (URGENT if "odd" in written else WARNING)


@pytest.mark.parametrize("written", ["none", "None.", "nil", "no symptoms", "N/A"])
def test_none_is_no_symptom(ward: Ward, written: str) -> None:
    """Forms fill it in where nothing is wrong."""
    assert told(ward, written).findings == ()


def test_blurred_vision_with_lost_sight_is_the_graver_of_the_two(ward: Ward) -> None:
    """The gravest of the symptoms decides."""
    assert told(ward, "blurred vision", "loss of vision").severity is EMERGENCY


@pytest.mark.parametrize("code", ["R07.9", "hiccups", "-", "chestpain"])
def test_a_symptom_in_no_list_is_a_warning_never_nothing(opens: Opens, code: str) -> None:
    """It is named as unknown, so that somebody looks at what was meant; also where nothing is said of the dosed."""
    ward = opens(weekly(AS_OF_ANYBODY))
    verdict = told(ward, code)

    assert verdict.severity is WARNING
    assert [(one.code, one.observed) for one in verdict.findings] == [("vitals.symptom_unknown", code)]
    assert ward.open == {Kind.ADVERSE_EVENT: Severity.ROUTINE}


def test_an_unknown_symptom_is_told_as_the_protocol_says(opens: Opens) -> None:
    """`unknown`: routine, urgent or an emergency."""
    ward = opens(weekly({"medicine.symptoms.unknown": Severity.URGENT}))

    assert told(ward, "R07.9").severity is URGENT
    assert ward.open == {Kind.VITALS_URGENT: Severity.URGENT}


@pytest.mark.parametrize(
    ("since_dose", "severity"),
    [(hours(5), Severity.URGENT), (hours(24), Severity.URGENT), (hours(24) + seconds(1), Severity.ROUTINE)],
)
def test_somebody_hears_of_an_unknown_symptom_on_a_call(ward: Ward, since_dose: timedelta, severity: Severity) -> None:
    """At home nobody looks at the list of findings: an event to review is opened, within a day of the dose at once."""
    ward.discharged()
    ward.reports(call(MARA, at=ward.begins() + since_dose, symptoms=["feels like floating away"]))

    assert ward.open[Kind.ADVERSE_EVENT] is severity


@pytest.mark.parametrize("word", ["shivering", "hard to settle", "sats 80", "looks grey"])
def test_an_unknown_word_of_whoever_was_just_dosed_is_urgent(ward: Ward, word: str) -> None:
    """Whoever was dosed an hour ago may be in danger by any word."""
    assert told(ward, word).severity is URGENT
    assert ward.open == {Kind.VITALS_URGENT: Severity.URGENT}


@pytest.mark.parametrize(
    ("words", "severity"),
    [
        *((word, EMERGENCY) for word in ("hard to rouse", "lips swollen", "throat tight", "can't see", "arm weakness")),
        *(
            (word, EMERGENCY)
            for word in ("blue", "homicidal ideation", "wants to hurt her baby", "took too many pills")
        ),
        *((word, EMERGENCY) for word in ("thinks about jumping off the bridge", "cannot move left arm")),
        *((word, URGENT) for word in ("hears voices", "manic", "urinary retention", "cannot pass urine", "clammy")),
    ],
)
def test_grave_words_of_everyday_speech_are_read_as_grave(ward: Ward, words: str, severity: VerdictSeverity) -> None:
    """On a call, days after the dose: nobody is there who sees them."""
    ward.discharged()
    answer = ward.reports(call(MARA, at=ward.now + days(3), days_after=3, symptoms=[words]))

    assert answer.verdict is not None
    assert answer.verdict.severity is severity
    assert max(ward.open.values(), key=lambda one: one.rank) is Severity(severity.value)


def test_an_unknown_symptom_at_the_door_is_weighed(opens: Opens) -> None:
    """The monitor alone sends nobody home with a word that nobody has read; a prescriber says why."""
    ward = opens(weekly(AS_OF_ANYBODY))
    ward.watched().reports(vitals(MARA, at=ward.now + minutes(2), symptoms=["R07.9"]))
    ward.reports(assessment(MARA, at=ward.now))

    against = ward.course.blockers_for(discharge(MARA, at=ward.now, by=LIND))
    assert [(one.code, one.absolute, one.observed) for one in against] == [
        ("discharge.symptom_unknown", False, "R07.9")
    ]
    ward.reports(discharge(MARA, at=ward.now, by=OSEI, overrides=over("discharge.symptom_unknown")))


def test_a_protocol_without_synonyms_still_folds_the_spelling(opens: Opens) -> None:
    """`[vocabulary]` is optional; a protocol's own list may be spelled as people write."""
    bare: Protocol = weekly({"vocabulary": {}, "medicine.symptoms.urgent": ("Cold Sweat",)})

    assert told(opens(bare), "cold-sweat").severity is URGENT


def test_a_machine_takes_back_no_symptom_at_the_door(ward: Ward) -> None:
    """Agitation stays in the way until somebody says that it is gone."""
    ward.watched().reports(vitals(MARA, at=ward.now + minutes(2), symptoms=["agitation"]))
    ward.hears(Kind.VITALS_URGENT, Change.RESOLVED)
    ward.reports(vitals(MARA, at=ward.now + minutes(1), symptoms=None))
    ward.reports(assessment(MARA, at=ward.now))

    assert ward.reasons(discharge(MARA, at=ward.now)) == ["discharge.symptom_reported"]
    ward.reports(vitals(MARA, at=ward.now + minutes(1)))
    assert ward.reasons(discharge(MARA, at=ward.now)) == []


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

    # A monitor's whole reading asks nobody; "none" is what a person says.
    ward.reports(vitals(MARA, at=ward.begins() - minutes(7), symptoms=None))
    assert before_clearance(ward) == reported

    ward.reports(vitals(MARA, at=ward.begins() - minutes(6)))
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
