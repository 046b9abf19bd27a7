"""A console that is asked to stop: what is under way is answered, streams end, and who listened goes on elsewhere."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from signal import Signals
from time import monotonic

import httpx
import pytest

from console.serving import GOODBYE_WITHIN
from tests.support.cast import MONDAY, cssrs, referral
from tests.support.http_stack import House, on_the_wire
from tests.support.running_stack import asleep
from tests.support.second_console import FEW, second_door
from tests.support.stream_listener import Heard, listens
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")


async def test_there_is_room_for_more_listeners_than_a_shell_allows_files(house: House) -> None:
    """A nurse who opens the board is not kept out because the others look at it too."""
    async with second_door(house) as door, AsyncExitStack() as open_streams, asyncio.timeout(120):
        client = door.client(house.admin_token)
        for _ in range(FEW + 10):
            await open_streams.enter_async_context(listens(client))

        assert (await door.client().get("/healthz")).is_success


async def test_streams_end_and_a_listener_goes_on_at_another_door(house: House) -> None:
    """Each stream to its last byte, in time; by their last number they miss nothing, and hear nothing twice."""
    before, meanwhile, after = house.expects(), house.expects(), house.expects()

    def of_ours(heard: Heard) -> str | None:
        course = heard.data.get("course_id") if heard.kind == "course" else None
        return course if course in {before, meanwhile, after} else None

    async with second_door(house) as door, AsyncExitStack() as open_streams:
        ears = [await open_streams.enter_async_context(listens(door.client(house.admin_token))) for _ in range(3)]
        await house.sends([referral(before, at=MONDAY)])
        for ear in ears:
            await ear.hears(lambda heard: of_ours(heard) == before)
        began = monotonic()
        ending = asyncio.create_task(door.ends_by(Signals.SIGTERM))
        for ear in ears:
            await ear.ends()
        assert monotonic() - began < GOODBYE_WITHIN
        assert await ending == 0
        with pytest.raises(httpx.TransportError):
            await door.client().get("/healthz")

    await house.sends([referral(meanwhile, at=MONDAY)])
    async with listens(house.admin, ears[0].last_id) as ear, asyncio.timeout(60):
        missed = await ear.hears(lambda heard: of_ours(heard) == meanwhile)
        await house.sends([referral(after, at=MONDAY)])
        news = await ear.hears(lambda heard: of_ours(heard) == after)
    assert [of_ours(heard) for heard in (*missed, *news) if of_ours(heard)] == [meanwhile, after]


async def test_what_is_under_way_is_answered(house: House) -> None:
    """An event that is being decided when the console is asked to stop: it is answered, and its line is in the log."""
    course = await house.has(Ward.referred)
    event = on_the_wire(cssrs(course, at=datetime.now(UTC)))
    stack, is_said = await house.floor.stack(), asyncio.Event()
    assert stack is not None

    async def on_the_way(step: str, _: object) -> None:
        if step == "http11.send_request_body.complete":
            is_said.set()

    async with second_door(house) as door:
        client = door.client(house.admin_token)
        assert (await client.get("/v1/protocols")).status_code == 200
        with asleep(*stack.pids.workers):
            sending = asyncio.create_task(
                client.post(
                    "/v1/events", json=event, headers={"X-Request-Id": "the-last"}, extensions={"trace": on_the_way}
                )
            )
            await is_said.wait()
            assert (await door.client().get("/healthz")).is_success  # what came before it has been taken in
            ending = asyncio.create_task(door.ends_by(Signals.SIGTERM))
        answer = await sending

        assert answer.status_code == 200, answer.text
        assert await ending == 0
        assert "the-last" in door.log.read_text(encoding="utf-8")
