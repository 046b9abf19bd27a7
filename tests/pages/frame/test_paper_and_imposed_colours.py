"""On paper, and in colours that a device imposes, a page says the same: by text, border and weight."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from tests.support.browser import looks
from tests.support.cast import HAS_A_PLAN, cssrs, minutes
from tests.support.http_stack import House

pytestmark = pytest.mark.xdist_group("frame")

FOLDED = ".as-table table, #entries table, details[id^=pages-of] table"
UNDERLINE = "link => getComputedStyle(link).borderBottomColor"


@pytest.fixture(scope="module")
async def dosed(house: House) -> str:
    course = await house.has(lambda ward: ward.watched(until=minutes(30)))
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_recorded(course)
    return course


async def test_paper_has_no_bar_every_fold_open_and_says_as_of_when(house: House, browser: Browser, dosed: str) -> None:
    """A sheet in somebody's hand is as old as it says; what only a screen can do is not on it."""
    async with looks(browser, house.url) as eyes:
        for path in ("/", "/sessions", "/escalations", f"/courses/{dosed}"):
            await (eyes.signs_in(house.admin_token, path) if path == "/" else eyes.goes_to(path))
            await eyes.page.emulate_media(media="print")
            await expect(eyes.page.locator("#bar")).to_be_hidden()
            for control in await eyes.page.locator("form, button").all():
                await expect(control).to_be_hidden()
            await expect(eyes.page.locator(".printed")).to_contain_text("as of")
            for table in await eyes.page.locator(FOLDED).all():
                assert await table.evaluate("table => table.checkVisibility()"), path
            await eyes.page.emulate_media(media="screen")
        assert (await eyes.page.pdf()).startswith(b"%PDF")


async def test_imposed_colours_leave_every_difference(house: House, browser: Browser, dosed: str) -> None:
    """Which page this is, how far a course has come, and what nobody has yet."""
    async with looks(browser, house.url) as eyes:
        await eyes.page.emulate_media(forced_colors="active")
        await eyes.signs_in(house.admin_token, f"/?q={dosed}")
        here, elsewhere = eyes.page.locator("nav [aria-current]"), eyes.page.locator("nav a:not([aria-current])").first

        assert await here.evaluate(UNDERLINE) != await elsewhere.evaluate(UNDERLINE)
        card = eyes.page.locator(f"#card-{dosed}")
        await expect(card.locator(".steps-of")).to_contain_text("session 1 of")
        done, to_come = card.locator(".step.now"), card.locator(".step:not(.now):not(.done)").first
        ground = "step => getComputedStyle(step).backgroundImage"
        assert await done.evaluate(ground) != await to_come.evaluate(ground)
        assert await eyes.barriers() == []
