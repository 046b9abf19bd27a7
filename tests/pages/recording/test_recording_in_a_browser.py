"""A person records at a screen: with the keyboard, without losing a word, and sees at once what follows."""

import asyncio
import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, Route, expect

from domain.access import TokenRole
from tests.support.browser import PHONE, looks
from tests.support.cast import minutes, vitals
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")


async def reports_as(page: Page, person: str, role: str) -> None:
    await page.get_by_label("Person").first.select_option(person)
    await page.get_by_label("In the role of").select_option(role)


async def fills(page: Page, **values: str) -> None:
    for name, value in values.items():
        await page.locator(f"[name='/data/{name}']").fill(value)


async def test_a_reading_that_is_urgent_calls_people_and_the_page_shows_it(house: House, browser: Browser) -> None:
    """From the course to the form and back: the verdict, the escalation, the line of the story."""
    course = await house.has(Ward.dosed)
    token = await house.token(TokenRole.CLINIC)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/courses/{course}")
        await eyes.page.get_by_role("link", name="Reading", exact=True).click()
        await reports_as(eyes.page, "lind", "monitor")
        await fills(eyes.page, systolic="152", diastolic="94", heart_rate="92", spo2="84", respiratory_rate="14")
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        status = eyes.page.locator("#answered")
        await expect(status).to_contain_text("The protocol says: emergency.")
        await expect(status).to_contain_text("People are called: immediate review.")
        await expect(eyes.page.get_by_role("heading", name="Needs a human now")).to_be_visible()
        await expect(eyes.page.locator(".story")).to_contain_text("152/94 mmHg, SpO₂ 84 %")
        await eyes.is_live()
        await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=133)])
        await expect(eyes.page.locator(".story").first).to_contain_text("133/79 mmHg", timeout=20_000)
        await expect(status).to_contain_text("People are called: immediate review.")
        assert not eyes.complaints
        assert not eyes.strangers


async def test_all_mistakes_are_told_at_once_each_at_its_field(house: House, browser: Browser) -> None:
    """The browser would say one thing, in its own words, for some seconds: they would be found one by one."""
    course = await house.has(Ward.dosed)
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/vitals.recorded")
        await fills(eyes.page, systolic="999", spo2="120", moaas="2.5")
        await eyes.page.locator("summary", has_text="When it happened").click()
        await fills(eyes.page, session="0")
        await eyes.page.locator("summary", has_text="When it happened").click()
        record = eyes.page.get_by_role("button", name="Record", exact=True)
        await record.click()

        person = eyes.page.get_by_label("Person").first
        await expect(person).to_have_accessible_description(re.compile("This is needed"))
        await expect(person).to_be_focused()
        for name, words in {
            "systolic": "must be 400 mmHg at most",
            "spo2": "must be 100 % at most",
            "moaas": "must be a whole number",
            "session": "must be 1 or more",
        }.items():
            control = eyes.page.locator(f"[name='/data/{name}']")
            await expect(control).to_have_accessible_description(re.compile(words))
            await expect(control).to_have_attribute("aria-invalid", "true")
            await expect(eyes.page.get_by_text(words)).to_be_visible()
        assert await eyes.barriers() == []
        await fills(eyes.page, systolic="131", spo2="98", moaas="5", session="1")
        await expect(eyes.page.locator("[aria-invalid]")).to_have_count(2)
        await reports_as(eyes.page, "lind", "monitor")
        await expect(eyes.page.locator("[aria-invalid]")).to_have_count(0)
        await record.click()
        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Reading.")
        assert not eyes.complaints


async def test_whoever_types_before_the_page_is_ready_goes_on_typing_there(house: House, browser: Browser) -> None:
    """A script that comes late takes nobody to another field: two numbers would stand in one."""
    course = await house.has(Ward.dosed)
    ready = asyncio.Event()

    async def late(route: Route) -> None:
        await ready.wait()
        await route.continue_()

    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token)
        await eyes.page.route("**/static/entering.js", late)
        await eyes.page.goto(f"{house.url}/courses/{course}/record/vitals.recorded", wait_until="commit")
        diastolic = eyes.page.locator("[name='/data/diastolic']")
        await diastolic.focus()
        ready.set()
        await eyes.page.wait_for_load_state()
        await expect(diastolic).to_be_focused()


