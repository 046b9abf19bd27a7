"""A session may be as long as it likes: what a reading costs, and what it means, does not depend on those before it."""

from contextlib import suppress
from datetime import datetime
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.course.accepted_events import KEPT_WHOLE, MOST_WHOLE
from domain.course.answer import AlreadyAnswered
from domain.course.course import Course
from domain.course.deadlines import deadlines
from domain.course.rules.checkpoints import checkpoints, is_overdue, reading_due_at
from domain.course.rules.vitals import verdict
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.course.verdict import Verdict
from domain.events.clinic_events import ClinicEvent, VitalsRecorded
from domain.refusal import RefusalCode, Refused
from domain.views.course import batch_of, course_view
from domain.views.session import MOST_READINGS
from domain.views.timeline import MOST_TOLD
from tests.support.cast import MARA, dose, gad7, minutes, phq9, vitals, weekly
from tests.support.steps import steps_of
from tests.support.ward import Ward

COSTS_NO_MORE_THAN = 1.5


@pytest.fixture(scope="module")
def of_a_thousand() -> tuple[Ward, list[ClinicEvent]]:
    """A patient watched for a thousand readings, and these."""
    ward = Ward().dosed()
    readings: list[ClinicEvent] = [vitals(MARA, at=ward.now + minutes(number / 10)) for number in range(1, 1001)]
    for reading in readings:
        ward.reports(reading)
    return ward, readings


def test_the_newest_events_get_their_whole_first_answer_again(of_a_thousand: tuple[Ward, list[ClinicEvent]]) -> None:
    """At least the newest 200 of a course, as the contract says."""
    ward, readings = of_a_thousand
    said = dict(zip((event.id for event, _ in ward.answers), (answer for _, answer in ward.answers), strict=True))

    assert all(ward.repeats(reading) == said[reading.id] for reading in readings[-KEPT_WHOLE:])
    assert len(ward.course.remembered) <= MOST_WHOLE


def test_an_older_event_is_known_for_ever_and_told_where_the_course_stands(
    of_a_thousand: tuple[Ward, list[ClinicEvent]],
) -> None:
    """Its id, its course, its place in the ledger, and the course as it is now."""
    ward, readings = of_a_thousand
    answer = ward.repeats(readings[0])

    first = next(answer for event, answer in ward.answers if event.id == readings[0].id)
    newest = ward.answers[-1][1]
    assert (answer.event_id, answer.course_id, answer.sequence) == (readings[0].id, MARA, first.sequence)
    assert (answer.phase, answer.session, answer.blockers) == (newest.phase, newest.session, newest.blockers)


def test_the_id_of_an_older_event_is_never_taken_by_another(of_a_thousand: tuple[Ward, list[ClinicEvent]]) -> None:
    """However long ago it was accepted."""
    ward, readings = of_a_thousand
    other = vitals(MARA, at=readings[0].time, systolic=131).but(id=readings[0].id)

    assert ward.turns_away(other).code is RefusalCode.EVENT_ID_REUSED


@pytest.mark.parametrize(("every", "moaas"), [(1, 5), (15, None)], ids=["a monitor's", "a nurse's"])
def test_the_two_thousandth_reading_costs_what_the_tenth_did(every: float, moaas: int | None) -> None:
    """A monitor sends one a minute, a nurse one a checkpoint: each is answered alike, however long it goes on."""
    ward = Ward().dosed()
    course, costs = ward.course, {}
    for number in range(1, 2001):
        now = ward.now + minutes(number * every)
        reading = vitals(MARA, at=now, moaas=moaas)
        course = course.pass_deadlines(now).course
        if number in {10, 2000}:
            costs[number] = steps_of(partial(course.accept, reading, now))
        course = course.accept(reading, now).course

    assert costs[2000] <= COSTS_NO_MORE_THAN * costs[10]


def test_a_late_reading_costs_no_more_for_all_those_after_it() -> None:
    """It is compared with the next one, and not with every one since."""
    ward = Ward().dosed()
    began, costs = ward.now, {}
    for number in range(1, 401):
        taken = began + minutes(2 * number)
        ward.until(taken)
        ward.course = ward.course.accept(vitals(MARA, at=taken), ward.now).course
        if number in {20, 400}:
            late = vitals(MARA, at=began + minutes(20.5), systolic=182)
            costs[number] = steps_of(partial(ward.course.accept, late, ward.now))

    assert costs[400] <= 3 * costs[20], "each checkpoint is judged once more, and no reading is but the next one"


def test_a_reading_costs_the_same_however_many_answers_there_are() -> None:
    """What is looked up among them for each decision, each deadline and each row of the record is found once."""
    ward, costs = Ward().dosed(), {}
    for number in range(1, 1001):
        taken = ward.now - minutes(2000 - number)
        ward.course = ward.course.accept(phq9(MARA, at=taken), ward.now).course
        if number in {100, 1000}:
            ward.course.deadlines()
            costs[number] = steps_of(partial(_is_decided_and_told, ward.course, vitals(MARA, at=ward.now)))

    assert costs[1000] <= COSTS_NO_MORE_THAN * costs[100]


