"""Temporal is away for a while: who needs it is told so, nothing is half done, and what is sent again is done once."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest

from domain.values import CourseId
from tests.support.cast import MONDAY, cssrs, referral, vitals
from tests.support.eventually import eventually
from tests.support.http_stack import House, example_events, on_the_wire
from tests.support.running_stack import asleep
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("outages")

BATCHED: Final = "application/cloudevents-batch+json"
NEEDS_IT: Final = ("an event", "a referral", "one course", "an escalation", "acknowledging")
NEEDS_IT_NOT: Final = ("the fleet", "the on-call work", "the ledger", "the protocols", "the metrics", "being alive")


@dataclass(frozen=True)
class Night:
    """Two courses, one of them with an escalation; what is sent meanwhile, and what was answered."""

    house: House
    course: CourseId
    expected: CourseId
    batched: CourseId
    event: dict[str, Any]
    referral: dict[str, Any]
    batch: Sequence[dict[str, Any]]
    told: Mapping[str, httpx.Response]

    @property
    def escalation(self) -> str:
        return f"{self.course}~vitals_emergency~1~1"

    async def sends_again(self, body: Any, kind: str = "application/json") -> httpx.Response:
        """As the contract tells a clinic's software to: until somebody answers."""

        async def answered() -> httpx.Response | None:
            head = {"Content-Type": kind}
            answer = await self.house.admin.post("/v1/events", content=json.dumps(body), headers=head)
            return None if answer.status_code == 503 else answer

        return await eventually(answered)

    async def told_of(self, event: str, course: CourseId) -> int:
        """How often the event stands in the course's ledger."""
        await self.house.is_recorded(course)
        entries = (await self.house.admin.get(f"/v1/courses/{course}/ledger")).json()
        return sum(entry["event_id"] == event for entry in entries)


@pytest.fixture(scope="module")
async def night(house: House) -> Night:
    told: dict[str, httpx.Response] = {}
    course, expected, batched = await house.has(Ward.dosed), house.expects(), house.expects("EX")
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    now = Night(
        house,
        course,
        expected,
        batched,
        event=on_the_wire(cssrs(course, at=datetime.now(UTC))),
        referral=on_the_wire(referral(expected, at=MONDAY)),
        batch=example_events(batched),
        told=told,
    )
    await house.is_recorded(course)

    async def is_under_way() -> bool:
        return (await house.admin.get(f"/v1/courses/{batched}")).is_success

    async def readiness() -> httpx.Response | None:
        """As soon as the record store answered in time: a busy machine is no failure."""
        answer = await house.client().get("/readyz")
        return answer if answer.json()["record_store"] else None

    await house.is_called_for(now.escalation)
    sending = asyncio.create_task(
        house.admin.post("/v1/events", content=json.dumps(now.batch), headers={"Content-Type": BATCHED})
    )
    stack = await house.floor.stack()
    assert stack is not None
    await eventually(is_under_way)
    async with AsyncExitStack() as away, asyncio.TaskGroup() as asking:
        with asleep(*stack.pids.workers):  # no more of the batch is decided until Temporal is gone
            await away.enter_async_context(house.floor.without("temporal"))
        admin = house.admin
        asked = {
            "an event": admin.post("/v1/events", json=now.event),
            "a referral": admin.post("/v1/events", json=now.referral),
            "one course": admin.get(f"/v1/courses/{course}"),
            "an escalation": admin.get(f"/v1/escalations/{now.escalation}"),
            "acknowledging": admin.post(f"/v1/escalations/{now.escalation}/acknowledge", json={"by": "lind"}),
            "the fleet": admin.get("/v1/courses", params={"limit": 200}),
            "the on-call work": admin.get("/v1/escalations", params={"limit": 200}),
            "the ledger": admin.get(f"/v1/courses/{course}/ledger"),
            "the protocols": admin.get("/v1/protocols"),
            "the metrics": house.client().get("/metrics"),
            "being alive": house.client().get("/healthz"),
            "being ready": eventually(readiness),
        }
        tasks = {what: asking.create_task(ask) for what, ask in asked.items()}
    told |= {what: task.result() for what, task in tasks.items()}
    told["a batch"] = await sending
    return now


