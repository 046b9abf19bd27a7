"""What arrives on the wire is a clinic event, or a sentence says what was expected, with a pointer to the field."""

import json
from collections.abc import Iterator, Mapping

import pytest
from pydantic import JsonValue, TypeAdapter, ValidationError

from domain.events.clinic_events import CLINIC_EVENT, MODELS, VitalsRecorded
from domain.events.fingerprint import fingerprint
from domain.events.parsing import event_from, parse_event
from domain.refusal import RefusalCode, Refused
from tests.support.cast import MARA, MONDAY, booking, cssrs, days, screening, vitals

Json = dict[str, JsonValue]

ENVELOPE: Json = {
    "specversion": "1.0",
    "source": "/clinic/bend/ehr",
    "id": "e-1",
    "subject": "MARA-1",
    "time": "2026-01-13T10:15:00-08:00",
}
ACTOR: Json = {"id": "lind", "role": "monitor"}
READING: Json = {
    "actor": ACTOR,
    "session": 1,
    "systolic": 128,
    "diastolic": 80,
    "heart_rate": 76,
    "spo2": 97,
    "respiratory_rate": 14,
}


def said(name: str, data: JsonValue, **envelope: JsonValue) -> Json:
    return {**ENVELOPE, "type": f"kap.{name}", "data": data, **envelope}


SIGNS = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate")


def reading(**changes: JsonValue) -> Json:
    return said("vitals.recorded", {**READING, **changes})


def without(event: Json, *names: str) -> Json:
    return {name: value for name, value in event.items() if name not in names}


def refusal_of(raw: str | bytes) -> tuple[RefusalCode, list[str]]:
    with pytest.raises(Refused) as refused:
        parse_event(raw)
    refusal = refused.value.refusal
    assert refusal.message
    assert all(error.detail for error in refusal.errors)
    return refusal.code, [error.pointer for error in refusal.errors]


