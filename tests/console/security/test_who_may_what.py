"""Each role on each route: what is theirs is answered, the rest is refused, and what is refused changes nothing."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest

from domain.access import TokenRole
from domain.events.clinic_events import ClinicEvent
from gateway.tokens import NewToken
from tests.support.cast import DESK, MONDAY, cssrs, hold, referral, resumption
from tests.support.cast import HAS_A_PLAN as HIGH_RISK
from tests.support.http_stack import House, on_the_wire
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

CLINIC, OPERATIONS, ONCALL, AUDITOR, ADMIN, WALL = TokenRole
EVERYBODY: Final = frozenset(TokenRole)
SEES_COURSES: Final = EVERYBODY - {WALL}
SEES_ESCALATIONS: Final = EVERYBODY - {CLINIC, WALL}
SEES_STAFF: Final = EVERYBODY - {CLINIC, WALL}
ACTS: Final = frozenset({ONCALL, OPERATIONS, ADMIN})

ROUTES: Final[Mapping[tuple[str, str], frozenset[TokenRole]]] = {
    ("get", "/v1/courses"): SEES_COURSES,
    ("get", "/v1/bookings"): SEES_COURSES,
    ("get", "/v1/courses/{course_id}"): SEES_COURSES,
    ("get", "/v1/courses/{course_id}/forecast"): SEES_STAFF,
    ("get", "/v1/courses/{course_id}/ledger"): frozenset({AUDITOR, ADMIN}),
    ("get", "/v1/escalations"): SEES_ESCALATIONS,
    ("get", "/v1/escalations/{escalation_id}"): SEES_ESCALATIONS,
    ("post", "/v1/escalations/{escalation_id}/acknowledge"): ACTS,
    ("post", "/v1/escalations/{escalation_id}/resolve"): ACTS,
    ("post", "/v1/escalations/{escalation_id}/snooze"): ACTS,
    ("post", "/v1/escalations/{escalation_id}/reassign"): ACTS,
    ("get", "/v1/oncall"): SEES_STAFF,
    ("get", "/v1/protocols"): SEES_COURSES,
    ("get", "/v1/protocols/{protocol_id}"): SEES_COURSES,
    ("post", "/v1/events"): frozenset({CLINIC, OPERATIONS, ADMIN}),
}
"""Who may what. Operations report some events only (see below), and act on what pages them (`test_one_sign_in.py`)."""

READINGS: Final = [
    path
    for method, path in ROUTES
    if method == "get" and path.startswith(("/v1/courses", "/v1/bookings", "/v1/escalations"))
]
"""What shows something of a course, or of many: the auditor sees who looked."""

OPEN: Final = {("get", "/healthz"), ("get", "/readyz"), ("get", "/metrics")}
"""What needs no token: it says nothing of any patient."""

STREAM: Final = ("get", "/v1/stream")
"""Never ends, so it is listened to elsewhere (`test_stream.py`)."""

ORDERS: Final[Mapping[str, dict[str, str]]] = {
    "acknowledge": {"by": "lind"},
    "resolve": {"by": "lind", "note": "Seen"},
    "snooze": {"by": "lind", "for": "PT1M", "note": "Busy"},
    "reassign": {"by": "lind", "to": "osei"},
}


@pytest.fixture(scope="module")
async def at_risk(house: House) -> str:
    """A course of the site bend with an escalation that is open: its id."""
    course = await house.has(Ward.prepared)
    await house.sends([cssrs(course, at=datetime.now(UTC), items=HIGH_RISK)])
    await house.is_recorded(course)
    return course


async def asks(client: httpx.AsyncClient, method: str, path: str, course: str) -> httpx.Response:
    """The route, about this course; what is sent is right but for who sends it."""
    named = path.format(course_id=course, escalation_id=f"{course}~suicide_risk~0~1", protocol_id="kap-im-weekly")
    body: Any = ORDERS.get(path.rpartition("/")[2]) or on_the_wire(hold(course, at=MONDAY))
    return await client.request(method, named, json=body if method == "post" else None)


async def test_the_table_has_a_row_for_every_route(house: House) -> None:
    """A new route needs a row before it is let in."""
    document = (await house.client().get("/openapi.json")).json()

    found = {(method, path) for path, methods in document["paths"].items() for method in methods}

    assert found == ROUTES.keys() | OPEN | {STREAM}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_only_a_token_that_holds_opens_a_route(house: House, at_risk: str, method: str, path: str) -> None:
    """None, an unknown one, one with another secret, a revoked one: each is told that it is no token."""
    revoked = await house.token(ADMIN)
    assert (await asks(house.client(revoked.token), "get", "/v1/protocols", at_risk)).status_code == 200
    await house.revokes(revoked)
    others = (None, "kap_00000000_nothing", house.admin_token[:-1] + "!", "rubbish", "kap__", revoked.token)

    for token in others:
        answer = await asks(house.client(token), method, path, at_risk)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), token
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_role_does_what_is_theirs_and_nothing_else(house: House, at_risk: str, method: str, path: str) -> None:
    """403 for every other role; and the course and its escalation are then as they were."""
    for role in EVERYBODY - ROUTES[method, path]:
        client = await house.caller(role)
        before = await house.state_of(at_risk)

        answer = await asks(client, method, path, at_risk)

        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), role
        assert await house.state_of(at_risk) == before
    if method == "get":
        for role in ROUTES[method, path]:
            assert (await asks(await house.caller(role), method, path, at_risk)).status_code == 200, role


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{course" in route[1] or "{esc" in route[1]])
async def test_another_sites_token_sees_and_moves_nothing_here(
    house: House, at_risk: str, method: str, path: str
) -> None:
    """A token that is bound to a site is of no use for a course of another one, in whatever role."""
    before = await house.state_of(at_risk)

    for role in ROUTES[method, path]:
        answer = await asks(await house.caller(role, site="cork"), method, path, at_risk)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), role

    assert await house.state_of(at_risk) == before


async def test_lists_hold_the_own_site_only(house: House, at_risk: str) -> None:
    """Of the fleet and of the on-call work; asking for another site is refused."""
    for path in ("/v1/courses", "/v1/escalations"):
        bend, cork = await house.caller(ADMIN, site="bend"), await house.caller(ADMIN, site="cork")
        ids = {item.get("course_id") for item in (await bend.get(path, params={"limit": 200})).json()["items"]}
        assert at_risk in ids
        assert (await cork.get(path)).json()["items"] == []
    clinic = await house.caller(CLINIC, site="cork")
    assert (await clinic.get("/v1/courses", params={"site": "bend"})).status_code == 403


async def test_a_clinic_reports_for_its_own_site_only(house: House, at_risk: str) -> None:
    """A referral says its site itself; in a batch each event is judged by itself."""
    cork = await house.caller(CLINIC, site="cork")
    events: list[ClinicEvent] = [
        referral(house.expects(), at=MONDAY, site="bend"),
        referral(house.expects(), at=MONDAY, site="cork"),
        hold(at_risk, at=MONDAY),
    ]
    batch = {"content-type": "application/cloudevents-batch+json"}

    sent = json.dumps([on_the_wire(event) for event in events])
    results = (await cork.post("/v1/events", content=sent, headers=batch)).json()["results"]

    assert [one["status"] for one in results] == [403, 201, 403]


async def test_operations_refer_book_hold_and_resume_and_report_nothing_else(house: House) -> None:
    """A referral, a booking, a hold and its end are theirs; what happens to a patient is the clinic's."""
    course = await house.has(Ward.prepared)
    operations = await house.caller(OPERATIONS)
    now = datetime.now(UTC)

    held = await operations.post("/v1/events", json=on_the_wire(hold(course, at=now)))
    resumed = await operations.post("/v1/events", json=on_the_wire(resumption(course, at=now, by=DESK)))
    referred = await operations.post("/v1/events", json=on_the_wire(referral(house.expects(), at=now)))
    refused = await operations.post("/v1/events", json=on_the_wire(cssrs(course, at=now, items=HIGH_RISK)))

    assert (held.status_code, held.json()["held"]) == (200, True)
    assert (resumed.status_code, resumed.json()["held"]) == (200, False)
    assert referred.status_code == 201, referred.text
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_on_call_staff_see_the_courses_behind_escalations_only(house: House, at_risk: str) -> None:
    """Of another course they learn nothing."""
    calm = await house.has(Ward.referred)
    await house.is_recorded(calm)
    nurse = await house.caller(ONCALL)

    listed = {item["course_id"] for item in (await nurse.get("/v1/courses", params={"limit": 200})).json()["items"]}

    assert at_risk in listed
    assert calm not in listed
    assert (await nurse.get(f"/v1/courses/{calm}")).status_code == 403
    assert (await nurse.get(f"/v1/courses/{at_risk}")).status_code == 200


