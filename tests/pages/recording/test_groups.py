"""A group: several courses in one room at one time, how each stands, and one act that moves them all."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from tests.support.browser import DESK, PHONE, looks
from tests.support.cast import cancellation, hours, rebooking
from tests.support.form_filling import sends_form
from tests.support.http_stack import House, open_house
from tests.support.page_text import section, words_of
from tests.support.paths import PROTOCOLS
from tests.support.rooms import BEND, booked, day_of_its_own
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


async def test_more_patients_than_one_monitor_watches_are_said_to_be(tmp_path: Path) -> None:
    """`watched_at_once_max` of the course's own protocol, with its source; as many as it says are right."""
    protocols = tmp_path / "protocols"
    protocols.mkdir()
    shipped = (PROTOCOLS / "kap-im-weekly.toml").read_text(encoding="utf-8")
    one_each = shipped.replace('planned_duration = "PT150M"', 'planned_duration = "PT150M"\nwatched_at_once_max = 1', 1)
    evidence = '"medicine.watched_at_once_max" = { grade = "common_practice", source = "S25" }\n"medicine.planned_'
    (protocols / "kap-im-weekly.toml").write_text(one_each.replace('"medicine.planned_', evidence, 1), encoding="utf-8")
    nine = day_of_its_own()
    async with open_house("--protocols", str(protocols)) as house:
        group, _ = await grouped(house, nine, of=2)
        alone = await booked(house, nine, group=f"{group}-alone")

        both, one = [await house.admin.get(f"/groups/{name}") for name in (group, f"{group}-alone")]

    assert "2 patients at once and 1 monitor: by kap-im-weekly one watches 1 at most (S25)" in words_of(both)
    assert alone in one.text
    assert 'id="watched"' not in one.text
