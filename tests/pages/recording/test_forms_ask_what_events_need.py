"""A form for each clinic event, made from its model: what is entered is what is reported, to the last code."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from console.pages.labels import not_yours, with_labels
from console.pages.recording.confirmation import confirmation
from console.pages.recording.error_words import in_words
from console.pages.recording.fields import Field, FieldKind, all_fields, fields_of
from console.pages.recording.form_parsing import at_row, data_of, entered_in, rows_of
from console.pages.recording.form_view import NO_MOMENT, ShownField, ShownForm, shown
from console.pages.recording.prefill import FURTHER_ROUTES, asked_for, offers
from domain.events.clinic_events import MODELS, ClinicEvent, PatientCheckedIn
from domain.events.fields import Dose, StaffMember
from domain.events.parsing import CORRECTION, event_from
from domain.protocol.model import Protocol
from domain.refusal import FieldError, Refused
from domain.values import Role
from tests.domain.course.rules.test_routes import LOZENGE
from tests.support.cast import (
    LIND,
    MARA,
    MONDAY,
    OSEI,
    WEEKLY,
    abortion,
    adverse_event,
    assessment,
    booking,
    call,
    cancellation,
    check_in,
    clearance,
    consent,
    consent_withdrawn,
    cssrs,
    days,
    died,
    discharge,
    discontinuation,
    dose,
    eligible,
    follow_up,
    form,
    handed_over,
    hold,
    infusion_paused,
    infusion_resumed,
    infusion_started,
    infusion_stopped,
    integration,
    left,
    measure,
    medication,
    migration,
    missed,
    note,
    over,
    phq9,
    plan,
    preparation,
    rebooking,
    referral,
    result,
    resumption,
    returned,
    screening,
    transfer,
    vitals,
    voiding,
    withdrawal,
)
from tests.support.clinic import ON_CALL
from tests.support.edges import TEXTS
from tests.support.form_filling import BEND, filled_in

LATER = MONDAY + days(3)
TWICE = over("screening.age_below_limit", "screening.prior_trials_below_limit", rationale="Weighed, and agreed")
CREDENTIALED = (
    StaffMember(id="osei", role=Role.PRESCRIBER, credentials=("acls", "dea")),
    StaffMember(id="lind", role=Role.MONITOR),
)
FORMS = {kind: model for kind, model in MODELS.items() if kind != CORRECTION}
"""A correction is made in the form of the fact that it corrects (`test_correcting.py`)."""

SAID: Sequence[ClinicEvent] = (
    referral(MARA, at=MONDAY, indications=("F33.2", "F43.10"), baseline={"phq9": 17, "gad7": 11.5}),
    referral(MARA, at=MONDAY),
    screening(MARA, at=MONDAY, conditions=("bipolar", "glaucoma"), medications=("lamotrigine",), weight_kg=70.5),
    screening(MARA, at=MONDAY, prior_adequate_trials=None),
    consent(MARA, at=MONDAY),
    consent_withdrawn(MARA, at=MONDAY),
    phq9(MARA, at=MONDAY),
    screening(MARA, at=MONDAY, abstinent_days=40, adequate_trials=("sertraline", "venlafaxine")),
    cssrs(MARA, at=MONDAY),
    cssrs(MARA, at=MONDAY, since_last_contact=True),
    result(MARA, "alt", at=MONDAY, by=LIND, value=31.5, unit="U/L"),
    result(MARA, "urine_drug_screen", at=MONDAY, by=LIND, answer="negative"),
    measure(MARA, "madrs", at=MONDAY, score=31.5),
    eligible(MARA, at=MONDAY, overrides=TWICE),
    eligible(MARA, at=MONDAY),
    plan(MARA, at=MONDAY, goals=("sleep through", "work, and rest")),
    plan(MARA, at=MONDAY, further_routes=("sublingual", "intranasal")),
    plan(MARA, at=MONDAY, mg=42.5, sessions=None, interval_days=None, goals=()),
    preparation(MARA, at=MONDAY),
    booking(MARA, at=MONDAY, starts_at=LATER, staff=CREDENTIALED),
    rebooking(MARA, at=MONDAY, starts_at=LATER),
    cancellation(MARA, at=MONDAY),
    missed(MARA, at=MONDAY),
    check_in(MARA, at=MONDAY, escort=False, weight_kg=None, pregnancy_test=None, medications_changed=True),
    check_in(MARA, at=MONDAY),
    vitals(MARA, at=MONDAY, symptoms=("nausea", "severe_headache")),
    vitals(MARA, at=MONDAY, moaas=None),
    clearance(MARA, at=MONDAY, overrides=over("medications.changed")),
    dose(MARA, at=MONDAY, mg=35.25, witness=OSEI),
    infusion_started(MARA, at=MONDAY, witness=OSEI),
    infusion_started(MARA, None, at=MONDAY, over=None),
    infusion_paused(MARA, at=MONDAY),
    infusion_resumed(MARA, at=MONDAY),
    infusion_stopped(MARA, at=MONDAY),
    medication(MARA, at=MONDAY),
    left(MARA, at=MONDAY),
    returned(MARA, at=MONDAY),
    handed_over(MARA, at=MONDAY),
    died(MARA, at=MONDAY),
    note(MARA, at=MONDAY),
    adverse_event(MARA, at=MONDAY),
    adverse_event(MARA, 2, at=MONDAY, serious=True, grade=4),
    abortion(MARA, at=MONDAY),
    assessment(MARA, at=MONDAY, steady_gait=False),
    discharge(MARA, at=MONDAY, overrides=over("escort.missing")),
    call(MARA, at=MONDAY, days_after=3, suicidal_ideation=True),
    integration(MARA, at=MONDAY),
    form(MARA, at=MONDAY),
    follow_up(MARA, at=MONDAY),
    hold(MARA, at=MONDAY, reason="A family matter.\nHer brother is ill"),
    resumption(MARA, at=MONDAY),
    withdrawal(MARA, at=MONDAY),
    discontinuation(MARA, at=MONDAY),
    transfer(MARA, at=MONDAY),
    voiding(MARA, at=MONDAY),
    migration(MARA, at=MONDAY, to_version="1.1.0"),
)
"""Every clinic event with a form, some of them with everything that it may say and with no more than it must."""


def reported(kind: str, posted: Sequence[tuple[str, str]], now: datetime = MONDAY) -> ClinicEvent:
    """The event that a form says which was posted so."""
    fields = all_fields(kind)
    envelope = {
        "specversion": "1.0",
        "id": "1",
        "source": "test",
        "type": kind,
        "subject": MARA,
        "time": MONDAY.isoformat(),
    }
    return event_from({**envelope, **data_of(fields, entered_in(fields, posted), BEND, now)})


def refused(kind: str, posted: Sequence[tuple[str, str]]) -> dict[str, str]:
    with pytest.raises(Refused) as no:
        reported(kind, posted)
    return {error.pointer: error.detail for error in no.value.refusal.errors}


def again(kind: str, posted: Sequence[tuple[str, str]], *errors: FieldError) -> ShownForm:
    """The form as it is shown again."""
    fields = all_fields(kind)
    return shown(fields, entered_in(fields, posted), {}, errors)


def without(posted: Sequence[tuple[str, str]], *pointers: str) -> list[tuple[str, str]]:
    return [one for one in posted if one[0] not in pointers]


def test_the_samples_are_of_every_clinic_event() -> None:
    """A new event is filled in here before its form is let in."""
    assert {event.type for event in SAID} == FORMS.keys()


@pytest.mark.parametrize("event", SAID, ids=lambda event: event.type)
def test_what_is_entered_is_what_is_reported(event: ClinicEvent) -> None:
    """Every field of every event goes into the form and comes out of it as it was."""
    assert reported(event.type, filled_in(event)).data == event.data
    assert reported(event.type, filled_in(event)).time == event.time


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_asks_for_everything_that_an_event_may_say(kind: str) -> None:
    """Each field once, by its JSON pointer; who reports it and when are asked of every event."""
    data = MODELS[kind].model_fields["data"].annotation
    assert data is not None
    asked = [field.pointer for field in all_fields(kind)]

    assert len(asked) == len(set(asked))
    assert {f"/data/{name}" for name in data.model_fields} - {"/data/actor", "/data/set_aside"} <= set(asked)
    assert asked[:3] == ["/data/actor/id", "/data/actor/role", "/time"]


@pytest.mark.parametrize("event", SAID, ids=lambda event: event.type)
def test_what_must_be_said_is_asked_for(event: ClinicEvent) -> None:
    """A field that is left out and had to be filled in is marked in words; one that may be left out is not."""
    for field in fields_of(event.type):
        rest = [one for one in filled_in(event) if not f"{one[0]}/".startswith(f"{field.pointer}/")]
        is_empty_list = field.kind in {FieldKind.CODES, FieldKind.LINES, FieldKind.ROWS} and field.name != "indications"
        if not field.is_required or is_empty_list:
            reported(event.type, rest)
            continue
        errors = refused(event.type, rest)
        form = again(event.type, rest, *(FieldError(pointer=p, detail=d) for p, d in errors.items()))
        assert [one.pointer for one in form.fields if one.is_wrong] == [field.pointer]


ZONES = ("America/Los_Angeles", "Pacific/Kiritimati", "Etc/GMT+12", "Africa/Monrovia", "Pacific/Apia", "UTC")
"""Up to a day apart, and one whose clock, in 1900, was nineteen minutes and thirty-two seconds ahead of UTC."""


def zones_of(event: ClinicEvent) -> tuple[str, ...]:
    """Every zone where the event tells of moments besides its own; else one after the other, an event each."""
    is_of_moments = any(field.kind is FieldKind.MOMENT for field in fields_of(event.type))
    return ZONES if is_of_moments else (ZONES[list(MODELS).index(event.type) % len(ZONES)],)


LOCAL_EDGES = (
    "1900-01-01T00:00",
    "1900-01-01T14:00",
    "1900-01-02T12:00:30",
    "2199-12-31T10:00",
    "2199-12-31T23:59:59",
    "2200-01-01T00:00",
    "2011-12-30T12:00",
)
NO_LOCAL_MOMENTS = (
    "0001-01-01T00:00",
    "1899-12-31T23:59",
    "2200-01-01T14:01",
    "9999-12-31T23:59",
    "9999-12-31T23:59:59",
    "0000-00-00T00:00",
    "2026-11-20_10:00",
    "2026-11-20T10",
    "202611271914",
    "20261127",
    "1768328100",
    "-1",
    "2026-W48-5T19:14",
    "x" * 65_536,
)


@pytest.mark.parametrize(("event", "zone"), [(event, zone) for event in SAID for zone in zones_of(event)])
def test_whatever_is_entered_is_reported_or_refused_in_words(event: ClinicEvent, zone: str) -> None:
    """Each field with edges of every kind in it, in every zone: no page breaks, and no moment is one by chance."""
    fields, posted = all_fields(event.type), filled_in(event)
    for pointer in {name for name, _ in posted} | {"/time"}:
        for text in (*LOCAL_EDGES, *NO_LOCAL_MOMENTS, *TEXTS, "1e308", "-0.0", "0" * 12, "9" * 13):
            entered = entered_in(fields, [*without(posted, pointer), (pointer, text)])
            said = {"specversion": "1.0", "id": "1", "source": "test", "type": event.type, "subject": MARA}
            try:
                event_from({**said, "time": MONDAY.isoformat(), **data_of(fields, entered, ZoneInfo(zone), MONDAY)})
            except Refused as no:
                shown(fields, entered, {}, no.refusal.errors)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "Africa/Monrovia"])
@pytest.mark.parametrize("text", NO_LOCAL_MOMENTS)
def test_a_moment_that_no_clock_shows_between_1900_and_2200_is_asked_for_again(text: str, zone: str) -> None:
    """HL7's digits in a form are no moment of 1970, and the ends of the calendar are none to reckon with."""
    fields, posted = all_fields("kap.patient.checked_in"), filled_in(check_in(MARA, at=MONDAY))
    entered = entered_in(fields, [*without(posted, "/data/last_solids_at"), ("/data/last_solids_at", text)])
    said = {"specversion": "1.0", "id": "1", "source": "test", "type": "kap.patient.checked_in", "subject": MARA}

    with pytest.raises(Refused) as no:
        event_from({**said, "time": MONDAY.isoformat(), **data_of(fields, entered, ZoneInfo(zone), MONDAY)})

    form = shown(fields, entered, {}, no.value.refusal.errors)
    assert [one.errors for one in form.fields if one.is_wrong] == [(NO_MOMENT,)]


