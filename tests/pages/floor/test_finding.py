"""The desk finds a course by what somebody remembers of it, and who is late, and is told in a sentence of nothing."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.support.browser import looks
from tests.support.cast import MONDAY, referral, voiding
from tests.support.http_stack import House
from tests.support.page_text import words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")


async def test_any_part_of_an_id_finds_its_course_in_any_case(house: House) -> None:
    """On the telephone people say the number, or the end of it."""
    course = house.expects("C-10251")
    await house.sends([referral(course, at=MONDAY)])
    await house.is_recorded(course)

    for said in ("10251", course.lower(), course[3:].upper(), course[-6:], f" {course} "):
        assert f'id="card-{course}"' in (await house.admin.get("/", params={"q": said})).text, said


async def test_who_is_late_at_one_site_is_one_question(house: House) -> None:
    """Only those, and the address keeps it; nothing else is on the page."""
    late = house.expects("LATE")
    await house.sends([referral(late, at=MONDAY)])
    in_time = await house.has(Ward.referred, "SOON")
    for one in (late, in_time):
        await house.is_recorded(one)

    found, none = [await house.admin.get(f"/?late=1&site=bend&q={one}") for one in (late, in_time)]

    assert f'id="card-{late}"' in found.text
    assert f'id="card-{in_time}"' not in none.text
    assert 'name="late" value="1" checked' in found.text


async def test_among_closed_courses_each_says_how_it_ended(house: House) -> None:
    """Of who died nobody asks whether they completed."""
    course = await house.has(Ward.referred, "OVER")
    await house.sends([voiding(course, at=datetime.now(UTC))])
    await house.is_recorded(course)

    page = (await house.admin.get("/", params={"phase": "closed", "q": course})).text

    assert "Closed: entered in error" in page


async def test_nothing_found_is_one_sentence(house: House) -> None:
    """What was looked for, and a way on; not five empty columns."""
    page = await house.admin.get("/", params={"q": "nobody-has-this", "late": "1", "site": "bend"})

    assert "There is no open course at bend that is late with “nobody-has-this” in its id." in words_of(page)
    assert 'class="column"' not in page.text
    assert "phase=closed" in page.text


async def test_the_desk_finds_by_what_it_types(house: House, browser: Browser) -> None:
    """`1025` and `c-1025` find C-1025…, "late only" at one site those that are late; nothing found is one sentence."""
    course = house.expects("C-10253")
    await house.sends([referral(course, at=MONDAY)])
    await house.is_recorded(course)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in((await house.token(TokenRole.OPERATIONS)).token)
        for said in ("10253", "c-10253"):
            await eyes.page.get_by_role("searchbox").fill(said)
            await eyes.page.get_by_role("button", name="Show", exact=True).click()
            await expect(eyes.page.locator(f"#card-{course}")).to_be_visible()
        await eyes.goes_to(f"/?late=1&site=bend&q={course}")
        await expect(eyes.page.locator(f"#card-{course}")).to_contain_text("late")
        await expect(eyes.page.get_by_label("late only")).to_be_checked()
        await eyes.page.get_by_role("searchbox").fill("nobody-has-this")
        await eyes.page.get_by_role("button", name="Show", exact=True).click()
        await expect(eyes.page.locator("#nothing-found")).to_contain_text(
            "There is no open course at bend that is late"
        )
        await expect(eyes.page.locator(".column")).to_have_count(0)
        assert not eyes.complaints
