"""What is entered in a form outlives a dead line and an ended sign-in, and is gone once it is recorded."""

from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Error, Page, expect

from domain.access import TokenRole
from tests.support.browser import PHONE, Eyes, looks
from tests.support.cast import vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.rooms import BEND
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

SIX = {
    "systolic": "131",
    "diastolic": "82",
    "heart_rate": "74",
    "spo2": "97",
    "respiratory_rate": "14",
    "moaas": "5",
}


async def fills_in_a_reading(page: Page) -> None:
    await page.get_by_label("Person").first.select_option("lind")
    for name, value in SIX.items():
        await page.locator(f"[name='/data/{name}']").fill(value)


async def six_of(page: Page) -> dict[str, str]:
    return {name: await page.locator(f"[name='/data/{name}']").input_value() for name in SIX}


async def drafts_in(page: Page) -> int:
    found: int = await page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('kapstan-')).length")
    return found


async def begins_a_reading(eyes: Eyes, course: str, token: str) -> None:
    await eyes.signs_in(token, f"/courses/{course}/record/vitals.recorded")
    await eyes.is_live()
    await fills_in_a_reading(eyes.page)


async def test_on_a_dead_line_a_reading_stays_and_keeps_the_time_it_was_taken(house: House, browser: Browser) -> None:
    """The tablet is out of reach of the network for a while: six values stay, and are sent when it is back."""
    course = await house.has(Ward.dosed)
    async with looks(browser, house.url, PHONE) as eyes:
        await begins_a_reading(eyes, course, house.admin_token)
        await eyes.context.set_offline(offline=True)
        before = datetime.now(UTC)
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        await expect(eyes.page.locator("#record .said")).to_contain_text("Kapstan could not be reached")
        await expect(eyes.page.locator("#record .said")).to_be_in_viewport()
        assert await six_of(eyes.page) == SIX
        taken = await eyes.page.locator("[name='/time']").input_value()
        await eyes.context.set_offline(offline=False)
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Reading.")
        assert await drafts_in(eyes.page) == 0
    assert taken
    reading = (await house.admin.get(f"/v1/courses/{course}")).json()["sessions"][0]["readings"][-1]
    assert reading["vitals"]["systolic"] == 131
    assert abs((datetime.fromisoformat(reading["at"]) - before).total_seconds()) < 30


async def test_however_often_it_is_put_back_its_time_can_be_sent(house: House, browser: Browser) -> None:
    """To the second, as it was noted on a dead line; and what the form says of it is by the site's clock."""
    course = await house.has(Ward.dosed)
    async with looks(browser, house.url, PHONE) as eyes:
        await begins_a_reading(eyes, course, house.admin_token)
        await eyes.context.set_offline(offline=True)
        await eyes.page.get_by_role("button", name="Record", exact=True).click()
        await expect(eyes.page.locator("#record .said")).to_contain_text("Kapstan could not be reached")
        await eyes.context.set_offline(offline=False)
        for _ in range(2):
            await eyes.page.reload()
            await eyes.page.locator("[name='/data/note']").fill("The line was dead")  # what is typed is kept anew
        taken = datetime.fromisoformat(await eyes.page.locator("[name='/time']").input_value())
        assert taken.second, "the test began at a full minute"
        hours_at_bend = {f"{at.astimezone(BEND):%H}:" for at in (taken.replace(tzinfo=BEND), datetime.now(UTC))}
        said = await eyes.page.locator(".restored").inner_text()
        assert any(f"entered at {hour}" in said for hour in hours_at_bend)
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Reading.")
    reading = (await house.admin.get(f"/v1/courses/{course}")).json()["sessions"][0]["readings"][-1]
    assert datetime.fromisoformat(reading["at"]) == taken.replace(tzinfo=BEND)


async def test_after_a_sign_in_that_ended_the_form_is_back_as_it_was(house: House, browser: Browser) -> None:
    """Record leads to the sign-in, and that to the same form, filled in; once it is recorded nothing is kept."""
    course = await house.has(Ward.dosed)
    await house.is_recorded(course)
    token = await house.token(TokenRole.CLINIC)
    async with looks(browser, house.url, PHONE) as eyes:
        await begins_a_reading(eyes, course, token.token)
        await eyes.has_caught_up()  # or it finds out by itself that nobody is signed in, before the button does
        await eyes.context.clear_cookies()
        await eyes.page.get_by_role("button", name="Record", exact=True).click()
        await eyes.page.get_by_label("Token").fill(token.token)
        await eyes.page.get_by_role("button", name="Sign in").click()

        await expect(eyes.page.locator(".restored")).to_contain_text("This is what you entered at")
        assert await six_of(eyes.page) == SIX
        assert await eyes.page.locator("[name='/time']").input_value()
        assert await eyes.barriers() == []
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Reading.")
        await eyes.goes_to(f"/courses/{course}/record/vitals.recorded")
        assert await six_of(eyes.page) == dict.fromkeys(SIX, "")
        assert await drafts_in(eyes.page) == 0


