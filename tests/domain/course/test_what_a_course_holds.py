"""What a course may hold: each event and all of them together, and what it remembers of those that it took."""

from datetime import datetime, timedelta

import pytest

from domain.course import size_budget
from domain.course.answer import AlreadyAnswered
from domain.course.course import Course
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry
from domain.refusal import RefusalCode, Refused
from domain.values import Severity
from tests.support.cast import HAS_A_PLAN, MARA, cssrs, hold, plan, resumption
from tests.support.ward import Ward
from workflows.ledger_outbox import BATCH, BATCH_BYTES, first_batch


def test_an_event_that_says_too_much_is_refused_before_anything_happens() -> None:
    """A plan with a book for its goals: the course is as it was, and takes the next one."""
    ward = Ward().eligible()
    written = tuple(f"{number} {'A goal. ' * 490}" for number in range(50))

    refused = ward.turns_away(plan(MARA, at=ward.now, goals=written))

    assert refused.code is RefusalCode.TOO_LARGE
    assert str(size_budget.EVENT_BYTES) in refused.message
    assert ward.sends(plan(MARA, at=ward.now, goals=written[:10])).sequence


def test_an_event_is_for_the_course_that_it_names() -> None:
    """Delivered to another one's workflow it is refused: nothing of one patient lies in another's ledger."""
    ward = Ward().referred()
    stray = hold("NORA-1", at=ward.now)

    refused = ward.turns_away(stray)

    assert refused.code is RefusalCode.INVALID
    assert [error.pointer for error in refused.errors] == ["/subject"]


@pytest.fixture(scope="module")
def full() -> tuple[Course, datetime]:
    """A course that has taken all that it takes, the last of it a hold."""
    ward = Ward().booked()
    older = {f"{number:024x}": f"{number}/{number:016x}" for number in range(size_budget.MOST_EVENTS - 60)}
    course = ward.course.but(older=older)
    number = 0
    while course.events < size_budget.MOST_EVENTS:
        number += 1
        course = course.accept(calm_screen(number, ward.now), ward.now).course
    return course, ward.now


def calm_screen(number: int, now: datetime) -> ClinicEvent:
    """What may come again and again, and calls for nobody."""
    return cssrs(MARA, at=now - timedelta(seconds=number))


def test_a_full_course_takes_no_fact_that_calls_for_nobody(full: tuple[Course, datetime]) -> None:
    """Twenty thousand events are years of care: what comes then is a program that has gone wrong."""
    course, now = full
    with pytest.raises(Refused) as refused:
        course.accept(cssrs(MARA, at=now), now)
    assert refused.value.refusal.code is RefusalCode.COURSE_FULL


def test_a_full_course_still_wakes_somebody(full: tuple[Course, datetime]) -> None:
    """A patient who has a plan is never refused for a number."""
    course, now = full
    assert course.accept(cssrs(MARA, at=now, items=HAS_A_PLAN), now).calls


def test_a_full_course_still_takes_decisions(full: tuple[Course, datetime]) -> None:
    """So that somebody can end it, or go on from a hold."""
    course, now = full
    held = course.accept(cssrs(MARA, at=now, items=HAS_A_PLAN), now).course
    assert held.accept(resumption(MARA, at=now), now).course.hold is None


def test_what_a_full_course_answered_it_answers_again(full: tuple[Course, datetime]) -> None:
    """A repeat adds nothing, so it is never too much."""
    course, now = full
    with pytest.raises(AlreadyAnswered):
        course.accept(calm_screen(1, now), now)


def test_half_full_somebody_is_told_once() -> None:
    """Routine, and while there is time to see which program sends so much."""
    ward = Ward().referred()
    ward.fills_up()
    ward.fills_up()
    ward.hears(Kind.COURSE_FILLING, Change.RESOLVED)
    ward.fills_up()

    assert ward.pages == [(Kind.COURSE_FILLING, Severity.ROUTINE)]


def test_a_backlog_goes_to_the_record_in_batches_of_a_hundred_entries() -> None:
    """Few and small transactions."""
    ward = Ward().referred()
    entries = tuple(ward.entries[0].but(sequence=number) for number in range(1, 300))
    assert first_batch(entries) == entries[:BATCH]


def test_a_backlog_of_long_remarks_goes_in_batches_that_fit() -> None:
    """The server takes two megabytes at once; one entry alone always goes."""
    entries = tuple(_of_bytes(number, 24_000) for number in range(1, 96))
    sent = 0
    while sent < len(entries):
        batch = first_batch(entries[sent:])
        assert sum(entry.size for entry in batch) <= BATCH_BYTES
        sent += len(batch)
    assert len(first_batch((_of_bytes(1, 2 * BATCH_BYTES),))) == 1


def _of_bytes(sequence: int, size: int) -> Entry:
    ward = Ward().referred()
    return ward.entries[0].but(sequence=sequence, data={"note": "x" * size})
