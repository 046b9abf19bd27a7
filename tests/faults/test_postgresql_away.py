"""PostgreSQL is away for a while: the clinic's work goes on over HTTP, alarms page, and the record catches up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest

from domain.access import TokenRole
from domain.values import CourseId
from gateway.tokens import NewToken
from records.access import CourseRead
from tests.support.cast import referral, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House, on_the_wire
from tests.support.running_stack import Received
from tests.support.stream_listener import Heard, listens
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("outages")

NEEDS_IT: Final = ("the fleet", "the on-call work", "the ledger", "a token never shown before", "a referral")
NEEDS_IT_NOT: Final = ("a reading", "one course", "an escalation", "acknowledging", "the protocols", "being alive")


@dataclass(frozen=True)
class Night:
    """A dosed patient's reading that is an emergency: what was answered, paged and heard, and what came after."""

    house: House
    course: CourseId
    clinic: NewToken
    reading: dict[str, Any]
    told: Mapping[str, httpx.Response]
    page: Received
    heard_of_the_outage: Heard
    heard_of_the_return: Heard
    heard_afterwards: Heard
    reads: list[CourseRead]


def says(reachable: bool) -> Any:
    return lambda heard: heard.kind == "record_store" and heard.data == {"reachable": reachable}


@pytest.fixture(scope="module")
async def night(house: House) -> Night:
    clinic, stranger = await house.token(TokenRole.CLINIC), await house.token(TokenRole.AUDITOR)
    desk, told = house.client(clinic.token), dict[str, httpx.Response]()
    course = await house.has(Ward.dosed)
    before = await house.is_recorded(course)
    assert (await desk.get(f"/v1/courses/{course}")).is_success
    reading = on_the_wire(vitals(course, 1, at=datetime.now(UTC), spo2=84))
    escalation = f"/v1/escalations/{course}~vitals_emergency~1~1"

    async def paged() -> Received | None:
        return next(iter(house.inbox.of(course)), None)

    async with listens(house.admin) as ear, asyncio.timeout(240):
        async with house.floor.without("postgres"):
            *_, away = await ear.hears(says(reachable=False))
            told["a reading"] = await desk.post("/v1/events", json=reading)
            page = await eventually(paged)
            told["an escalation"] = await house.admin.get(escalation)
            told["a referral"] = await desk.post(
                "/v1/events", json=on_the_wire(referral(f"{course}-anew", at=datetime.now(UTC)))
            )
            told["acknowledging"] = await house.admin.post(f"{escalation}/acknowledge", json={"by": "lind"})
            one_course = {"X-Request-Id": "while-it-was-away"}
            told["one course"] = await desk.get(f"/v1/courses/{course}", headers=one_course)
            told["the fleet"] = await house.admin.get("/v1/courses")
            told["the on-call work"] = await house.admin.get("/v1/escalations")
            told["the ledger"] = await house.admin.get(f"/v1/courses/{course}/ledger")
            told["the protocols"] = await house.admin.get("/v1/protocols")
            told["a token never shown before"] = await house.client(stranger.token).get("/v1/protocols")
            told["being alive"] = await house.client().get("/healthz")
            told["being ready"] = await house.client().get("/readyz")
            told["the metrics"] = await house.client().get("/metrics")
        *_, back = await ear.hears(says(reachable=True))
        *_, news = await ear.hears(
            lambda heard: (
                heard.kind == "course"
                and heard.data["course_id"] == course
                and heard.data["sequence"] > before["sequence"]
            )
        )
    reads = await house.reads_of(course, frozenset({"while-it-was-away"}))
    return Night(house, course, clinic, reading, told, page, away, back, news, reads)


@pytest.mark.parametrize("what", NEEDS_IT_NOT)
async def test_what_a_course_decides_does_not_wait_for_postgresql(night: Night, what: str) -> None:
    """Events, one course, one escalation and acting on it are Temporal's; a token seen before still opens."""
    assert night.told[what].status_code == 200


@pytest.mark.parametrize("what", NEEDS_IT)
async def test_what_is_postgresqls_is_unavailable_for_a_while(night: Night, what: str) -> None:
    """503 `unavailable`, and when to come again: for lists, for a token of which nobody can tell whose it is, and for a
    referral, whose id may be that of a course which Temporal has long forgotten.
    """
    answer = night.told[what]

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_reading_is_judged_and_pages(night: Night) -> None:
    """The verdict is in the answer, the nurse is woken, and they have it."""
    judged = night.told["a reading"].json()

    assert judged["verdict"]["severity"] == "emergency"
    assert judged["escalations"] == [f"{night.course}~vitals_emergency~1~1"]
    assert night.page.title.startswith("EMERGENCY")
    assert night.told["acknowledging"].json()["acknowledged_by"] == "lind"


async def test_readiness_names_what_is_away(night: Night) -> None:
    """503: the record store, and with it the watch, which goes by it; Temporal and its workers are there."""
    answer = night.told["being ready"]

    assert answer.status_code == 503
    assert answer.json() == {"temporal": True, "record_store": False, "worker": True, "watch": False}


async def test_metrics_are_told_without_postgresql(night: Night) -> None:
    """That it is away, what waits for it, and the console's own numbers; nothing that only it would know."""
    metrics = night.told["the metrics"]

    assert metrics.status_code == 200
    assert "kapstan_record_store_up 0.0" in metrics.text
    assert 'kapstan_http_requests_total{method="POST",route="/v1/events",status="200"}' in metrics.text
    assert 'kapstan_courses{phase="medicine"}' not in metrics.text
    waiting = next(line for line in metrics.text.splitlines() if line.startswith("kapstan_reads_waiting "))
    assert float(waiting.split()[1]) >= 1


async def test_a_listener_is_told_that_a_quiet_stream_is_no_quiet_night(night: Night) -> None:
    """Their stream stays open, says when it can tell nothing and when it can again, and then tells what they missed."""
    assert night.heard_of_the_outage.id is None
    assert night.heard_of_the_return.id is None
    assert night.heard_afterwards.id is not None


async def test_the_record_catches_up_by_itself(night: Night) -> None:
    """The reading and the acknowledgement stand in the ledger, once, and the chain is whole; lists show them again."""
    await night.house.is_recorded(night.course)

    async def is_listed() -> dict[str, Any] | None:
        found = await night.house.escalations_of(night.course)
        return next((one for one in found if one["state"] == "acknowledged"), None)

    listed = await eventually(is_listed)
    entries = (await night.house.admin.get(f"/v1/courses/{night.course}/ledger")).json()
    head = (await night.house.admin.get(f"/v1/courses/{night.course}")).json()["ledger_head"]
    assert [entry["event_id"] for entry in entries].count(night.reading["id"]) == 1
    assert "kap.escalation.acknowledged" in {entry["type"] for entry in entries}
    assert [entry["previous_hash"] for entry in entries[1:]] == [entry["hash"] for entry in entries[:-1]]
    assert entries[-1]["hash"] == head
    assert listed["pages"]


async def test_who_looked_meanwhile_is_recorded_afterwards(night: Night) -> None:
    """With the moment of the look, and not of its being written down."""
    meanwhile = [read for read in night.reads if read.request_id == "while-it-was-away"]

    assert [(read.what, read.token_id) for read in meanwhile] == [("course", night.clinic.id)]
