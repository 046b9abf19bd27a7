"""A wall that was asked to gives an alarm for each new emergency, once; and says what its browser keeps back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from domain.access import TokenRole
from tests.support.browser import Eyes, looks
from tests.support.cast import vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

WALL: Final = (1280, 720)
LISTENS: Final = """
  window.beeps = 0;
  window.shown = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { window.beeps += 1; return start.apply(this, when); };
  window.Notification = class extends Notification {
    constructor(title, told) { super(title, told); window.shown.push(told.body); }
  };
"""
"""What the loudspeaker and the desktop are given."""

BEEPS: Final = 3
"""Of one alarm."""


async def given(page: Page) -> tuple[int, list[str]]:
    """How many alarms the loudspeaker was given, and what the notifications say."""
    return await page.evaluate("window.beeps") / BEEPS, await page.evaluate("window.shown")


@pytest.fixture
async def eyes(house: House, browser: Browser) -> AsyncIterator[Eyes]:
    """Somebody at a wall screen, who has not asked for an alarm."""
    async with looks(browser, house.url, WALL, is_new=True) as opened:
        await opened.context.add_init_script(LISTENS)
        await opened.signs_in((await house.token(TokenRole.WALL)).token, "/?wall")
        await opened.is_live()
        yield opened


async def emergency(house: House, eyes: Eyes) -> str:
    """A new one, which stands on the wall: its course."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    await stands_on(eyes.page, f"{course}~vitals_emergency~1~1")
    return course


async def stands_on(page: Page, escalation: str) -> None:
    await expect(page.locator(f'[data-emergencies*="{escalation}"]')).to_have_count(1)


async def test_a_wall_gives_an_alarm_for_each_new_emergency_once(house: House, eyes: Eyes) -> None:
    """Nothing before somebody asked; then a tone to hear it by, and one for each that is new, with a notification."""
    await eyes.context.grant_permissions(["notifications"])
    seen = await emergency(house, eyes)
    assert await given(eyes.page) == (0, [])

    await eyes.page.get_by_role("button", name="Alarm off").click()
    await expect(eyes.page.get_by_role("button", name="Alarm on")).to_have_attribute("aria-pressed", "true")
    await expect(eyes.page.locator("#alarm-said")).to_be_hidden()
    assert await given(eyes.page) == (1, [])

    new = await emergency(house, eyes)
    alarms, shown = await given(eyes.page)
    assert alarms == 2
    assert len(shown) == 1
    assert new in shown[0]
    assert seen not in shown[0]

    await eyes.page.reload()
    await eyes.is_live()
    await expect(eyes.page.locator(f'[data-emergencies*="{new}"]')).to_have_count(1)
    await eyes.page.locator("h2").first.click()
    await expect(eyes.page.get_by_role("button", name="Alarm on")).to_be_visible()
    assert await eyes.barriers() == []

    last = await emergency(house, eyes)
    alarms, shown = await given(eyes.page)
    assert alarms >= 1
    assert sum(last in one for one in shown) == 1
    assert not any(one in words for one in (seen, new) for words in shown)

    await eyes.page.get_by_role("button", name="Alarm on").click()
    await emergency(house, eyes)
    assert await given(eyes.page) == (alarms, shown)


async def test_a_wall_says_what_its_browser_keeps_back(house: House, eyes: Eyes) -> None:
    """A screen that was started anew may not sound before it is touched; notifications may be refused for good."""
    await eyes.page.get_by_role("button", name="Alarm off").click()
    await expect(eyes.page.locator("#alarm-said")).to_have_text(
        "It shows no notifications: its browser does not allow them here."
    )

    page = await eyes.context.new_page()
    await page.goto(f"{house.url}/?wall")
    said = page.locator("#alarm-said")
    await expect(page.get_by_role("button", name="Alarm silent")).to_be_visible()
    await expect(said).to_contain_text("This screen makes no sound: its browser wants it touched once.")
    await emergency(house, eyes)
    assert (await given(page))[0] == 0

    await page.locator("h2").first.click()

    await expect(page.get_by_role("button", name="Alarm on")).to_be_visible()
    await expect(said).not_to_contain_text("makes no sound")


async def test_an_emergency_that_came_while_the_screen_was_silent_is_heard_once_it_may_sound(
    house: House, eyes: Eyes
) -> None:
    """A wall that was started anew at night, and touched after the emergency had come."""
    await eyes.page.get_by_role("button", name="Alarm off").click()
    eyes.page = await eyes.context.new_page()
    await eyes.context.pages[0].close()
    await eyes.page.goto(f"{house.url}/?wall")
    await expect(eyes.page.get_by_role("button", name="Alarm silent")).to_be_visible()
    await emergency(house, eyes)
    assert (await given(eyes.page))[0] == 0

    await eyes.page.locator("h2").first.click()
    await expect(eyes.page.get_by_role("button", name="Alarm on")).to_be_visible()

    async def is_heard() -> bool:
        return (await given(eyes.page))[0] == 1

    await eventually(is_heard)
