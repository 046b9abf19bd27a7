"""Every page in both themes, at a desk and on a phone: no barrier that axe-core knows, no complaint of the browser."""

import re
from datetime import UTC, datetime
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.support.browser import DESK, PHONE, THUMB, TOO_SMALL, looks
from tests.support.cast import HAS_A_PLAN, cssrs, minutes, vitals
from tests.support.http_stack import House
from tests.support.rooms import day_of_its_own, in_room
from tests.support.ward import Ward

pytestmark = [pytest.mark.xdist_group("barriers"), pytest.mark.timeout(900)]

COLOURS: Final = ("color-contrast", "link-in-text-block")
"""The rules of axe-core that a theme may break by itself."""
GROUND: Final = "getComputedStyle(document.body).backgroundColor"

NARROWEST: Final = (360, 740)
TWICE_AS_LARGE: Final = (640, 360)
"""A screen of 1280 by 720 at 200 %."""

NO_WORDS: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d|\bP(?:\d+[DW]|T\d+[HMS])|\^\[|[a-z0-9]_[a-z]|\bkap\.[a-z]|\w~\w|"
    r"\b(?:she|her|hers|he|him|his)\b|\b1 (?:pages|sessions|talks|courses|days)\b|\d held\b",
    re.IGNORECASE,
)
"""Moments and durations of ISO 8601, patterns, codes and ids; a gender; a plural of one; "2 held" for two talks."""
SAID: Final = """
() => {
  const said = document.body.cloneNode(true);
  for (const one of said.querySelectorAll("script, style, code, pre, textarea, select, svg, .parameters")) one.remove();
  document.body.append(said);
  const text = said.innerText;
  said.remove();
  return text;
}
"""
"""What the page says, but for what stands there as it was written: ids in monospace, text, a protocol's own values."""

UNSEEN: Final = """
() => {
  const ground = document.body.appendChild(document.createElement("i"));
  ground.style.color = "Canvas";
  const canvas = getComputedStyle(ground).color;
  ground.remove();
  return Array.from(document.querySelectorAll("body *"))
    .filter((one) => one.checkVisibility() && getComputedStyle(one).forcedColorAdjust === "auto")
    .filter((one) => Array.from(one.childNodes).some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((one) => getComputedStyle(one).color === canvas)
    .map((one) => one.textContent.trim());
}
"""
"""Text in the colour of the ground: where colours are imposed the browser lays that ground behind every text."""

PAGES: Final = (
    "/",
    "/?phase=medicine&attention=routine",
    "/?wall",
    "/?q=nobody",
    "/sessions",
    "/sheet",
    "/rooms",
    "/rooms?by=person",
    "/courses/{course}",
    "/courses/{dosed}",
    "/courses/{dosed}/past",
    "/courses/{dosed}/record/vitals.recorded",
    "/courses/{dosed}/record/patient.discharged",
    "/courses/{course}/record/session.booked",
    "/courses/{course}/record/dose.administered",
    "/groups/{group}",
    "/refer",
    "/escalations",
    "/escalations/{escalation}",
    "/oncall",
    "/oncall?at=2099-12-01T02:00&rota=nurse",
    "/protocols",
    "/protocols/kap-im-weekly",
    "/protocols/kap-im-weekly/rehearsal?story=a-reading-is-missed",
    "/protocols/kap-im-weekly/rehearsal?story=collapses-at-the-door&edit=true",
    "/figures",
    "/audit",
    "/phones",
    "/courses/{dosed}/correct/3",
)


