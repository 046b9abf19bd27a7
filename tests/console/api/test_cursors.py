"""Lists, page by page, while the clinic goes on: no course and no escalation is missed, and none comes twice."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from domain.access import TokenRole
from tests.support.cast import HAS_A_PLAN as HIGH_RISK
from tests.support.cast import MONDAY, cssrs, referral
from tests.support.http_stack import House

pytestmark = pytest.mark.xdist_group("console")

COURSES: Final = 5
EACH: Final = 2
"""A page is shorter than what there is."""


class Site:
    """A site of the test's own, so that its lists hold nobody else's courses."""

    def __init__(self, house: House, name: str, reader: httpx.AsyncClient) -> None:
        self.name = name
        self._house = house
        self._reader = reader

    async def refers(self, at: datetime) -> str:
        course = self._house.expects()
        await self._house.sends([referral(course, at=at, site=self.name)])
        return course

    async def lists(self, path: str, key: str, between: Callable[[int], Awaitable[None]]) -> list[str]:
        """Every page of the list, while something happens between each and the next."""
        found: list[str] = []
        cursor, page = None, 0
        while page == 0 or cursor:
            params: dict[str, Any] = {"limit": EACH} | ({"cursor": cursor} if cursor else {})
            answer = (await self._reader.get(path, params=params)).json()
            found += [item[key] for item in answer["items"]]
            cursor, page = answer["next"], page + 1
            await between(page)
        return found


@pytest.fixture
async def site(house: House) -> Site:
    name = house.expects("site").lower()
    return Site(house, name, await house.caller(TokenRole.ADMIN, site=name))


async def test_a_fleet_that_moves_is_read_whole_and_each_course_once(house: House, site: Site) -> None:
    """Meanwhile courses are referred, newer and older ones, and those of other pages are held."""
    courses = [await site.refers(MONDAY + timedelta(minutes=number)) for number in range(COURSES)]
    for course in courses:
        await house.is_recorded(course)

    async def the_clinic_goes_on(page: int) -> None:
        beside = [await site.refers(MONDAY + timedelta(hours=page))]
        if page == 1:
            beside.append(await site.refers(MONDAY - timedelta(hours=page)))
        await house.sends([cssrs(course, at=MONDAY + timedelta(hours=9, minutes=page)) for course in courses])
        for course in (*beside, *courses):
            await house.is_recorded(course)

    found = await site.lists("/v1/courses", "course_id", the_clinic_goes_on)

    assert len(found) == len(set(found))
    assert [course for course in found if course in courses] == courses[::-1]


async def test_on_call_work_that_moves_is_read_whole_and_each_escalation_once(house: House, site: Site) -> None:
    """Meanwhile some are acknowledged and resolved, and others are opened."""
    courses = [await site.refers(MONDAY) for _ in range(COURSES)]
    await house.sends([cssrs(course, at=datetime.now(UTC) - timedelta(hours=2), items=HIGH_RISK) for course in courses])
    alarms = [f"{course}~suicide_risk~0~1" for course in courses]
    await has_recorded(house, alarms)

    async def the_night_goes_on(page: int) -> None:
        course = await site.refers(MONDAY)
        await house.sends([cssrs(course, at=datetime.now(UTC) - timedelta(hours=2), items=HIGH_RISK)])
        if page == 1:
            for alarm, act in ((alarms[0], "acknowledge"), (alarms[-1], "resolve")):
                order = {"by": "lind", "note": "They are safe"}
                assert (await house.admin.post(f"/v1/escalations/{alarm}/{act}", json=order)).is_success
        await has_recorded(house, [f"{course}~suicide_risk~0~1"])

    found = await site.lists("/v1/escalations", "id", the_night_goes_on)

    assert len(found) == len(set(found))
    assert set(found) >= set(alarms)


async def has_recorded(house: House, alarms: list[str]) -> None:
    for alarm in alarms:
        await house.is_called_for(alarm)


@pytest.mark.parametrize("path", ["/v1/courses", "/v1/escalations", "/v1/protocols"])
@pytest.mark.parametrize("cursor", ["%00", "a b", "../..", "x" * 300, "MARA-404", "MARA-404~suicide_risk~0~1"])
async def test_a_cursor_that_is_none_is_invalid(house: House, path: str, cursor: str) -> None:
    """An empty page would look like the end of the list."""
    answer = await house.admin.get(path, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"].endswith("/cursor")