async def test_a_refusal_shows_the_blockers_words_and_keeps_what_was_entered(house: House, browser: Browser) -> None:
    """Also when the page hears meanwhile that something else changed."""
    course = await house.has(Ward.checked_in)
    refusal_words = "No vitals have been taken"
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/session.cleared")
        await reports_as(eyes.page, "osei", "prescriber")
        await fills(eyes.page, note="Looked at twice")
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        alert = eyes.page.get_by_role("alert")
        await expect(alert).to_contain_text("Not recorded: the protocol does not allow it now")
        await expect(alert).to_contain_text(refusal_words)
        await expect(eyes.page.get_by_role("link", name="Reading", exact=True)).to_be_visible()
        await eyes.is_live()
        async with eyes.page.expect_response(lambda answer: "kapstan-live" in answer.request.headers):
            await house.sends([vitals(course, 1, at=datetime.now(UTC))])
        await expect(alert).to_contain_text(refusal_words)
        await expect(eyes.page.locator("[name='/data/note']")).to_have_value("Looked at twice")
        await expect(eyes.page.get_by_label("Person").first).to_have_value("osei")

        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Cleared for the dose.")
        assert [words for words in eyes.complaints if "409" not in words] == []


async def test_a_prescriber_overrides_by_saying_why_beside_the_reason(house: House, browser: Browser) -> None:
    """The reason stands there before anything is sent; nobody types a code, and the keyboard is enough."""
    course = await house.has(Ward.checked_in)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=152)])
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/session.cleared")
        way = eyes.page.get_by_role("region", name="What stands in the way now")
        await expect(way).to_contain_text("Systolic 152 is above the pre-dose limit of 140")
        await way.get_by_label("Systolic 152 is above").focus()
        await eyes.page.keyboard.type("White coat: 128 at home this morning")
        await eyes.page.keyboard.press("Tab")
        await reports_as(eyes.page, "osei", "prescriber")
        assert await eyes.barriers() == []
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Cleared for the dose.")
        overrides = eyes.page.get_by_role("region", name="Overrides")
        await expect(overrides).to_contain_text("White coat: 128 at home this morning")
        assert not eyes.complaints


@pytest.mark.parametrize("has_script", [True, False], ids=["as ever", "without script"])
async def test_a_dose_outside_its_gates_is_recorded_once_it_is_confirmed(
    house: House, browser: Browser, *, has_script: bool
) -> None:
    """The page asks whether it happened all the same; "no" leads back to the form, "yes" records the deviation."""
    course = await house.has(Ward.checked_in)
    context = await browser.new_context(java_script_enabled=has_script, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await page.goto(f"{house.url}/sign-in?to=/courses/{course}/record/dose.administered")
    await page.get_by_label("Token").fill(house.admin_token)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("region", name="What the protocol has against it now")).to_contain_text(
        "not been cleared"
    )
    await reports_as(page, "osei", "prescriber")
    await fills(page, mg="400")
    await page.get_by_role("button", name="Record", exact=True).click()

    question = page.get_by_role("alert")
    await expect(question).to_contain_text("Did this happen all the same?")
    await expect(question).to_contain_text("is above the limit of a first dose")
    await page.get_by_role("button", name="No, back to the form").click()
    await expect(page.locator("[name='/data/mg']")).to_have_value("400")
    await fills(page, mg="300")
    await page.get_by_role("button", name="Record", exact=True).click()
    await expect(page.locator(".entered")).to_contain_text("300 mg")
    yes = page.get_by_role("button", name="Yes, it happened: record it")
    await yes.focus()
    await page.keyboard.press("Enter")

    await expect(page.locator("#answered")).to_contain_text("Deviation from the protocol")
    await expect(page.get_by_role("region", name="Deviations")).to_contain_text("Dose given, session 1")
    (given,) = (await house.admin.get(f"/v1/courses/{course}")).json()["sessions"][0]["doses"]
    assert given["mg"] == 300
    await context.close()