def test_a_clock_of_1900_is_told_in_utc_where_its_offset_had_seconds() -> None:
    """Monrovia's was 43 minutes and 8 seconds behind, which RFC 3339 cannot say."""
    fields = all_fields("kap.patient.checked_in")
    entered = {"/data/last_solids_at": ("1901-02-03T12:00",)}

    said = data_of(fields, entered, ZoneInfo("Africa/Monrovia"), MONDAY)["data"]

    assert said == {"actor": {}, "last_solids_at": "1901-02-03T12:43:08+00:00"}


def test_numbers_have_their_bounds_and_units() -> None:
    """As the event's own model has them: a form never promises what is then refused."""
    by_name = {field.name: field for field in fields_of("kap.vitals.recorded")}

    assert [(by_name[name].low, by_name[name].high, by_name[name].unit) for name in ("systolic", "spo2", "moaas")] == [
        (0, 400, "mmHg"),
        (0, 100, "%"),
        (0, 5, "of 5"),
    ]
    (mg,) = (field for field in fields_of("kap.dose.administered") if field.name == "mg")
    assert (mg.low, mg.is_above, mg.high, mg.unit) == (0, False, 100_000, "mg")


def test_a_number_is_read_as_it_is_written_on_either_side_of_the_sea() -> None:
    """70.5 and 70,5 are the same weight."""
    posted = filled_in(screening(MARA, at=MONDAY))
    for written in ("70.5", "70,5", " 70.5 "):
        data = reported(
            "kap.screening.recorded", [*without(posted, "/data/weight_kg"), ("/data/weight_kg", written)]
        ).data
        assert data.weight_kg == 70.5  # type: ignore[union-attr]


