"""The esketamine protocol: what its label asks for, and how its parts, amounts and ages read to who signs them."""

import pytest

from domain.protocol.file import parse_protocol
from domain.protocol.parameters import rows, without_evidence
from tests.support.cast import days, hours, minutes
from tests.support.paths import PROTOCOLS

FILE = PROTOCOLS / "esketamine-in.toml"
ESKETAMINE = parse_protocol(FILE.read_text(encoding="utf-8"), FILE.name)


def test_what_the_label_asks_for_is_held() -> None:
    """Two hours at least, a reading at 40 minutes, the monitoring form within seven days (S1, S5); 28, 56 or 84 mg."""
    medicine, (form,) = ESKETAMINE.medicine, ESKETAMINE.forms

    assert medicine.minimum_observation >= hours(2)
    assert minutes(40) in medicine.checkpoints.offsets
    assert (form.form, form.within) == ("rems_patient_monitoring", days(7))
    assert (medicine.dose.first_max_of(64).amount, medicine.dose.first_max_of(65).amount) == (56, 28)
    assert without_evidence(ESKETAMINE) == []


@pytest.mark.parametrize(
    ("key", "words", "source"),
    [
        ("course.schedule.twice_weekly.sessions", "8 sessions", "S7"),
        ("course.schedule.weekly.interval", "7 days", "S7"),
        ("course.maintenance.most", "26 sessions", "S11"),
        ("medicine.dose.amounts", "28 mg, 56 mg, 84 mg", "S7"),
        ("medicine.dose.by_age.65.first_max", "28 mg", "S7"),
        ("medicine.check_in_on_booked_day", "yes", None),
        ("measures.phq9.futility.least_percent", "20 %", "S50"),
    ],
)
def test_a_value_reads_in_words_with_its_unit_and_source(key: str, words: str, source: str | None) -> None:
    """As `kapstan protocol show` prints it."""
    assert [(row.value, row.source) for row in rows(ESKETAMINE) if row.key == key] == [(words, source)]
