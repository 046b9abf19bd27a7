"""What a course carries from run to run stays within what Temporal takes, whatever is sent, and it says so in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from random import Random

import pytest

from domain.course.course import Course
from domain.escalation.messages import Kind
from domain.events.clinic_events import ClinicEvent
from domain.ledger import first_fault
from domain.refusal import RefusalCode, Refused
from gateway.compression import MOST
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    OSEI,
    cssrs,
    hold,
    integration,
    plan,
    resumption,
    vitals,
)
from tests.support.clinic import Clinic, open_clinic
from tests.support.eventually import eventually
from tests.support.ward import Ward
from tests.workflows.conftest import Temporal
from workflows import ledger_outbox
from workflows.course_messages import CourseRun
from workflows.payloads import compressed, decompressed
from workflows.size_limits import FULL, FULL_OF_DECISIONS, OVERFULL, Fullness, History

MOST_OF_THE_SERVER = 2 * 1024 * 1024
UPDATES_OF_THE_SERVER = 2_000


@pytest.fixture
async def clinic(temporal: Temporal) -> AsyncIterator[Clinic]:
    async with open_clinic(temporal) as opened:
        yield opened


def said(length: int, seed: int) -> str:
    """A text that no compression makes smaller."""
    chance = Random(seed)
    return "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(length))


def talk(number: int, now: datetime) -> ClinicEvent:
    """An integration talk with some sixty kilobytes of themes: an event as large as it may be."""
    held = integration(MARA, 1, at=now)
    themes = tuple(said(4000, number * 10 + theme) for theme in range(5))
    return held.but(id=f"talk-{number}", data=held.data.but(themes=themes))


def filled() -> tuple[Fullness, Course, datetime, RefusalCode]:
    """Talk after talk, until one was refused: the course as it is then, and why."""
    ward = Ward().discharged()
    course, fullness, now = ward.course, Fullness(0, ward.course), ward.now
    for number in range(100):
        now += timedelta(hours=2)  # none within another: that would be one talk told twice, and call for a human
        try:
            course = _taken(fullness, course, talk(number, now), now)
        except Refused as refused:
            return fullness, course, now, refused.refusal.code
    raise AssertionError("it is never full")


def test_a_course_is_full_before_it_is_too_large() -> None:
    """It is refused in time, and what was accepted can be handed on to the next run."""
    fullness, course, _, why = filled()
    assert why is RefusalCode.COURSE_FULL
    carried = fullness.measured(CourseRun(course=course)).carried_bytes
    assert FULL.course.carried / 2 < carried <= FULL.course.carried < MOST_OF_THE_SERVER


def test_a_course_is_full_before_it_is_too_large_to_be_read(repetitive: Course) -> None:
    """One page of goals again and again becomes nothing when it is compressed: it is read whole all the same."""
    whole = CourseRun(course=repetitive).model_dump_json().encode()

    assert len(whole) <= FULL_OF_DECISIONS.course.whole < MOST
    assert CourseRun.model_validate_json(decompressed(compressed(whole), MOST)).course.sequence == repetitive.sequence


def test_a_course_that_is_full_of_decisions_still_takes_what_calls_for_a_human(repetitive: Course) -> None:
    """No plan is so long that an answer about a plan to die is not heard."""
    now = max(repetitive.newest.values())
    _taken(Fullness(0, repetitive), repetitive, cssrs(MARA, at=now, items=HAS_A_PLAN), now)


@pytest.fixture(scope="module")
def repetitive() -> Course:
    """A course whose plan was prescribed anew, in the same sixty kilobytes, until one was refused."""
    ward = Ward().eligible()
    course, fullness, now = ward.course, Fullness(0, ward.course), ward.now
    goals = tuple("Be well again. " * 265 for _ in range(15))
    for number in range(2_000):
        now += timedelta(seconds=1)
        try:
            course = _taken(fullness, course, plan(MARA, at=now, goals=goals).but(id=f"plan-{number}"), now)
        except Refused:
            return course
    raise AssertionError("it is never full")


def test_a_full_course_still_takes_what_calls_for_a_human() -> None:
    """There is room left for that: a high answer is heard where another talk is not."""
    fullness, course, now, _ = filled()
    _taken(fullness, course, cssrs(MARA, at=now, items=HAS_A_PLAN), now)
    with pytest.raises(Refused):
        _taken(fullness, course, talk(200, now), now)


def test_a_run_that_cannot_end_stops_taking_readings_before_the_server_takes_nothing_of_it() -> None:
    """The record store is away, and what waits for it is too much to hand on: what calls for a human still comes."""
    ward = Ward().dosed()
    fullness, now = Fullness(0, ward.blank), ward.now
    calm, alarming = vitals(MARA, at=now), vitals(MARA, at=now, spo2=80)

    def takes(event: ClinicEvent, updates: int) -> bool:
        with suppress(Refused):
            fullness.check(event, ward.course.accept(event, now), ward.course, History(updates, 0))
            return True
        return False

    assert takes(calm, FULL.history.updates - 1)
    assert not takes(calm, FULL.history.updates)
    assert takes(alarming, OVERFULL.history.updates - 1)
    assert not takes(alarming, OVERFULL.history.updates)
    assert OVERFULL.history.updates <= UPDATES_OF_THE_SERVER - 10, "ten may be on their way"


def _taken(fullness: Fullness, course: Course, event: ClinicEvent, now: datetime) -> Course:
    decision = course.accept(event, now)
    fullness.check(event, decision, course, History(0, 0))
    return decision.course


def test_half_full_is_known_at_the_next_runs_beginning() -> None:
    """Then somebody is told. It was measured before, so that a replay says the same."""
    course = Ward().referred().course
    assert not Fullness(FULL.course.carried // 2 - 1, course).is_half_used(course)
    assert Fullness(FULL.course.carried // 2, course).is_half_used(course)


async def test_somebody_is_told_that_a_course_fills_up_before_it_is_full(clinic: Clinic) -> None:
    """A few dozen large events, in a minute: no thousand events of history are waited for."""
    mara = await clinic.has(lambda ward: ward.discharged())

    with suppress(Refused):  # it is full then
        for number in range(40):
            await mara.sends(talk(number, datetime.now(UTC)).but(subject=mara.course))

    assert Kind.COURSE_FILLING in {one.kind for one in (await mara.view()).escalations}


async def test_a_record_store_that_is_away_for_long_silences_no_course(clinic: Clinic) -> None:
    """However much waits for it, a run ends and hands it on: the server takes two thousand updates of each."""
    mara = await clinic.has(lambda ward: ward.dosed())
    first_run = (await mara.handle.describe()).run_id
    clinic.records.is_away = True

    for number in range(60):
        reading = vitals(mara.course, at=datetime.now(UTC))
        await mara.sends(reading.but(data=reading.data.but(note=said(4000, number))))

    async def is_another_run() -> bool:
        return (await mara.handle.describe()).run_id != first_run

    await eventually(is_another_run)
    assert (await mara.sends(vitals(mara.course, at=datetime.now(UTC), spo2=80))).escalations
    clinic.records.is_away = False
    assert first_fault(await mara.ledger()) is None


def test_the_next_attempts_to_record_come_ever_more_slowly() -> None:
    """Each that fails leaves a whole batch in the history, and the server ends a run that has fifty megabytes of it."""
    attempts = list(accumulate(islice(ledger_outbox.patience(), 40)))

    assert attempts[0] == ledger_outbox.TOLD_AFTER
    assert sum(1 for at in attempts if at <= timedelta(days=14)) * ledger_outbox.BATCH_BYTES < 25 * 1024 * 1024


async def test_a_backlog_of_long_remarks_is_recorded_as_soon_as_the_record_is_back(clinic: Clinic) -> None:
    """Two megabytes and more of them: each batch fits, every entry arrives in its order."""
    mara = await clinic.has(lambda ward: ward.prepared())
    clinic.records.is_away = True
    for number in range(60):
        await mara.sends(hold(mara.course, at=datetime.now(UTC), reason=said(4000, 2 * number)))
        lifted = resumption(mara.course, at=datetime.now(UTC), by=OSEI, reason=said(4000, 2 * number + 1))
        await mara.sends(lifted)

    clinic.records.is_away = False

    async with asyncio.timeout(60):
        while len(clinic.records.entries.get(mara.course, ())) < (await mara.view()).sequence:
            await mara.passes(timedelta(minutes=1))
    assert first_fault(await mara.ledger()) is None
