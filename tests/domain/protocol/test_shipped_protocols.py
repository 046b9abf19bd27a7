"""What is shipped for other routes and other spacings is as safe as the weekly protocol that all others are told by."""

from datetime import timedelta

import pytest

from domain.course.rules.symptoms import findings
from domain.course.verdict import VerdictSeverity, verdict_of
from domain.protocol.measures import MeasureMoment
from domain.protocol.model import Protocol
from domain.protocol.parameters import without_evidence
from domain.protocol.values import Route
from domain.values import Severity
from tests.support.cast import SHIPPED
from tests.support.shipped_protocols import SHIPPED_BY_ID

OTHERS = [one for one in SHIPPED_BY_ID.values() if one.id != SHIPPED.id]
EACH = pytest.mark.parametrize("protocol", OTHERS, ids=lambda one: one.id)


def words() -> set[str]:
    """Every symptom of the weekly protocol, by each of its names."""
    symptoms = SHIPPED.medicine.symptoms
    codes = {*symptoms.emergency, *symptoms.urgent, *symptoms.warning}
    return codes | {name for code in codes for name in SHIPPED.vocabulary.get(code, ())}


def read(protocol: Protocol, word: str) -> VerdictSeverity:
    return verdict_of(findings(protocol, (word,))).severity


@EACH
def test_a_word_of_danger_is_as_grave_in_every_protocol(protocol: Protocol) -> None:
    """Each file is signed whole, so each repeats the words; none is forgotten in one of them."""
    assert {word: read(protocol, word) for word in words()} == {word: read(SHIPPED, word) for word in words()}


@EACH
def test_who_is_excluded_by_one_protocol_is_excluded_by_all(protocol: Protocol) -> None:
    """A condition does not become harmless with another route."""
    assert {*SHIPPED.screening.absolute} <= {*protocol.screening.absolute}
    assert {*SHIPPED.screening.review} <= {*protocol.screening.review, *protocol.screening.absolute}


@pytest.mark.parametrize("protocol", SHIPPED_BY_ID.values(), ids=lambda one: one.id)
def test_what_keeps_the_nights_quiet_is_in_every_protocol(protocol: Protocol) -> None:
    """History that is imported wakes nobody, nor does each week's answer of who was referred for what it says."""
    assert protocol.screening.earlier_answers is Severity.ROUTINE
    known = protocol.measures["cssrs"].known_baseline
    for_suicide = {code for code in protocol.indications if code.startswith("R45.85")}
    assert for_suicide == {*(known.indications if known else ())}


@pytest.mark.parametrize("protocol", SHIPPED_BY_ID.values(), ids=lambda one: one.id)
def test_who_comes_on_another_day_than_booked_is_told_in_every_protocol(protocol: Protocol) -> None:
    """Nobody expects them: there may be no therapist and no room."""
    assert protocol.medicine.check_in_on_booked_day


@pytest.mark.parametrize("protocol", SHIPPED_BY_ID.values(), ids=lambda one: one.id)
def test_a_dependence_that_is_treated_has_its_gate_in_every_protocol(protocol: Protocol) -> None:
    """How long they have been sober, and a drug screen: the prescriber weighs both (S26)."""
    dependent = {code for code in protocol.indications if code.startswith("F1")}
    gates, tests = (protocol.screening.gates or {}).values(), (protocol.screening.tests or {}).values()
    asked = {code for gate in gates if gate.abstinent_days_min for code in gate.indications}
    screened = {code for test in tests for code in test.indications or ()}

    assert dependent <= asked
    assert dependent <= screened


@EACH
def test_no_number_is_without_evidence(protocol: Protocol) -> None:
    """What Kapstan ships says of each number where it comes from."""
    assert without_evidence(protocol) == []


@EACH
def test_what_is_watched_is_watched_until_they_may_go(protocol: Protocol) -> None:
    """Each reading until the earliest discharge has its own place on the grid, also after an infusion."""
    medicine = protocol.medicine
    infused = medicine.infusion.usual if protocol.route is Route.INTRAVENOUS else timedelta()

    assert medicine.checkpoints.offsets[-1] >= infused + medicine.minimum_observation


OUTCOME = {
    **dict.fromkeys(("F32", "F33"), "madrs"),
    "F41": "gad7",
    "F43.1": "pcl5",
    "F42": "ybocs",
    **dict.fromkeys(("G89", "M79.7", "M79.2", "G62", "G90.5"), "pain_nrs"),
    **dict.fromkeys(("F10", "F11", "F19"), "craving_nrs"),
    "R45.851": "cssrs",
}
"""What tells of each indication whether the treatment helped; of any other one the questionnaires of mood do."""

AT_FIRST = {MeasureMoment.BASELINE, MeasureMoment.EACH_SESSION}


@pytest.mark.parametrize("protocol", SHIPPED_BY_ID.values(), ids=lambda one: one.id)
def test_each_indication_has_its_measure_at_first_at_the_end_and_after_it(protocol: Protocol) -> None:
    """A change needs a beginning: nobody is treated for an obsession whose measure is the mood alone."""
    for code in protocol.indications:
        family = next((one for one in OUTCOME if code.startswith(one)), None)
        rule = protocol.measures[OUTCOME[family] if family else "phq9"]
        moments = {*rule.every} if isinstance(rule.every, tuple) else {rule.every}

        assert rule.indications is None or protocol.is_for(rule.indications, (code,)), code
        assert moments & AT_FIRST, code
        assert moments >= {MeasureMoment.END, MeasureMoment.FOLLOW_UP}, code


@pytest.mark.parametrize("name", ["esketamine-in", "ketamine-iv-induction"])
def test_who_is_treated_for_resistance_has_each_treatment_named(name: str) -> None:
    """Two in a field is a guess; a prescriber who reads two names knows what was tried, and whether for long enough."""
    protocol = SHIPPED_BY_ID[name]

    for code in protocol.indications:
        asked = [
            gate for gate in (protocol.screening.gates or {}).values() if protocol.is_for(gate.indications, (code,))
        ]
        assert any(gate.trials_named and gate.prior_trials_min == 2 for gate in asked), code
