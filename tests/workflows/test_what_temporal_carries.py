"""What a course carries from run to run stays within what Temporal takes, whatever is sent, and it says so in time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from domain.chart import Chart
from domain.events import ClinicEvent
from domain.ledger import first_fault
from domain.refusal import RefusalCode, Refused
from gateway.compression import MOST
from tests.cast import HAS_A_PLAN, MARA, OSEI, cssrs, hold, integration, resumption, vitals
from tests.clinic import Clinic, open_clinic
from tests.domain.ward import Ward
from tests.workflows.conftest import Temporal
from workflows import fullness as measuring
from workflows.course import CourseRun
from workflows.fullness import DENSEST, FULL, OVERFULL, ROOM_FOR_ONE, UPDATES_HELD, UPDATES_MOST, Fullness

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


def template(number: int, now: datetime) -> ClinicEvent:
    """The same, but of a text module that says the same each time."""
    held = integration(MARA, 1, at=now)
    return held.but(id=f"talk-{number}", data=held.data.but(themes=("sleep " * 660,) * 15))


def filled(
    by: Callable[[int, datetime], ClinicEvent] = talk, most: int = 100
) -> tuple[Fullness, Chart, datetime, RefusalCode]:
    """Talk after talk, until one was refused: the course as it is then, and why."""
    ward = Ward().discharged()
    chart, fullness, now = ward.chart, Fullness(0, ward.chart), ward.now
    for number in range(most):
        now += timedelta(minutes=1)
        try:
            chart = _taken(fullness, chart, by(number, now), now)
        except Refused as refused:
            return fullness, chart, now, refused.refusal.code
    raise AssertionError("it is never full")


def test_a_course_is_full_before_it_is_too_large() -> None:
    """It is refused in time, and what was accepted can be handed on to the next run."""
    fullness, chart, _, why = filled()
    assert why is RefusalCode.COURSE_FULL
    assert FULL / 2 < fullness.measured(CourseRun(chart=chart)).carried_bytes <= FULL < MOST_OF_THE_SERVER


def test_a_course_that_repeats_itself_is_full_before_no_worker_can_read_it() -> None:
    """Compressed it is next to nothing; but each run begins by reading all of it, and what may be read has an end."""
    _, chart, _, why = filled(by=template, most=1_200)
    assert why is RefusalCode.COURSE_FULL
    assert len(chart.model_dump_json()) <= DENSEST * FULL
    assert 2 * DENSEST * OVERFULL <= MOST


def test_a_nearly_full_course_is_not_measured_at_each_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten that come at once are decided in one breath, and a measurement of a large course takes its time."""
    fullness, chart, now, _ = filled()
    as_it_is, measured = measuring._size, []

    def counted(chart: Chart) -> int:
        measured.append(chart)
        return as_it_is(chart)

    monkeypatch.setattr(measuring, "_size", counted)
    monkeypatch.setattr(measuring, "FULL", as_it_is(chart) + ROOM_FOR_ONE + 2_000)

    for number in range(20):
        now += timedelta(minutes=1)
        with suppress(Refused):
            chart = _taken(fullness, chart, integration(MARA, 1, at=now).but(id=f"short-{number}"), now)

    assert len(measured) <= 2


def test_a_full_course_still_takes_what_calls_for_a_human() -> None:
    """There is room left for that: a high answer is heard where another talk is not."""
    fullness, chart, now, _ = filled()
    _taken(fullness, chart, cssrs(MARA, at=now, items=HAS_A_PLAN), now)
    with pytest.raises(Refused):
        _taken(fullness, chart, talk(200, now), now)


def test_a_run_that_cannot_end_stops_taking_readings_before_the_server_takes_nothing_of_it() -> None:
    """The record store is away, and what waits for it is too much to hand on: what calls for a human still comes."""
    ward = Ward().dosed()
    fullness, now = Fullness(0, ward.blank), ward.now
    calm, alarming = vitals(MARA, at=now), vitals(MARA, at=now, spo2=80)

    def takes(event: ClinicEvent, updates: int) -> bool:
        with suppress(Refused):
            fullness.check(event, ward.chart.accept(event, now), ward.chart, backlog=0, updates=updates)
            return True
        return False

    assert takes(calm, UPDATES_HELD - 1)
    assert not takes(calm, UPDATES_HELD)
    assert takes(alarming, UPDATES_MOST - 1)
    assert not takes(alarming, UPDATES_MOST)
    assert UPDATES_MOST <= UPDATES_OF_THE_SERVER - 10, "ten may be on their way"


def _taken(fullness: Fullness, chart: Chart, event: ClinicEvent, now: datetime) -> Chart:
    decision = chart.accept(event, now)
    fullness.check(event, decision, chart, backlog=0, updates=0)
    return decision.chart


def test_half_full_is_known_at_the_next_runs_beginning() -> None:
    """Then somebody is told. It was measured before, so that a replay says the same."""
    chart = Ward().referred().chart
    assert not Fullness(FULL // 2 - 1, chart).is_half_used(chart)
    assert Fullness(FULL // 2, chart).is_half_used(chart)


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
