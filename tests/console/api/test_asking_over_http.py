"""A clinic's system asks before it records: `dry_run` decides as the course stands, and leaves nothing behind."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from domain.access import TokenRole
from domain.events.clinic_events import ClinicEvent
from tests.support.cast import (
    LIND,
    MONDAY,
    clearance,
    dose,
    integration,
    migration,
    plan,
    referral,
    screening,
    vitals,
)
from tests.support.http_stack import House, on_the_wire
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

DRY = {"dry_run": "true"}


async def asks(client: httpx.AsyncClient, event: ClinicEvent) -> httpx.Response:
    return await client.post("/v1/events", params=DRY, json=on_the_wire(event))


async def sends(client: httpx.AsyncClient, event: ClinicEvent) -> httpx.Response:
    return await client.post("/v1/events", json=on_the_wire(event))


async def view_of(house: House, course: str) -> dict[str, Any]:
    found: dict[str, Any] = (await house.admin.get(f"/v1/courses/{course}")).json()
    return found


async def test_what_would_be_accepted_is_answered_as_it_would_be_and_nothing_is_recorded(house: House) -> None:
    """The same status and body, without a place in the ledger; the verdict is given, and nobody is called."""
    course = await house.has(Ward.dosed)
    before = await house.state_of(course)
    reading = vitals(course, 1, at=datetime.now(UTC), spo2=84)

    asked = await asks(house.admin, reading)

    assert await house.state_of(course) == before
    sent = await sends(house.admin, reading)
    said, told = sent.json(), asked.json()
    assert asked.status_code == sent.status_code == 200
    assert said.pop("sequence") > 0
    assert told.pop("dry_run") is True
    assert [one["code"] for one in told.pop("blockers")] == [one["code"] for one in said.pop("blockers")]
    assert told == said
    assert told["verdict"]["severity"] == "emergency"
    assert "idempotent-replayed" not in asked.headers


async def test_a_fact_that_would_deviate_is_blocked_and_when_it_is_recorded_those_are_its_deviations(
    house: House,
) -> None:
    """So a system asks before the dose; once it was given all the same, it is taken."""
    course = await house.has(Ward.checked_in)
    before = await house.state_of(course)
    given = dose(course, 1, at=datetime.now(UTC), mg=400)

    asked = await asks(house.admin, given)

    assert (asked.status_code, asked.json()["code"]) == (409, "blocked")
    assert await house.state_of(course) == before
    assert asked.json()["next"] == (await view_of(house, course))["next"]
    sent = await sends(house.admin, given)
    assert sent.status_code == 200
    codes = [one["code"] for one in asked.json()["blockers"]]
    assert codes == [one["code"] for one in sent.json()["deviations"]]
    assert "session.not_cleared" in codes
    (told,) = (await view_of(house, course))["deviations"]
    assert (told["type"], told["event_id"], told["session"]) == ("kap.dose.administered", given.id, 1)
    assert told["deviations"] == sent.json()["deviations"]


async def test_an_act_that_the_protocol_does_not_allow_is_refused_in_the_same_words(house: House) -> None:
    """Asked or sent, the answer is the same problem."""
    course = await house.has(Ward.checked_in)
    cleared = clearance(course, 1, at=datetime.now(UTC), by=LIND)

    asked, sent = await asks(house.admin, cleared), await sends(house.admin, cleared)

    assert asked.status_code == sent.status_code == 409
    assert asked.json()["blockers"] == sent.json()["blockers"]
    assert asked.json()["next"] == sent.json()["next"]


async def test_an_accepted_event_gets_its_first_answer(house: House) -> None:
    """Also one that deviated, and a referral: what was accepted is not asked about any more."""
    course = await house.has(Ward.checked_in)
    given = dose(course, 1, at=datetime.now(UTC), mg=400)
    first = await sends(house.admin, given)

    again = await asks(house.admin, given)

    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert again.json() == first.json()


async def test_the_same_id_with_other_content_is_told_so(house: House) -> None:
    """`event_id_reused`, before anything is sent."""
    course = await house.has(Ward.checked_in)
    given = dose(course, 1, at=datetime.now(UTC), mg=40)
    await sends(house.admin, given)

    asked = await asks(house.admin, dose(course, 1, at=given.time, mg=41).but(id=given.id))

    assert (asked.status_code, asked.json()["code"]) == (409, "event_id_reused")


async def test_a_referral_that_is_only_asked_about_starts_nothing(house: House) -> None:
    """201 as it would be, and still no course; then it is referred, asked about again, and there is one."""
    course = house.expects()
    event = referral(course, at=MONDAY)

    asked = await asks(house.admin, event)

    assert (asked.status_code, asked.json()["phase"], asked.json()["dry_run"]) == (201, "screening", True)
    assert "sequence" not in asked.json()
    assert (await house.admin.get(f"/v1/courses/{course}")).status_code == 404
    first = await sends(house.admin, event)
    again, other = await asks(house.admin, event), await asks(house.admin, event.but(id="another"))
    assert first.status_code == 201
    assert (again.status_code, again.json()) == (200, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "course_exists")


async def test_a_referral_that_would_be_refused_is_told_so(house: House) -> None:
    """By the same field as it would be when it is sent."""
    event = referral(house.expects(), at=MONDAY, protocol="no-such")

    asked = await asks(house.admin, event)

    assert (asked.status_code, asked.json()["errors"][0]["pointer"]) == (422, "/data/protocol")


async def test_a_course_that_nobody_knows_cannot_be_asked(house: House) -> None:
    """404, as for an event that is sent."""
    asked = await asks(house.admin, screening(house.expects(), at=MONDAY))

    assert (asked.status_code, asked.json()["code"]) == (404, "unknown_course")


async def test_a_migration_is_asked_about_as_it_would_be_decided(house: House) -> None:
    """The version that is offered goes with the question."""
    course = await house.has(Ward.prepared)

    asked = await asks(house.admin, migration(course, at=datetime.now(UTC), to_version="9.9.9"))

    assert asked.status_code == 409
    assert "protocol.version_unknown" in [one["code"] for one in asked.json()["blockers"]]


async def test_each_event_of_a_batch_is_decided_on_the_course_as_it_stands(house: House) -> None:
    """Nothing of what stands before it in the batch has happened."""
    course = await house.has(Ward.checked_in)
    now = datetime.now(UTC)
    before = await house.state_of(course)
    batch: list[ClinicEvent] = [
        vitals(course, 1, at=now),
        clearance(course, 1, at=now),
        dose(course, 1, at=now),
        referral(house.expects(), at=MONDAY),
        integration(house.expects(), 1, at=MONDAY),
    ]

    answered = await house.admin.post(
        "/v1/events",
        params=DRY,
        content=json.dumps([on_the_wire(event) for event in batch]),
        headers={"Content-Type": "application/cloudevents-batch+json"},
    )

    results = answered.json()["results"]
    assert answered.status_code == 200
    assert [result["status"] for result in results] == [200, 409, 409, 201, 404]
    assert [result["body"].get("dry_run") for result in results] == [True, None, None, True, None]
    assert "vitals.missing" in [one["code"] for one in results[1]["body"]["blockers"]]
    assert await house.state_of(course) == before


async def test_binary_mode_is_asked_likewise(house: House) -> None:
    """The attributes in the head, the data alone in the body."""
    course = await house.has(Ward.checked_in)
    event = on_the_wire(vitals(course, 1, at=datetime.now(UTC)))
    data = event.pop("data")
    event.pop("datacontenttype", None)

    asked = await house.admin.post(
        "/v1/events",
        params=DRY,
        content=json.dumps(data),
        headers={"Content-Type": "application/json", **{f"ce-{name}": quote(value) for name, value in event.items()}},
    )

    assert (asked.status_code, asked.json()["dry_run"]) == (200, True)


async def test_who_may_not_report_an_event_may_not_ask_about_it(house: House) -> None:
    """By role and by site."""
    course = await house.has(Ward.checked_in)
    operations = await house.caller(TokenRole.OPERATIONS)
    elsewhere = await house.caller(TokenRole.CLINIC, site="elsewhere")
    reading = vitals(course, 1, at=datetime.now(UTC))

    for client in (operations, elsewhere):
        assert (await asks(client, reading)).status_code == 403


async def test_many_may_ask_at_once_while_one_is_recorded(house: House) -> None:
    """Questions take no turn from the record: each is answered by what stands when it is asked."""
    course = await house.has(Ward.dosed)
    reading = vitals(course, 1, at=datetime.now(UTC))

    told = await asyncio.gather(*(asks(house.admin, reading) for _ in range(20)), sends(house.admin, reading))

    assert {answer.status_code for answer in told} == {200}
    assert len((await view_of(house, course))["sessions"][0]["readings"]) >= 1


@pytest.mark.parametrize("said", ["perhaps", "2"])
async def test_dry_run_is_true_or_false(house: House, said: str) -> None:
    """Anything else is refused and nothing is recorded."""
    course = await house.has(Ward.prepared)
    before = await house.state_of(course)

    answered = await house.admin.post(
        "/v1/events", params={"dry_run": said}, json=on_the_wire(plan(course, at=datetime.now(UTC)))
    )

    assert (answered.status_code, answered.json()["code"]) == (422, "invalid")
    assert await house.state_of(course) == before
