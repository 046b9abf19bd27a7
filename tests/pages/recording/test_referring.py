"""Somebody at the desk refers a patient by choosing: nothing is typed that the clinic knows."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from console.pages.labels import INDICATIONS
from domain.access import TokenRole
from domain.protocol.model import Protocol
from tests.support.browser import looks
from tests.support.cast import WEEKLY
from tests.support.form_filling import sends_form
from tests.support.http_stack import House
from tests.support.page_text import value_in, words_of
from tests.support.shipped_protocols import SHIPPED_BY_ID

pytestmark = pytest.mark.xdist_group("pages")


async def test_a_patient_is_referred_by_choosing(house: House, browser: Browser) -> None:
    """The site there is, one of the protocols, an indication in words, a score, an id that is proposed."""
    token = await house.token(TokenRole.CLINIC)
    async with looks(browser, house.url) as eyes:
        page = eyes.page
        await eyes.signs_in(token.token, "/refer")
        course = await page.get_by_label("Course id").input_value()
        assert re.fullmatch(r"C-\d{6}", course)
        await eyes.is_live()
        async with page.expect_response(lambda answer: "/refer" in answer.url):
            await page.evaluate("document.body.dispatchEvent(new CustomEvent('kapstan:changed'))")
        await expect(page.get_by_label("Course id")).to_have_value(course)
        await expect(page.get_by_label("Site")).to_have_value("bend")
        await page.get_by_label("Protocol").select_option(WEEKLY.id)
        assert await eyes.barriers() == []
        await page.get_by_label("Person").first.select_option("desk")
        await page.get_by_label("Recurrent depression, severe (F33.2)").check()
        await page.get_by_label("PHQ-9").fill("17")
        await page.get_by_role("button", name="Record", exact=True).click()

        await expect(page.locator("#answered")).to_contain_text("Recorded: Referral.")
        await expect(page.get_by_role("heading", level=1)).to_have_text(course)
    await house.is_recorded(course)
    entry = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()[0]
    assert (entry["data"]["site"], entry["data"]["indications"]) == ("bend", ["F33.2"])
    assert entry["data"]["measures_baseline"] == {"phq9": 17}


async def test_a_site_that_is_none_of_the_clinics_is_refused_with_every_other_mistake(house: House) -> None:
    """A site "Bend" makes no third one; what else is wrong is told at the same time, each at its field."""
    posted = [
        ("/data/actor/id", "desk"),
        ("/data/site", "Bend"),
        ("/data/protocol", WEEKLY.id),
        ("/subject", "Anna Miller"),
        ("/data/weight_kg", "7"),
        ("/time", "2199-11-30T10:00"),
    ]

    page = await sends_form(house.admin, "/refer", posted)

    assert page.status_code == 422
    wrong = set(re.findall(r'id="f-([a-z_-]+)-error"', page.text))
    assert {"time", "data-site", "data-indications", "data-weight_kg", "subject"} <= wrong
    assert "must be one of bend" in words_of(page)
    assert re.search(r"This is still to come: it is \d\d:\d\d by the site's clock", words_of(page))
    assert value_in(page, "/data/weight_kg") == "7"


MISTAKES: Final = {
    "Person": "This is needed",
    "In the role of": "This is needed",
    "Protocol": "This is needed",
    "Site": "This is needed",
    "Course id": "must begin with a letter or a digit",
    "Weight": "must be .* or more",
    "PHQ-9": "must be 27 points at most",
    "When it happened": r"This is still to come: it is \d\d:\d\d by the site's clock",
}
"""What is said, by the field's label."""


async def makes_every_mistake(page: Page) -> None:
    await page.get_by_label("Site").select_option("")
    await page.get_by_label("Course id").fill("C 10/09!")
    await page.get_by_label("Weight").fill("-4")
    await page.get_by_label("PHQ-9").fill("99")
    await page.get_by_label("When it happened").fill("2199-11-30T10:00")


@pytest.mark.parametrize("is_asked", [False, True], ids=["the browser knows", "the server tells"])
async def test_all_mistakes_are_told_at_the_first_try_and_what_is_put_right_is_silent(
    house: House, browser: Browser, *, is_asked: bool
) -> None:
    """A pattern, a choice out of a list, a time ahead: told with the others, by whoever knows; and not for longer."""
    token = await house.token(TokenRole.CLINIC)
    async with looks(browser, house.url) as eyes:
        page = eyes.page
        await eyes.signs_in(token.token, "/refer")
        await makes_every_mistake(page)
        if is_asked:
            await page.locator("#record").evaluate("form => { form.noValidate = true }")
        await page.get_by_role("button", name="Record", exact=True).click()

        if is_asked:
            await expect(page.locator("#refusal")).to_be_visible()
        for label, words in MISTAKES.items():
            field = page.get_by_label(label).first
            await expect(field).to_have_accessible_description(re.compile(words))
            await expect(field).to_have_attribute("aria-invalid", "true")
        indications = page.get_by_role("group", name="Indications")
        await expect(indications).to_have_accessible_description(re.compile("must have one at least"))
        await expect(page.locator("#record .wrong")).to_have_count(len(MISTAKES) + 1)
        assert await eyes.barriers() == []

        await page.get_by_label("Recurrent depression, severe (F33.2)").check()
        await page.get_by_label("Course id").fill("C-1009")
        await page.get_by_label("Weight").fill("70")
        await page.get_by_label("PHQ-9").fill("17")
        await page.get_by_label("When it happened").fill("")
        await page.get_by_label("Protocol").select_option(WEEKLY.id)
        await page.get_by_label("Site").select_option("bend")
        await expect(page.locator("#record .wrong")).to_have_count(2)
        await page.get_by_label("Person").first.select_option("desk")
        await expect(page.get_by_label("In the role of")).not_to_have_value("")
        await expect(page.locator("#record .wrong")).to_have_count(0)
        await expect(page.locator("#record [aria-invalid]")).to_have_count(0)
        assert await eyes.barriers() == []


async def test_who_is_of_one_site_refers_to_that_one(house: House) -> None:
    """There is nothing to choose."""
    cork = await house.caller(TokenRole.CLINIC, site="cork")

    page = await cork.get("/refer")

    assert value_in(page, "/data/site") == "cork"
    assert 'value="bend"' not in page.text


@pytest.mark.parametrize("protocol", SHIPPED_BY_ID.values(), ids=SHIPPED_BY_ID)
def test_every_indication_of_a_shipped_protocol_has_words(protocol: Protocol) -> None:
    """A code of the ICD-10 is no word that somebody at a desk knows."""
    assert {code for code in protocol.indications if re.match(r"[A-Z]\d", code)} <= INDICATIONS.keys()


async def test_bend_is_no_third_site(house: House, browser: Browser) -> None:
    """A site is chosen: there is no field to type "Bend" into."""
    token = await house.token(TokenRole.CLINIC)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, "/refer")
        site = eyes.page.get_by_label("Site")
        assert await site.evaluate("field => field.tagName") == "SELECT"
        assert [
            one for one in await site.locator("option").evaluate_all("all => all.map(one => one.value)") if one
        ] == ["bend"]
