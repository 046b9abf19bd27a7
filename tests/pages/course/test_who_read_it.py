"""Who read a course stands on its own page, for auditors: whoever looks finds themselves there."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from domain.access import Grant, TokenRole
from tests.support.browser import looks
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")


async def test_my_own_read_is_listed(house: House, browser: Browser) -> None:
    """With who, the token, when and what they were shown; and the reads of others, narrowed to a time."""
    course = await house.has(Ward.prepared)
    await house.is_recorded(course)
    nurse = await house.granted(Grant(roles=(TokenRole.CLINIC,), person="lind"), "Lind's phone")
    auditor = await house.granted(Grant(roles=(TokenRole.AUDITOR,)), "The auditor")
    assert (await house.client(nurse.token).get(f"/courses/{course}")).status_code == 200

    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(auditor.token, f"/courses/{course}")
        section = eyes.page.get_by_role("region", name="Who read this course")
        await section.locator("summary").click()
        rows = section.get_by_role("row")
        what = eyes.page.get_by_role("cell", name="course", exact=True)
        mine = rows.filter(has_text=auditor.id).filter(has=what)
        theirs = rows.filter(has_text=nurse.id)
        await expect(mine.last).to_contain_text("The auditor")
        await expect(mine.last).to_contain_text(re.compile(r"\d\d:\d\d"))
        await expect(theirs.first).to_contain_text("lind")
        assert await eyes.barriers() == []

        await section.get_by_label("From").fill(f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M}")
        await section.get_by_role("button", name="Show").click()
        await expect(section).to_contain_text("Nobody has read it in this time.")
        await section.get_by_role("link", name="Show all").click()
        await section.locator("summary").click()
        await expect(theirs.first).to_be_attached()
        await expect(section.get_by_role("link", name="all of the audit")).to_have_attribute(
            "href", f"/audit?course={course}"
        )
        assert not eyes.complaints


async def test_only_auditors_are_shown_who_read_it(house: House) -> None:
    """A nurse's page has no such list."""
    course = await house.has(Ward.prepared)
    for role in (TokenRole.CLINIC, TokenRole.OPERATIONS):
        page = await (await house.caller(role)).get(f"/courses/{course}")
        assert page.status_code == 200
        assert "Who read this course" not in page.text


async def test_the_audit_is_narrowed_to_a_time_of_the_day(house: House) -> None:
    """To the minute, both included, by the clock of the page."""
    course = await house.has(Ward.prepared)
    reader = await house.caller(TokenRole.AUDITOR)
    await reader.get(f"/v1/courses/{course}")

    async def at() -> datetime | None:
        page = await house.admin.get("/audit/reads.csv", params={"course": course})
        found = re.search(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)\S*,", page.text)
        return datetime.fromisoformat(found[1]) if found else None

    then = await eventually(at)
    for since, until, is_there in (
        (then, then, True),
        (then + timedelta(minutes=1), None, False),
        (None, then - timedelta(minutes=1), False),
    ):
        asked = {"course": course, "since": f"{since:%Y-%m-%dT%H:%M}" if since else "", "until": ""}
        asked["until"] = f"{until:%Y-%m-%dT%H:%M}" if until else ""
        page = await house.admin.get("/audit/reads.csv", params=asked)
        assert (course in page.text) is is_there, asked
