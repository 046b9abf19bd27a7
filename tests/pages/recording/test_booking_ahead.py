"""A booking's form says what it would meet before anything is sent: the protocol's window, the room, the people."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.support.browser import DESK, PHONE, looks
from tests.support.cast import STAFF, cancellation, days, hours, rebooking
from tests.support.form_filling import filled_in, sends_form
from tests.support.http_stack import House
from tests.support.page_text import section, words_of
from tests.support.rooms import BEND, a_team, booked, day_of_its_own, in_room, others
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")

TEAM = others(prescriber="okoro", monitor="mbeki", therapist="tanaka")
FORM = "/courses/{}/record/session.booked"


async def view_of(house: House, course: str) -> dict[str, Any]:
    found: dict[str, Any] = (await house.admin.get(f"/v1/courses/{course}")).json()
    return found


def ahead(page: httpx.Response) -> str:
    return section(page, "Before it is recorded")


async def test_the_form_says_when_the_protocol_lets_it_be(house: House) -> None:
    """From the last dose: no sooner than, aimed at, overdue after; as the course itself tells it."""
    course = await house.has(Ward.integrated)
    window = (await view_of(house, course))["booking"]

    page = await house.admin.get(FORM.format(course))

    said = words_of(page)
    for words, name in (("No sooner than", "earliest"), ("Aimed at", "aimed_at"), ("Overdue after", "latest")):
        at = datetime.fromisoformat(window[name]).astimezone(BEND)
        assert f"{words} {at:%a} {at.day} {at:%b}" in said, words
        assert f"{at:%H:%M}" in said
    first = await house.has(Ward.prepared)
    assert "No dose was given before it" in words_of(await house.admin.get(FORM.format(first)))


async def test_the_next_visit_begins_with_the_room_and_the_people_of_the_last(house: House, browser: Browser) -> None:
    """Nothing is typed that is known: after a visit was missed, or for the next one, only the time is new."""
    nine = day_of_its_own()
    group = house.expects("circle")
    course = await booked(house, nine, group=group)
    await house.sends([cancellation(course, 1, at=datetime.now(UTC))])
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token, FORM.format(course))
        form = eyes.page.locator("#record")

        await expect(form.locator("[name='/data/room']")).to_have_value("oak")
        await expect(form.locator("[name='/data/group']")).to_have_value(group)
        for row, person in enumerate(("osei", "lind", "thorne")):
            await expect(form.locator(f"select[name='/data/staff/{row}/id']")).to_have_value(person)
        await expect(form.locator("[name='/data/staff/0/role']")).to_have_value("prescriber")
        await expect(form.locator("[name='/data/actor/id']").first).to_have_value("")
        await expect(form.locator("[name='/data/starts_at']")).to_have_value("")


async def test_checking_says_who_has_the_room_and_the_people_and_records_nothing(house: House) -> None:
    """Nor is what was entered lost."""
    nine = day_of_its_own()
    there = await booked(house, nine)
    course = await house.has(Ward.prepared)
    before = await view_of(house, course)
    posted = filled_in(in_room(course, nine + hours(1), room="Oak"))

    page = await sends_form(house.admin, FORM.format(course), [*posted, ("check", "yes")])

    assert page.status_code == 200
    assert f"Room Oak, Dr Osei, Duty nurse Lind, thorne are booked at that time with {there} session 1" in ahead(page)
    assert "It would be refused" not in ahead(page)
    assert 'name="/data/room" value="Oak"' in page.text
    assert (await view_of(house, course))["sequence"] == before["sequence"]
    free = await sends_form(
        house.admin, FORM.format(course), [*filled_in(in_room(course, nine + hours(3), room="Oak")), ("check", "yes")]
    )
    assert "It may be booked so" in ahead(free)


async def test_checking_says_why_it_would_be_refused(house: House) -> None:
    """The protocol's own reasons, by its dry run: too soon after the last dose, and nobody who listens."""
    course = await house.has(Ward.integrated)
    event = in_room(course, datetime.now(UTC), room="elm", staff=TEAM[:2])
    event = event.but(data=event.data.but(session=2, starts_at=event.time - days(3)))

    page = await sends_form(house.admin, FORM.format(course), [*filled_in(event), ("check", "yes")])

    assert page.status_code == 200
    assert "It would be refused:" in ahead(page)
    assert "There must be one therapist; booked: 0" in ahead(page)
    assert "are the least" in ahead(page)


async def test_what_is_booked_twice_is_asked_about_once_and_recorded_all_the_same(house: House) -> None:
    """Nothing keeps two from one room: whoever books it says that it is right."""
    nine = day_of_its_own()
    there = await booked(house, nine)
    course = await house.has(Ward.prepared)
    posted = filled_in(in_room(course, nine, staff=TEAM))

    asked = await sends_form(house.admin, FORM.format(course), posted)
    sure = await sends_form(house.admin, FORM.format(course), [*posted, ("happened", "yes")])

    assert asked.status_code == 409
    assert "Is this right?" in words_of(asked)
    assert f"Room oak is booked at that time with {there} session 1" in words_of(asked)
    assert sure.status_code == 303
    assert (await view_of(house, course))["sessions"][0]["room"] == "oak"


