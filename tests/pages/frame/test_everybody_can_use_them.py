"""Every page in both themes, at a desk and on a phone: no barrier that axe-core knows, no complaint of the browser."""

from datetime import UTC, datetime
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.support.browser import DESK, PHONE, looks
from tests.support.cast import HAS_A_PLAN, cssrs, minutes, vitals
from tests.support.http_stack import House
from tests.support.rooms import day_of_its_own, in_room
from tests.support.ward import Ward

pytestmark = [pytest.mark.xdist_group("barriers"), pytest.mark.timeout(900)]

COLOURS: Final = ("color-contrast", "link-in-text-block")
"""The rules of axe-core that a theme may break by itself."""
GROUND: Final = "getComputedStyle(document.body).backgroundColor"

NARROWEST: Final = (360, 740)

PAGES: Final = (
    "/",
    "/?phase=medicine&attention=routine",
    "/?wall",
    "/?q=nobody",
    "/sessions",
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
