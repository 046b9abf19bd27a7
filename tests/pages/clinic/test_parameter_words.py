"""A protocol's keys and codes in words: nobody who directs a clinic reads `bp_within_percent`."""

from pathlib import Path

import pytest

from console.pages.clinic.parameter_words import PARAMETERS, name_in_words, parameter_in_words, value_in_words
from domain.protocol.file import parse_protocol
from domain.protocol.parameters import rows
from tests.support.paths import ROOT

FILES = [*sorted((ROOT / "protocols").glob("*.toml")), *sorted((ROOT / "examples").glob("*protocol*.toml"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_key_and_no_code_of_a_protocol_is_left_as_a_file_spells_it(file: Path) -> None:
    """Of every file that comes with Kapstan: each heading, each name and each value."""
    protocol = parse_protocol(file.read_text(encoding="utf-8"), file.name)

    for row in rows(protocol):
        table = row.key.rpartition(".")[0]
        said = (parameter_in_words(table), name_in_words(row.key), value_in_words(row.key, row.value))
        assert not any("_" in one for one in said), (row.key, said)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "The protocol"),
        ("medicine.limits.spo2", "Medicine: limits: SpO₂"),
        ("medicine.clearance.hold.moaas", "Medicine: clearance: bounds of a dose: MOAA/S"),
        ("measures.cssrs.high.hold", "Measures: C-SSRS: high: holds the course"),
        ("measures.phq9.item9.screened_within", "Measures: PHQ-9: question 9: waits for the C-SSRS, at most"),
        ("screening.gates.ptsd.score_min", "Screening: gates: PTSD: score, at least"),
        ("medicine.infusion.least", "Medicine: infusion: runs for, at least"),
        ("course.schedule.weekly.sessions", "Course: parts of the course: weekly: medicine sessions of this part"),
        ("medicine.routes.intranasal.least", "Medicine: further routes: intranasal: at least"),
    ],
)
def test_a_key_reads_as_a_sentence_goes_on(key: str, said: str) -> None:
    """What is an abbreviation keeps its capitals."""
    assert parameter_in_words(key) == said


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("screening.review", "sleep_apnoea, bmi_over_35", "sleep apnoea, BMI over 35"),
        ("screening.measures", "phq9, cssrs", "PHQ-9, C-SSRS"),
        ("indications", "F42, existential_distress", "F42 Obsessive-compulsive disorder, existential distress"),
        ("medicine.dose.basis", "mg per kg", "mg/kg"),
        ("medicine.checkpoints.required", "heart rate, spo2", "heart rate, SpO₂"),
        (
            "measures.madrs.every",
            "baseline, end, each session",
            "during the screening, at the end, before each session",
        ),
        ("measures.gad7.every", "7 days", "every 7 days"),
        ("screening.absolute", "cardiovascular_event_6w", "cardiovascular event in 6 weeks"),
        ("deviations.silent", "check_in.too_early", "Too early for this call"),
        ("deviations.silent", "check_in.too_early (weak S1)", "Too early for this call (weak S1)"),
        ("deviations.silent", "none", "none"),
        ("medicine.measures", "none", "none"),
        ("screening.measures", "gad7, phq9 (sourced S48); none", "GAD-7, PHQ-9 (sourced S48); none"),
        ("indications", "F42 (sourced S1)", "F42 Obsessive-compulsive disorder (sourced S1)"),
        ("medicine.limits.spo2.warning", "below 94 %", "below 94 %"),
        ("screening.review", "cystitis, sleep_apnoea (sourced S1)", "cystitis, sleep apnoea (sourced S1)"),
        ("screening.consent_version", "2026-01", "2026-01"),
        ("check_ins.waking", "08:00, 21:00", "08:00, 21:00"),
    ],
)
def test_a_value_is_told_in_words(key: str, value: str, said: str) -> None:
    """Numbers, times and versions stay as they are."""
    assert value_in_words(key, value) == said


def test_no_two_names_of_a_table_are_the_same() -> None:
    """Whoever reads one knows which it is; a limit has one for each severity."""
    for file in FILES:
        protocol = parse_protocol(file.read_text(encoding="utf-8"), file.name)
        keys = dict.fromkeys(row.key for row in rows(protocol))
        said = [(key.rpartition(".")[0], name_in_words(key)) for key in keys]
        assert len(said) == len(set(said)), file.name
    assert len(set(PARAMETERS)) == len(PARAMETERS)
