"""The floor moves by itself: within a second, under nobody's finger, and it misses nothing."""

import os
import re
from datetime import UTC, datetime, timedelta
from signal import Signals

import pytest
from playwright.async_api import Browser, expect

from tests.support.browser import PHONE, looks
from tests.support.cast import HAS_A_PLAN, MONDAY, cssrs, hold, resumption
from tests.support.http_stack import House
from tests.support.network import wire
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

A_SECOND = timedelta(seconds=1)
COLOUR = "clock => getComputedStyle(clock).color"
TRIES = range(100)
"""So often a busy machine is given another chance to be quick once."""


async def test_the_board_changes_within_a_second_of_an_event_without_a_reload(house: House, browser: Browser) -> None:
    """From the accepted event to the mark on the card; the quickest counts: a busy machine is no slow page."""
    course = await house.has(Ward.prepared)
    await house.is_recorded(course)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/?q={course}")
        await eyes.is_live()
        await eyes.page.evaluate("window.isTheSame = true")
        held = eyes.page.locator(f"#card-{course} .chip.held")

        took = []
        for turn in TRIES:
            is_hold = turn % 2 == 0
            event = hold(course, at=datetime.now(UTC)) if is_hold else resumption(course, at=datetime.now(UTC))
            await house.sends([event.but(id=f"turn-{turn}")])
            began = datetime.now(UTC)
            await held.wait_for(state="visible" if is_hold else "detached")
            took.append(datetime.now(UTC) - began)
            if took[-1] < A_SECOND:
                break

        assert min(took) < A_SECOND, took
        assert await eyes.page.evaluate("window.isTheSame")
        assert not eyes.complaints
        assert not eyes.strangers


async def test_nothing_moves_under_a_finger(house: House, browser: Browser) -> None:
    """What is being typed, where the focus is and how far somebody scrolled stay while the floor changes."""
    course = await house.has(Ward.prepared)
    await house.is_recorded(course)
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.signs_in(house.admin_token)
        await eyes.is_live()
        search = eyes.page.get_by_role("searchbox")
        await search.fill("MAR")
        await eyes.page.locator("details.who summary").click()
        await search.focus()
        scrolled = await eyes.page.evaluate("(window.scrollTo(0, 200), window.scrollY)")
        assert scrolled > 0

        await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
        await eyes.page.locator(f"#card-{course}").get_by_text("emergency", exact=False).first.wait_for()

        assert await search.input_value() == "MAR"
        assert await search.evaluate("field => field === document.activeElement")
        assert await eyes.page.evaluate("window.scrollY") == scrolled
        assert await eyes.page.locator("details.who").get_attribute("open") is not None


async def test_a_torn_connection_recovers_and_misses_nothing(house: House, browser: Browser) -> None:
    """The screen says that it is not connected; what happened meanwhile is on it as soon as it is again."""
    course = await house.has(Ward.prepared)
    await house.is_recorded(course)
    async with wire(house.url) as line, looks(browser, line.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/?q={course}")
        await eyes.is_live()
        held = eyes.page.locator(f"#card-{course}").locator(".chip.held")

        line.cut()
        await eyes.page.get_by_text("Not connected since").wait_for()
        await house.sends([hold(course, at=MONDAY)])
        await house.is_recorded(course)
        assert not await held.count()
        line.mend()

        await held.wait_for()
        await eyes.is_live()
        assert not await eyes.page.get_by_text("Not connected since").count()


async def test_a_line_that_dies_without_a_word_is_told_within_twenty_seconds(house: House, browser: Browser) -> None:
    """A proxy that keeps the connection and passes nothing: the wall says since when, by the site's own clock of 24
    hours, and its countdowns stand still, greyed, until somebody is at the other end again.
    """
    course = await house.has(Ward.dosed)
    await house.is_recorded(course)
    async with wire(house.url) as line, looks(browser, line.url, is_new=True) as eyes:
        await eyes.page.clock.install()
        await eyes.signs_in(house.admin_token, f"/?q={course}")
        await eyes.is_live()
        since_dose = eyes.page.locator(f"#card-{course} time[data-counting]").first
        colour = await since_dose.evaluate(COLOUR)

        line.fall_silent()
        last_contact = await eyes.page.evaluate("[10_000, 0].map((ago) => kapstan.at(Date.now() - ago))")
        await eyes.page.clock.run_for(20_000)

        told = eyes.page.locator('#link[data-state="lost"]')
        await expect(told).to_have_text(
            re.compile(rf"^Not connected since ({'|'.join(last_contact)}): what you see may be old")
        )
        assert re.fullmatch(r"\d\d:\d\d", last_contact[0])
        stands = await since_dose.text_content()
        await eyes.page.clock.run_for(120_000)
        assert await since_dose.text_content() == stands
        assert await since_dose.evaluate(COLOUR) != colour

        line.mend()
        await eyes.page.clock.resume()
        await eyes.is_live()
        await expect(since_dose).to_have_css("color", colour)


async def test_a_lost_line_pushes_nothing_from_under_a_finger(house: House, browser: Browser) -> None:
    """It is told over the page: where a button was, it still is, and a tap on the line goes through to the page."""
    course = await house.has(Ward.dosed)
    async with wire(house.url) as line, looks(browser, line.url, PHONE) as eyes:
        await eyes.signs_in(house.admin_token, f"/courses/{course}/record/vitals.recorded")
        await eyes.is_live()
        places = "[...document.querySelectorAll('button, a, input')].map(one => one.getBoundingClientRect().top)"
        before = await eyes.page.evaluate(places)

        line.cut()
        told = eyes.page.locator('#link[data-state="lost"]')
        await expect(told).to_be_in_viewport()
        assert await eyes.page.evaluate(places) == before
        assert await told.evaluate(
            "told => { const at = told.getBoundingClientRect();"
            " return document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2) !== told; }"
        )
        line.mend()
        await eyes.is_live()
        assert await eyes.page.evaluate(places) == before


async def test_a_console_that_starts_again_is_found_again(house: House, browser: Browser) -> None:
    """Killed under an open page: the page tells, comes back by itself, and whoever was signed in still is."""
    course = await house.has(Ward.prepared)
    await house.is_recorded(course)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, f"/?q={course}")
        await eyes.is_live()
        stack = await house.floor.stack()
        assert stack is not None
        assert stack.pids.console is not None

        os.kill(stack.pids.console, Signals.SIGKILL)
        await eyes.page.wait_for_selector('#link[data-state="lost"]')
        await eyes.is_live()
        await house.sends([hold(course, at=MONDAY)])

        await eyes.page.locator(f"#card-{course}").locator(".chip.held").wait_for()