@pytest.mark.parametrize("written", ["abc", "12.5", "1e2", "1_0", "½", "99999999999999"])
def test_what_is_no_number_stays_in_its_field_and_is_marked(written: str) -> None:
    """Nothing is guessed: the form is shown again with it."""
    posted = [*without(filled_in(vitals(MARA, at=MONDAY)), "/data/systolic"), ("/data/systolic", written)]

    errors = refused("kap.vitals.recorded", posted)
    form = again("kap.vitals.recorded", posted, *(FieldError(pointer=p, detail=d) for p, d in errors.items()))

    (systolic,) = (field for field in form.fields if field.is_wrong)
    assert (systolic.pointer, systolic.value) == ("/data/systolic", written)
    assert systolic.described_by == f"{systolic.id}-error"


def test_a_row_that_was_left_blank_is_left_out_and_those_after_it_move_up() -> None:
    """A role that was chosen beforehand fills no row, and stays at the end; what was entered later is not lost."""
    posted = [
        ("/data/staff/0/role", "prescriber"),
        ("/data/staff/1/id", "lind"),
        ("/data/staff/1/role", "monitor"),
        ("/data/staff/3/id", "thorne"),
        ("/data/staff/3/role", "therapist"),
    ]
    fields = all_fields("kap.session.booked")
    (staff,) = (field for field in fields if field.name == "staff")

    entered = entered_in(fields, posted)

    assert rows_of(staff, entered) == 3
    assert entered["/data/staff/2/role"] == ("prescriber",)
    assert data_of([staff], entered, BEND, MONDAY)["data"] == {
        "actor": {},
        "staff": [{"id": "lind", "role": "monitor"}, {"id": "thorne", "role": "therapist"}],
    }