def test_a_reading_is_read_as_it_was_sent() -> None:
    """A CloudEvent in structured mode; what the standard leaves free is left aside."""
    event = event_from({**reading(symptoms=["nausea"]), "traceparent": "00-1"})

    assert isinstance(event, VitalsRecorded)
    assert event.data.systolic == 128
    assert event.data.symptoms == ("nausea",)
    assert event.data.moaas is None
    assert event.data.actor.id == "lind"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        "null",
        '"hello"',
        b"\xff\xfe{",
        b"\xef\xbb\xbf{}",
        *(json.dumps(reading()).encode(encoding) for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig")),
        json.dumps(reading()).encode().replace(b"lind", b"li\xf1d"),
        json.dumps({**reading(), "traceparent": "#"}).replace('"#"', "1e400"),
        json.dumps({**reading(), "type": "#"}).replace("#", "\\ud800"),
        json.dumps({**reading(), "traceparent": "#"}).replace("#", "\\udfff"),
        '{"id": NaN}',
        '{"id": Infinity}',
        json.dumps(reading())[:-1] + ', "id": "twice"}',
        json.dumps(without(reading(), "specversion")),
        json.dumps({**reading(), "specversion": "0.3"}),
        json.dumps({**reading(), "specversion": 1.0}),
        json.dumps(without(reading(), "id")),
        json.dumps({**reading(), "id": ""}),
        json.dumps({**reading(), "id": 7}),
        json.dumps(without(reading(), "source")),
        json.dumps(without(reading(), "type")),
        json.dumps({**reading(), "type": "kap.vitals.guessed"}),
        json.dumps({**reading(), "type": "vitals.recorded"}),
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_is_no_clinic_event_is_malformed(raw: str | bytes) -> None:
    """No JSON, a key twice, no CloudEvent 1.0, a type that nobody knows."""
    assert refusal_of(raw) == (RefusalCode.MALFORMED, [])


@pytest.mark.parametrize(
    ("event", "pointers"),
    [
        (without(reading(), "subject"), ["/subject"]),
        ({**reading(), "subject": "Mara Lindqvist"}, ["/subject"]),
        ({**reading(), "subject": "x" * 65}, ["/subject"]),
        (without(reading(), "time"), ["/time"]),
        ({**reading(), "time": "2026-01-13T10:15:00"}, ["/time"]),
        ({**reading(), "time": 1768328100}, ["/time"]),
        ({**reading(), "time": "yesterday"}, ["/time"]),
        ({**reading(), "datacontenttype": "text/xml"}, ["/datacontenttype"]),
        (without(reading(), "data"), ["/data"]),
        ({**reading(), "data": []}, ["/data"]),
        (said("vitals.recorded", {"actor": READING["actor"], "session": 1}), ["/data"]),
        (reading(**dict.fromkeys(SIGNS), symptoms=[]), ["/data"]),
        (said("vitals.recorded", without(READING, "actor")), ["/data/actor"]),
        (reading(systolic="128"), ["/data/systolic"]),
        (reading(systolic=128.5), ["/data/systolic"]),
        (reading(systolic=True), ["/data/systolic"]),
        (reading(systolic="126.0"), ["/data/systolic"]),
        (reading(symptoms=["nausea", ""]), ["/data/symptoms/1"]),
        (reading(symptoms="nausea"), ["/data/symptoms"]),
        (reading(colour="pale"), ["/data/colour"]),
        (reading(**{"colour/tone": "pale"}), ["/data/colour~1tone"]),
        (reading(**{"a~b": 1}), ["/data/a~0b"]),
        (reading(note=""), ["/data/note"]),
        (reading(note="x" * 4001), ["/data/note"]),
        (reading(actor={"id": "lind", "role": "nurse"}), ["/data/actor/role"]),
        (reading(actor={"id": "", "role": "monitor"}), ["/data/actor/id"]),
        (reading(actor={"id": "lind", "role": "monitor", "name": "Lind"}), ["/data/actor/name"]),
        (reading(systolic="29", spo2="101"), ["/data/systolic", "/data/spo2"]),
        (said("plan.prescribed", {"actor": ACTOR, "dose": {}}), ["/data/dose"]),
        (said("plan.prescribed", {"actor": ACTOR, "dose": {"mg": 35, "mg_per_kg": 0.5}}), ["/data/dose"]),
        (said("plan.prescribed", {"actor": ACTOR, "dose": {"mg": 0}}), ["/data/dose/mg"]),
        (
            said(
                "dose.administered", {"actor": ACTOR, "session": 1, "mg_per_kg": 0.5, "route": "intramuscular"}
            ),
            ["/data/mg", "/data/mg_per_kg"],
        ),
        (
            said("dose.administered", {"actor": ACTOR, "session": 1, "mg": -35, "route": "intramuscular"}),
            ["/data/mg"],
        ),
        (
            said("dose.administered", {"actor": ACTOR, "session": 1, "mg": "35", "route": "intramuscular"}),
            ["/data/mg"],
        ),
        (
            said("adverse_event.reported", {"actor": ACTOR, "term": "fall", "grade": 6, "serious": False}),
            ["/data/grade"],
        ),
        (
            said("adverse_event.reported", {"actor": ACTOR, "term": "fall", "grade": 1, "serious": "no"}),
            ["/data/serious"],
        ),
        (
            said("eligibility.decided", {"actor": ACTOR, "decision": "perhaps", "rationale": "?"}),
            ["/data/decision"],
        ),
        (
            said(
                "eligibility.decided",
                {"actor": ACTOR, "decision": "eligible", "rationale": "ok", "overrides": [{"code": "x"}]},
            ),
            ["/data/overrides/0/rationale"],
        ),
        (
            said("eligibility.decided", {"actor": ACTOR, "decision": "eligible", "rationale": " \t\u00a0"}),
            ["/data/rationale"],
        ),
        (said("plan.prescribed", {"actor": ACTOR, "dose": {"mg": 35}, "goals": ["sleep", " "]}), ["/data/goals/1"]),
        (said("course.discontinued", {"actor": ACTOR, "reason": "\n"}), ["/data/reason"]),
        (
            said("course.referred", {"actor": ACTOR, "protocol": "kap", "site": "bend", "indications": []}),
            ["/data/indications"],
        ),
        (
            said(
                "session.booked",
                {"actor": ACTOR, "session": 1, "starts_at": "2026-01-13T10:00:00", "staff": []},
            ),
            ["/data/starts_at"],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_field_is_said_with_a_pointer_to_it(event: Json, pointers: list[str]) -> None:
    """`invalid`, and each wrong field by its JSON pointer (RFC 6901), all of them at once."""
    assert refusal_of(json.dumps(event)) == (RefusalCode.INVALID, pointers)


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(reading()).replace("128", "1e999"),
        json.dumps(reading()).replace('"lind"', '"\\ud800"'),
        json.dumps(reading()).replace('"lind"', '"\\u0000"'),
        json.dumps(reading()).replace("128", "1" + "0" * 400),
        json.dumps(reading()).replace("128", "1" + "0" * 4000),
        json.dumps(reading()).replace("128", "1" + "0" * 5000),
        *(
            json.dumps({**reading(), "data": "#"}).replace('"#"', "[" * depth + "]" * depth)
            for depth in (150, 900, 990)
        ),
    ],
    ids=[
        "a number beyond all numbers",
        "half a character",
        "no character",
        "401 digits",
        "4,001 digits",
        "5,001 digits",
        "150 deep",
        "900 deep",
        "990 deep",
    ],
)
def test_the_oddest_json_is_refused_and_nothing_worse(raw: str) -> None:
    """Whatever arrives is refused in words: no other exception reaches the clinic."""
    code, _ = refusal_of(raw)
    assert code in {RefusalCode.INVALID, RefusalCode.MALFORMED}


def test_every_clinic_event_of_the_contract_has_a_model() -> None:
    """CONTRACT section 5, in the order of a course."""
    assert [name.removeprefix("kap.") for name in MODELS] == [
        "course.referred",
        "screening.recorded",
        "consent.signed",
        "consent.withdrawn",
        "measure.recorded",
        "result.recorded",
        "eligibility.decided",
        "plan.prescribed",
        "preparation.held",
        "session.booked",
        "session.rebooked",
        "session.canceled",
        "session.missed",
        "patient.checked_in",
        "vitals.recorded",
        "session.cleared",
        "dose.administered",
        "infusion.started",
        "infusion.paused",
        "infusion.resumed",
        "infusion.stopped",
        "medication.administered",
        "patient.left",
        "patient.returned",
        "patient.handed_over",
        "patient.died",
        "note.added",
        "adverse_event.reported",
        "session.aborted",
        "discharge.assessed",
        "patient.discharged",
        "check_in.completed",
        "integration.held",
        "form.filed",
        "follow_up.held",
        "course.held",
        "course.resumed",
        "correction.recorded",
        "patient.withdrew",
        "course.discontinued",
        "course.transferred",
        "course.voided",
        "protocol.migrated",
    ]


@pytest.mark.parametrize(
    "spelling",
    [
        {"time": "2026-01-13T18:15:00Z"},
        {"time": "2026-01-13T18:15:00.000+00:00"},
        {"data": {**READING, "symptoms": None, "note": None}},
        {"data": {**READING, "systolic": float(str(READING["systolic"])), "session": 1.0}},
        {"data": dict(reversed(READING.items()))},
        {"id": "another", "source": "/elsewhere", "traceparent": "00-1"},
    ],
)
def test_the_same_content_has_the_same_fingerprint_however_it_is_spelled(spelling: Mapping[str, JsonValue]) -> None:
    """The order of keys, what is left out, and the offset of a time change nothing."""
    assert fingerprint(event_from({**reading(), **spelling})) == fingerprint(event_from(reading()))


@pytest.mark.parametrize("sign", SIGNS)
def test_a_reading_has_the_signs_that_could_be_taken(sign: str) -> None:
    """One sign alone is a reading, and so is one that lacks it."""
    alone = said("vitals.recorded", {"actor": READING["actor"], sign: READING[sign]})
    lacking = said("vitals.recorded", without(READING, sign))

    assert isinstance(event_from(alone), VitalsRecorded)
    assert isinstance(event_from(lacking), VitalsRecorded)


def test_a_symptom_alone_is_a_reading() -> None:
    """Nobody measures somebody who convulses."""
    event = event_from(said("vitals.recorded", {"actor": READING["actor"], "symptoms": ["seizure"]}))

    assert isinstance(event, VitalsRecorded)
    assert event.data.symptoms == ("seizure",)


def _whole_numbers() -> Iterator[tuple[str, str, int]]:
    """Every field of every event that is a whole number, with the least that it may be; a list of them has no bound."""
    for name, model in MODELS.items():
        data = model.model_fields["data"].annotation
        assert data is not None
        for field, schema in TypeAdapter(data).json_schema()["properties"].items():
            for part in (schema, *schema.get("anyOf", ())):
                if "integer" in {part.get("type"), part.get("items", {}).get("type")}:
                    yield name, field, part.get("minimum", 0)


@pytest.mark.parametrize(("name", "field", "least"), list(_whole_numbers()))
def test_a_whole_number_may_be_written_with_a_decimal_point(name: str, field: str, least: int) -> None:
    """126.0 is 126; half a number is none."""
    data = MODELS[name].model_fields["data"].annotation
    assert data is not None
    written = TypeAdapter(data.model_fields[field].rebuild_annotation())
    pattern = "[{}]" if field == "items" else "{}"

    assert written.validate_json(pattern.format(f"{least}.0"), strict=True) in {least, (least,)}
    with pytest.raises(ValidationError):
        written.validate_json(pattern.format(f"{least}.5"), strict=True)


def test_other_content_has_another_fingerprint() -> None:
    """A value, a moment or a course makes the difference."""
    one = vitals(MARA, at=MONDAY)
    others = [one.but(data=one.data.but(spo2=97)), one.but(time=MONDAY + days(1)), one.but(subject="JONAS-1")]

    assert len({fingerprint(event) for event in (one, *others)}) == 4


def test_a_booking_sent_again_with_its_start_in_another_offset_is_the_same_booking() -> None:
    """A moment is a moment, inside the content as well as in `time`."""
    sent = CLINIC_EVENT.dump_python(booking(MARA, at=MONDAY, starts_at=MONDAY + days(8)), mode="json")
    again = {**sent, "data": {**sent["data"], "starts_at": "2026-01-13T01:00:00-08:00"}}

    assert fingerprint(event_from(again)) == fingerprint(event_from(sent))


def test_a_field_that_came_later_changes_no_event_of_before_it() -> None:
    """Accepted before `since_last_contact` was there, and sent again by the same system: it is still the same."""
    before = "ff78c83f72650506976dbcb743ea4a9cee09e98ff70e976af267b97f8622a3cf"

    assert fingerprint(cssrs(MARA, at=MONDAY)) == before
    assert fingerprint(cssrs(MARA, at=MONDAY, since_last_contact=True)) != before
    assert fingerprint(cssrs(MARA, at=MONDAY, since_last_contact=False)) != before
    assert fingerprint(screening(MARA, at=MONDAY)) == (
        "6fc4beeffc4c60b76fc668fe98c2722bdd4b06c96af8506a5f82cd5d49dd35eb"
    )
