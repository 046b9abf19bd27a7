"""A sheet for a shift, or for when the screens go dark: who is here, what is due, what is open."""

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.cast import HAS_A_PLAN, MONDAY, cssrs, minutes, referral
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")


async def test_the_sheet_says_who_is_here_what_is_due_and_what_is_open(house: House, browser: Browser) -> None:
    """On paper too, as of when, with nothing that counts on; the floor leads to it."""
    here = await house.has(lambda ward: ward.watched(until=minutes(30)), "HERE")
    late = house.expects("LATE")
    await house.sends([referral(late, at=MONDAY)])
    open_now = await house.has(Ward.prepared, "OPEN")
    await house.sends([cssrs(open_now, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_called_for(f"{open_now}~suicide_risk~0~1")
    for course in (here, late, open_now):
        await house.is_recorded(course)
    token = await house.token(TokenRole.OPERATIONS)
    async with looks(browser, house.url) as eyes:
        page = eyes.page
        await eyes.signs_in(token.token)
        await page.get_by_role("link", name="To print").click()
        for medium in ("screen", "print"):
            await page.emulate_media(media=medium)
            patient = page.get_by_role("region", name="Who is here").get_by_role("row").filter(has_text=here)
            await expect(patient).to_contain_text("room willow")
            await expect(patient).to_contain_text(re.compile(r"126/79 mmHg.*\d\d:\d\d"))
            due = page.get_by_role("region", name="What is due").get_by_role("row").filter(has_text=late)
            await expect(due).to_contain_text(re.compile(r"\w{3} \d+ \w{3}.* late"))
            need = page.get_by_role("region", name="What is open").get_by_role("row").filter(has_text=open_now)
            await expect(need).to_contain_text("▲ emergency")
            await expect(page.locator("main [data-counting]")).to_have_count(0)
        await expect(page.locator("#bar")).to_be_hidden()
        await expect(page.locator(".printed")).to_contain_text("as of")
        assert (await page.pdf()).startswith(b"%PDF")
        await page.emulate_media(media="screen")
        assert await eyes.barriers() == []
        assert not eyes.complaints


async def test_a_sheet_has_what_its_reader_may_see(house: House) -> None:
    """A clinic's token reads no escalations; another site's sees nobody of here."""
    course = await house.has(Ward.dosed)
    await house.is_recorded(course)

    clinic = await (await house.caller(TokenRole.CLINIC)).get("/sheet")
    cork = await (await house.caller(TokenRole.CLINIC, site="cork")).get("/sheet")

    assert course in clinic.text
    assert "What is open" not in clinic.text
    assert course not in cork.text
    assert (await (await house.caller(TokenRole.CLINIC, site="cork")).get("/sheet?site=bend")).status_code == 403
