"""The page of rooms: a day by room or by person, and what is booked twice."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.support.browser import DESK, PHONE, looks
from tests.support.cast import hours, rebooking
from tests.support.http_stack import House
from tests.support.page_text import words_of
from tests.support.rooms import BEND, booked, day_of_its_own, others
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

TEAM = others(prescriber="okoro", monitor="mbeki", therapist="tanaka")


def page_of(nine: datetime, more: str = "") -> str:
    return f"/rooms?day={nine.astimezone(BEND).date()}{more}"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_day_stands_by_room_and_says_what_is_booked_twice(
    house: House, browser: Browser, size: tuple[int, int]
) -> None:
    """Each room with its visits in order; both that clash say with which other, in a sentence and by a sign."""
    nine = day_of_its_own()
    first, second = await booked(house, nine), await booked(house, nine + hours(1), staff=TEAM)
    alone = await booked(house, nine + hours(5), room="willow")
    nowhere = await booked(house, nine + hours(9), room=None)
    async with looks(browser, house.url, size) as eyes:
        await eyes.signs_in(house.admin_token, page_of(nine))
        await eyes.is_live()
        page = eyes.page

        rooms = page.locator("section.column")
        assert [" ".join(one.split()) for one in await rooms.locator("h2").all_inner_texts()] == [
            "oak 2",
            "willow 1",
            "No room named 1",
        ]
        visits = [await rooms.nth(place).locator("code").all_inner_texts() for place in range(3)]
        assert visits == [[first, second], [alone], [nowhere]]
        await expect(page.locator(f'[data-visit="{first}~1"]')).to_contain_text("09:00–11:30")
        await expect(page.locator(f'[data-visit="{first}~1"] .twice')).to_have_text(
            f"⚑ room oak also with {second} session 1"
        )
        await expect(page.locator(f'[data-visit="{second}~1"] .twice')).to_contain_text(first)
        await expect(page.locator(f'[data-visit="{alone}~1"] .twice')).to_have_count(0)
        await expect(page.locator("#booked-twice")).to_contain_text("2 visits take a room or a person")
        assert await eyes.barriers() == []
        assert not eyes.complaints
        assert not eyes.strangers


async def test_what_is_taken_twice_is_said_once_with_every_other(house: House) -> None:
    """The same three people in four rooms: one line a visit, and the room that is taken twice before it."""
    nine = day_of_its_own()
    here = [await booked(house, nine) for _ in range(2)]
    elsewhere = [await booked(house, nine, room=room) for room in ("willow", "aspen")]

    lines = re.findall(r"<li><span[^>]*>⚑</span> ([^<]*)</li>", (await house.admin.get(page_of(nine))).text)

    assert len(lines) == 2 + 2 + 1 + 1
    of_the_first = [line for line in lines if f"{here[1]} session 1" in line and line.startswith("room oak")]
    assert of_the_first == [f"room oak, Dr Osei, Duty nurse Lind, thorne also with {here[1]} session 1"]
    everybody = [line for line in lines if all(other in line for other in elsewhere)]
    assert len(everybody) == 2
    assert not any(line.startswith("room") for line in everybody)


async def test_by_person_everybody_has_their_day(house: House, browser: Browser) -> None:
    """By name, each with the room; who is in two places at once sees both."""
    nine = day_of_its_own()
    one, other = await booked(house, nine), await booked(house, nine + hours(2), room="willow")
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, page_of(nine))
        await eyes.page.locator("select[name=by]").select_option("person")
        await eyes.page.get_by_role("button", name="Show").click()
        await eyes.page.wait_for_load_state()

        people = eyes.page.locator("section.column")
        named = [" ".join(said.split()) for said in await people.locator("h2").all_inner_texts()]
        assert named == ["Dr Osei 2", "Duty nurse Lind 2", "thorne, therapist 2"]
        assert await people.first.locator("code").all_inner_texts() == [one, other]
        await expect(people.first).to_contain_text("room willow")
        await expect(people.first.locator(".twice").first).to_contain_text(
            f"Dr Osei, Duty nurse Lind, thorne also with {other} session 1"
        )
        assert not eyes.complaints


async def test_a_move_is_one_tap_away_and_is_seen_without_a_reload(house: House, browser: Browser) -> None:
    """The form of the visit; once it is at another time, neither is booked twice any more."""
    nine = day_of_its_own()
    stays, moves = await booked(house, nine), await booked(house, nine)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, page_of(nine))
        await eyes.is_live()
        visit = eyes.page.locator(f'[data-visit="{moves}~1"]')
        assert await visit.get_by_role("link", name="Move").get_attribute("href") == (
            f"/courses/{moves}/record/session.rebooked"
        )

        await house.sends([rebooking(moves, 1, at=datetime.now(UTC), starts_at=nine + hours(4))])

        await expect(visit).to_contain_text("13:00–15:30", timeout=20_000)
        await expect(eyes.page.locator(f'[data-visit="{stays}~1"] .twice')).to_have_count(0)
        await expect(eyes.page.locator("#booked-twice")).to_have_count(0)
        assert not eyes.complaints


async def test_the_days_lead_to_one_another(house: House, browser: Browser) -> None:
    """A visit stands on its own day by the site's clock alone, and today is where the page begins."""
    nine = day_of_its_own()
    late = nine + hours(14.5)
    course = await booked(house, late)
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, page_of(nine))
        await expect(eyes.page.locator(f'[data-visit="{course}~1"]')).to_contain_text("23:30–")

        await eyes.page.get_by_role("link", name="The day after").click()
        await expect(eyes.page.locator(f'[data-visit="{course}~1"]')).to_contain_text(":30–02:00")
        await eyes.page.get_by_role("link", name="The day after").click()
        await expect(eyes.page.locator(f'[data-visit="{course}~1"]')).to_have_count(0)

        await eyes.page.get_by_role("link", name="Today").click()
        today = datetime.now(BEND).date()
        await expect(eyes.page.get_by_label("Day", exact=True)).to_have_value(today.isoformat())
        assert not eyes.complaints


