"""What the measurements count, on a whole stack; how long anything takes is asserted nowhere."""

import asyncpg
import pytest

from bench import history, on_paper
from bench.__main__ import MEASURES
from bench.history import Footprint
from bench.house import House, open_house
from bench.load import Kind, Order, open_loader
from bench.on_paper import EXAMPLE
from bench.run import settled
from domain.escalation.ids import course_workflow_id
from tests.support.paths import ROOT

pytestmark = pytest.mark.xdist_group("bench")

SHORT = EXAMPLE[:3]
A_MOMENT = 0.2  # seconds
COURSES = ("READ-1", "READ-2")


async def test_a_short_course_is_counted_and_every_load_is_answered() -> None:
    """Each reported event is one update in history; each client of a load is answered; each floor's row is there."""
    async with open_house() as house:
        await _is_counted(house)
        await _is_answered(house)


async def _is_counted(house: House) -> None:
    left = await history.lived(house, "SHORT-1", SHORT, is_hurried=False)

    client = await house.courses()
    told = (await client.get_workflow_handle(course_workflow_id("SHORT-1")).describe()).raw_description
    assert left.events == told.workflow_execution_info.history_length
    assert left.bytes > 0
    assert left.types["WORKFLOW_EXECUTION_UPDATE_COMPLETED"] == len(SHORT)
    assert left.types["WORKFLOW_EXECUTION_STARTED"] == 1


async def _is_answered(house: House) -> None:
    await on_paper.started(house, on_paper.dosed(COURSES))
    async with open_loader(house) as loader:
        for kind in (Kind.COUNTER, Kind.RECORDED, Kind.REPORTS, Kind.READINGS, Kind.CLINIC):
            tally = await loader.does(Order(kind=kind, clients=len(COURSES), seconds=A_MOMENT, courses=COURSES))
            assert len(tally.seconds) == sum(tally.answers.values()) >= len(COURSES), kind
            await settled(house)
            if kind is Kind.RECORDED:
                connection = await asyncpg.connect(house.database)
                rows = await connection.fetchval("SELECT count(*) FROM floor_rows")
                await connection.close()
                assert rows >= len(tally.seconds)


def test_the_rows_of_history_are_each_for_one_clinic_event() -> None:
    """The footprint of a course is divided by the events that were reported."""
    in_time = Footprint(bytes=10 * 1024, transitions=0, types={"TIMER_STARTED": 30, "WORKFLOW_EXECUTION_STARTED": 1})
    late = Footprint(bytes=30 * 1024, transitions=20, types={"TIMER_STARTED": 70})

    rows = {row.what: row for row in history.told(in_time, late, late, reported=10)}

    assert rows["history events, in its own time"].ours.median == 3.1
    assert rows["history events, in its own time"].holds is True
    assert rows["history, in its own time"].ours.median == 1
    assert rows["of these timer started"].ours.median == 3
    assert rows["state transitions, late"].ours.median == 2
    assert rows["history, hurried"].ours.median == 3


def test_every_measure_stands_on_its_page() -> None:
    """In docs/performance.md, and in the README of the folder."""
    for page in (ROOT / "docs" / "performance.md", ROOT / "bench" / "README.md"):
        text = page.read_text(encoding="utf-8")
        assert [name for name in MEASURES if f"`{name}`" not in text] == [], page.name
