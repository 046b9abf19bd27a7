"""A group: several courses in one room at one time, how each stands, and one act that moves them all."""

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.support.browser import DESK, PHONE, looks
from tests.support.cast import cancellation, days, hours, rebooking
from tests.support.form_filling import sends_form
from tests.support.http_stack import House, beside
from tests.support.page_text import section, words_of
from tests.support.paths import PROTOCOLS
from tests.support.rooms import BEND, a_team, booked, day_of_its_own
from tests.support.second_console import second_door
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")


async def grouped(house: House, nine: datetime, of: int = 3) -> tuple[str, list[str]]:
    """A group of its own, and its courses, all booked for one time in one room with the same people."""
    group = house.expects("circle")
    return group, sorted([await booked(house, nine, group=group) for _ in range(of)])


async def post(client: httpx.AsyncClient, group: str, to: datetime, *also: tuple[str, str]) -> httpx.Response:
    """The form of the group's page, filled in and sent."""
    page = await client.get(f"/groups/{group}")
    hidden = [
        (name, value)
        for name in ("/id", "zone")
        for value in [page.text.partition(f'name="{name}" value="')[2].partition('"')[0]]
    ]
    posted = [
        *hidden,
        ("/data/actor/id", "desk"),
        ("/data/actor/role", "coordinator"),
        ("/data/starts_at", f"{to.astimezone(BEND):%Y-%m-%dT%H:%M}"),
        *also,
    ]
    return await sends_form(client, f"/groups/{group}", posted)


def question_of(page: httpx.Response) -> list[tuple[str, str]]:
    """What the question of this page sends with either answer: every hidden field of its form."""
    form = page.text.partition('id="record"')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return [(unescape(name), unescape(value)) for name, value in found]


async def starts(house: House, *courses: str) -> list[datetime]:
    """When the newest visit of each starts, as their courses say."""
    views: list[dict[str, Any]] = [(await house.admin.get(f"/v1/courses/{one}")).json() for one in courses]
    return [datetime.fromisoformat(view["sessions"][-1]["starts_at"]) for view in views]


async def test_a_group_is_booked_into_one_room_and_nothing_is_booked_twice(house: House) -> None:
    """One room, one therapist, several courses: that is what it is; another visit there is booked twice with each."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine)

    listed = (await house.admin.get("/v1/bookings", params={"group": group, "from": nine.isoformat()})).json()["items"]
    assert [(one["course_id"], one["group"], one["double_booked"]) for one in listed] == [
        (course, group, []) for course in courses
    ]
    stranger = await booked(house, nine + hours(1))
    listed = (await house.admin.get("/v1/bookings", params={"group": group, "from": nine.isoformat()})).json()["items"]
    assert [[one["course_id"] for one in each["double_booked"]] for each in listed] == [[stranger]] * 3


async def test_everybodys_state_is_on_one_page(house: House) -> None:
    """Who is where, with whom, at what stage, and who is apart from the others."""
    nine = day_of_its_own()
    group, (first, second, third) = await grouped(house, nine)
    now = datetime.now(UTC)
    await house.sends([rebooking(second, 1, at=now, starts_at=nine + hours(3)), cancellation(third, 1, at=now)])
    for course in (second, third):
        await house.is_recorded(course)

    page = await house.admin.get(f"/groups/{group}")

    said = words_of(page)
    assert page.status_code == 200
    assert {first, second, third} <= set(page.text.replace("<", ">").split(">"))
    assert "3 courses" in said
    assert "session 1 · canceled" in said
    assert said.count("at another time than most of the group") == 1
    assert "Move all 2 visits that are still to come" in said


async def test_one_act_moves_them_all(house: House) -> None:
    """Each course was asked before; each keeps its room and its people, and all are told what became of it."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine)

    checked = await post(house.admin, group, nine + hours(4), ("check", "yes"))
    assert await starts(house, *courses) == [nine] * 3
    moved = await post(house.admin, group, nine + hours(4))

    assert checked.status_code == 200
    assert "Nothing was moved yet: all 3 may be" in words_of(checked)
    assert moved.status_code == 303
    assert "Moved: 3 visits of 3." in words_of(await house.admin.get(moved.headers["location"]))
    assert await starts(house, *courses) == [nine + hours(4)] * 3
    for course in courses:
        view = await house.is_recorded(course)
        assert view["sessions"][-1]["room"] == "oak"


