"""Whoever is signed in as one person is not asked who they are; a screen on the wall shows the floor and no more."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from domain.access import Grant, TokenRole
from domain.values import Role
from tests.support.cast import HAS_A_PLAN, cssrs, hold, vitals
from tests.support.eventually import WITHIN
from tests.support.form_filling import filled_in
from tests.support.http_stack import House
from tests.support.page_text import words_of
from tests.support.stream_listener import listens
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("frame")

CLINIC, ONCALL, WALL = TokenRole.CLINIC, TokenRole.ONCALL, TokenRole.WALL


async def signs_in(house: House, *roles: TokenRole, screen: str = "personal", **more: Any) -> httpx.AsyncClient:
    client = house.client()
    token = await house.granted(Grant(roles=roles, **more), "a phone")
    assert (await client.post("/sign-in", data={"token": token.token, "screen": screen})).status_code == 303
    return client


def key_of(page: httpx.Response) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', page.text)
    assert found
    return found[1]


async def at_risk(house: House) -> tuple[str, str]:
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_recorded(course)
    return course, f"{course}~suicide_risk~0~1"


async def test_a_nurse_records_without_saying_who_they_are(house: House) -> None:
    """The form shows them, asks neither person nor role, and sends nobody else's name."""
    course = await house.has(Ward.dosed)
    nurse = await signs_in(house, CLINIC, speaks_as=(Role.MONITOR,), person="lind")
    reading = vitals(course, 1, at=datetime.now(UTC))
    path = f"/courses/{course}/record/vitals.recorded"

    form = await nurse.get(path)
    said = [one for one in filled_in(reading) if one[0] not in {"/time", "/data/actor/id", "/data/actor/role"}]
    forged = [("/data/actor/id", "osei"), ("/data/actor/role", "prescriber")]
    sent = await nurse.post(path, data=dict([*said, *forged, ("form_key", key_of(form))]))

    assert "Duty nurse Lind, monitor" in words_of(form)
    assert 'name="/data/actor/' not in form.text
    assert sent.status_code == 303, words_of(sent)
    await house.is_recorded(course)
    newest = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()[-1]
    assert newest["actor"] == {"id": "lind", "role": "monitor"}
    assert newest["sent_by"]["person"] == "lind"


async def test_a_form_offers_the_roles_only_that_its_token_speaks_for(house: House) -> None:
    """And refuses another all the same, in a sentence, also at a screen on the wall; what was entered stays."""
    course = await house.has(Ward.prepared)
    desk = await signs_in(house, TokenRole.OPERATIONS, screen="wall")
    path = f"/courses/{course}/record/course.held"

    form = await desk.get(path)
    held = [one for one in filled_in(hold(course, at=datetime.now(UTC))) if one[0] != "/time"]
    said = {**dict(held), "/data/actor/role": "prescriber", "form_key": key_of(form)}
    sent = await desk.post(path, data=said)

    roles = re.search(r'name="/data/actor/role".*?</select>', form.text, re.DOTALL)
    assert roles
    assert re.findall(r'<option value="(\w+)"', roles[0]) == ["coordinator"]
    assert sent.status_code == 403
    assert "This token speaks as coordinator, not as prescriber" in words_of(sent)
    assert "A family matter" in sent.text


async def test_a_nurse_acknowledges_as_themselves(house: House) -> None:
    """There is no list of people to choose from, and no other name is taken."""
    _, escalation = await at_risk(house)
    nurse = await signs_in(house, CLINIC, ONCALL, person="lind")
    path = f"/escalations/{escalation}"

    page = await nurse.get(path)
    sent = await nurse.post(f"{path}/acknowledge", data={"by": "osei", "form_key": key_of(page)})

    assert "Duty nurse Lind" in words_of(page)
    assert 'name="by"' not in page.text
    assert sent.status_code == 303, words_of(sent)
    assert (await house.admin.get(f"/v1{path}")).json()["acknowledged_by"] == "lind"


async def test_a_shared_token_offers_those_it_may_act_for(house: House) -> None:
    """The nurses' own: no prescriber is on their list, and none is taken."""
    _, escalation = await at_risk(house)
    nurses = await signs_in(house, ONCALL, speaks_as=(Role.MONITOR,))
    path = f"/escalations/{escalation}"

    page = await nurses.get(path)
    sent = await nurses.post(f"{path}/acknowledge", data={"by": "osei", "form_key": key_of(page)})

    chosen = re.search(r'name="by" required>.*?</select>', page.text, re.DOTALL)
    assert chosen
    assert re.findall(r'<option value="(\w+)"', chosen[0]) == ["lind"]
    assert (sent.status_code, "osei is on call as prescriber" in words_of(sent)) == (403, True)


async def test_a_wall_shows_the_floor_of_its_site_and_leads_nowhere(house: House) -> None:
    """What needs a human and where each course is; no link, no form but the search and its own menu."""
    course, _ = await at_risk(house)
    wall, cork = await signs_in(house, WALL, site="bend"), await signs_in(house, WALL, site="cork")

    floor, elsewhere = await wall.get("/", params={"q": course}), await cork.get("/", params={"q": course})

    assert f'id="card-{course}"' in floor.text
    assert re.search(r'id="need-\S+"', floor.text)
    assert not re.findall(r'href="/(courses|escalations|sessions|refer|oncall)', floor.text)
    assert set(re.findall(r'<form[^>]* action="([^"]+)"', floor.text)) == {"/", "/theme", "/sign-out"}
    assert f'id="card-{course}"' not in elsewhere.text
    for path in (f"/courses/{course}", "/sessions", "/escalations", f"/courses/{course}/record/course.held"):
        assert (await wall.get(path)).status_code == 403, path
    assert (await cork.get("/", params={"site": "bend"})).status_code == 403


async def test_a_wall_is_told_that_something_changed_and_not_what(house: House) -> None:
    """Its page fetches itself anew; a reading, a note or a name never comes to it."""
    course = await house.has(Ward.prepared)
    token = await house.granted(Grant(roles=(WALL,), site="bend"))
    async with listens(house.client(token.token), path="/live") as ear:
        await house.sends([cssrs(course, at=datetime.now(UTC), items=HAS_A_PLAN)])
        async with asyncio.timeout(WITHIN.total_seconds()):
            heard = await ear.hears(lambda one: one.kind == "escalation")

    assert [one.data for one in heard if one.id is not None and one.data] == []
