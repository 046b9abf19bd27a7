"""Whatever is accepted at its very edge breaks nothing afterwards: course, ledger, record, lists, pages, timers."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from math import isfinite
from typing import Final

import pytest

from domain.course.course import Course, Decision
from domain.course.deadlines import owed
from domain.course.projection import Ahead, calls_to_come
from domain.events.clinic_events import MODELS, ClinicEvent, NoteAdded
from domain.events.fingerprint import fingerprint
from domain.events.parsing import event_from
from domain.last_answer import keeps_last_answer
from domain.ledger import Entry, first_fault
from domain.refusal import Refused
from domain.views.course import batch_of, course_view
from domain.views.summary import Batch
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    MONDAY,
    WARD,
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
    correction,
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
    hours,
    infusion_paused,
    infusion_resumed,
    infusion_started,
    infusion_stopped,
    integration,
    left,
    measure,
    medication,
    migration,
    minutes,
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
    weekly,
    withdrawal,
)
from tests.support.edges import MOMENTS, NO_MOMENTS, Json, edges_of, is_read_back
from tests.support.ward import Ward, is_whole
from workflows.attributes import Shown, changed_attributes, story
from workflows.course_messages import CourseRun, Report

LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""A clock that is far ahead."""


def _held(ward: Ward) -> Ward:
    ward.reports(hold(MARA, at=ward.now))
    return ward


def _migrating(ward: Ward) -> Ward:
    ward.migrates_to(weekly({"version": "1.1.0"}))
    return ward


def _assessed(ward: Ward) -> Ward:
    ward.watched().reports(assessment(MARA, at=ward.now + minutes(1)))
    ward.reports(vitals(MARA, at=ward.now + minutes(1)))
    return ward


def _measured(ward: Ward) -> Ward:
    ward.dosed().reports(vitals(MARA, at=ward.now).but(id="wrong"))
    return ward


def _infused(ward: Ward) -> Ward:
    ward.cleared().reports(infusion_started(MARA, at=ward.now))
    return ward


def _away(ward: Ward) -> Ward:
    ward.dosed().reports(left(MARA, at=ward.now + minutes(1)))
    return ward


def _gone(ward: Ward) -> Ward:
    ward.passes(days(31))
    return ward


Brought = Callable[[Ward], Ward]
Said = Callable[[datetime], ClinicEvent]

STORIES: Final[tuple[tuple[Brought, Said], ...]] = (
    (lambda ward: ward, lambda at: referral(MARA, at=at, baseline={"madrs": 30})),
    (Ward.referred, lambda at: screening(MARA, at=at)),
    (Ward.referred, lambda at: consent(MARA, at=at)),
    (Ward.dosed, lambda at: consent_withdrawn(MARA, at=at)),
    (Ward.integrated, lambda at: phq9(MARA, at=at, items=(2, 3, 2, 3, 2, 2, 2, 1, 1))),
    (Ward.integrated, lambda at: cssrs(MARA, at=at, items=HAS_A_PLAN)),
    (Ward.referred, lambda at: result(MARA, "alt", at=at, value=31, unit="U/L")),
    (Ward.screened, lambda at: eligible(MARA, at=at, overrides=over("screening.age_below_limit"))),
    (Ward.eligible, lambda at: plan(MARA, at=at, goals=("sleep",))),
    (Ward.planned, lambda at: preparation(MARA, at=at)),
    (Ward.prepared, lambda at: booking(MARA, at=at, starts_at=at + days(2))),
    (Ward.booked, lambda at: rebooking(MARA, at=at, starts_at=at + days(2))),
    (Ward.booked, lambda at: cancellation(MARA, at=at)),
    (Ward.booked, lambda at: missed(MARA, at=at)),
    (Ward.booked, lambda at: check_in(MARA, at=at)),
    (Ward.checked_in, lambda at: vitals(MARA, at=at, systolic=182)),
    (Ward.dosed, lambda at: vitals(MARA, at=at, symptoms=("nausea",))),
    (Ward.cleared, lambda at: clearance(MARA, at=at, overrides=over("vitals.systolic_above_limit"))),
    (Ward.cleared, lambda at: dose(MARA, at=at)),
    (Ward.cleared, lambda at: infusion_started(MARA, at=at, witness=WARD)),
    (_infused, lambda at: infusion_paused(MARA, at=at)),
    (_infused, lambda at: infusion_resumed(MARA, at=at)),
    (_infused, lambda at: infusion_stopped(MARA, at=at)),
    (Ward.dosed, lambda at: medication(MARA, at=at, code="midazolam")),
    (Ward.dosed, lambda at: left(MARA, at=at)),
    (_away, lambda at: returned(MARA, at=at)),
    (Ward.dosed, lambda at: handed_over(MARA, at=at)),
    (Ward.dosed, lambda at: died(MARA, at=at)),
    (Ward.dosed, lambda at: note(MARA, at=at)),
    (Ward.dosed, lambda at: adverse_event(MARA, 1, at=at)),
    (Ward.dosed, lambda at: abortion(MARA, at=at)),
    (Ward.watched, lambda at: assessment(MARA, at=at)),
    (_assessed, lambda at: discharge(MARA, at=at, overrides=over("discharge.padss_below_limit"))),
    (Ward.discharged, lambda at: call(MARA, at=at, days_after=1)),
    (Ward.discharged, lambda at: integration(MARA, at=at)),
    (Ward.discharged, lambda at: form(MARA, at=at)),
    (lambda ward: _gone(ward.in_follow_up()), lambda at: follow_up(MARA, at=at)),
    (Ward.prepared, lambda at: hold(MARA, at=at)),
    (lambda ward: _held(ward.prepared()), lambda at: resumption(MARA, at=at)),
    (Ward.prepared, lambda at: withdrawal(MARA, at=at)),
    (Ward.prepared, lambda at: discontinuation(MARA, at=at)),
    (Ward.prepared, lambda at: transfer(MARA, at=at)),
    (Ward.prepared, lambda at: voiding(MARA, at=at)),
    (lambda ward: _migrating(ward.prepared()), lambda at: migration(MARA, at=at, to_version="1.1.0")),
    (_measured, lambda at: correction(vitals(MARA, at=at).but(id="wrong"), at=at, happened_at=at, systolic=182)),
)
"""Of each clinic event how far a course is that may take it, and the event as it is on a good day."""


