"""The clinic's software reports events over HTTP, and is told at once what the protocol says."""

from datetime import UTC, datetime

import pytest

from domain.access import TokenRole
from tests.support.cast import LIND, MONDAY, WEEKLY, clearance, dose, referral
from tests.support.http_stack import House, on_the_wire
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")


async def test_a_referral_starts_a_course_and_its_copy_changes_nothing(house: House) -> None:
    """201 once; sent again 200 with the first answer, marked as a replay."""
    clinic = await house.caller(TokenRole.CLINIC)
    event = on_the_wire(referral(house.expects(), at=MONDAY))

    first = await clinic.post("/v1/events", json=event)
    again = await clinic.post("/v1/events", json=event)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert first.json()["phase"] == "screening"


async def test_a_refusal_says_why_and_what_may_come(house: House) -> None:
    """A clearance without vitals is a problem of code `blocked`, with its blockers; the course is as it was."""
    course = await house.has(Ward.checked_in)
    before = (await house.admin.get(f"/v1/courses/{course}")).json()

    refused = await house.admin.post("/v1/events", json=on_the_wire(clearance(course, 1, at=datetime.now(UTC))))

    problem = refused.json()
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert problem["code"] == "blocked"
    assert "vitals.missing" in {blocker["code"] for blocker in problem["blockers"]}
    assert problem["next"] == before["next"]
    assert (await house.admin.get(f"/v1/courses/{course}")).json()["sequence"] == before["sequence"]


async def test_a_fact_is_accepted_and_says_what_the_protocol_has_against_it(house: House) -> None:
    """A dose before the clearance: its deviations, somebody called, and the patient watched from then on."""
    course = await house.has(Ward.checked_in)

    answer = (await house.admin.post("/v1/events", json=on_the_wire(dose(course, 1, at=datetime.now(UTC))))).json()

    assert "session.not_cleared" in {deviation["code"] for deviation in answer["deviations"]}
    assert answer["session"] == {"number": 1, "stage": "dosed"}
    assert answer["escalations"] == [f"{course}~protocol_deviation~1~1"]
    shown = (await house.admin.get(f"/v1/courses/{course}")).json()
    assert "checkpoint" in {deadline["kind"] for deadline in shown["deadlines"]}
    await house.is_recorded(course)
    ledger = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    [deviation] = [entry for entry in ledger if entry["type"] == "kap.deviation.recorded"]
    assert (deviation["data"]["event_id"], deviation["data"]["session"]) == (answer["event_id"], 1)


async def test_who_may_not_report_an_event_is_told_so_as_a_blocker(house: House) -> None:
    """A monitor who clears a session: `actor.role_not_allowed`, whatever else stands in the way."""
    course = await house.has(Ward.referred)

    refused = await house.admin.post("/v1/events", json=on_the_wire(clearance(course, 1, at=MONDAY, by=LIND)))

    assert (refused.status_code, refused.json()["code"]) == (409, "blocked")
    assert "actor.role_not_allowed" in {blocker["code"] for blocker in refused.json()["blockers"]}


async def test_the_ledger_names_the_request(house: House) -> None:
    """What the caller calls their request is told in the answer's head and stands in the ledger's entry."""
    course = house.expects()
    event = on_the_wire(referral(course, at=MONDAY, protocol=WEEKLY.id))

    answer = await house.admin.post("/v1/events", json=event, headers={"X-Request-Id": "ward-42"})

    await house.is_recorded(course)
    entries = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    assert answer.headers["x-request-id"] == "ward-42"
    assert entries[0]["request_id"] == "ward-42"