def test_an_error_in_a_row_is_shown_in_that_row() -> None:
    """The second person has no role."""
    posted = [("/data/staff/0/id", "osei"), ("/data/staff/0/role", "prescriber"), ("/data/staff/1/id", "lind")]

    form = again("kap.session.booked", posted, FieldError(pointer="/data/staff/1/role", detail="Field required"))

    (staff,) = (field for field in form.fields if field.pointer == "/data/staff")
    assert [[part.errors for part in row] for row in staff.rows] == [
        [(), (), ()],
        [(), ("This is needed",), ()],
        [(), (), ()],
    ]


def test_what_is_wrong_with_no_single_field_is_said_above_them_all() -> None:
    """A reading that says nothing is the fault of none of its fields."""
    whole = filled_in(vitals(MARA, at=MONDAY))
    empty = [one for one in whole if not one[0].startswith("/data/") or one[0].startswith("/data/actor")]

    errors = refused("kap.vitals.recorded", empty)
    form = again("kap.vitals.recorded", empty, *(FieldError(pointer=p, detail=d) for p, d in errors.items()))

    assert form.errors == ("There must be at least one value or symptom",)
    assert not any(field.is_wrong for field in form.fields)


def test_what_is_wrong_with_one_code_of_several_is_shown_at_the_codes() -> None:
    """The list is one field."""
    form = again("kap.vitals.recorded", [], FieldError(pointer="/data/symptoms/1", detail="too long"))

    assert [field.pointer for field in form.fields if field.is_wrong] == ["/data/symptoms"]