@pytest.fixture(scope="module")
async def floor(house: House) -> dict[str, str]:
    """A floor with something on every page: a course with an open emergency, and one in their second session."""
    await house.has(Ward.discharged)
    dosed = await house.has(lambda ward: ward.watched(2, until=minutes(15)))
    await house.sends([vitals(dosed, 2, at=datetime.now(UTC), systolic=165)])
    await house.is_recorded(dosed)
    course = await house.has(Ward.prepared)
    await house.sends([in_room(course, day_of_its_own(), group=course)])
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_recorded(course)
    return {"course": course, "group": course, "dosed": dosed, "escalation": f"{course}~suicide_risk~0~1"}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_no_page_has_a_barrier(
    house: House, browser: Browser, floor: dict[str, str], size: tuple[int, int]
) -> None:
    """axe-core's own rules, of which a theme changes the colours; no error in the browser, no other host asked."""
    found: dict[tuple[str, str], list[str]] = {}
    async with looks(browser, house.url, size) as eyes:

        async def look(path: str) -> None:
            found[path, "light"] = await eyes.barriers()
            if size == PHONE:  # its colours are those of the desk
                return
            light = await eyes.page.evaluate(GROUND)
            await eyes.page.emulate_media(color_scheme="dark")
            assert await eyes.page.evaluate(GROUND) != light
            found[path, "dark"] = await eyes.barriers(*COLOURS)
            await eyes.page.emulate_media(color_scheme="light")

        await eyes.goes_to("/sign-in")
        await look("/sign-in")
        await eyes.signs_in(house.admin_token)
        for path in PAGES:
            await eyes.goes_to(path.format(**floor))
            await eyes.is_live()
            await eyes.page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            await look(path)

        assert {where: barriers for where, barriers in found.items() if barriers} == {}
        assert eyes.complaints == []
        assert eyes.strangers == []


async def test_no_page_is_wider_than_the_narrowest_phone(house: House, browser: Browser, floor: dict[str, str]) -> None:
    """At 360 px nothing has to be dragged sideways."""
    async with looks(browser, house.url, NARROWEST) as eyes:
        await eyes.signs_in(house.admin_token)
        for path in PAGES:
            await eyes.goes_to(path.format(**floor))
            width = await eyes.page.evaluate("document.documentElement.scrollWidth")
            assert width <= NARROWEST[0], path


async def test_on_a_phone_nothing_is_smaller_than_a_thumb(
    house: House, browser: Browser, floor: dict[str, str]
) -> None:
    """Whatever is pressed, opened or followed, in a fold too; a wall is touched by nobody."""
    found: dict[str, list[str]] = {}
    async with looks(browser, house.url, PHONE) as eyes:
        await eyes.goes_to("/sign-in")
        found["/sign-in"] = await eyes.page.evaluate(TOO_SMALL, THUMB)
        await eyes.signs_in(house.admin_token)
        for path in PAGES:
            if path == "/?wall":
                continue
            await eyes.goes_to(path.format(**floor))
            await eyes.page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            found[path] = await eyes.page.evaluate(TOO_SMALL, THUMB)

    assert {where: small for where, small in found.items() if small} == {}


async def test_no_page_has_a_barrier_in_imposed_colours_or_at_twice_its_size(
    house: House, browser: Browser, floor: dict[str, str]
) -> None:
    """Forced colours, and a screen of 1280 by 720 at 200 %, whose head is a quarter of its height at most."""
    found: dict[tuple[str, str], list[str]] = {}
    async with looks(browser, house.url, TWICE_AS_LARGE) as eyes:
        await eyes.signs_in(house.admin_token)
        for path in PAGES:
            await eyes.goes_to(path.format(**floor))
            await eyes.is_live()
            await eyes.page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true; })")
            found[path, "200 %"] = await eyes.barriers()
            bar = await eyes.page.locator("#bar").bounding_box()
            assert bar
            assert bar["height"] <= TWICE_AS_LARGE[1] / 4, path
            await eyes.page.emulate_media(forced_colors="active")
            found[path, "forced colours"] = await eyes.barriers()
            found[path, "cannot be seen"] = await eyes.page.evaluate(UNSEEN)
            await eyes.page.emulate_media(forced_colors="none")

        assert {where: barriers for where, barriers in found.items() if barriers} == {}
        assert eyes.complaints == []


async def test_no_page_speaks_in_codes(house: House, browser: Browser, floor: dict[str, str]) -> None:
    """What a page says is read by people: times by the clock, lengths in minutes, reasons in words."""
    found: list[str] = []
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token)
        for path in PAGES:
            if "/rehearsal" in path:
                continue  # its timeline is in the words of the command, whose scripts name events by their types
            await eyes.goes_to(path.format(**floor))
            await eyes.page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true; })")
            lines = (await eyes.page.evaluate(SAID)).splitlines()
            found += [f"{path}: {line}" for line in lines if NO_WORDS.search(line)]

    assert not found, "\n".join(found)