def _is_decided_and_told(course: Course, reading: VitalsRecorded) -> None:
    decided = course.pass_deadlines(reading.time).course.accept(reading, reading.time)
    batch_of(decided.course, decided.entries, reading.time)


def test_a_course_with_ten_times_the_answers_is_shown_in_ten_times_the_steps() -> None:
    """A portal that sends a questionnaire over and over again: whoever asks about the course gets to see it."""
    ward, costs = Ward().discharged(), {}
    for number in range(1, 501):
        ward.now += minutes(1)
        ward.course = ward.course.accept(gad7(MARA, at=ward.now), ward.now).course
        if number in {50, 500}:
            costs[number] = steps_of(partial(course_view, ward.course, ward.now))

    assert costs[500] <= 10 * COSTS_NO_MORE_THAN * costs[50]


def test_a_month_in_which_nobody_reports_a_discharge_passes_in_one_step() -> None:
    """Kapstan was away: what fell due meanwhile is written at once, and is not more for every day."""
    ward = Ward().dosed()
    ward.sleeps(minutes(60 * 24 * 30))

    assert len(ward.entries) < 60


FROM_THE_DOSE = st.integers(min_value=-20, max_value=400)
HAPPENS = st.lists(
    st.one_of(
        st.tuples(st.just("reading"), FROM_THE_DOSE, st.sampled_from([126, 146, 182, 205])),
        st.tuples(st.just("late"), FROM_THE_DOSE, st.sampled_from([126, 182])),
        st.tuples(st.just("passes"), st.integers(min_value=1, max_value=90), st.just(0)),
        st.tuples(st.just("booster"), st.just(0), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(HAPPENS)
def test_what_is_settled_is_what_would_be_judged_anew(happenings: list[tuple[str, int, int]]) -> None:
    """A long session is judged from where it is settled on: the same is due, owed, met and missed as by all of it."""
    ward = Ward(protocol=weekly({"medicine.dose.boosters_max": 3})).dosed()
    for what, number, systolic in happenings:
        at = ward.begins() + minutes(number)
        match what:
            case "reading":
                ward.until(max(at, ward.now))
                _takes(ward, ward.now, systolic)
            case "late":
                _takes(ward, min(at, ward.now), systolic)
            case "passes":
                ward.passes(minutes(number))
            case _:
                with suppress(AlreadyAnswered, Refused):
                    ward.sends(dose(MARA, at=ward.now, mg=5))
        _is_the_same_as_judged_whole(ward.course)


def _takes(ward: Ward, at: datetime, systolic: int) -> None:
    with suppress(AlreadyAnswered, Refused):
        ward.sends(vitals(MARA, at=at, systolic=systolic))


def _is_the_same_as_judged_whole(course: CourseState) -> None:
    session = course.sessions[0]
    whole = session.but(settled=(), settled_until=None)
    rules = course.protocol.medicine.checkpoints
    assert checkpoints(rules, session, course.passed) == checkpoints(rules, whole, course.passed)
    assert is_overdue(rules, session, course.passed) == is_overdue(rules, whole, course.passed)
    assert reading_due_at(course.protocol, session, course.passed) == reading_due_at(
        course.protocol, whole, course.passed
    )
    assert deadlines(course) == deadlines(course.but(sessions=(whole,)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(FROM_THE_DOSE, st.sampled_from([126, 146, 182, 205, 220])), min_size=1, max_size=12))
def test_readings_in_any_order_open_what_those_in_their_order_do(taken: list[tuple[int, int]]) -> None:
    """Judging only what an arrival gives another meaning leaves no breach unseen."""
    ward = Ward().dosed()
    ward.now = ward.begins() + minutes(500)
    for number, systolic in taken:
        _takes(ward, ward.begins() + minutes(number), systolic)

    session = ward.session()
    severities = {one.severity for one in _verdicts(ward, session)}
    pages = {severity.pages_as for severity in severities if severity.pages_as is not None}
    assert pages <= {severity for kind, severity in ward.pages if kind.startswith("vitals_")}


def _verdicts(ward: Ward, session: MedicineSession) -> list[Verdict]:
    return [verdict(ward.course.protocol, session, reading) for reading in session.readings]


def test_a_question_about_a_course_of_twenty_thousand_readings_is_answered_like_any_other() -> None:
    """The newest two thousand are shown, the others counted: no worker is stopped while it looks."""
    ward = Ward().dosed()
    session = ward.session()
    taken = [ward.now + minutes(number / 2) for number in range(3_000)]
    reading = session.readings[0]
    readings = tuple(reading.but(at=at, recorded_at=at) for at in taken)
    course = ward.course.but(sessions=(session.but(readings=readings),))

    view = course_view(course, ward.now)

    assert [one.at for one in view.sessions[0].readings] == taken[-MOST_READINGS:]
    assert view.sessions[0].readings_before == 3_000 - MOST_READINGS
    assert len(view.happened) <= MOST_TOLD
