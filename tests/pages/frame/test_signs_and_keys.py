"""One sign, one meaning; what it means is behind "?"; the head stays small; and what a mouse does, a keyboard does."""

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from console.pages.frame.severity_marks import MARKS, MEANINGS
from domain.values import Severity
from tests.pages.floor.test_live_sessions import seen, tile
from tests.support.browser import PHONE, looks
from tests.support.cast import HAS_A_PLAN, MONDAY, cssrs, minutes, referral, vitals
from tests.support.http_stack import House
from tests.support.page_text import words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

TWICE_AS_LARGE = (640, 360)
"""A screen of 1280 by 720 at 200 %."""


def test_every_sign_is_another_one_and_is_explained() -> None:
    """A sign that means two things means none."""
    assert len(set(MARKS.values())) == len(MARKS)
    assert set(MEANINGS) == set(MARKS)


async def test_late_is_a_clock_a_warning_a_square_and_a_routine_alone_a_dot(house: House) -> None:
    """By state, on the board and among the live sessions: nothing that is no routine escalation has its sign."""
    late = house.expects("LATE")
    await house.sends([referral(late, at=MONDAY)])
    warned = await house.has(lambda ward: ward.watched(until=minutes(30)), "WARN")
    await house.sends([vitals(warned, 1, at=datetime.now(UTC), systolic=165)])
    for course in (late, warned):
        await house.is_recorded(course)

    card = re.search(
        rf'id="card-{late}".*?</li>\n(?=<li class="card|</ul>)', (await house.admin.get(f"/?q={late}")).text, re.DOTALL
    )
    live = tile(await seen(house, warned), warned)

    assert card
    assert MARKS["late"] in card[0]
    assert f"{MARKS['warning']} Blood pressure 165/" in live
    assert MARKS[Severity.ROUTINE] not in live


async def test_what_is_late_is_as_loud_with_an_escalation_as_without(house: House) -> None:
    """The emergency does not hide that the reading is overdue besides."""
    course = await house.has(lambda ward: ward.watched(until=minutes(15)), "BOTH", ago=minutes(17))
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_called_for(f"{course}~suicide_risk~0~1")

    live = tile(await seen(house, course), course)

    assert MARKS[Severity.EMERGENCY] in live
    assert f"{MARKS['late']} late" in live


async def test_keys_open_the_pages_find_a_course_and_tell_the_signs(house: House, browser: Browser) -> None:
    """Without a mouse; and somebody who dictates turns them off, on this screen for good."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, "/protocols")
        keys, page = eyes.page.keyboard, eyes.page

        await keys.press("?")
        await expect(page.get_by_role("dialog", name="Signs")).to_be_visible()
        for word, meaning in MEANINGS.values():
            await expect(page.locator("#key")).to_contain_text(f"{word}{meaning}")
        assert await eyes.barriers() == []
        await keys.press("Escape")
        await expect(page.locator("#key")).to_be_hidden()
        for letter, path in (("s", "/sessions"), ("e", "/escalations"), ("b", "/")):
            await keys.press("g")
            await keys.press(letter)
            await page.wait_for_url(f"{house.url}{path}")
        await keys.press("/")
        await expect(page.get_by_role("searchbox")).to_be_focused()
        await keys.type("g/?")
        assert await page.get_by_role("searchbox").input_value() == "g/?"

        await page.get_by_role("button", name="Signs and keys").click()
        await page.get_by_label("Keys work on this screen").uncheck()
        await page.reload()
        await keys.press("?")
        await expect(page.locator("#key")).to_be_hidden()
        assert not eyes.complaints


@pytest.mark.parametrize(
    "size",
    [PHONE, TWICE_AS_LARGE, (960, 540), (1024, 576), (512, 288)],
    ids=["phone", "200 %", "a large screen at 200 %", "another", "at 250 %"],
)
async def test_the_head_takes_a_quarter_of_the_screen_at_most_and_has_a_menu(
    house: House, browser: Browser, size: tuple[int, int]
) -> None:
    """What needs a human is below it, and not under it."""
    async with looks(browser, house.url, size) as eyes:
        await eyes.signs_in(house.admin_token)
        bar = await eyes.page.locator("#bar").bounding_box()
        assert bar
        assert bar["height"] <= size[1] / 4

        link = eyes.page.get_by_role("link", name="On call")
        await expect(link).to_be_hidden()
        await eyes.page.get_by_text("Menu").click()
        await link.click()
        await eyes.page.wait_for_url(f"{house.url}/oncall")


async def test_a_course_counts_what_was_done_in_words(house: House) -> None:
    """Two talks are two talks."""
    course = await house.has(Ward.prepared)

    assert "2 talks" in words_of(await house.admin.get(f"/courses/{course}"))


async def test_each_state_has_a_shape_of_its_own(house: House, browser: Browser) -> None:
    """Late a clock, a warning a square, an emergency a triangle beside the clock; a dot nowhere but for a routine."""
    both = await house.has(lambda ward: ward.watched(until=minutes(15)), "SHAPES", ago=minutes(17))
    await house.sends([cssrs(both, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_called_for(f"{both}~suicide_risk~0~1")
    warned = await house.has(lambda ward: ward.watched(until=minutes(30)), "SHAPES")
    await house.sends([vitals(warned, 1, at=datetime.now(UTC), systolic=165)])
    for course in (both, warned):
        await house.is_recorded(course)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, "/sessions")
        late, warning = (eyes.page.locator(f"#live-{course}") for course in (both, warned))
        for shape in (MARKS[Severity.EMERGENCY], MARKS["late"]):
            await expect(late.locator(".states")).to_contain_text(shape)
        await expect(warning).to_contain_text(MARKS["warning"])
        for row in (late, warning):
            await expect(row).not_to_contain_text(MARKS[Severity.ROUTINE])
        assert not eyes.complaints
