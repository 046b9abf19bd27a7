"""An auditor asks what happened at 09:26, and who acknowledged it: the ledger opens there, and goes along as a file."""

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.cast import vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.page_text import section
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")


@pytest.fixture(scope="module")
async def answered(house: House) -> str:
    """A course whose emergency was acknowledged."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    await house.is_called_for(f"{course}~vitals_emergency~1~1")
    await acts(house, course, "acknowledge", by="lind")
    return course


async def acts(house: House, course: str, act: str, **order: str) -> None:
    escalation = f"{course}~vitals_emergency~1~1"
    assert (await house.admin.post(f"/v1/escalations/{escalation}/{act}", json=order)).is_success

    async def is_written() -> bool:
        ledger = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
        return any(one["type"] == f"kap.escalation.{act}d" for one in ledger)

    await eventually(is_written)


async def test_history_keeps_its_severity(house: House, answered: str) -> None:
    """That it was an emergency is as true after it was dealt with as before, for whoever reads it."""

    def marked(page: str) -> str:
        story = page.partition('id="story-heading"')[2]
        line = next(line for line in story.splitlines() if "Immediate review: opened" in line)
        return line.partition('<span class="shape ')[2].partition('"')[0]

    auditor, desk = await house.caller(TokenRole.AUDITOR), await house.caller(TokenRole.OPERATIONS)
    before = [marked((await one.get(f"/courses/{answered}")).text) for one in (auditor, desk)]

    await acts(house, answered, "resolve", by="osei", note="Oxygen")
    await house.is_recorded(answered)

    assert before == ["emergency", "emergency"]
    assert [marked((await one.get(f"/courses/{answered}")).text) for one in (auditor, desk)] == before


async def test_an_entry_opens_with_its_content_its_second_and_who_did_it(
    house: House, browser: Browser, answered: str
) -> None:
    """An acknowledgement names who gave it; `#at=` opens what is nearest to that time of the site's clock."""
    page = await house.admin.get(f"/courses/{answered}")
    assert "Duty nurse Lind" in section(page, "Every entry of the ledger").partition("escalation.acknowledged")[2][:400]

    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{answered}")
        row = eyes.page.locator("#entries tr", has_text="escalation.acknowledged")
        at = await row.get_attribute("data-at")
        assert at
        await expect(row.locator("time")).to_contain_text(at[-8:])

        await eyes.page.goto(f"{house.url}/courses/{answered}#at={at}")
        here = eyes.page.locator("#entries tr.here")  # another entry may be of the same second
        await expect(here).to_have_attribute("data-at", at)
        await expect(here).to_be_in_viewport()
        await expect(here).to_be_focused()
        await expect(here.locator("pre")).to_be_visible()
        if await row.locator("pre").is_hidden():
            await row.locator("summary").click()
        await expect(row.locator("pre")).to_contain_text('"by": "lind"')
        assert await eyes.barriers() == []

        await eyes.page.get_by_label("Jump to a time in the ledger").fill("00:00")
        assert await eyes.page.evaluate("location.hash") == "#at=00:00"

        for nonsense in ("99:99", "2026-13-45T09:00", "24:00"):
            await eyes.page.goto(f"{house.url}/courses/{answered}#at={nonsense}")
            await eyes.page.reload()
            assert await eyes.page.locator("#entries .here").count() == 0
        assert not eyes.complaints


async def test_the_entry_that_was_jumped_to_stays_marked_while_more_arrive(house: House, browser: Browser) -> None:
    """The page shows itself anew with each reading; whoever reads an entry meanwhile stays at it."""
    course = await house.has(Ward.dosed)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}")
        at = await eyes.page.locator("#entry-1").get_attribute("data-at")
        await eyes.page.goto(f"{house.url}/courses/{course}#at={at}")
        here = eyes.page.locator("#entries tr.here")
        await expect(here).to_be_focused()

        for _ in range(2):
            entries = await eyes.page.locator("#entries tbody tr").count()
            await house.sends([vitals(course, 1, at=datetime.now(UTC))])
            await expect(eyes.page.locator("#entries tbody tr")).not_to_have_count(entries)
            await expect(here).to_be_focused()
            await expect(here).to_have_attribute("data-at", at or "")
        assert not eyes.complaints


async def test_the_ledger_goes_along_as_a_file_to_whoever_may_read_it(house: House, answered: str) -> None:
    """CSV for a table, JSON for a program: the entries that the API gives; nobody else gets them."""
    entries = (await house.admin.get(f"/v1/courses/{answered}/ledger")).json()
    auditor, desk = await house.caller(TokenRole.AUDITOR), await house.caller(TokenRole.OPERATIONS)

    as_csv = await auditor.get(f"/courses/{answered}/ledger.csv")
    as_json = await auditor.get(f"/courses/{answered}/ledger.json")

    rows = list(csv.DictReader(StringIO(as_csv.text)))
    assert [(row["sequence"], row["hash"]) for row in rows] == [(str(one["sequence"]), one["hash"]) for one in entries]
    assert [one["hash"] for one in as_json.json()] == [one["hash"] for one in entries]
    assert f'filename="{answered}-ledger.csv"' in as_csv.headers["content-disposition"]
    assert (await desk.get(f"/courses/{answered}/ledger.csv")).status_code == 403
    assert (await auditor.get(f"/courses/{answered}/ledger.pdf")).status_code in {404, 422}


async def test_the_story_is_the_same_before_and_after_it_is_resolved(house: House, browser: Browser) -> None:
    """Of an emergency it says so for ever, by its sign and its word."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    await house.is_called_for(f"{course}~vitals_emergency~1~1")
    await acts(house, course, "acknowledge", by="lind")
    token = await house.token(TokenRole.OPERATIONS)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/courses/{course}")
        opened = eyes.page.locator(".story li").filter(has_text="Immediate review: opened")
        before = await opened.inner_text()
        await acts(house, course, "resolve", by="osei", note="Oxygen")
        await house.is_recorded(course)
        await eyes.page.reload()

        assert "▲" in before
        assert "emergency" in before
        await expect(opened).to_have_text(before, use_inner_text=True)
