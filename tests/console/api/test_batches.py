"""A batch of events: each is answered on its own, in the order in which it came."""

import json
from datetime import timedelta
from typing import Any, Final

import pytest

from domain.access import TokenRole
from tests.support.cast import MONDAY, clearance, cssrs, referral
from tests.support.http_stack import House, on_the_wire

pytestmark = pytest.mark.xdist_group("console")

BATCHED: Final = {"Content-Type": "application/cloudevents-batch+json"}


async def test_each_event_of_a_batch_is_answered_on_its_own_and_in_order(house: House) -> None:
    """What is wrong with one keeps none behind it from being accepted; what one starts, the next may move."""
    clinic = await house.caller(TokenRole.CLINIC, site="bend")
    course, elsewhere = house.expects(), house.expects()
    first = on_the_wire(referral(course, at=MONDAY))
    screen = on_the_wire(cssrs(course, at=MONDAY + timedelta(hours=1)))
    events: list[tuple[Any, int, str | None]] = [
        (first, 201, None),
        (first, 200, None),
        ({**first, "data": {**first["data"], "note": "changed"}}, 409, "event_id_reused"),
        (on_the_wire(clearance(course, 1, at=MONDAY)), 409, "blocked"),
        ({**screen, "type": "kap.patient.danced"}, 400, "malformed"),
        ("no event", 400, "malformed"),
        ({**screen, "data": {**screen["data"], "items": [7]}}, 422, "invalid"),
        ({**screen, "subject": "NOBODY-1"}, 404, "unknown_course"),
        (on_the_wire(referral(elsewhere, at=MONDAY, site="salem")), 403, "forbidden"),
        (screen, 200, None),
        (screen, 200, None),
    ]

    answer = await clinic.post("/v1/events", content=json.dumps([event for event, _, _ in events]), headers=BATCHED)

    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [(one["status"], one["body"].get("code")) for one in results] == [
        (status, code) for _, status, code in events
    ]
    assert [place for place, one in enumerate(results) if one.get("replayed")] == [1, 10]
    assert results[0]["body"] == results[1]["body"]
    assert results[9]["body"] == results[10]["body"]
    assert (await house.admin.get(f"/v1/courses/{elsewhere}")).status_code == 404


async def test_a_batch_may_be_of_several_courses_and_of_none(house: House) -> None:
    """Of different sites too, for a token that is bound to none; an empty one is answered as empty."""
    clinic = await house.caller(TokenRole.CLINIC)
    courses = [house.expects() for _ in range(3)]
    events = [
        on_the_wire(referral(course, at=MONDAY, site=site))
        for course, site in zip(courses, ("bend", "salem", "bend"), strict=True)
    ]

    answer = await clinic.post("/v1/events", content=json.dumps(events), headers=BATCHED)
    empty = await clinic.post("/v1/events", content="[]", headers=BATCHED)

    assert [(one["status"], one["body"]["course_id"]) for one in answer.json()["results"]] == [
        (201, course) for course in courses
    ]
    assert (empty.status_code, empty.json()) == (200, {"results": []})
