"""Every page in both themes, at a desk and on a phone: no barrier that axe-core knows, no complaint of the browser."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.support.browser import DESK, PHONE, THUMB, TOO_SMALL, looks
from tests.support.cast import HAS_A_PLAN, cssrs, minutes, vitals
from tests.support.http_stack import House
from tests.support.rooms import day_of_its_own, in_room
from tests.support.ward import Ward

pytestmark = [pytest.mark.xdist_group("frame"), pytest.mark.timeout(900)]

COLOURS: Final = ("color-contrast", "link-in-text-block")
"""The rules of axe-core that a theme may break by itself."""
UNFOLDS: Final = "which => document.querySelectorAll(which).forEach(fold => { fold.open = true; })"
FOLDS_THE_BAR: Final = "document.querySelectorAll('#bar details').forEach(fold => { fold.open = false; })"
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


@dataclass
class Looked:
    """What was found on one page, in every way in which somebody may look at it."""

    barriers: dict[str, list[str]] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)
    too_small: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    width: int = 0
    bar: float = 0


@dataclass
class Visit:
    """Every page, and what the browser said meanwhile."""

    pages: dict[str, Looked]
    complaints: list[str]
    strangers: list[str]


@pytest.fixture(scope="module")
async def at_a_desk(house: House, browser: Browser, floor: dict[str, str]) -> Visit:
    """Each page is opened once: read, in both themes, at twice its size, and then in imposed colours."""
    pages: dict[str, Looked] = {}
    async with looks(browser, house.url) as eyes:
        page = eyes.page

        async def look(path: str) -> None:
            looked = pages[path] = Looked()
            looked.said = (await page.evaluate(SAID)).splitlines()
            await page.evaluate(UNFOLDS, "details")
            looked.barriers["light"] = await eyes.barriers()
            light = await page.evaluate(GROUND)
            await page.emulate_media(color_scheme="dark")
            assert await page.evaluate(GROUND) != light
            looked.barriers["dark"] = await eyes.barriers(*COLOURS)
            await page.emulate_media(color_scheme="light")

        async def look_closer(path: str) -> None:
            looked = pages[path]
            width, height = TWICE_AS_LARGE
            await page.set_viewport_size({"width": width, "height": height})
            await page.evaluate(FOLDS_THE_BAR)
            looked.barriers["200 %"] = await eyes.barriers(but=COLOURS)
            bar = await page.locator("#bar").bounding_box()
            assert bar
            looked.bar = bar["height"]
            await page.emulate_media(forced_colors="active")
            looked.barriers["forced colours"] = await eyes.barriers(*COLOURS)
            looked.unseen = await page.evaluate(UNSEEN)
            await page.emulate_media(forced_colors="none")
            width, height = DESK
            await page.set_viewport_size({"width": width, "height": height})

        await eyes.goes_to("/sign-in")
        await look("/sign-in")
        await eyes.signs_in(house.admin_token)
        for path in PAGES:
            await eyes.goes_to(path.format(**floor))
            await eyes.is_live()
            await page.evaluate(UNFOLDS, "main details")
            await look(path)
            await look_closer(path)
        return Visit(pages, eyes.complaints, eyes.strangers)


@pytest.fixture(scope="module")
async def on_a_phone(house: House, browser: Browser, floor: dict[str, str]) -> Visit:
    """Each page is opened once: on the narrowest phone, and unfolded on a common one."""
    pages: dict[str, Looked] = {}
    async with looks(browser, house.url, NARROWEST) as eyes:
        page = eyes.page

        async def look(path: str) -> None:
            looked = pages[path] = Looked()
            looked.width = await page.evaluate("document.documentElement.scrollWidth")
            width, height = PHONE
            await page.set_viewport_size({"width": width, "height": height})
            await page.evaluate(UNFOLDS, "details")
            looked.barriers["phone"] = await eyes.barriers()
            looked.too_small = await page.evaluate(TOO_SMALL, THUMB)
            width, height = NARROWEST
            await page.set_viewport_size({"width": width, "height": height})

        await eyes.goes_to("/sign-in")
        await look("/sign-in")
        await eyes.signs_in(house.admin_token)
        for path in PAGES:
            await eyes.goes_to(path.format(**floor))
            await eyes.is_live()
            await look(path)
        return Visit(pages, eyes.complaints, eyes.strangers)


def barriers_of(visit: Visit, *ways: str) -> dict[tuple[str, str], list[str]]:
    """What keeps somebody from using a page, looked at in these ways, each of which was tried."""
    found = {(path, way): looked.barriers.get(way) for path, looked in visit.pages.items() for way in ways}
    assert {path for path, way in found if found[path, way] is None} <= {"/sign-in"}
    return {where: barriers for where, barriers in found.items() if barriers}


def test_no_page_has_a_barrier_at_a_desk(at_a_desk: Visit) -> None:
    """axe-core's own rules, of which a theme changes the colours; no error in the browser, no other host asked."""
    assert barriers_of(at_a_desk, "light", "dark") == {}
    assert at_a_desk.complaints == []
    assert at_a_desk.strangers == []


def test_no_page_has_a_barrier_on_a_phone(on_a_phone: Visit) -> None:
    """By axe-core's own rules; the colours of its themes are those of the desk."""
    assert barriers_of(on_a_phone, "phone") == {}
    assert on_a_phone.complaints == []
    assert on_a_phone.strangers == []


def test_no_page_is_wider_than_the_narrowest_phone(on_a_phone: Visit) -> None:
    """At 360 px nothing has to be dragged sideways."""
    widths = {path: looked.width for path, looked in on_a_phone.pages.items()}

    assert {path: width for path, width in widths.items() if width > NARROWEST[0]} == {}
    assert widths.keys() >= set(PAGES)


def test_on_a_phone_nothing_is_smaller_than_a_thumb(on_a_phone: Visit) -> None:
    """Whatever is pressed, opened or followed, in a fold too; a wall is touched by nobody."""
    small = {path: looked.too_small for path, looked in on_a_phone.pages.items() if path != "/?wall"}

    assert {path: found for path, found in small.items() if found} == {}


def test_no_page_has_a_barrier_in_imposed_colours_or_at_twice_its_size(at_a_desk: Visit) -> None:
    """Forced colours, of which axe-core judges the colours, and a screen of 1280 by 720 at 200 %.

    Its colours are those of the desk and the phone; its head is a quarter of its height at most.
    """
    assert barriers_of(at_a_desk, "200 %", "forced colours") == {}
    assert {path: looked.unseen for path, looked in at_a_desk.pages.items() if looked.unseen} == {}
    high = TWICE_AS_LARGE[1] / 4
    assert {path: looked.bar for path, looked in at_a_desk.pages.items() if looked.bar > high} == {}


def test_no_page_speaks_in_codes(at_a_desk: Visit) -> None:
    """What a page says is read by people: times by the clock, lengths in minutes, reasons in words.

    The timeline of a rehearsal is in the words of the command, whose scripts name events by their types.
    """
    said = [
        (path, line) for path, looked in at_a_desk.pages.items() if "/rehearsal" not in path for line in looked.said
    ]

    assert said
    found = [f"{path}: {line}" for path, line in said if NO_WORDS.search(line)]
    assert not found, "\n".join(found)
