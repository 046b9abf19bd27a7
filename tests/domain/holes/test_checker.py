"""Every kind of hole of a file as a clinic may write it: what is shipped has none."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from domain.holes.checker import holes
from domain.protocol.file import parse_protocol
from domain.protocol.sources import ids_of, sources_of
from domain.protocol.values import Vital, VitalRanges
from tests.support.cast import minutes, weekly
from tests.support.paths import PROTOCOLS, WEEKLY_FILE

WEEKLY = WEEKLY_FILE.read_text(encoding="utf-8")
CONTENT: dict[str, Any] = tomllib.loads(WEEKLY)


@pytest.mark.parametrize("file", sorted(PROTOCOLS.glob("*.toml")), ids=lambda file: file.name)
def test_what_is_shipped_has_no_hole(file: Any) -> None:
    """A medical director may sign it; each number has its evidence."""
    text = file.read_text(encoding="utf-8")

    assert holes(parse_protocol(text, file.name), ids_of(sources_of(text))) == ()


def test_a_clinic_that_deletes_the_limits_of_four_signs_is_told_of_each_end() -> None:
    """SpO₂ 40, a respiratory rate of 2, a heart rate of 0 and MOAA/S 0 would be normal."""
    cut = re.sub(r'\[\[medicine\.limits\]\]\nvital = "(spo2|respiratory_rate|heart_rate|moaas)"\n[^\[]*', "", WEEKLY)
    cut = re.sub(r'"medicine\.limits\.(spo2|respiratory_rate|heart_rate|moaas).*\n', "", cut)

    found = holes(parse_protocol(cut, "kap.toml"))

    assert [f"{hole.key}: {hole.lets_through}" for hole in found] == [
        "medicine.limits.heart_rate: a heart rate of 25 would be normal, and so would any from 0 to 49",
        "medicine.limits.heart_rate: a heart rate of 276 would be normal, and so would any from 151 to 400",
        "medicine.limits.spo2: an SpO₂ of 46 would be normal, and so would any from 0 to 91",
        "medicine.limits.respiratory_rate: a respiratory rate of 5 would be normal, and so would any from 0 to 9",
        "medicine.limits.respiratory_rate: a respiratory rate of 91 would be normal, and so would any from 31 to 150",
        "medicine.limits.moaas: a MOAA/S of 2 would be normal, and so would any from 0 to 4",
    ]


def test_a_number_without_evidence_is_a_hole() -> None:
    """Whoever signs it asks where it comes from."""
    key = "medicine.dose.first_max"
    text = re.sub(rf'"{re.escape(key)}" = .*\n', "", WEEKLY)

    (hole,) = holes(parse_protocol(text, "kap.toml"))

    assert (hole.key, hole.mend) == (key, "must have an entry in [evidence]")


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ('grade = "sourced", source = "S999"', "it would rest on S999, and nobody could say what that is"),
        ('grade = "weak", source = "S1, S999"', "it would rest on S999, and nobody could say what that is"),
        ('grade = "sourced", source = "our proposal"', "it is graded sourced, and its source is our proposal"),
        ('grade = "common_practice", source = "our proposal"', None),
        ('grade = "weak", source = "S1 and S43"', None),
    ],
)
def test_a_source_that_the_file_does_not_list_is_a_hole(evidence: str, said: str | None) -> None:
    """Whoever signs it looks it up; of what is ours the grade says so."""
    key = "medicine.dose.first_max"
    text = re.sub(rf'"{re.escape(key)}" = .*\n', f'"{key}" = {{ {evidence} }}\n', WEEKLY)
    protocol, sources = parse_protocol(text, "kap.toml"), ids_of(sources_of(text))

    assert [(hole.key, hole.lets_through) for hole in holes(protocol, sources)] == ([(key, said)] if said else [])
    assert holes(protocol) == ()


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        (
            {"measures": {}, "screening.measures": (), "medicine.measures": ()},
            [
                *("screening.measures", "medicine.measures", "measures.cssrs.high", "measures.cssrs.moderate"),
                "measures.phq9",
            ],
        ),
        ({"indications": tuple(f"M{number}" for number in range(150))}, []),
        (
            {"medicine.clearance.hold": VitalRanges(), "medicine.clearance.never": VitalRanges()},
            [f"medicine.clearance.hold.{vital}" for vital in Vital],
        ),
        (
            {"check_ins.after": (), "follow_up.after": (), "integration.sessions": 0, "forms": ()},
            ["check_ins.after"],
        ),
        (
            {"medicine.minimum_observation": minutes(1), "medicine.discharge_overdue": minutes(1)},
            [
                "medicine.minimum_observation",
                "medicine.discharge.reading_valid",
                "medicine.checkpoints.offsets",
                "medicine.checkpoints.emergency_after",
                "medicine.discharge.bp_not_falling_after",
            ],
        ),
    ],
)
def test_a_file_that_says_little_is_asked_about_all_the_same(changes: Mapping[str, object], keys: list[str]) -> None:
    """Without measures, gates, calls; with more indications than any referral names."""
    assert [hole.key for hole in holes(weekly(changes))] == keys
