"""At three in the morning something is away: what can still be known is shown, and what cannot is said."""

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.pages.floor.test_live_sessions import tile
from tests.pages.oncall.test_escalations_page import writes
from tests.pages.recording.test_recording import sends
from tests.support.browser import looks
from tests.support.cast import HAS_A_PLAN, cssrs, minutes, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.outages import record_store_away, temporal_away
from tests.support.page_text import section, words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")


async def test_without_the_record_store_everybody_who_is_here_is_still_shown(house: House) -> None:
    """Temporal knows who is under treatment: each with their readings, their limits and what is due next."""
    course = await house.has(lambda ward: ward.watched(until=minutes(30)))
    await house.is_recorded(course)
    clinic, cork = await house.caller(TokenRole.CLINIC), await house.caller(TokenRole.CLINIC, site="cork")
    for client in (clinic, cork):
        assert (await client.get("/sessions")).status_code == 200

    async with record_store_away(house):
        page = await clinic.get("/sessions")
        elsewhere = await cork.get("/sessions")

    assert page.status_code == 200
    assert "126/79 mmHg" in tile(page, course)
    assert "The record store does not answer. Courses go on and alarms are sent" in words_of(page)
    assert course not in elsewhere.text


async def test_without_the_record_store_a_course_is_shown_and_recorded_in(house: House) -> None:
    """Only the ledger cannot be compared, and that is said; when the record is back it holds what was entered."""
    course = await house.has(Ward.dosed)
    await house.is_recorded(course)
    client = await house.caller(TokenRole.CLINIC)
    assert (await client.get(f"/courses/{course}")).status_code == 200

    async with record_store_away(house):
        answer = await sends(client, vitals(course, at=datetime.now(UTC), systolic=165))
        page = await client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert "The protocol says: warning." in words_of(page)
    assert "The record does not answer: nothing was compared" in section(page, "Ledger")
    await house.is_recorded(course)

    async def whole() -> bool:
        return "chain whole" in section(await client.get(f"/courses/{course}"), "Ledger")

    assert await eventually(whole)


async def test_without_the_record_store_what_is_open_is_shown_and_answered(house: House, browser: Browser) -> None:
    """In the list as by itself: Temporal knows what is not resolved, and who of another site may not see it."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_called_for(f"{course}~suicide_risk~0~1")
    token, cork = await house.phone_of("lind"), await house.caller(TokenRole.ONCALL, site="cork")
    assert (await cork.get("/escalations")).status_code == 200
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, "/escalations")
        await eyes.is_live()
        work = eyes.page.locator(f"[id='work-{course}~suicide_risk~0~1']")

        async with record_store_away(house):
            elsewhere = await cork.get("/escalations")
            await work.get_by_role("button", name="I have it").click()
            await expect(work).to_contain_text("has it since")
            await expect(eyes.page.get_by_text("The record store does not answer")).to_be_visible()

        assert elsewhere.status_code == 200
        assert course not in elsewhere.text


async def test_without_temporal_what_was_written_about_an_escalation_stays(house: House, browser: Browser) -> None:
    """Nobody knows whether it is noted down, and their words are still there to be sent again."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_called_for(f"{course}~suicide_risk~0~1")
    token = await house.phone_of("lind")
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(token.token, "/escalations")
        await eyes.is_live()
        work = eyes.page.locator(f"[id='work-{course}~suicide_risk~0~1']")
        note = await writes(work, "Spoke with them")

        with temporal_away(house):
            await work.get_by_role("button", name="Resolve").click()
            await expect(work.get_by_role("alert")).to_contain_text("nobody knows yet whether anything was noted down")
            assert await note.input_value() == "Spoke with them"
        await expect(work.get_by_role("button", name="Resolve")).to_be_enabled()
        await work.get_by_role("button", name="Resolve").click()

        await expect(eyes.page.locator(f"[id='resolved-{course}~suicide_risk~0~1']")).to_contain_text("Spoke with them")


async def test_without_temporal_an_escalation_is_shown_as_it_was_recorded(house: House) -> None:
    """Who comes from a page's link sees what it was about and that a reading may be taken; not that all stands so."""
    course = await house.has(Ward.dosed)
    alarm = f"{course}~vitals_emergency~1~1"
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    await house.is_called_for(alarm)
    await house.is_recorded(course)
    nurse = house.client((await house.phone_of("lind")).token)

    with temporal_away(house):
        page, unknown = [await nurse.get(f"/escalations/{one}") for one in (alarm, f"{course}~vitals_urgent~9~1")]

    assert page.status_code == 200
    for words in ("It does not answer now", "Immediate review", "their course does not answer"):
        assert words in page.text, words
    assert unknown.status_code == 503


async def test_what_is_not_there_is_not_taken_for_a_lost_connection(house: House, browser: Browser) -> None:
    """Somebody mistyped a course: they are told so, and nothing else is wrong."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, "/sessions")
        await eyes.goes_to("/courses/EX-404")
        async with eyes.page.expect_response(lambda answer: answer.url.endswith("/courses/EX-404")):
            await eyes.is_live()
        await expect(eyes.page.get_by_role("heading", level=1)).to_be_visible()

        assert await eyes.page.locator("#link").inner_text() == ""
        assert await eyes.page.locator("#link").get_attribute("data-state") == "live"


async def test_a_page_that_needs_the_record_store_leads_on_and_comes_by_itself(house: House, browser: Browser) -> None:
    """Why there is none now, in the frame from which the pages that do without it are opened."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, "/sessions")

        async with record_store_away(house):
            await eyes.goes_to("/")
            await expect(eyes.page.get_by_role("heading", level=1)).to_contain_text("Not now")
            await eyes.page.get_by_role("link", name="Live sessions").click()
            await expect(eyes.page.get_by_role("heading", name="Live sessions", level=1)).to_be_attached()
            await eyes.goes_to("/")

        await eyes.page.get_by_role("heading", name="Needs a human now").wait_for()
        assert await eyes.page.locator(".columns").count() == 1


async def test_a_patient_whose_course_does_not_answer_is_shown_as_they_were_recorded(house: House) -> None:
    """With what is due, without a reading that may be old, and not as if all were well."""
    course = await house.has(lambda ward: ward.watched(until=minutes(30)))
    await house.is_recorded(course)
    client = await house.caller(TokenRole.CLINIC)

    with temporal_away(house):
        page = await client.get("/sessions")

    assert page.status_code == 200
    said = tile(page, course)
    for words in ("Their course does not answer now", "Look at the patient", "not known"):
        assert words in said, words
    assert re.search(r"since dose 3\d min", said)
    assert re.search(r"next reading in 1\d:\d\d", said)
    assert "126/79" not in said


async def test_while_temporal_is_away_an_open_page_stays_and_says_that_it_may_be_old(
    house: House, browser: Browser
) -> None:
    """What was last known is more than nothing; when it is back the page is right by itself."""
    course = await house.has(Ward.dosed)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}")
        await eyes.is_live()

        with temporal_away(house):
            await eyes.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            await expect(eyes.page.locator("#link")).to_contain_text("what you see may be old", timeout=30_000)
            await expect(eyes.page.get_by_role("heading", level=1)).to_contain_text(course)
            await expect(eyes.page.get_by_role("heading", name="Session 1")).to_be_visible()
            assert course in await eyes.page.title()

        await expect(eyes.page.locator("#link")).to_have_attribute("data-state", "live", timeout=60_000)
