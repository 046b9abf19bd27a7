"""Charts on a phone, a tablet and a desk: no text too small, none cut off, and what the marks mean."""

import pytest
from playwright.async_api import Browser, expect

from tests.support.browser import DESK, PHONE, looks
from tests.support.cast import minutes
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

NARROWEST, TABLET = (360, 740), (1024, 768)
SMALLEST = 11
"""Pixels."""

TEXTS = """() => Array.from(document.querySelectorAll("svg.chart text"))
  .filter((text) => text.checkVisibility())
  .map((text) => {
    const chart = text.ownerSVGElement, box = text.getBoundingClientRect();
    const scale = chart.getScreenCTM().a;
    return {
      words: text.textContent,
      pixels: parseFloat(getComputedStyle(text).fontSize) * scale,
      isCut: box.right > chart.getBoundingClientRect().right + 1 || box.left < chart.getBoundingClientRect().left - 1,
    };
  })"""


@pytest.mark.parametrize("size", [NARROWEST, PHONE, TABLET, DESK], ids=["360", "phone", "tablet", "desk"])
async def test_no_text_of_a_chart_is_too_small_or_cut_off(
    house: House, browser: Browser, size: tuple[int, int]
) -> None:
    """Eleven pixels at least, "Diastolic" whole: of live sessions, a course, who is on call, and figures."""
    course = await house.has(lambda ward: ward.watched(until=minutes(45)), "CHART")
    await house.is_recorded(course)
    async with looks(browser, house.url, size) as eyes:
        await eyes.signs_in(house.admin_token, "/sessions")
        for path in ("/sessions", f"/courses/{course}", "/oncall", "/figures"):
            await eyes.goes_to(path)
            texts = await eyes.page.evaluate(TEXTS)
            assert texts or path == "/figures", path
            assert [one for one in texts if one["pixels"] < SMALLEST or one["isCut"]] == [], path


async def test_the_live_sessions_say_what_their_marks_mean(house: House, browser: Browser) -> None:
    """Once, below them."""
    course = await house.has(Ward.dosed)
    await house.is_recorded(course)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, "/sessions")
        legend = eyes.page.locator("section", has=eyes.page.get_by_role("heading", name="In the charts"))

        for words in ("reading to come", "beyond it an emergency", "when the next reading is to be taken"):
            await expect(legend).to_contain_text(words)