async def test_a_start_that_has_passed_is_asked_about_once_and_recorded_all_the_same(house: House) -> None:
    """It may be typed in late, or be a slip of the day; checking says so too."""
    now = datetime.now(UTC)
    yesterday = now - days(1)
    moves, late = await booked(house, day_of_its_own(), room=None, staff=a_team()), await house.has(Ward.prepared)
    entered = {
        f"/courses/{moves}/record/session.rebooked": filled_in(rebooking(moves, 1, at=now, starts_at=yesterday)),
        FORM.format(late): filled_in(in_room(late, yesterday, room=None, staff=a_team())),
    }
    for path, posted in entered.items():
        checked = await sends_form(house.admin, path, [*posted, ("check", "yes")])
        asked = await sends_form(house.admin, path, posted)
        before = await view_of(house, path.split("/")[2])
        sure = await sends_form(house.admin, path, [*posted, ("happened", "yes")])
        after = await view_of(house, path.split("/")[2])

        local = yesterday.astimezone(BEND)
        has_passed = f"The start, {local:%a} {local.day} {local:%b}"
        assert has_passed in ahead(checked), path
        assert "It may be booked so" not in ahead(checked)
        assert (asked.status_code, sure.status_code) == (409, 303)
        assert "Is this right?" in words_of(asked)
        assert has_passed in words_of(asked)
        assert before["sequence"] < after["sequence"]
        assert datetime.fromisoformat(after["sessions"][0]["starts_at"]) == yesterday.replace(microsecond=0)


async def test_a_visit_that_begins_now_is_recorded_without_a_question(house: House) -> None:
    """The minute that its form names has passed when it is sent."""
    course = await booked(house, day_of_its_own(), room=None, staff=a_team())
    now = datetime.now(UTC)
    posted = filled_in(rebooking(course, 1, at=now, starts_at=now - timedelta(minutes=2)))

    checked, moved = [
        await sends_form(house.admin, f"/courses/{course}/record/session.rebooked", [*posted, *also])
        for also in ([("check", "yes")], [])
    ]

    assert "It may be booked so" in ahead(checked)
    assert moved.status_code == 303


async def test_what_would_be_refused_is_refused_at_once(house: House) -> None:
    """Nobody is asked whether a booking is right that cannot be."""
    nine = day_of_its_own()
    await booked(house, nine)
    course = await house.has(Ward.prepared)

    page = await sends_form(house.admin, FORM.format(course), filled_in(in_room(course, nine, staff=STAFF[:2])))

    assert page.status_code == 409
    assert "Is this right?" not in words_of(page)
    assert "There must be one therapist; booked: 0" in words_of(page)


async def test_a_visit_that_is_moved_takes_its_room_and_its_people_along(house: House) -> None:
    """Its own time is in nobody's way."""
    nine = day_of_its_own()
    there, moves = await booked(house, nine + hours(4)), await booked(house, nine)
    path = f"/courses/{moves}/record/session.rebooked"

    def to(hour: float) -> list[tuple[str, str]]:
        event = rebooking(moves, 1, at=datetime.now(UTC), starts_at=nine + hours(hour))
        return [*filled_in(event), ("check", "yes")]

    onto_the_other, a_little_later = (
        await sends_form(house.admin, path, to(5)),
        await sends_form(house.admin, path, to(1)),
    )

    assert f"Room oak, Dr Osei, Duty nurse Lind, thorne are booked at that time with {there}" in ahead(onto_the_other)
    assert "It may be booked so" in ahead(a_little_later)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_it_is_checked_with_one_tap_in_a_browser(house: House, browser: Browser, size: tuple[int, int]) -> None:
    """The rooms of the site are offered; what is entered stays; the way to that day's rooms is beside it."""
    nine = day_of_its_own()
    there = await booked(house, nine)
    course = await house.has(Ward.prepared)
    async with looks(browser, house.url, size) as eyes:
        await eyes.signs_in(house.admin_token, FORM.format(course))
        page = eyes.page
        assert "oak" in await page.locator("datalist option").evaluate_all("all => all.map(one => one.value)")
        local = f"{nine.astimezone(BEND):%Y-%m-%dT%H:%M}"
        await page.locator("[name='/data/starts_at']").fill(local)
        await page.locator("[name='/data/room']").fill("oak")

        await page.get_by_role("button", name="Check, recording nothing").click()

        await expect(page.locator("#ahead")).to_contain_text(f"Room oak is booked at that time with {there} session 1")
        await expect(page.locator("[name='/data/starts_at']")).to_have_value(local)
        rooms = await page.get_by_role("link", name="The rooms of that day").get_attribute("href")
        assert rooms is not None
        assert parse_qs(urlsplit(rooms).query) == {"day": [str(nine.astimezone(BEND).date())], "site": ["bend"]}
        assert await eyes.barriers() == []
        assert not eyes.complaints
