"""Who is on call next Tuesday night, and how somebody else comes to be: the page answers, nobody calculates."""

import tomllib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, expect

from domain.access import TokenRole
from domain.values import Severity
from tests.support.browser import looks
from tests.support.http_stack import House
from tests.support.page_text import words_of

pytestmark = pytest.mark.xdist_group("frame")


async def test_a_moment_that_is_asked_for_is_answered_with_names_for_every_severity(
    house: House, browser: Browser
) -> None:
    """By the clinic's own clock, as the ladder would page at that moment."""
    roster = (await house.admin.get("/v1/oncall")).json()
    zone = ZoneInfo(roster["rotas"][0]["timezone"])
    then = (datetime.now(zone) + timedelta(days=9)).replace(hour=2, minute=0, second=0, microsecond=0)
    shifts = roster["rotas"][0]["shifts"]
    on_duty = next(
        one["person"]
        for one in shifts
        if datetime.fromisoformat(one["begins_at"]) <= then < datetime.fromisoformat(one["ends_at"])
    )
    names = {
        person["id"]: person["name"]
        for policy in roster["policies"]
        for step in policy["steps"]
        for person in step["people"]
    }

    async with looks(browser, house.url) as eyes:
        await eyes.signs_in((await house.token(TokenRole.OPERATIONS)).token, "/oncall")
        await eyes.page.get_by_role("textbox", name="Who is on call at").fill(f"{then:%Y-%m-%dT%H:%M}")
        await eyes.page.get_by_role("button", name="Show", exact=True).click()

        said = f"Who would be paged, {then:%a} {then.day} {then:%b}"
        await expect(eyes.page.get_by_role("heading", name=said)).to_be_visible()
        for severity in Severity:
            ladder = eyes.page.get_by_role("region", name=severity.capitalize())
            await expect(ladder.locator("strong").first).to_be_visible()
        emergency = eyes.page.get_by_role("region", name="Emergency")
        await expect(emergency).to_contain_text(names.get(on_duty, on_duty))
        routine = eyes.page.get_by_role("region", name="Routine")
        await expect(routine).to_contain_text("Pages only Mon to Fri 08:00 to 18:00")
        assert await eyes.barriers() == []
        assert not eyes.complaints


async def test_whoever_is_to_stand_in_is_told_as_lines_to_paste(house: House) -> None:
    """They hold what stood there already, the file takes them, and nothing changes by asking."""
    before = await _shifts(house)
    known = (await house.admin.get("/v1/oncall")).json()["rotas"][0]["rota"]
    asked = {"rota": known, "person": "osei", "begins": "2099-12-01T08:00", "ends": "2099-12-02T08:00"}

    page = await house.admin.get("/oncall", params=asked)

    lines = words_of(page).partition("overrides = [")[2].partition(" ]")[0]
    found = tomllib.loads(f"overrides = [{lines}]")["overrides"]
    assert found[-1] == {"person": "osei", "from": "2099-12-01T08:00:00", "until": "2099-12-02T08:00:00"}
    assert await _shifts(house) == before


async def _shifts(house: House) -> list[tuple[str, str, str]]:
    """Who is on call from when, by each rota; where the list ends moves with the clock."""
    rotas = (await house.admin.get("/v1/oncall")).json()["rotas"]
    return [(one["rota"], shift["person"], shift["begins_at"]) for one in rotas for shift in one["shifts"][1:]]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"rota": "nurse"}, "Choose the rota, who stands in, from when and until when."),
        ({"rota": "moon", "person": "osei"}, "must be ones of the on-call file"),
        ({"rota": "nurse", "person": "nobody"}, "must be ones of the on-call file"),
        ({"begins": "2099-12-03T08:00", "rota": "nurse", "person": "osei"}, "The end must be after the beginning."),
    ],
)
async def test_what_cannot_be_pasted_is_told(house: House, asked: dict[str, str], told: str) -> None:
    """What is missing or wrong, in a sentence; what was entered stays."""
    times = {"begins": "2099-12-01T08:00", "ends": "2099-12-02T08:00"} if "person" in asked else {}

    assert told in words_of(await house.admin.get("/oncall", params={**times, **asked}))


async def test_the_page_shows_how_long_it_takes_until_somebody_is_reached(house: House, browser: Browser) -> None:
    """For every severity the proof's table, as `kapstan oncall prove` prints it, and that there is no gap."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in((await house.token(TokenRole.OPERATIONS)).token, "/oncall")
        proof = eyes.page.get_by_role("region", name="How long until somebody is reached")

        for severity in Severity:
            rows = proof.get_by_role("row").filter(has=eyes.page.get_by_role("rowheader", name=severity.capitalize()))
            await expect(rows).to_have_count(3)
        await expect(proof.get_by_role("row", name="Emergency somebody is reached at once at any time")).to_be_visible()
        await expect(proof).to_contain_text("No gap: at every moment each step reaches somebody")
        assert await eyes.barriers() == []
        assert not eyes.complaints


async def test_a_shift_is_handed_over_by_lines_to_paste(house: House, browser: Browser) -> None:
    """Rota, person, from, until: the page shows the lines, and the days of the strip by their dates."""
    async with looks(browser, house.url) as eyes:
        page = eyes.page
        await eyes.signs_in((await house.token(TokenRole.OPERATIONS)).token, "/oncall")
        strip = page.get_by_role("region", name="The next four weeks")
        today = datetime.now(ZoneInfo("America/Los_Angeles"))
        await expect(strip).to_contain_text(f"{today:%b}")
        await page.get_by_text("Somebody is to stand in").first.click()
        asked = page.get_by_role("form", name="Somebody is to stand in")
        await asked.get_by_label("Rota").select_option("nurse")
        await asked.get_by_label("Who").select_option("osei")
        await asked.get_by_label("From").fill("2099-12-01T08:00")
        await asked.get_by_label("Until").fill("2099-12-02T08:00")
        await asked.get_by_role("button", name="Show the lines").click()

        await expect(strip.locator("pre")).to_contain_text(
            '{ person = "osei", from = "2099-12-01T08:00:00", until = "2099-12-02T08:00:00" }'
        )
        assert not eyes.complaints