async def test_nobody_else_at_the_screen_is_shown_what_was_entered(house: House, browser: Browser) -> None:
    """Another token's sign-in in the same tab finds an empty form; so does a sign-out, and a draft that was ended."""
    course = await house.has(Ward.dosed)
    form = f"/courses/{course}/record/vitals.recorded"
    other = await house.token(TokenRole.CLINIC)
    async with looks(browser, house.url) as eyes:
        await begins_a_reading(eyes, course, house.admin_token)
        await eyes.page.get_by_role("link", name="Back, recording nothing").click()
        assert await drafts_in(eyes.page) == 0

        await eyes.goes_to(form)
        await fills_in_a_reading(eyes.page)
        assert await drafts_in(eyes.page) == 1
        await eyes.context.clear_cookies()
        await eyes.signs_in(other.token, form)
        assert await six_of(eyes.page) == dict.fromkeys(SIX, "")
        assert await drafts_in(eyes.page) == 0

        await fills_in_a_reading(eyes.page)
        await eyes.page.locator("#who summary").click()
        await eyes.page.get_by_role("button", name="Sign out").click()
        await expect(eyes.page.get_by_label("Token")).to_be_visible()
        assert await drafts_in(eyes.page) == 0


async def test_whoever_signs_out_is_out_of_every_tab(house: House, browser: Browser) -> None:
    """What they had entered in another one is gone from there too, whoever uses their token next."""
    course, other = await house.has(Ward.dosed), await house.has(Ward.dosed)
    token = await house.token(TokenRole.CLINIC)
    async with looks(browser, house.url) as eyes:
        await begins_a_reading(eyes, course, token.token)
        second = await eyes.context.new_page()
        form = f"/courses/{other}/record/vitals.recorded"
        await second.goto(f"{house.url}{form}")
        await fills_in_a_reading(second)
        assert await drafts_in(second) == 1

        await eyes.page.locator("#who summary").click()
        await eyes.page.get_by_role("button", name="Sign out").click()
        await expect(eyes.page.get_by_label("Token")).to_be_visible()

        async def is_gone() -> bool:
            return await drafts_in(second) == 0

        await eventually(is_gone)
        await second.goto(f"{house.url}/sign-in?to={form}")
        await second.get_by_label("Token").fill(token.token)
        await second.get_by_role("button", name="Sign in").click()
        await second.wait_for_url(f"**{form}")
        assert await six_of(second) == dict.fromkeys(SIX, "")
        assert await drafts_in(second) == 0


async def test_what_was_left_long_ago_is_offered_and_not_filled_in(house: House, browser: Browser) -> None:
    """It may be of an earlier reading; half filled in and never sent, it has no time of its own either."""
    course = await house.has(Ward.dosed)
    form = f"/courses/{course}/record/vitals.recorded"
    async with looks(browser, house.url) as eyes:
        await begins_a_reading(eyes, course, house.admin_token)
        await eyes.page.evaluate(
            """() => {
                const [key] = Object.keys(sessionStorage).filter((one) => one.startsWith("kapstan-draft"));
                const draft = JSON.parse(sessionStorage.getItem(key));
                sessionStorage.setItem(key, JSON.stringify({ ...draft, at: draft.at - 16 * 60000 }));
            }"""
        )
        await eyes.goes_to(form)
        await expect(eyes.page.locator(".restored")).to_contain_text("You entered something here at")
        assert await six_of(eyes.page) == dict.fromkeys(SIX, "")

        await eyes.page.get_by_role("button", name="Put it back").click()
        assert await six_of(eyes.page) == SIX
        assert await eyes.page.locator("[name='/time']").input_value() == ""
        await eyes.page.get_by_role("button", name="Begin anew").click()
        await expect(eyes.page.locator(".restored")).to_have_count(0)
        assert await six_of(eyes.page) == dict.fromkeys(SIX, "")