@pytest.mark.parametrize("what", NEEDS_IT)
async def test_what_needs_temporal_is_unavailable_for_a_while(night: Night, what: str) -> None:
    """503 `unavailable`, and when to come again."""
    answer = night.told[what]

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("what", NEEDS_IT_NOT)
async def test_what_is_recorded_is_shown_all_the_same(night: Night, what: str) -> None:
    """Lists and ledgers come from PostgreSQL: they are as of what is recorded, and here."""
    assert night.told[what].status_code == 200


async def test_the_metrics_say_that_temporal_is_away(night: Night) -> None:
    """`kapstan_temporal_up` is 0, and how many workers there are is not guessed."""
    text = night.told["the metrics"].text

    assert "kapstan_temporal_up 0.0" in text
    assert "kapstan_workers{" not in text


async def test_the_fleet_is_whole(night: Night) -> None:
    """The course and its escalation are in their lists."""
    fleet, work = (night.told[what].json()["items"] for what in ("the fleet", "the on-call work"))

    assert night.course in {course["course_id"] for course in fleet}
    assert night.escalation in {escalation["id"] for escalation in work}


async def test_readiness_names_what_is_away(night: Night) -> None:
    """503: Temporal, and with it whoever works for it; the record store is there, and somebody watches."""
    answer = night.told["being ready"]

    assert answer.status_code == 503
    assert answer.json() == {"temporal": False, "record_store": True, "worker": False, "watch": True}


async def test_an_event_sent_again_is_accepted_once(night: Night) -> None:
    """As if it had never been sent before, and after that it is known."""
    accepted = await night.sends_again(night.event)
    again = await night.sends_again(night.event)

    assert (accepted.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == accepted.json()
    assert await night.told_of(night.event["id"], night.course) == 1


async def test_a_referral_left_nothing_behind_and_starts_the_course_when_it_comes_again(night: Night) -> None:
    """201, once."""
    started = await night.sends_again(night.referral)

    assert (started.status_code, started.json()["sequence"]) == (201, 1)
    assert (await night.sends_again(night.referral)).status_code == 200
    assert await night.told_of(night.referral["id"], night.expected) == 1


async def test_an_escalation_is_as_it_was_and_can_be_acknowledged(night: Night) -> None:
    """Nobody was told that somebody has it: nobody has."""

    async def seen() -> dict[str, Any] | None:
        answer = await night.house.admin.get(f"/v1/escalations/{night.escalation}")
        return answer.json() if answer.is_success else None

    before = await eventually(seen)
    taken = await night.house.admin.post(f"/v1/escalations/{night.escalation}/acknowledge", json={"by": "lind"})

    assert (before["state"], before["acknowledged_by"]) == ("open", None)
    assert (taken.status_code, taken.json()["acknowledged_by"]) == (200, "lind")


async def test_a_batch_tells_of_each_event_what_became_of_it(night: Night) -> None:
    """Accepted in order until Temporal was gone, `unavailable` from there on; sent again, each is there once."""
    assert night.told["a batch"].status_code == 200
    first = [one["status"] for one in night.told["a batch"].json()["results"]]
    accepted = first.index(503)

    again = (await night.sends_again(night.batch, BATCHED)).json()["results"]

    assert 0 < accepted < len(night.batch)
    assert set(first[:accepted]) <= {200, 201}
    assert set(first[accepted:]) == {503}
    assert [one["status"] for one in again] == [200] * len(night.batch)
    # What was under way when Temporal went may have been accepted: then its first answer comes now.
    replayed = sum("replayed" in one for one in again)
    assert replayed in {accepted, accepted + 1}
    assert all("replayed" in one for one in again[:replayed])
    await night.house.is_recorded(night.batched)
    entries = (await night.house.admin.get(f"/v1/courses/{night.batched}/ledger")).json()
    assert [entry["event_id"] for entry in entries if entry["event_id"]] == [event["id"] for event in night.batch]