def test_a_moment_is_that_of_the_sites_own_clock() -> None:
    """Ten in the morning in Bend is not ten in the morning in Greenwich, and winter is not summer."""
    for local, moment in (
        ("2026-07-01T10:00", datetime(2026, 7, 1, 17, 0, tzinfo=UTC)),
        ("2026-12-01T10:00", datetime(2026, 12, 1, 18, 0, tzinfo=UTC)),
    ):
        assert last_meal(local) == moment


def test_of_an_hour_that_comes_twice_the_later_one_is_meant_unless_it_lies_ahead() -> None:
    """So nobody is thought to have fasted an hour longer than they have."""
    first, second = datetime(2026, 11, 1, 8, 30, tzinfo=UTC), datetime(2026, 11, 1, 9, 30, tzinfo=UTC)

    assert last_meal("2026-11-01T01:30", now=second) == second
    assert last_meal("2026-11-01T01:30", now=first) == first


@pytest.mark.parametrize("local", ["2026-03-08T02:30", "yesterday", "2026-02-30T10:00", "2026-03-08"])
def test_a_moment_that_never_was_is_refused_in_words(local: str) -> None:
    """The clocks go forward over it, or no calendar has it."""
    posted = [*without(filled_in(check_in(MARA, at=MONDAY)), "/data/last_solids_at"), ("/data/last_solids_at", local)]

    errors = refused("kap.patient.checked_in", posted)
    form = again("kap.patient.checked_in", posted, *(FieldError(pointer=p, detail=d) for p, d in errors.items()))

    (wrong,) = (field for field in form.fields if field.is_wrong)
    assert (wrong.pointer, wrong.value, wrong.errors) == ("/data/last_solids_at", local, (NO_MOMENT,))


