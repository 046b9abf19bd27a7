"""A number that cannot be never takes the others of the same event with it."""

import json

import pytest
from pydantic import JsonValue

from domain.events.clinic_events import DoseAdministered, VitalsRecorded
from domain.events.fingerprint import fingerprint
from domain.events.parsing import event_from, parse_event
from domain.refusal import Refused
from tests.domain.events.test_parsing import ACTOR, reading, said


def read(**changes: JsonValue) -> VitalsRecorded.Data:
    event = parse_event(json.dumps(reading(**changes)))
    assert isinstance(event, VitalsRecorded)
    return event.data


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("systolic", -1),
        ("systolic", 401),
        ("diastolic", 401),
        ("heart_rate", -1),
        ("heart_rate", 401.0),
        ("spo2", 101),
        ("respiratory_rate", 151),
        ("moaas", 6),
        ("session", 0),
        ("session", 100),
    ],
)
def test_what_is_off_the_scale_is_set_aside_and_the_rest_is_read(name: str, value: float) -> None:
    """It stands in the event as it was told, and its field is empty."""
    data = read(**{"spo2": 40, "heart_rate": 20, name: value})

    assert data.set_aside == {name: value}
    assert getattr(data, name) is None
    others = {"spo2": 40, "heart_rate": 20, "systolic": 128} | {name: None}
    assert {one: getattr(data, one) for one in others} == others


@pytest.mark.parametrize(
    "told",
    [
        {"systolic": 0, "diastolic": 0, "heart_rate": 0, "spo2": 0, "respiratory_rate": 0, "moaas": 0},
        {"systolic": 25, "diastolic": 10},
        {"systolic": 60, "diastolic": 60},
        {"systolic": 310, "diastolic": 180},
        {"systolic": 80, "diastolic": 120},
        {"heart_rate": 310},
    ],
)
def test_what_is_extreme_is_read_as_it_is(told: dict[str, JsonValue]) -> None:
    """An arrest is nought over nought."""
    data = read(**told)

    assert data.set_aside is None
    assert {name: getattr(data, name) for name in told} == told


def test_a_number_is_set_aside_only_where_its_field_may_be_left_out() -> None:
    """An adverse event without its grade is none; a text is no number."""
    for wrong in (
        said("adverse_event.reported", {"actor": ACTOR, "term": "fall", "grade": 6, "serious": False}),
        reading(spo2="101"),
        reading(spo2=True),
    ):
        with pytest.raises(Refused):
            parse_event(json.dumps(wrong))


def test_a_reading_of_nothing_else_is_taken() -> None:
    """Whoever sent it hears that it counts for nothing."""
    event = parse_event(json.dumps(said("vitals.recorded", {"actor": ACTOR, "spo2": 840})))

    assert isinstance(event, VitalsRecorded)
    assert event.data.set_aside == {"spo2": 840}


def test_it_is_the_same_event_when_it_is_sent_again() -> None:
    """Whole, or as it was kept; another number is another content."""
    first, again = event_from(reading(spo2=840)), event_from(reading(spo2=840.0))
    kept = parse_event(first.model_dump_json())

    assert fingerprint(first) == fingerprint(again) == fingerprint(kept)
    assert fingerprint(first) != fingerprint(event_from(reading(spo2=841)))


def test_a_dose_however_large_is_taken() -> None:
    """Whoever was given it, or is said to have been, is watched."""
    for mg in (0, 2500, 35_000):
        event = event_from(said("dose.administered", {"actor": ACTOR, "mg": mg, "route": "intramuscular"}))
        assert isinstance(event, DoseAdministered)
        assert event.data.mg == mg