async def test_every_read_of_a_course_is_kept(house: House, at_risk: str) -> None:
    """Who, what, when, in which request; a read that was refused is none."""
    auditor = await house.caller(AUDITOR)
    clinic = await house.caller(CLINIC, site="cork")
    for path in ("", "/ledger"):
        await auditor.get(f"/v1/courses/{at_risk}{path}", headers={"X-Request-Id": f"audit{len(path)}"})
        await clinic.get(f"/v1/courses/{at_risk}{path}", headers={"X-Request-Id": "nosy"})

    reads = await house.reads_of(at_risk, frozenset({"audit0", "audit7"}))

    assert {(one.what, one.request_id, one.role) for one in reads if one.role == AUDITOR} >= {
        ("course", "audit0", AUDITOR),
        ("ledger", "audit7", AUDITOR),
    }
    assert "nosy" not in {one.request_id for one in reads}


@pytest.mark.parametrize("path", READINGS)
async def test_each_reading_leaves_exactly_its_row(house: House, at_risk: str, path: str) -> None:
    """Whoever may read it: one row with token, name and role, the moment and the request; of a list, no course."""
    before, kept = datetime.now(UTC), dict[str, NewToken]()
    for role in ROUTES["get", path]:
        token = await house.token(role)
        answer = await asks(house.client(token.token), "get", path, at_risk)
        kept[answer.headers["x-request-id"]] = token

    reads = await house.readings(frozenset(kept))

    assert sorted(read.request_id for read in reads) == sorted(kept)
    for read in reads:
        token = kept[read.request_id]
        assert (read.token_id, read.name, read.role) == (token.id, token.name, token.role)
        assert read.course_id == (at_risk if "{" in path else None)
        assert before <= read.at <= datetime.now(UTC)
    assert len({read.what for read in reads}) == 1


async def test_the_escalations_of_one_course_are_a_reading_of_it(house: House, at_risk: str) -> None:
    """A list that names one course shows that course's."""
    nurse = await house.caller(ONCALL)

    answer = await nurse.get("/v1/escalations", params={"course_id": at_risk})

    reads = await house.readings(frozenset({answer.headers["x-request-id"]}))
    assert [(read.what, read.course_id) for read in reads] == [("escalations", at_risk)]
