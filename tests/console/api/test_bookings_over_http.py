"""Bookings over HTTP: who comes when, to which room and whom, and what is booked twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.access import TokenRole
from tests.support.cast import HAS_A_PLAN, cancellation, cssrs, hours, rebooking
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.rooms import booked, day_of_its_own, others

pytestmark = pytest.mark.xdist_group("console")

TEAM = others(prescriber="okoro", monitor="mbeki", therapist="tanaka")


def of_the_day(nine: datetime, **narrowed: Any) -> dict[str, Any]:
    return {"from": nine.isoformat(), "until": (nine + hours(12)).isoformat(), **narrowed}


async def listed(house: House, nine: datetime, **narrowed: Any) -> list[dict[str, Any]]:
    answer = await house.admin.get("/v1/bookings", params=of_the_day(nine, **narrowed))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_day_is_listed_with_what_is_booked_twice(house: House) -> None:
    """Two in one room, two with the same people, and one by itself: nothing was refused."""
    nine = day_of_its_own()
    first = await booked(house, nine)
    in_its_room = await booked(house, nine + hours(1), room="Oak ", staff=TEAM)
    with_its_people = await booked(house, nine + hours(2), room="willow")
    by_itself = await booked(house, nine + hours(6), room="willow")

    found = await listed(house, nine)

    assert [one["course_id"] for one in found] == [first, in_its_room, with_its_people, by_itself]
    assert [one["double_booked"] for one in found] == [
        [
            {"course_id": in_its_room, "session": 1, "room": "oak", "people": []},
            {"course_id": with_its_people, "session": 1, "room": None, "people": ["osei", "lind", "thorne"]},
        ],
        [{"course_id": first, "session": 1, "room": "Oak ", "people": []}],
        [{"course_id": first, "session": 1, "room": None, "people": ["osei", "lind", "thorne"]}],
        [],
    ]
    assert found[0] | {"double_booked": []} == {
        "course_id": first,
        "site": "bend",
        "session": 1,
        "stage": "booked",
        "starts_at": nine.isoformat().replace("+00:00", "Z"),
        "ends_at": (nine + timedelta(minutes=150)).isoformat().replace("+00:00", "Z"),
        "is_here": False,
        "is_off": False,
        "room": "oak",
        "staff": [
            {"id": "osei", "role": "prescriber"},
            {"id": "lind", "role": "monitor"},
            {"id": "thorne", "role": "therapist"},
        ],
        "group": None,
        "double_booked": [],
    }


async def test_it_is_narrowed_by_room_and_by_person(house: House) -> None:
    """What it clashes with is said all the same."""
    nine = day_of_its_own()
    first, second = await booked(house, nine), await booked(house, nine, room="willow", staff=TEAM)
    third = await booked(house, nine + hours(1), room="willow")

    assert [one["course_id"] for one in await listed(house, nine, room="OAK")] == [first]
    assert [one["course_id"] for one in await listed(house, nine, person="tanaka")] == [second]
    (of_oak,) = await listed(house, nine, room="oak")
    assert [one["course_id"] for one in of_oak["double_booked"]] == [third]
    assert await listed(house, nine, site="cork") == []


async def test_what_was_moved_or_canceled_is_where_it_is_now(house: House) -> None:
    """A canceled one takes nothing, and is told to whoever asks for it."""
    nine = day_of_its_own()
    moved, canceled = await booked(house, nine), await booked(house, nine)
    now = datetime.now(UTC)
    await house.sends([rebooking(moved, 1, at=now, starts_at=nine + hours(5)), cancellation(canceled, 1, at=now)])
    for course in (moved, canceled):
        await house.is_recorded(course)

    (found,) = await listed(house, nine)
    both = await listed(house, nine, off="true")

    assert (found["course_id"], found["double_booked"]) == (moved, [])
    assert datetime.fromisoformat(found["starts_at"]) == nine + hours(5)
    assert [(one["course_id"], one["stage"], one["is_off"]) for one in both] == [
        (canceled, "canceled", True),
        (moved, "booked", False),
    ]


async def test_it_is_read_page_by_page(house: House) -> None:
    """Each once, in order; and two that start at once in that of their ids."""
    nine = day_of_its_own()
    courses = [await booked(house, nine + hours(number // 2)) for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while not seen or cursor:
        asked = of_the_day(nine, limit=2, **({"cursor": cursor} if cursor else {}))
        page = (await house.admin.get("/v1/bookings", params=asked)).json()
        seen += [one["course_id"] for one in page["items"]]
        cursor = page["next"]

    assert seen == [*sorted(courses[:2]), *sorted(courses[2:4]), courses[4]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2026-01-05T09:00:00Z", "until": "2026-01-05T09:00:00Z"},
        {"from": "2026-01-05T09:00:00Z", "until": "2026-04-15T09:00:01Z"},
        {"from": "yesterday"},
        {"cursor": "no~cursor"},
        {"cursor": "2026-01-05T09:00:00Z~MARA-1~first"},
    ],
    ids=["nothing", "too long", "no moment", "no cursor", "no session"],
)
async def test_a_span_or_a_cursor_that_is_none_is_said_to_be_none(house: House, wrong: dict[str, str]) -> None:
    """422, with the parameter; an empty list would look like a free day."""
    answer = await house.admin.get("/v1/bookings", params=wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"].startswith("/query/")


async def test_who_may_see_a_course_may_see_its_bookings(house: House) -> None:
    """Its site's, or of on-call staff what is behind an escalation; a wall none."""
    nine = day_of_its_own()
    calm, called_for = await booked(house, nine), await booked(house, nine)
    await house.sends([cssrs(called_for, at=datetime.now(UTC), items=HAS_A_PLAN)])
    await house.is_called_for(f"{called_for}~suicide_risk~0~1")
    nurse, cork = await house.caller(TokenRole.ONCALL), await house.caller(TokenRole.CLINIC, "cork")
    wall = await house.caller(TokenRole.WALL)

    of_the_nurse = (await nurse.get("/v1/bookings", params=of_the_day(nine))).json()["items"]

    assert [(one["course_id"], one["double_booked"]) for one in of_the_nurse] == [(called_for, [])]
    assert {one["course_id"] for one in await listed(house, nine)} == {calm, called_for}
    assert (await cork.get("/v1/bookings", params=of_the_day(nine))).json()["items"] == []
    assert (await cork.get("/v1/bookings", params={"site": "bend"})).status_code == 403
    assert (await wall.get("/v1/bookings")).status_code == 403


async def test_without_a_span_it_is_from_now_on(house: House) -> None:
    """For a day: the next one to come is on it, and whoever is due in forty is not."""
    soon, late = await booked(house, datetime.now(UTC) + hours(2), room="elm"), await booked(house, day_of_its_own())

    async def is_there() -> bool:
        found = (await house.admin.get("/v1/bookings", params={"room": "elm"})).json()["items"]
        return [one["course_id"] for one in found] == [soon]

    assert await eventually(is_there)
    assert late not in (await house.admin.get("/v1/bookings", params={"limit": 200})).text