async def test_whom_the_group_would_meet_is_asked_about_once_before_it_moves(house: House) -> None:
    """A room and people that another visit has then, once for them all; none of the group is in its own way."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine)
    there = await booked(house, nine + hours(4), room="Oak")
    to = nine + hours(5)

    checked, asked = [await post(house.admin, group, to, *also) for also in ([("check", "yes")], [])]
    no = await sends_form(house.admin, f"/groups/{group}", [*question_of(asked), ("happened", "no")])
    assert await starts(house, *courses) == [nine] * 3
    yes = await sends_form(house.admin, f"/groups/{group}", [*question_of(asked), ("happened", "yes")])

    clash = f"Room oak, Dr Osei, Duty nurse Lind, thorne are booked at that time with {there} session 1"
    assert checked.status_code == 200
    assert "Nothing was moved yet: all 3 may be" in words_of(checked)
    assert words_of(checked).count(clash) == 1
    assert words_of(checked).count("at that time with") == 1
    assert "Is this right?" not in words_of(checked)
    assert asked.status_code == 409
    assert "Is this right?" in words_of(asked)
    assert words_of(asked).count(clash) == 1
    assert no.status_code == 200
    assert f'value="{to.astimezone(BEND):%Y-%m-%dT%H:%M}"' in no.text
    assert "Move all" in words_of(no)
    assert yes.status_code == 303
    assert "Moved: 3 visits of 3." in words_of(await house.admin.get(yes.headers["location"]))
    assert await starts(house, *courses) == [to] * 3


async def test_a_little_later_a_group_is_not_in_its_own_way(house: House) -> None:
    """Nobody is asked about those who move along."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine)

    moved = await post(house.admin, group, nine + hours(1))

    assert moved.status_code == 303
    assert await starts(house, *courses) == [nine + hours(1)] * 3


async def test_whom_nobody_moves_meets_nobody(house: House) -> None:
    """Where some would stay, it is the others whose room is told, and they are asked about before they move."""
    group, again = house.expects("circle"), await house.has(Ward.integrated)
    from_the_last_dose = (await house.admin.get(f"/v1/courses/{again}")).json()["booking"]
    too_soon = datetime.fromisoformat(from_the_last_dose["earliest"]) - hours(12)
    to = too_soon.replace(second=0, microsecond=0)
    nine, mine, theirs = day_of_its_own(), house.expects("elm"), house.expects("ash")
    moves = await booked(house, nine, room=mine, staff=a_team(), group=group)
    await booked(house, nine, room=theirs, staff=a_team(), group=group, course=again, session=2)
    in_mine, in_theirs = [await booked(house, to, room=room, staff=a_team()) for room in (mine, theirs)]

    nobody = await post(house.admin, group, to)
    asked = await post(house.admin, group, to, ("others", "yes"))
    assert await starts(house, moves, again) == [nine] * 2
    yes = await sends_form(house.admin, f"/groups/{group}", [*question_of(asked), ("happened", "yes")])

    for page in (nobody, asked):
        assert page.status_code == 409
        assert f"Room {mine} is booked at that time with {in_mine} session 1" in words_of(page)
        assert in_theirs not in page.text
    assert "Nothing was moved: 1 of 2 would stay" in words_of(nobody)
    assert "Is this right?" in words_of(asked)
    assert "Yes, it is right: move 1 visit" in words_of(asked)
    assert yes.status_code == 303
    assert await starts(house, moves, again) == [to, nine]


async def test_a_group_is_asked_about_once_before_it_is_moved_into_the_past(house: House) -> None:
    """It may be typed in late, or be a slip of the day; checking says so too, once for them all."""
    nine, team = day_of_its_own(), a_team()
    group = house.expects("circle")
    courses = [await booked(house, nine, room=None, staff=team, group=group) for _ in range(2)]
    yesterday = (datetime.now(UTC) - days(1)).replace(second=0, microsecond=0)
    local = yesterday.astimezone(BEND)

    checked, asked = [await post(house.admin, group, yesterday, *also) for also in ([("check", "yes")], [])]
    assert await starts(house, *courses) == [nine] * 2
    yes = await sends_form(house.admin, f"/groups/{group}", [*question_of(asked), ("happened", "yes")])

    for page in (checked, asked):
        assert words_of(page).count(f"The start, {local:%a} {local.day} {local:%b}") == 1
    assert (checked.status_code, asked.status_code, yes.status_code) == (200, 409, 303)
    assert "Is this right?" in words_of(asked)
    assert await starts(house, *courses) == [yesterday] * 2


async def test_where_one_may_not_be_moved_nobody_is_and_it_is_named(house: House) -> None:
    """Then the others may be, by a button that says so; whoever stays is named with the reason."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine, of=2)
    again = await house.has(Ward.integrated)
    from_the_last_dose = (await house.admin.get(f"/v1/courses/{again}")).json()["booking"]
    too_soon = datetime.fromisoformat(from_the_last_dose["earliest"]) - hours(12)
    await booked(house, nine, group=group, course=again, session=2)

    nobody = await post(house.admin, group, too_soon)
    assert await starts(house, *courses, again) == [nine] * 3
    others = await post(house.admin, group, too_soon, ("others", "yes"))

    assert nobody.status_code == 409
    assert "Nothing was moved: 1 of 3 would stay" in words_of(nobody)
    assert "Move the other 2" in words_of(nobody)
    assert "are the least" in words_of(nobody)
    told = words_of(await house.admin.get(others.headers["location"]))
    assert "Moved: 2 visits of 3." in told
    assert f"{again} was not moved: The last dose was" in told
    assert await starts(house, *courses, again) == [*[too_soon.replace(second=0, microsecond=0)] * 2, nine]


async def test_what_is_wrong_in_the_form_is_said_once(house: House) -> None:
    """At its field; and nobody was moved."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine, of=2)

    page = await house.admin.post(
        f"/groups/{group}", data={"/data/actor/id": "desk", "/data/actor/role": "coordinator"}
    )

    assert page.status_code == 422
    assert page.text.count("This is needed") == 1
    assert await starts(house, *courses) == [nine] * 2