@pytest.mark.parametrize(("typed", "lasts"), [("40", "PT40M"), ("90", "PT1H30M"), ("0,5", "PT30S"), ("PT2H", "PT2H")])
def test_a_length_is_typed_in_minutes(typed: str, lasts: str) -> None:
    """Nobody writes ISO 8601 at a bedside; what a program writes is taken too."""
    begun = infusion_started(MARA, at=MONDAY)
    posted = [*without(filled_in(begun), "/data/over"), ("/data/over", typed)]

    said = reported(begun.type, posted)

    assert json.loads(said.model_dump_json())["data"]["over"] == lasts
    form = again(begun.type, [("/data/over", "an hour")], *errors_of(begun.type, "/data/over", "an hour"))
    assert [field.errors for field in form.fields if field.pointer == "/data/over"] == [
        ("must be a number of minutes",)
    ]


A_PROGRAMS: Final = re.compile(r"Input|String|Tuple|pattern|\^|[a-z]_[a-z]|\bPT?\d|\d{4}-\d\d-\d\dT")
WRONG: Final = ("!!", "x" * 5000, "-1", "9999999", "12.5.1", "2026-13-45T99:99", "nobody knows", "\x07")


@pytest.mark.parametrize("kind", FORMS)
def test_no_error_is_told_in_a_programs_words(kind: str) -> None:
    """No pattern, no type and no ISO 8601, whatever is typed into whatever field; a bound has its unit."""
    fields = all_fields(kind)
    for typed in WRONG:
        posted = [(pointer, typed) for field in fields for pointer in _typed_into(field)]
        try:
            reported(kind, posted)
        except Refused as no:
            form = again(kind, posted, *no.refusal.errors)
            told = [*form.errors, *(words for field in form.fields for words in _errors_in(field))]
            assert told
            for words in told:
                assert not re.search(r"Input|String|Tuple|pattern|\^|[a-z]_[a-z]|\bPT?\d|\d{4}-\d\d-\d\dT", words), (
                    words
                )


@pytest.mark.parametrize(("protocol", "entered", "asked"), [(WEEKLY, "", 0), (WEEKLY, "oral", 1), (LOZENGE, "", 1)])
def test_a_plan_asks_for_further_routes_where_there_are_some(protocol: Protocol, entered: str, asked: int) -> None:
    """They are chosen; what was entered all the same stays to be mended."""
    kind = "kap.plan.prescribed"
    offered = offers(kind, protocol, ON_CALL, None)

    fields = asked_for(all_fields(kind), offered, protocol, {FURTHER_ROUTES: (entered,)})

    assert [field.pointer for field in fields].count(FURTHER_ROUTES) == asked
    assert [one.value for one in offered[FURTHER_ROUTES]] == [one.route for one in protocol.medicine.routes or ()]


def test_a_bound_is_told_with_its_unit() -> None:
    """A weight of 7 is refused by what it may be."""
    kind, pointer = "kap.course.referred", "/data/weight_kg"

    form = again(kind, [(pointer, "7")], *errors_of(kind, pointer, "7"))

    (wrong,) = (field.errors for field in form.fields if field.pointer == pointer)
    assert wrong == ("must be 20 kg or more",)


def errors_of(kind: str, pointer: str, typed: str) -> Sequence[FieldError]:
    """What the event's model has against this value of this field."""
    with pytest.raises(Refused) as no:
        reported(kind, [(pointer, typed)])
    return [one for one in no.value.refusal.errors if one.pointer == pointer]


def _typed_into(field: Field) -> list[str]:
    match field.kind:
        case FieldKind.GROUP:
            return [part.pointer for part in field.parts]
        case FieldKind.ROWS:
            return [at_row(field, part, 0).pointer for part in field.parts]
        case _:
            return [field.pointer]


def _errors_in(field: ShownField) -> Sequence[str]:
    inner = (*field.parts, *(part for row in field.rows for part in row))
    return (*field.errors, *(words for part in inner for words in part.errors))


