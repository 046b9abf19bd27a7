"""What the words of a protocol mean: durations, ranges, limits, symptoms."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.durations import LONGEST, duration, iso_8601
from domain.protocol.file import parse_protocol
from domain.protocol.measures import AfterDose, MeasureMoment, MeasureRule
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity, Range, Vital, VitalRanges
from domain.values import Role
from tests.support.paths import WEEKLY_FILE

WEEKLY = WEEKLY_FILE


@pytest.fixture(scope="module")
def weekly() -> Protocol:
    return parse_protocol(WEEKLY.read_text(encoding="utf-8"), WEEKLY.name)


def test_the_weekly_protocol_reads_as_it_is_written(weekly: Protocol) -> None:
    """A value stands where the file has it: `[medicine.dose]` is `protocol.medicine.dose`."""
    assert weekly.course.interval_min == timedelta(days=2)
    assert weekly.screening.absolute[0] == "ketamine_hypersensitivity"
    assert weekly.medicine.staff == (Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST)
    assert weekly.medicine.credentials == {Role.THERAPIST: ("kap",)}
    assert weekly.medicine.dose.first_max == 0.5
    assert weekly.medicine.clearance.hold.systolic == Range(low=90, high=140)
    assert weekly.medicine.clearance.never.moaas is None
    assert weekly.medicine.checkpoints.offsets[:2] == (timedelta(), timedelta(minutes=15))
    assert weekly.medicine.limits[2].confirm_within == timedelta(minutes=5)
    assert weekly.forms[0].remind == (timedelta(days=3), timedelta(days=5))
    assert weekly.measures["madrs"].range == Range(low=0, high=60)
    assert weekly.measures["pcl5"].moments == (MeasureMoment.BASELINE, MeasureMoment.END, MeasureMoment.FOLLOW_UP)


def test_a_protocol_travels_whole(weekly: Protocol) -> None:
    """A course carries its protocol as JSON, and what arrives is what was sent."""
    assert Protocol.model_validate_json(weekly.model_dump_json()) == weekly
    assert Protocol.model_validate(weekly.model_dump()) == weekly


def test_a_blocker_can_say_where_its_limit_comes_from(weekly: Protocol) -> None:
    """The evidence of a parameter, or of a limit, names its source; what has none says so."""
    assert weekly.source_of("screening.systolic_max") == "S27"
    assert weekly.source_of(weekly.medicine.limits[2].key) == "S62"
    assert weekly.source_of("medicine.staff.nobody") is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT0M", timedelta()),
        ("PT90S", timedelta(seconds=90)),
        ("PT0.5S", timedelta(milliseconds=500)),
        ("PT72H", timedelta(days=3)),
        ("P1DT2H", timedelta(hours=26)),
        ("P2W", timedelta(days=14)),
        ("P365D", timedelta(days=365)),
    ],
)
def test_a_duration_is_read_as_iso_8601(text: str, length: timedelta) -> None:
    """Weeks, days, hours, minutes and seconds."""
    assert duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "15", "PT15", "P6M", "P1Y", "15 min", "-PT5M", "PT1.5H", "pt5m", "P1DT"]
)
def test_a_duration_of_no_fixed_or_no_clear_length_is_refused(text: str) -> None:
    """P6M would be half a year where six minutes were meant: months and years are not taken."""
    with pytest.raises(ValueError, match="no years or months"):
        duration(text)


@pytest.mark.parametrize("text", ["P3651D", "P9999999W", "P3650DT0.000001S"])
def test_a_duration_beyond_ten_years_is_refused(text: str) -> None:
    """It was mistyped, and what is due after the last day of the calendar would never be due."""
    with pytest.raises(ValueError, match="at most P3650D"):
        duration(text)


@given(st.timedeltas(min_value=timedelta(), max_value=LONGEST))
def test_a_duration_written_is_the_duration_read(length: timedelta) -> None:
    """Each length has one spelling, and it loses nothing."""
    assert duration(iso_8601(length)) == length


def test_the_ends_of_a_range_belong_to_it() -> None:
    """A pressure of 140 passes a gate of [90, 140]; 141 does not."""
    gate = Range(low=90, high=140)

    assert [gate.holds(value) for value in (89, 90, 140, 141)] == [False, True, True, False]


def test_a_vital_without_a_range_is_not_asked_about() -> None:
    """A gate may leave a vital sign out."""
    gate = VitalRanges(spo2=Range(low=92, high=100))

    assert gate.of(Vital.SPO2) == Range(low=92, high=100)
    assert [vital for vital in Vital if gate.of(vital) is not None] == [Vital.SPO2]


@pytest.mark.parametrize(
    ("limit", "crossed", "not_crossed"),
    [
        (Limit(vital=Vital.SYSTOLIC, above=160, severity=LimitSeverity.WARNING), 161, 160),
        (Limit(vital=Vital.SPO2, below=94, severity=LimitSeverity.WARNING), 93, 94),
        (Limit(vital=Vital.SYSTOLIC, rise=40, severity=LimitSeverity.WARNING), 160, 159),
    ],
)
def test_a_limit_is_crossed_just_beyond_it(limit: Limit, crossed: float, not_crossed: float) -> None:
    """Above and below are crossed beyond their value, a rise when it is reached (from 120 at clearance)."""
    assert limit.is_crossed_by(crossed, at_clearance=120)
    assert not limit.is_crossed_by(not_crossed, at_clearance=120)


def test_a_rise_needs_a_clearance_reading_to_be_counted_from() -> None:
    """Without a reading before the dose there is no rise."""
    limit = Limit(vital=Vital.SYSTOLIC, rise=40, severity=LimitSeverity.WARNING)

    assert not limit.is_crossed_by(220, at_clearance=None)


@pytest.mark.parametrize("bounds", [{}, {"above": 160, "below": 90}, {"above": 160, "below": 90, "rise": 40}])
def test_a_limit_has_one_bound(bounds: dict[str, float]) -> None:
    """A limit is a line that is crossed in one direction."""
    with pytest.raises(ValidationError, match="exactly one of above, below and rise"):
        Limit.model_validate({"vital": "systolic", "severity": "warning", **bounds})


def test_a_symptom_is_as_grave_as_the_list_that_names_it(weekly: Protocol) -> None:
    """Chest pain is an emergency whatever the numbers say; an unlisted code is nothing to the protocol."""
    symptoms = weekly.medicine.symptoms

    assert symptoms.severity_of("chest_pain") is LimitSeverity.EMERGENCY
    assert symptoms.severity_of("agitation") is LimitSeverity.URGENT
    assert symptoms.severity_of("nausea") is LimitSeverity.WARNING
    assert symptoms.severity_of("yawning") is None


def test_a_measure_may_be_due_at_a_distance() -> None:
    """`every` is a moment of the course or a duration, and travels as it was written."""
    rule = MeasureRule.model_validate({"every": "P30D"})

    assert rule.every == timedelta(days=30)
    assert MeasureRule.model_validate_json(rule.model_dump_json()) == rule


def test_a_measure_may_be_due_after_a_dose() -> None:
    """`+PT40M` alone or beside other moments: told in words, with evidence, and travelling as it was written."""
    rule = MeasureRule.model_validate({"every": ["end", "+PT24H", "+PT40M"]})

    assert rule.after_dose == (timedelta(minutes=40), timedelta(hours=24))
    assert rule.model_dump(mode="json")["every"] == ["end", "+P1D", "+PT40M"]
    assert MeasureRule.model_validate_json(rule.model_dump_json()) == rule
    assert MeasureRule.model_validate({"every": "+PT40M"}).every == AfterDose(timedelta(minutes=40))
