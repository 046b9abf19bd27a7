"""The table that a medical director signs shows every value in words, with its evidence."""

from datetime import timedelta

import pytest

from domain.protocol.file import parse_protocol
from domain.protocol.measures import AfterDose, MeasureMoment
from domain.protocol.medicine import DoseBasis
from domain.protocol.model import Grade
from domain.protocol.parameters import parameters, rows, without_evidence
from domain.protocol.screening import ScreeningTest
from domain.protocol.values import Range
from tests.support.paths import WEEKLY_FILE

WEEKLY = WEEKLY_FILE.read_text(encoding="utf-8")
PROTOCOL = parse_protocol(WEEKLY, "kap.toml")


def test_no_number_of_the_weekly_protocol_is_without_evidence() -> None:
    """What Kapstan ships says of each number where it comes from."""
    assert without_evidence(PROTOCOL) == []


def test_each_number_without_evidence_is_named_once() -> None:
    """`kapstan protocol check` names them in the order of the file; lists and choices need none."""
    bare = PROTOCOL.but(evidence={})

    named = without_evidence(bare)

    assert named[:2] == ["course.medicine_sessions", "course.sessions_min"]
    assert len(named) == len(set(named))
    assert {
        "course.interval",
        "medicine.clearance.hold.systolic",
        "medicine.checkpoints.offsets",
        "medicine.limits.systolic.warning",
        "forms.session_monitoring.remind",
        "measures.phq9.item9.at_least",
        "measures.madrs.range",
    } <= {*named}
    assert not {"route", "course.goals_required", "screening.absolute", "medicine.staff", "measures.phq9.every"} & {
        *named
    }


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("route", "intramuscular"),
        ("course.medicine_sessions", "6 sessions"),
        ("integration.sessions", "1 session"),
        ("course.interval", "7 days"),
        ("course.goals_required", "yes"),
        ("screening.age_min", "18 years"),
        ("screening.systolic_max", "150 mmHg"),
        ("medicine.staff", "prescriber, monitor, therapist"),
        ("medicine.credentials.therapist", "kap"),
        ("medicine.planned_duration", "2 h 30 min"),
        ("medicine.dose.max", "1 mg/kg"),
        ("medicine.clearance.hold.systolic", "90 to 140 mmHg"),
        ("medicine.clearance.hold.moaas", "5 of 5"),
        ("medicine.limits.spo2.warning", "below 94 %"),
        ("medicine.limits.spo2.emergency", "below 90 %"),
        ("medicine.discharge.padss_min", "9 of 10"),
        ("measures.phq9.every", "each session, end, follow up"),
        ("measures.madrs.range", "0 to 60 points"),
    ],
)
def test_a_value_reads_in_words_with_its_unit(key: str, words: str) -> None:
    """No clinician has to know what P7D is, or in what a pressure is counted."""
    assert [row.value for row in rows(PROTOCOL) if row.key == key] == [words]


def test_a_test_of_the_screening_is_shown_in_its_unit() -> None:
    """And how often it is asked for."""
    alt = ScreeningTest(range=Range(low=0, high=60), unit="U/L", valid_for=timedelta(days=90), before_every=4)
    shown = {row.key: row.value for row in rows(PROTOCOL.but(screening=PROTOCOL.screening.but(tests={"alt": alt})))}

    assert shown["screening.tests.alt.range"] == "0 to 60 U/L"
    assert shown["screening.tests.alt.before_every"] == "4 sessions"


def test_a_limit_that_a_second_reading_confirms_is_told_from_one_that_is_enough() -> None:
    """Of one severity there are two above, and one below."""
    shown = [row.value for row in rows(PROTOCOL) if row.key == "medicine.limits.systolic.urgent"]

    confirmed = "above 180 mmHg, if a second of 3 readings confirms it, or none comes within 5 min"
    assert shown == [confirmed, "above 220 mmHg", "below 90 mmHg"]


def test_a_bound_and_a_rise_of_one_severity_are_two_lines() -> None:
    """They share their evidence and are both shown."""
    shown = [row.value for row in rows(PROTOCOL) if row.key == "medicine.limits.systolic.warning"]

    assert shown == ["above 160 mmHg", "a rise of 40 mmHg or more"]


def test_a_dose_is_shown_in_what_the_protocol_counts_it_in() -> None:
    """A protocol for a spray counts milligrams, not milligrams per kilogram."""
    dose = PROTOCOL.medicine.dose.but(basis=DoseBasis.MG, max=84)
    spray = PROTOCOL.but(medicine=PROTOCOL.medicine.but(dose=dose))

    assert [row.value for row in rows(spray) if row.key == "medicine.dose.max"] == ["84 mg"]


def test_a_measure_after_a_dose_is_a_number_with_evidence() -> None:
    """Its moment is told in words, and somebody has to say where it comes from."""
    asked = PROTOCOL.measures["madrs"].but(every=(MeasureMoment.END, AfterDose(timedelta(minutes=40))))
    changed = PROTOCOL.but(measures={**PROTOCOL.measures, "madrs": asked})

    assert [row.value for row in rows(changed) if row.key == "measures.madrs.every"] == ["end, 40 min after each dose"]
    assert without_evidence(changed) == ["measures.madrs.every"]


def test_a_line_shows_how_well_its_value_is_founded() -> None:
    """Grade, source and remark stand beside the value; a value without evidence has none of them."""
    shown = {row.key: row for row in rows(PROTOCOL)}

    observed = shown["medicine.minimum_observation"]
    assert (observed.grade, observed.source) == (Grade.COMMON_PRACTICE, "S1")
    assert observed.note == "esketamine label; extended to this route"
    assert shown["route"].grade is None


def test_nothing_of_the_protocol_is_left_out() -> None:
    """Each parameter has its line, in the order of the file."""
    assert [row.key for row in rows(PROTOCOL)] == [parameter.key for parameter in parameters(PROTOCOL)]
    assert {key.partition(".")[0] for key, _ in parameters(PROTOCOL)} == {
        "route", "indications", "course", "screening", "preparation", "medicine", "integration", "check_ins",
        "follow_up", "forms", "measures", "deviations", "vocabulary", "escalations",
    }  # fmt: skip