OF_EVERY_EVENT: Final = frozenset({"actor", "note", "id", "source", "subject", "specversion", "datacontenttype"})
"""The same in each event: tried in the first one alone."""


def _name(one: tuple[Brought, Said]) -> str:
    return one[1](MONDAY).type.removeprefix("kap.")


def the_chart_takes(ward: Ward, event: ClinicEvent) -> Decision | None:
    """What follows; None where it is refused."""
    offered = ward.versions.get(getattr(event.data, "to_version", ""))
    try:
        return ward.course.accept(event, ward.now, offered, "request-1")
    except Refused as refused:
        is_read_back(refused.refusal)
        return None


@keeps_last_answer
def _shown(course: Course) -> Shown:
    return Shown(course, course.deadlines())


def breaks_nothing(before: Course, decision: Decision, now: datetime) -> Decision:
    """All that is made of a course after it has taken something in. What follows when its deadlines pass."""
    course, shown = decision.course, Shown(decision.course, decision.deadlines)
    is_read_back(CourseRun(course=course, unrecorded=decision.entries, calls=decision.calls))
    for entry in decision.entries:
        is_read_back(entry)
        stored = Entry.model_validate({**entry.model_dump(), "data": json.loads(json.dumps(entry.data))})
        assert stored == entry
    assert all(one.passes_at.tzinfo and one.key for one in (*shown.deadlines, *owed(course)))
    for moment in (now, LAST):
        is_read_back(course_view(course, moment))
        batch = batch_of(course, decision.entries, moment)
        is_read_back(batch)
        fits_its_columns(batch)
    is_read_back(calls_to_come(course, Ahead(at=now, until=now + minutes(30))))
    for update in changed_attributes(_shown(before), shown):
        json.dumps(update.value, default=datetime.isoformat).encode()
    assert story(shown).encode()
    return course.pass_deadlines(LAST, shown.deadlines)


def fits_its_columns(batch: Batch) -> None:
    """PostgreSQL's `integer`, `text`, `timestamptz` and `double precision` hold all of it; nothing is infinite."""
    figures = batch.figures.model_dump() if batch.figures else {}
    for value in _leaves([batch.summary.model_dump(), figures]):
        match value:
            case int():
                assert abs(value) < 2**31
            case float():
                assert isfinite(value)
            case str():
                assert "\x00" not in value.encode().decode()
            case datetime():
                assert 1800 < value.astimezone(UTC).year < 2400


def _leaves(value: object) -> Iterator[object]:
    match value:
        case Mapping():
            yield from (leaf for inner in value.values() for leaf in _leaves(inner))
        case list() | tuple():
            yield from (leaf for inner in value for leaf in _leaves(inner))
        case _:
            yield value


@cache
def _brought(number: int) -> Ward:
    return STORIES[number][0](Ward())


