"""More than Kapstan takes at once: who is in a hurry is told when to come again, and nobody else waits for them."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

import httpx
import pytest

from domain.access import TokenRole
from tests.support.cast import cssrs
from tests.support.eventually import eventually
from tests.support.http_stack import House, on_the_wire
from tests.support.running_stack import asleep
from tests.support.second_console import second_door
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

AT_ONCE: Final = 12
"""Two more than a course decides on at a time."""


def told_to_wait(answers: Iterable[httpx.Response]) -> list[httpx.Response]:
    """Those that are 429; each says when to come again."""
    found = [answer for answer in answers if answer.status_code == 429]
    for answer in found:
        assert answer.json()["code"] == "too_many"
        assert int(answer.headers["retry-after"]) >= 1
    return found


async def test_a_token_has_its_rate(house: House) -> None:
    """Beyond it 429 and `Retry-After`; meanwhile another token is answered, and after that this one too."""
    hasty, patient = await house.token(TokenRole.CLINIC), await house.token(TokenRole.CLINIC)
    async with second_door(house, KAPSTAN_RATE="0.5") as door:
        one, other = door.client(hasty.token), door.client(patient.token)

        answers = await asyncio.gather(*(one.get("/v1/protocols") for _ in range(AT_ONCE)))
        others = await other.get("/v1/protocols")

        assert told_to_wait(answers)
        assert {answer.status_code for answer in answers} == {200, 429}
        assert others.status_code == 200
        soon = max(int(answer.headers["retry-after"]) for answer in told_to_wait(answers))
        assert soon <= 2

        async def is_let_in() -> bool:
            return (await one.get("/v1/protocols")).status_code == 200

        assert await eventually(is_let_in)


async def test_ten_events_of_one_course_are_decided_at_once_and_no_more(house: House) -> None:
    """With everybody who decides asleep, the others are told to come again; then each is accepted, once."""
    course = await house.has(Ward.referred)
    events = [on_the_wire(cssrs(course, at=datetime.now(UTC) - timedelta(minutes=number))) for number in range(AT_ONCE)]
    stack = await house.floor.stack()
    assert stack is not None
    with asleep(*stack.pids.workers):
        sending = [asyncio.create_task(house.admin.post("/v1/events", json=event)) for event in events]
        for next_answer in islice(asyncio.as_completed(sending), AT_ONCE - 10):
            await next_answer
    answers = await asyncio.gather(*sending)

    assert len(told_to_wait(answers)) >= 2
    for event in events:
        again = await house.reports(event)
        assert again.status_code == 200, again.text
    await house.is_recorded(course)
    entries = (await house.admin.get(f"/v1/courses/{course}/ledger")).json()
    reported = [entry["event_id"] for entry in entries]
    assert [reported.count(event["id"]) for event in events] == [1] * AT_ONCE
