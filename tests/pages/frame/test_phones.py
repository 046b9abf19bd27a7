"""A phone is enrolled once, by a short code that is shown at a desk; whoever enrolled it takes it off again."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from domain.access import Grant, TokenRole
from domain.values import Role
from tests.pages.oncall.test_acknowledging_by_link import link_of
from tests.support.browser import DESK, PHONE, Eyes, looks
from tests.support.cast import vitals
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

NURSE = Grant(roles=(TokenRole.CLINIC, TokenRole.ONCALL), site="bend", person="lind", speaks_as=(Role.MONITOR,))
MOST_KEYS = 9


async def a_code_at(desk: Eyes, token: str) -> str:
    """The code that a desk shows to whoever signed in there."""
    await desk.signs_in_at_the_form(token)
    await desk.page.locator("#who summary").click()
    await desk.page.get_by_role("link", name="Phones").click()
    await desk.page.get_by_role("button", name="Show a code").click()
    return await desk.page.locator(".code code").inner_text()


async def enrols(phone: Eyes, code: str) -> None:
    await phone.page.get_by_label("Code from a desk").fill(code)
    await phone.page.get_by_role("button", name="Enrol this phone").click()


async def test_a_nurse_who_is_woken_types_no_token(house: House, browser: Browser) -> None:
    """From a page's link to the whole escalation by a code, and from the next one by nothing at all."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    link, token = await link_of(house, course, "lind"), await house.granted(NURSE, "Lind")
    async with looks(browser, house.url, DESK) as desk, looks(browser, house.url, PHONE) as phone:
        code = await a_code_at(desk, token.token)
        assert len(code) <= MOST_KEYS
        assert await desk.barriers() == []
        await phone.page.goto(link)
        await phone.page.get_by_role("button", name="I have it").click()
        await phone.page.get_by_role("link", name="See all of it").click()
        assert await phone.barriers() == []
        await enrols(phone, code.lower().replace("-", " "))

        await expect(phone.page.get_by_role("region", name="The patient now")).to_contain_text("84 %")
        await phone.page.goto(link)
        await phone.page.get_by_role("link", name="Take a reading").click()
        await expect(phone.page.locator("#reporter")).to_have_text("Duty nurse Lind, monitor")
        await phone.goes_to("/phones")
        await expect(phone.page.get_by_role("button", name="Show a code")).to_have_count(0)
        assert not [one for one in phone.complaints if "401" not in one]
        async with looks(browser, house.url, PHONE) as another:
            await another.goes_to("/sign-in")
            await enrols(another, code)
            await expect(another.page.get_by_role("alert")).to_contain_text("unknown, too old or used")


async def test_a_phone_that_is_taken_off_opens_nothing(house: House, browser: Browser) -> None:
    """It is lost: at any desk it is taken off, and what is open on it ends."""
    token = await house.granted(NURSE, "Lind")
    async with looks(browser, house.url, DESK) as desk, looks(browser, house.url, PHONE) as phone:
        code = await a_code_at(desk, token.token)
        await phone.goes_to("/sign-in")
        await enrols(phone, code)
        await phone.is_live()
        await desk.goes_to("/phones")
        await desk.page.get_by_role("button", name="Take it off").click()

        await expect(desk.page.locator("main")).to_contain_text("One that is enrolled would stand here")
        await phone.goes_to("/")
        await expect(phone.page.get_by_label("Code from a desk")).to_be_visible()


async def test_a_phone_ends_with_its_token_and_enrols_no_other(house: House, browser: Browser) -> None:
    """Who finds a phone gets no second one by it; and a token that is revoked ends each that it enrolled."""
    token = await house.granted(NURSE, "Lind")
    async with looks(browser, house.url, DESK) as desk, looks(browser, house.url, PHONE) as phone:
        code = await a_code_at(desk, token.token)
        await phone.goes_to("/sign-in")
        await enrols(phone, code)
        await phone.goes_to("/phones")
        key = await phone.page.locator("input[name=form_key]").first.input_value()
        refused = await phone.context.request.post(f"{house.url}/phones/code", form={"form_key": key})
        assert refused.status == 403
        await house.revokes(token)

        await phone.goes_to("/")
        await expect(phone.page.get_by_label("Token")).to_be_visible()
