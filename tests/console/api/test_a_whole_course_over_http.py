"""The example's whole course over HTTP: event by event, in batches, and by two hundred clients at once."""

import asyncio
import json
from collections import defaultdict
from random import Random
from typing import Any, Final

import httpx
import pytest

from domain.access import TokenRole
from tests.support.http_stack import House, example_events

pytestmark = pytest.mark.xdist_group("console")

BATCHED: Final = {"Content-Type": "application/cloudevents-batch+json"}
CLIENTS: Final = 200
EACH: Final = 3
"""How many of the course's events a client reports, each followed by a copy of an earlier one."""

ONES_OWN: Final = {"recorded_at", "learned_at", "request_id", "previous_hash", "hash", "ledger_head"}
"""What two courses never share, besides their ids: when Kapstan was told, in which request, and the hashes."""


def without_its_own(value: Any, course: str) -> Any:
    """The same of any course."""
    match value:
        case dict():
            return {key: without_its_own(one, course) for key, one in value.items() if key not in ONES_OWN}
        case list():
            return [without_its_own(one, course) for one in value]
        case str():
            return value.replace(course, "COURSE")
        case _:
            return value


async def ledger_of(house: House, course: str) -> list[dict[str, Any]]:
    await house.is_recorded(course)
    entries: list[dict[str, Any]] = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    return entries


async def test_single_events_and_batches_come_to_the_same(house: House) -> None:
    """One by one or twenty at a time, the course ends `completed`, with the same chart and the same ledger."""
    clinic = await house.caller(TokenRole.CLINIC)
    singly, batched = house.expects("EX"), house.expects("EX")

    for event in example_events(singly):
        answer = await clinic.post("/v1/events", json=event)
        assert answer.status_code in {200, 201}, answer.text
    events = example_events(batched)
    for start in range(0, len(events), 20):
        batch = json.dumps(events[start : start + 20])
        answer = await clinic.post("/v1/events", content=batch, headers=BATCHED)
        assert {one["status"] for one in answer.json()["results"]} <= {200, 201}, answer.text

    courses = [await house.is_recorded(course) for course in (singly, batched)]
    ledgers = [await ledger_of(house, course) for course in (singly, batched)]
    assert [course["outcome"] for course in courses] == ["completed", "completed"]
    assert without_its_own(courses[0], singly) == without_its_own(courses[1], batched)
    assert without_its_own(ledgers[0], singly) == without_its_own(ledgers[1], batched)


class Report:
    """One course as many clients report it: none says what happened before all that came earlier has been said."""

    def __init__(self, house: House, course: str) -> None:
        self.events = example_events(course)
        self.answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.started = 0
        self.new = 0
        self._said = [asyncio.Event() for _ in self.events]
        self._house = house

    async def by(self, client: httpx.AsyncClient, number: int) -> None:
        """This client's share of it, in order, with copies of earlier events in no order at all."""
        chance = Random(number)
        for place in sorted({(number * EACH + step) % len(self.events) for step in range(EACH)}):
            if place:
                await self._said[place - 1].wait()
            await self._send(client, place)
            self._said[place].set()
            await self._send(client, chance.randrange(place + 1))

    async def _send(self, client: httpx.AsyncClient, place: int) -> None:
        event = self.events[place]
        answer = await client.post("/v1/events", json=event)
        while answer.status_code in {429, 503}:
            await asyncio.sleep(float(answer.headers["retry-after"]))
            answer = await client.post("/v1/events", json=event)
        assert answer.status_code in {200, 201}, answer.text
        self.started += answer.status_code == 201
        self.new += "idempotent-replayed" not in answer.headers
        self.answers[event["id"]].append(answer.json())


async def test_two_hundred_clients_report_one_course_at_once(house: House) -> None:
    """One course, one ledger, nothing lost and nothing doubled; every copy of an event gets the first answer."""
    course = house.expects("EX")
    report, token = Report(house, course), await house.token(TokenRole.CLINIC)
    clients = [house.client(token.token) for _ in range(CLIENTS)]

    async with asyncio.timeout(240), asyncio.TaskGroup() as clinic:
        for number, client in enumerate(clients):
            clinic.create_task(report.by(client, number))

    entries = await ledger_of(house, course)
    reported = [entry["event_id"] for entry in entries if entry["event_id"]]
    assert (report.started, report.new) == (1, len(report.events))
    assert reported == [event["id"] for event in report.events]
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert all(copy == answers[0] for answers in report.answers.values() for copy in answers)
    assert (await house.admin.get(f"/v1/courses/{course}")).json()["outcome"] == "completed"
