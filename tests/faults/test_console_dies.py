"""The console is killed: it is started again where it was, and whoever listened or was reporting goes on."""

import os
from signal import Signals

import httpx
import pytest

from tests.support.cast import MONDAY, referral
from tests.support.eventually import eventually
from tests.support.http_stack import House, on_the_wire
from tests.support.stream_listener import listens

pytestmark = pytest.mark.xdist_group("outages")


async def test_a_killed_console_is_there_again_and_nothing_was_missed(house: House) -> None:
    """Its streams break off; at the same address, by the last number heard, what happened meanwhile is told."""
    course, stack = house.expects(), await house.floor.stack()
    assert stack is not None
    assert stack.pids.console is not None
    event = on_the_wire(referral(course, at=MONDAY))
    async with listens(house.admin) as ear:
        os.kill(stack.pids.console, Signals.SIGKILL)
        with pytest.raises(httpx.TransportError):
            await ear.ends()

    async def is_accepted() -> bool:
        try:
            return (await house.admin.post("/v1/events", json=event)).is_success
        except httpx.TransportError:
            return False

    assert await eventually(is_accepted)
    async with listens(house.admin, ear.last_id) as ear:
        heard = await ear.hears(lambda heard: heard.kind == "course" and heard.data["course_id"] == course)
    assert [one.data["course_id"] for one in heard if one.kind == "course"].count(course) == 1
