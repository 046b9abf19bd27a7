"""A course as it stood: an auditor moves through its past, by either clock, with a script or without one."""

import html
import re

import httpx
import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.form_filling import BEND
from tests.support.http_stack import House
from tests.support.page_text import section, words_of
from tests.support.two_pasts import TwoPasts, two_pasts

pytestmark = pytest.mark.xdist_group("pages")


@pytest.fixture(scope="module")
async def mara(house: House) -> TwoPasts:
    return await two_pasts(house)


async def test_a_late_and_a_corrected_reading_are_told_apart(house: House, browser: Browser, mara: TwoPasts) -> None:
    """From the course's page to a moment on the site's clock: what had happened by then, and what was known then."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{mara.course}")
        page = eyes.page
        await page.get_by_role("link", name="At an earlier moment").click()
        await page.get_by_label("At", exact=True).fill(f"{mara.between.astimezone(BEND):%Y-%m-%dT%H:%M:%S}")
        await page.get_by_role("button", name="Show").click()

        story, learned = page.locator(".story"), page.get_by_role("region", name="What the record did not know")
        await expect(page.locator("#then")).to_contain_text("as everything until then reads today")
        await expect(story).to_contain_text("133/")
        await expect(story).to_contain_text("SpO₂ 97 %")
        await expect(learned.get_by_role("listitem")).to_have_count(2)
        assert await eyes.barriers() == []

        await page.get_by_label("as the record knew it then").check()
        await page.get_by_role("button", name="Show").click()

        await expect(page.locator("#then")).to_contain_text("as the record knew it then")
        await expect(story).to_contain_text("SpO₂ 87 %")
        await expect(story).not_to_contain_text("133/")
        assert not eyes.complaints


async def test_the_slider_goes_where_it_is_let_go(house: House, browser: Browser, mara: TwoPasts) -> None:
    """To the first entry: the patient was referred, and nothing else."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{mara.course}/past?as_known=true")
        slider = eyes.page.get_by_role("slider", name="Entry")
        await expect(slider).to_have_value(await slider.get_attribute("max") or "")

        await slider.press("Home")

        await expect(eyes.page.locator("#then")).to_contain_text(re.compile("the first [12] of"))
        await expect(eyes.page.locator(".story")).to_contain_text("Referred")
        await expect(eyes.page.locator(".story")).not_to_contain_text("Screening visit")
        assert not eyes.complaints


def steps_of(page: httpx.Response) -> dict[str, str]:
    """Where its links to the moment before and after lead."""
    return dict(re.findall(r'rel="(prev|next)" href="([^"]+)"', html.unescape(page.text)))


async def test_without_a_script_there_are_links_and_forms(house: House, mara: TwoPasts) -> None:
    """The entry before and the one after lead on; both forms are answered by the server alone."""
    path = f"/courses/{mara.course}/past"
    now = await house.admin.get(path, params={"as_known": "true"})
    newest = await house.admin.get(steps_of(now)["prev"])
    earlier = await house.admin.get(steps_of(newest)["prev"])
    first = await house.admin.get(path, params={"entry": "1", "as_known": "true"})

    assert steps_of(now).keys() == {"prev"}
    assert steps_of(earlier)["next"] == steps_of(now)["prev"]
    assert steps_of(first).keys() == {"next"}
    assert "Referred" in section(first, "The story until then")
    assert "No session was booked by then" in first.text


@pytest.mark.parametrize(
    ("at", "must"),
    [
        ("half past nine", "must be a day and a time between the years 1900 and 2200"),
        ("2999-01-01T00:00", "must be a day and a time between the years 1900 and 2200"),
        ("2099-01-01T00:00", "must not be in the future"),
        ("1999-01-01T00:00:00", "must not lie before the course began"),
    ],
)
async def test_a_moment_that_is_none_is_said_to_be_so(house: House, mara: TwoPasts, at: str, must: str) -> None:
    """On a page that says which it must be."""
    page = await house.admin.get(f"/courses/{mara.course}/past", params={"at": at}, headers={"Accept": "text/html"})

    assert page.status_code == 422
    assert must in words_of(page)


async def test_who_looks_is_on_the_record(house: House, mara: TwoPasts) -> None:
    """As whoever looks at the course itself."""
    desk = await house.caller(TokenRole.OPERATIONS)

    answer = await desk.get(f"/courses/{mara.course}/past")

    (read,) = await house.readings(frozenset({answer.headers["x-request-id"]}))
    assert (read.what, read.course_id, read.role) == ("past course", mara.course, TokenRole.OPERATIONS)