async def test_rows_that_were_added_are_back_too(house: House, browser: Browser) -> None:
    """Five people of a booking, where the form has rows for four."""
    course = await house.has(Ward.prepared)
    people = ("osei", "lind", "thorne", "ward", "desk")
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/session.booked")
        for row, person in enumerate(people):
            if not await eyes.page.locator(f"select[name='/data/staff/{row}/id']").count():
                await eyes.page.get_by_role("button", name="One more row").click()
            await eyes.page.locator(f"select[name='/data/staff/{row}/id']").select_option(person)
        await eyes.page.locator("[name='/data/room']").fill("willow")

        await eyes.goes_to(f"/courses/{course}/record/session.booked")

        await expect(eyes.page.locator("[name='/data/room']")).to_have_value("willow")
        for row, person in enumerate(people):
            await expect(eyes.page.locator(f"select[name='/data/staff/{row}/id']")).to_have_value(person)


async def writes_what_was_done(eyes: Eyes, words: str) -> None:
    """The form that ends an escalation, filled in on its own page or among the others."""
    await eyes.page.get_by_text("It is dealt with", exact=True).click()
    await eyes.page.locator("form.resolve").get_by_label("I am").select_option("lind")
    await eyes.page.get_by_label("What was done").fill(words)


@pytest.mark.parametrize("path", ["/escalations/{}", "/escalations"], ids=["its own page", "among the others"])
async def test_what_was_done_outlives_a_dead_line_and_a_sign_in_that_ended(
    house: House, browser: Browser, path: str
) -> None:
    """An hour with a patient ends the sign-in: what was written of it is there once they signed in again."""
    words = "Two litres of oxygen, 97 % since ten past three"
    async with looks(browser, house.url, PHONE) as eyes:
        escalation = await the_only_one(house)
        work = eyes.page.locator(f"form[id='resolve-{escalation}']")
        await eyes.signs_in(house.admin_token, path.format(escalation))
        await eyes.is_live()
        await writes_what_was_done(eyes, words)
        await eyes.context.set_offline(offline=True)
        await work.get_by_role("button", name="Resolve").click()
        await expect(work.locator(".said")).to_contain_text("Kapstan could not be reached")
        await eyes.context.set_offline(offline=False)
        await finds_the_sign_in_ended(eyes, "Resolve")
        await eyes.page.get_by_label("Token").fill(house.admin_token)
        await eyes.page.get_by_role("button", name="Sign in").click()

        await expect(work.get_by_label("What was done")).to_have_value(words)
        await expect(work.get_by_label("What was done")).to_be_visible()
        await expect(work.locator(".restored")).to_contain_text("This is what you entered at")
        assert await eyes.barriers() == []
        assert urlsplit(eyes.page.url).path == path.format(escalation)
        await work.get_by_role("button", name="Resolve").click()

        await expect(work.get_by_label("What was done")).to_have_count(0)
        assert urlsplit(eyes.page.url).path == path.format(escalation)
        shown = (await house.admin.get(f"/v1/escalations/{escalation}")).json()
        assert (shown["state"], shown["resolved_by"], shown["note"]) == ("resolved", "lind", words)
        assert await drafts_in(eyes.page) == 0


async def test_a_note_outlives_a_sign_in_that_ended_and_is_added_once(house: House, browser: Browser) -> None:
    """On the page of one escalation; once it is added the form is blank."""
    async with looks(browser, house.url, PHONE) as eyes:
        escalation = await the_only_one(house)
        await eyes.signs_in(house.admin_token, f"/escalations/{escalation}")
        await eyes.is_live()
        await eyes.page.get_by_text("Add a note", exact=True).click()
        await eyes.page.locator("form.note-form").get_by_label("I am").select_option("lind")
        await eyes.page.get_by_label("My note").fill("The cuff was too small")
        await finds_the_sign_in_ended(eyes, "Add my note")
        await eyes.page.get_by_label("Token").fill(house.admin_token)
        await eyes.page.get_by_role("button", name="Sign in").click()
        await expect(eyes.page.get_by_label("My note")).to_have_value("The cuff was too small")
        await eyes.page.get_by_role("button", name="Add my note").click()

        await expect(eyes.page.locator("p.note")).to_contain_text("The cuff was too small")
        await expect(eyes.page.get_by_label("My note")).to_have_value("")
        assert await drafts_in(eyes.page) == 0


async def finds_the_sign_in_ended(eyes: Eyes, button: str) -> None:
    """By pressing the button; or the page has heard of a change before, and is at the sign-in already."""
    await eyes.context.clear_cookies()
    with suppress(Error):
        await eyes.page.get_by_role("button", name=button).click(timeout=5_000)


async def the_only_one(house: House) -> str:
    """An escalation that is open, with no other beside it: those that the others of the house have are resolved."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    escalation = f"{course}~vitals_emergency~1~1"
    await house.is_called_for(escalation)

    async def is_alone() -> bool:
        await house.resolves_all_but(escalation)
        return (await house.admin.get("/escalations")).text.count("<article") == 1

    assert await eventually(is_alone)
    return escalation