async def test_who_may_move_a_visit_may_move_a_group_and_nobody_else(house: House) -> None:
    """Another site's token does not know it; the auditor reads it."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine, of=2)
    auditor, desk = await house.caller(TokenRole.AUDITOR), await house.caller(TokenRole.OPERATIONS)
    cork = await house.caller(TokenRole.CLINIC, "cork")

    assert "Move all" not in (await auditor.get(f"/groups/{group}")).text
    assert (await auditor.post(f"/groups/{group}")).status_code == 403
    assert (await cork.get(f"/groups/{group}")).status_code == 404
    assert (await post(desk, group, nine + hours(2))).status_code == 303
    assert await starts(house, *courses) == [nine + hours(2)] * 2


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_group_is_moved_in_a_browser(house: House, browser: Browser, size: tuple[int, int]) -> None:
    """From the rooms to the group, checked, moved, and told."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine, of=2)
    async with looks(browser, house.url, size) as eyes:
        await eyes.signs_in(house.admin_token, f"/rooms?day={nine.astimezone(BEND).date()}")
        page = eyes.page
        await page.get_by_role("link", name=group).first.click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(f"Group {group}")
        assert await eyes.barriers() == []
        await page.locator("select[name='/data/actor/id']").select_option("lind")
        await page.locator("[name='/data/starts_at']").fill(f"{(nine + hours(4)).astimezone(BEND):%Y-%m-%dT%H:%M}")

        await page.get_by_role("button", name="Check, moving nothing").click()
        await expect(page.locator("#foretold")).to_contain_text("all 2 may be")
        assert await eyes.barriers() == []
        await page.get_by_role("button", name="Move all").click()

        await expect(page.locator("#answered")).to_contain_text("Moved: 2 visits of 2.")
        for course in courses:
            await expect(page.locator(f'[data-member="{course}"]')).to_contain_text("13:00", timeout=20_000)
        assert not eyes.complaints
    assert section(await house.admin.get(f"/groups/{group}"), "2 courses")


async def test_the_question_about_a_group_is_answered_in_a_browser(house: House, browser: Browser) -> None:
    """No leads back to the form as it was filled in, yes moves them."""
    nine = day_of_its_own()
    group, courses = await grouped(house, nine, of=2)
    there = await booked(house, nine + hours(4))
    local = f"{(nine + hours(4)).astimezone(BEND):%Y-%m-%dT%H:%M}"
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.signs_in(house.admin_token, f"/groups/{group}")
        page = eyes.page
        await page.locator("select[name='/data/actor/id']").select_option("lind")
        await page.locator("[name='/data/starts_at']").fill(local)

        await page.get_by_role("button", name="Move all").click()
        await expect(page.locator("#question")).to_contain_text(there)
        await expect(page.locator("#question")).to_be_focused()
        assert await eyes.barriers() == []
        await page.get_by_role("button", name="No, back to the form").click()
        await expect(page.locator("[name='/data/starts_at']")).to_have_value(local)
        await page.get_by_role("button", name="Move all").click()
        await page.get_by_role("button", name="Yes, it is right: move 2 visits").click()

        await expect(page.locator("#answered")).to_contain_text("Moved: 2 visits of 2.")
        # A browser complains of every answer that is not a success, and the question is one.
        assert all("409" in one for one in eyes.complaints)
    assert await starts(house, *courses) == [nine + hours(4)] * 2


async def test_more_patients_than_one_monitor_watches_are_said_to_be(house: House, tmp_path: Path) -> None:
    """`watched_at_once_max` of the course's own protocol, with its source; as many as it says are right."""
    protocols = tmp_path / "protocols"
    protocols.mkdir()
    shipped = (PROTOCOLS / "kap-im-weekly.toml").read_text(encoding="utf-8")
    one_each = shipped.replace('planned_duration = "PT150M"', 'planned_duration = "PT150M"\nwatched_at_once_max = 1', 1)
    evidence = '"medicine.watched_at_once_max" = { grade = "common_practice", source = "S25" }\n"medicine.planned_'
    (protocols / "kap-im-weekly.toml").write_text(one_each.replace('"medicine.planned_', evidence, 1), encoding="utf-8")
    nine = day_of_its_own()
    async with second_door(house, KAPSTAN_PROTOCOLS=str(protocols)) as door, beside(house, door.url) as by_one_each:
        group, _ = await grouped(by_one_each, nine, of=2)
        alone = await booked(by_one_each, nine, group=f"{group}-alone")

        both, one = [await by_one_each.admin.get(f"/groups/{name}") for name in (group, f"{group}-alone")]

    assert "2 patients at once and 1 monitor: by kap-im-weekly one watches 1 at most (S25)" in words_of(both)
    assert alone in one.text
    assert 'id="watched"' not in one.text