@pytest.mark.parametrize("number", range(len(STORIES)), ids=[_name(one) for one in STORIES])
def test_no_edge_of_any_field_of_any_event_breaks_anything_afterwards(number: int) -> None:
    """Each field of each clinic event, at each of its edges, is refused in words, or taken and borne for ever after."""
    ward = _brought(number)
    said = STORIES[number][1](ward.now)
    sample: Json = json.loads(said.model_dump_json(exclude_none=True))
    taken = 0
    tried_before = frozenset() if number == 0 else OF_EVERY_EVENT
    if isinstance(said, NoteAdded):
        tried_before -= {"note"}  # here it is what the event is about
    for sent in [sample, *edges_of(type(said), sample, tried_before)]:
        try:
            event = event_from(sent)
        except Refused as refused:
            is_read_back(refused.refusal)
            continue
        assert fingerprint(event)
        if event.subject == ward.course_id and (decision := the_chart_takes(ward, event)) is not None:
            assert first_fault([*ward.entries, *decision.entries]) is None
            later = breaks_nothing(ward.course, decision, ward.now)
            is_read_back(batch_of(later.course, later.entries, LAST))
            taken += 1
    assert taken > 1


def test_every_clinic_event_has_its_story_here() -> None:
    """None is left out."""
    assert {f"kap.{_name(one)}" for one in STORIES} == {*MODELS}


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_taken_as_rfc_3339_writes_it(text: str) -> None:
    """With seconds and an offset, from 1900 to 2200 in UTC, whatever its own offset makes of the year."""
    said = vitals(MARA, at=MONDAY).model_dump(mode="json", exclude_none=True)

    assert event_from({**said, "time": text}).time.utcoffset() is not None


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_whatever_else_is_called_a_moment_is_refused_and_told_what_it_must_be(text: str) -> None:
    """A number in quotes, HL7's digits, a space, a day alone, the null dates of other languages: `422`."""
    said = check_in(MARA, at=MONDAY).model_dump(mode="json", exclude_none=True)

    with pytest.raises(Refused) as refused:
        event_from({**said, "data": {**said["data"], "last_solids_at": text}})

    assert [(error.pointer, error.detail) for error in refused.value.refusal.errors] == [
        (
            "/data/last_solids_at",
            "must be RFC 3339 text with an offset, such as 2026-11-27T19:14:00Z, between the years 1900 and 2200",
        )
    ]


@pytest.mark.parametrize(
    ("leap", "read_as"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31T15:59:60-08:00", "2016-12-31T16:00:00-08:00"),
        ("2016-12-31T23:59:60.25Z", "2017-01-01T00:00:00.25Z"),
        ("1990-07-01T05:44:60+05:45", "1990-07-01T05:45:00+05:45"),
    ],
)
def test_a_leap_second_is_the_second_that_follows_it(leap: str, read_as: str) -> None:
    """As POSIX and PostgreSQL count; it lies in the last minute of a day of UTC, wherever that is on the wall."""
    said = vitals(MARA, at=MONDAY).model_dump(mode="json", exclude_none=True)

    assert fingerprint(event_from({**said, "time": leap})) == fingerprint(event_from({**said, "time": read_as}))


@pytest.mark.parametrize("begins", [datetime(1900, 1, 1, tzinfo=UTC), datetime(2199, 6, 1, tzinfo=UTC)], ids=str)
def test_a_whole_course_at_either_end_of_time_is_a_course_like_any_other(begins: datetime) -> None:
    """From the referral to the last visit, a year after which nothing is open."""
    ward = Ward(now=begins).completed()

    assert ward.course.is_closed
    assert is_whole(ward)
    is_read_back(course_view(ward.course, ward.now))


@pytest.mark.parametrize("reach", [Ward.dosed, Ward.discharged, Ward.integrated, Ward.completed])
def test_a_course_of_1900_that_is_sent_today_asks_for_what_is_missing_and_makes_no_storm(reach: Brought) -> None:
    """Three hundred years of readings every quarter of an hour are not waited for one by one."""
    past = reach(Ward(now=datetime(1900, 1, 1, tzinfo=UTC)))
    today = Ward(now=MONDAY)
    for event, _ in past.answers:
        today.sends(event)
    known = len(today.entries)

    today.passes(hours(2))

    assert len(today.entries) < known + 40
    assert len(course_view(today.course, today.now).deadlines) < 40
    breaks_nothing(today.blank, today.course.pass_deadlines(LAST), LAST)


def test_a_baseline_next_to_nothing_has_no_percentage() -> None:
    """No number says how many times the baseline the score is: the course is shown and recorded all the same."""
    ward = Ward()
    ward.reports(referral(MARA, at=MONDAY, baseline={"madrs": 5e-324}))
    ward.reports(measure(MARA, "madrs", at=MONDAY + hours(1), score=31.5))

    (shown,) = course_view(ward.course, ward.now).measures

    assert shown.trend is not None
    assert shown.trend.improvement_percent is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-14:00"])
def test_what_an_earlier_release_accepted_is_not_judged_again(text: str) -> None:
    """A history or a carried state that holds such a moment is read as it is: a replay asks no rule of today."""
    accepted = booking(MARA, at=MONDAY, starts_at=datetime.fromisoformat(text))

    is_read_back(Report(event=accepted))
