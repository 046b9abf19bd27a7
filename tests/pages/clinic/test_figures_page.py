"""The clinic in numbers: per site and period, the same on the page and as CSV."""

import csv
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest

from domain.access import TokenRole
from tests.pages.clinic.test_rules_and_people import words
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

CLINIC = ZoneInfo("America/Los_Angeles")
"""Where its rotas hand over, and its days begin."""

Numbers = dict[tuple[str, str], str]


async def numbers(house: House, **asked: str) -> Numbers:
    """The CSV, by figure and what it is of."""
    answer = await (await house.caller(TokenRole.AUDITOR)).get("/figures.csv", params=asked)
    assert answer.headers["content-type"].startswith("text/csv")
    return {(row["figure"], row["of"]): row["value"] for row in csv.DictReader(StringIO(answer.text))}


@pytest.fixture(scope="module")
async def day(house: House) -> str:
    """The day on which a course began that was completed."""
    course = await house.has(Ward.completed)
    view = await house.is_recorded(course)
    assert view["outcome"] == "completed"
    listed = (await house.admin.get("/v1/courses", params={"outcome": "completed"})).json()["items"]
    began = next(one["started_at"] for one in listed if one["course_id"] == course)
    return datetime.fromisoformat(began).astimezone(CLINIC).date().isoformat()


async def test_a_course_counts_in_its_period_and_at_its_site(house: House, day: str) -> None:
    """From one day to another, both included; at another site there is nothing."""
    within = await numbers(house, since=day, until=day)
    elsewhere = await numbers(house, site="nowhere")
    everything = await numbers(house)

    assert int(within["courses", "completed"]) >= 1
    assert int(everything["courses", "completed"]) >= int(within["courses", "completed"])
    assert int(within["sessions", ""]) >= 1
    assert int(within["checkpoints", "in_time"]) >= 1
    assert ("courses", "completed") not in elsewhere
    assert elsewhere["sessions", ""] == "0"


async def test_the_page_says_what_the_csv_says(house: House, day: str) -> None:
    """Courses by outcome, punctuality, and what the measures came to; the address of the CSV holds the period."""
    auditor = await house.caller(TokenRole.AUDITOR)

    html = (await auditor.get("/figures", params={"since": day, "until": day})).text
    shown, told = words(html), await numbers(house, since=day, until=day)

    assert f"ended: completed {told['courses', 'completed']}" in shown
    assert f"sessions with a dose {told['sessions', '']}" in shown
    in_time, late, missed = (told["checkpoints", one] for one in ("in_time", "late", "missed"))
    for when, number in (("in time", in_time), ("late", late), ("missed", missed)):
        assert f"{number} {when} (" in html
    for picture in ("Checkpoint readings: ", "Integration talks: ", "Mean scores: "):
        assert f'aria-label="{picture}' in html
    assert f"PHQ-9 {told['measure_courses', 'phq9']} " in shown
    assert f"/figures.csv?since={day}&amp;until={day}" in html


@pytest.mark.usefixtures("day")
async def test_a_token_of_one_site_counts_that_site_only(house: House) -> None:
    """Whatever the address says."""
    bound = house.client((await house.token(TokenRole.OPERATIONS, "nowhere")).token)

    assert (await bound.get("/figures.csv", params={"site": "bend"})).status_code == 403
    own = (await bound.get("/figures.csv")).text
    assert "courses,completed" not in own


@pytest.mark.parametrize(
    "told", ["-1", "86400", "20261127", "2026-W48-5", "0001-01-01", "9999-12-31", "2026-11-27T00:00"]
)
@pytest.mark.parametrize("edge", ["since", "until"])
async def test_a_day_is_one_as_it_stands_in_a_calendar(house: House, edge: str, told: str) -> None:
    """Between 1900 and 2200; no number in seconds, no digits without their dashes. Both ends of that time are days."""
    auditor = await house.caller(TokenRole.AUDITOR)

    answer = await auditor.get("/figures.csv", params={edge: told})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": f"/query/{edge}", "detail": "must be a day such as 2026-11-27, between the years 1900 and 2200"}
    ]
    assert await numbers(house, since="1900-01-01", until="2200-01-01")