def test_codes_may_be_chosen_and_written_each_once() -> None:
    """Two boxes and a line of others are one list."""
    codes = [
        ("/data/symptoms", "nausea"),
        ("/data/symptoms", "anxiety"),
        ("/data/symptoms", " anxiety, itching ;tremor,"),
    ]
    posted = [*without(filled_in(vitals(MARA, at=MONDAY)), "/data/symptoms"), *codes]

    said = reported("kap.vitals.recorded", posted)

    assert said.data.symptoms == ("nausea", "anxiety", "itching", "tremor")  # type: ignore[union-attr]


def test_a_form_without_a_symptom_says_that_there_is_none() -> None:
    """A person was asked, unlike a machine that leaves the symptoms out."""
    posted = without(filled_in(vitals(MARA, at=MONDAY)), "/data/symptoms")

    assert reported("kap.vitals.recorded", posted).data.symptoms == ()  # type: ignore[union-attr]


def last_meal(local: str, now: datetime = MONDAY) -> datetime:
    posted = [*without(filled_in(check_in(MARA, at=MONDAY)), "/data/last_solids_at"), ("/data/last_solids_at", local)]
    said = reported("kap.patient.checked_in", posted, now)
    assert isinstance(said, PatientCheckedIn)
    return said.data.last_solids_at


def wrong_fields(form: ShownForm) -> list[str]:
    return [field.pointer for field in form.fields if field.is_wrong]


def test_who_reports_it_is_asked_for_by_person_and_role() -> None:
    """Neither is guessed."""
    errors = refused("kap.course.held", [("/data/reason", "A cold")])
    form = again("kap.course.held", [], *(FieldError(pointer=p, detail=d) for p, d in errors.items()))

    assert wrong_fields(form) == ["/data/actor/id", "/data/actor/role"]


def test_every_kind_of_field_is_met() -> None:
    """The table above tries each way of asking."""

    def kinds(fields: Sequence[Field]) -> set[FieldKind]:
        return {field.kind for field in fields} | {kind for field in fields for kind in kinds(field.parts)}

    assert set().union(*(kinds(all_fields(kind)) for kind in FORMS)) == set(FieldKind)


def test_what_was_entered_is_read_again_in_words() -> None:
    """A time as people write it, by the site's clock; what cannot be read stays as it was typed."""
    entered = {"/time": ("2026-11-29T12:00",), "/data/last_solids_at": ("yesterday",)}

    asked = confirmation((), (), all_fields("kap.patient.checked_in"), entered, {"time": "2026-11-29T12:00"}, str)

    assert [(one.label, one.value) for one in asked.said] == [
        ("When it happened", "29 Nov 2026 12:00"),
        ("Last solid food", "yesterday"),
    ]


def test_nobody_books_the_patient_as_staff() -> None:
    """Nor a system: the other roles are offered."""
    (staff,) = (one for one in fields_of("kap.session.booked") if one.name == "staff")
    (role,) = (one for one in staff.parts if one.name == "role")

    assert [one.value for one in role.options] == [role for role in Role if role not in {Role.PATIENT, Role.SYSTEM}]


def test_of_two_doses_one_is_asked_for_in_words() -> None:
    """The event's own error shows two objects of JSON."""
    with pytest.raises(ValidationError) as wrong:
        Dose.model_validate({"mg": 35, "mg_per_kg": 0.5})

    (error,) = wrong.value.errors()
    assert in_words(error["msg"].removeprefix("Value error, ")) == "Give the dose by weight or in mg, not both"


def test_an_event_in_a_sentence_is_called_as_its_form_is() -> None:
    """Whoever may not record it is told in the same words."""
    assert with_labels("A therapist may not report “dose administered”; the role must be one of: monitor") == (
        "A therapist may not report “Dose given”; the role must be one of: monitor"
    )
    assert with_labels("held for “review”") == "held for “review”"
    assert not_yours("operations", "kap.vitals.recorded") == "Operations may not record “Reading”"
