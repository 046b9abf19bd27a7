"""Three patients and a tablet: the 45-minute readings, from the live sessions and back."""

import re

import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.cast import minutes
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

TABLET = (1024, 768)
VALUES = {
    "systolic": "128",
    "diastolic": "80",
    "heart_rate": "72",
    "spo2": "98",
    "respiratory_rate": "14",
    "moaas": "5",
}
MOST_TAPS = 24
PATIENCE = 120_000
"""Milliseconds within which a busy machine records a reading."""


async def test_three_readings_take_no_more_than_24_taps(house: House, browser: Browser) -> None:
    """A tap a row, the person once, one for each further field but the first, and one that records.

    Room, minutes, checkpoint and last values stand there; nothing is scrolled for; the answer leads back to the rows.
    """
    courses = [await house.has(lambda ward: ward.watched(until=minutes(30)), ago=minutes(12.5)) for _ in range(3)]
    for course in courses:
        await house.is_recorded(course)
    token = await house.token(TokenRole.CLINIC)
    taps = 0
    async with looks(browser, house.url, TABLET) as eyes:
        page = eyes.page
        await eyes.signs_in(token.token, "/sessions")
        for course in courses:
            row = page.locator(f"#live-{course}")

            async def is_shown() -> bool:
                await eyes.goes_to("/sessions")
                return bool(await row.get_by_role("link", name="Reading").count())  # noqa: B023  asked at once

            if not await row.count():
                await eventually(is_shown)
            await row.get_by_role("link", name="Reading").click()
            taps += 1

            await expect(page.locator(".at-hand")).to_contain_text("session 1 · room willow · dosed")
            await expect(page.locator(".at-hand")).to_contain_text(re.compile("4[234] min since the dose"))
            await expect(page.locator(".at-hand")).to_contain_text("45-minute reading in ")
            await expect(page.locator("#f-data-systolic-last")).to_contain_text("last 126 at ")
            await expect(page.get_by_role("button", name="Record", exact=True)).to_be_in_viewport()
            await expect(page.get_by_role("group", name="Symptoms")).not_to_be_visible()
            person = page.get_by_label("Person").first
            if not await person.input_value():
                await person.select_option("lind")
                taps += 2  # the choice, and Lind in it
                await page.locator("[name='/data/systolic']").click()
                taps += 1
            await expect(page.locator("[name='/data/systolic']")).to_be_focused()
            for place, (name, value) in enumerate(VALUES.items()):
                if place:
                    await page.locator(f"[name='/data/{name}']").click()
                    taps += 1
                await page.keyboard.type(value)
            await page.get_by_role("button", name="Record", exact=True).click()
            taps += 1

            answered = page.locator("#answered")
            await expect(answered).to_contain_text(f"{course} · Recorded: Reading.", timeout=PATIENCE)
            await expect(page.locator("#answered")).to_contain_text("It counts for the 45-minute reading.")
            await expect(page).to_have_url(f"{house.url}/sessions?answered={page.url.rpartition('=')[2]}")
        assert not eyes.complaints
    assert taps <= MOST_TAPS


async def test_a_reading_fits_a_tablet_and_has_no_barrier(house: House, browser: Browser) -> None:
    """With the symptoms folded behind "none", which says what is chosen; a symptom that is unfolded is kept."""
    course = await house.has(lambda ward: ward.watched(until=minutes(30)))
    async with looks(browser, house.url, TABLET) as eyes:
        page = eyes.page
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/vitals.recorded?from=sessions")
        fold = page.locator("[data-tells]")
        await expect(fold).to_contain_text("Symptoms: none")
        assert await eyes.barriers() == []
        await fold.locator("summary").click()
        await fold.get_by_label("Severe headache").check()
        await expect(fold.locator(".tally")).to_have_text("severe headache", ignore_case=True)
        await page.get_by_label("Person").first.select_option(label="somebody else")
        await expect(page.get_by_label("Somebody else, by their id")).to_be_focused()
        await page.emulate_media(color_scheme="dark")
        assert await eyes.barriers() == []
        await expect(page.get_by_role("link", name="Back, recording nothing")).to_have_attribute("href", "/sessions")
        assert not eyes.complaints


async def test_the_mg_of_a_dose_are_told_by_weight_as_they_are_typed(house: House, browser: Browser) -> None:
    """35 mg for 70 kg."""
    course = await house.has(Ward.cleared)
    async with looks(browser, house.url, TABLET) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/dose.administered")
        await eyes.page.locator("[name='/data/mg']").press_sequentially("35")
        await expect(eyes.page.locator(".by-weight")).to_have_text("0.50 mg/kg")
        await eyes.page.locator("[name='/data/mg']").press_sequentially("0")
        await expect(eyes.page.locator(".by-weight")).to_have_text("5.00 mg/kg")
        assert await eyes.barriers() == []