async def test_whoever_may_not_move_a_visit_is_not_offered_it(house: House) -> None:
    """The auditor reads; and a visit that has begun moves for nobody."""
    nine = day_of_its_own()
    await booked(house, nine)
    auditor, desk = await house.caller(TokenRole.AUDITOR), await house.caller(TokenRole.OPERATIONS)

    assert "session.rebooked" not in (await auditor.get(page_of(nine))).text
    assert "session.rebooked" in (await desk.get(page_of(nine))).text
    here = await house.has(Ward.checked_in)
    await house.is_recorded(here)
    assert f"/courses/{here}/record/session.rebooked" not in (await desk.get("/rooms")).text


async def test_a_free_day_is_said_to_be_one(house: House) -> None:
    """And whoever sees only some courses is not told that nobody is booked."""
    nine = day_of_its_own()

    assert "Nobody is booked on this day." in words_of(await house.admin.get(page_of(nine)))
    nurse = await house.caller(TokenRole.ONCALL)
    assert "Nobody is booked" not in words_of(await nurse.get(page_of(nine)))


async def test_the_day_goes_along_as_csv(house: House) -> None:
    """By the site's own clock, with what each clashes with."""
    nine = day_of_its_own()
    first, second = await booked(house, nine), await booked(house, nine, room=None)

    answer = await house.admin.get(page_of(nine).replace("/rooms", "/rooms.csv"))

    rows = {row["course_id"]: row for row in csv.DictReader(StringIO(answer.text))}
    assert rows.keys() == {first, second}
    assert (rows[first]["room"], rows[second]["room"]) == ("oak", "")
    assert rows[first]["double_booked"] == f"{second} 1"
    assert rows[first]["staff"] == "osei (prescriber); lind (monitor); thorne (therapist)"
    assert datetime.fromisoformat(rows[first]["starts_at"]).utcoffset() == nine.astimezone(BEND).utcoffset()
    assert datetime.fromisoformat(rows[first]["ends_at"]) - nine == timedelta(minutes=150)