async def test_the_question_has_no_barrier(house: House, browser: Browser) -> None:
    """In either theme, on a phone; and it stands while the page hears that something else changed."""
    course = await house.has(Ward.checked_in)
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/dose.administered")
        await reports_as(eyes.page, "osei", "prescriber")
        await fills(eyes.page, mg="400")
        await eyes.page.get_by_role("button", name="Record", exact=True).click()
        await expect(eyes.page.get_by_role("alert")).to_contain_text("Did this happen all the same?")

        assert await eyes.barriers() == []
        await eyes.page.emulate_media(color_scheme="dark")
        assert await eyes.barriers() == []
        assert await eyes.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        await eyes.is_live()
        async with eyes.page.expect_response(lambda answer: "kapstan-live" in answer.request.headers):
            await house.sends([vitals(course, 1, at=datetime.now(UTC))])
        await expect(eyes.page.get_by_role("alert")).to_contain_text("Did this happen all the same?")
        await expect(eyes.page.get_by_role("button", name="Yes, it happened: record it")).to_be_visible()
        assert [words for words in eyes.complaints if "409" not in words] == []


async def test_operations_hold_and_resume_a_course(house: House, browser: Browser) -> None:
    """Two buttons at the head of the page; who did it is asked for once in a sign-in."""
    course = await house.has(Ward.prepared)
    token = await house.token(TokenRole.OPERATIONS)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, f"/courses/{course}")
        await eyes.page.get_by_role("link", name="Hold the course").first.click()
        await reports_as(eyes.page, "desk", "coordinator")
        await fills(eyes.page, reason="Their brother is ill")
        await eyes.page.get_by_role("button", name="Record", exact=True).click()
        await expect(eyes.page.locator("#answered")).to_contain_text("The course is held")
        await expect(eyes.page.get_by_text("Held since")).to_contain_text("Their brother is ill")

        await eyes.page.get_by_role("link", name="Resume the course").first.click()
        await expect(eyes.page.get_by_label("Person").first).to_have_value("desk")
        await fills(eyes.page, reason="He is well")
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        await expect(eyes.page.locator("#answered")).to_contain_text("The course goes on.")
        await expect(eyes.page.get_by_role("link", name="Hold the course").first).to_be_visible()
        assert not eyes.complaints


async def test_a_form_is_filled_in_with_the_keyboard_alone_on_a_phone(house: House, browser: Browser) -> None:
    """Tab from field to field, Enter sends it: not the button that adds a row."""
    course = await house.has(Ward.checked_in)
    await house.sends([vitals(course, 1, at=datetime.now(UTC))])
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/session.cleared")
        await eyes.page.get_by_label("Person").first.focus()
        await eyes.page.keyboard.type("Dr")
        await expect(eyes.page.get_by_label("In the role of")).to_have_value("prescriber")
        await eyes.page.keyboard.press("Tab")
        await eyes.page.keyboard.press("Tab")
        assert await eyes.page.evaluate("document.activeElement.name") == "/time"
        await eyes.page.locator("[name='/data/session']").focus()
        await eyes.page.keyboard.press("Enter")

        await expect(eyes.page.locator("#answered")).to_contain_text("Recorded: Cleared for the dose.")
        assert not eyes.complaints


async def test_a_form_works_without_any_script(house: House, browser: Browser) -> None:
    """Where scripts are off everything is there still: the row that is added, the refusal, the record."""
    course = await house.has(Ward.prepared)
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{house.url}/sign-in?to=/courses/{course}/record/session.booked")
    await page.get_by_label("Token").fill(house.admin_token)
    await page.get_by_role("button", name="Sign in").click()
    people = page.locator("input[name^='/data/staff/'][name$='/id']")
    before = await people.count()
    await people.first.fill("osei")

    await page.get_by_role("button", name="One more row").click()
    await expect(people).to_have_count(before + 1)
    await expect(page.locator("select[name='/data/staff/0/id']")).to_have_value("osei")
    await people.nth(before).fill("lind")
    await reports_as(page, "desk", "coordinator")
    await fills(page, starts_at="2030-01-05T10:00")
    await page.get_by_role("button", name="Record", exact=True).click()
    await expect(page.get_by_role("alert").first).to_contain_text("something in the form is wrong")
    await expect(page.locator("select[name='/data/staff/0/id']")).to_have_value("osei")
    await expect(page.locator("select[name='/data/staff/1/id']")).to_have_value("lind")
    await expect(page.locator("[name='/data/staff/1/role']")).to_have_attribute("aria-invalid", "true")
    await page.get_by_role("link", name="Back, recording nothing").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(course)
    await context.close()


async def test_an_override_ends_the_blocker_at_the_screen(house: House, browser: Browser) -> None:
    """142 before the dose is too high for one; overridden, it says by whom, when and why, and blocks no more."""
    course = await house.has(Ward.checked_in)
    async with looks(browser, house.url) as eyes:
        page = eyes.page
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/vitals.recorded")
        await reports_as(page, "lind", "monitor")
        await fills(page, systolic="142", diastolic="80", heart_rate="72", spo2="98", respiratory_rate="14", moaas="5")
        await page.get_by_role("button", name="Record", exact=True).click()
        await expect(page.locator("#answered")).to_contain_text("Systolic 142 is too high for a dose (140).")
        await expect(page.locator("#answered")).not_to_contain_text("✓")

        await eyes.goes_to(f"/courses/{course}/record/session.cleared")
        await page.get_by_label("Systolic 142 is above").fill("White coat, 128 at home")
        await reports_as(page, "osei", "prescriber")
        await page.get_by_role("button", name="Record", exact=True).click()

        await expect(page.locator("#answered")).to_contain_text(
            re.compile(r"Overridden by Dr Osei \d\d:\d\d: Systolic 142")
        )
        await expect(page.get_by_role("region", name="What may come next")).to_contain_text(
            re.compile(r"✓ Systolic 142 is above .*overridden by Dr Osei \d\d:\d\d: White coat, 128 at home")
        )
        assert not eyes.complaints


@pytest.mark.parametrize(
    ("after", "said"),
    [(55, "at 55 min. Too early for the 60-minute reading: due "), (59, "It counts for the 60-minute reading.")],
)
async def test_the_answer_says_what_a_reading_counted_for(
    house: House, browser: Browser, after: int, said: str
) -> None:
    """At 55 minutes it is too early for the 60-minute reading, at 59 it is that."""
    course = await house.has(lambda ward: ward.watched(until=minutes(45)), ago=minutes(after - 45))
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/vitals.recorded")
        await reports_as(eyes.page, "lind", "monitor")
        await fills(
            eyes.page, systolic="128", diastolic="80", heart_rate="72", spo2="98", respiratory_rate="14", moaas="5"
        )
        await eyes.page.get_by_role("button", name="Record", exact=True).click()

        await expect(eyes.page.locator("#answered")).to_contain_text(said)
        assert not eyes.complaints


async def test_a_stranger_and_a_jump_are_asked_about_once_each(house: House, browser: Browser) -> None:
    """No patient reports a reading; whom nobody knows is asked about, and so is 213 after 126."""
    course = await house.has(lambda ward: ward.watched(until=minutes(30)))
    async with looks(browser, house.url) as eyes:
        page = eyes.page
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/vitals.recorded")
        assert "patient" not in await page.get_by_label("In the role of").locator("option").all_inner_texts()
        await page.get_by_label("Person").first.select_option(label="somebody else")
        await page.get_by_label("Somebody else, by their id").fill("nobody-known")
        await page.get_by_label("In the role of").select_option("monitor")
        await fills(page, systolic="213", diastolic="84", heart_rate="72", spo2="98")
        await page.get_by_role("button", name="Record", exact=True).click()

        question = page.get_by_role("alert")
        await expect(question).to_contain_text("Is this right?")
        await expect(question).to_contain_text("Nobody called “nobody-known” is in the on-call file")
        await expect(question).to_contain_text(re.compile(r"Systolic 213 is 87 mmHg above the 126 of \d\d:\d\d"))
        await page.get_by_role("button", name="Yes, it is right: record it").click()
        await expect(page.locator("#answered")).to_contain_text("Recorded: Reading.")
        assert [words for words in eyes.complaints if "409" not in words] == []
