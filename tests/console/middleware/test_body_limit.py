"""A body is read for as long as its sender takes a reasonable time, and no further than its bound."""

import asyncio
from datetime import timedelta

import pytest
from starlette.types import Message, Receive, Scope, Send

from console.errors.problems import ProblemCode, ProblemError
from console.middleware.body_limit import LONGEST, BodyLimit

MOMENT = timedelta(seconds=0.05)


async def reads(_scope: Scope, receive: Receive, send: Send) -> None:
    """A route that reads the whole body, and then looks whether the client is still there."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def sent(*messages: Message, within: timedelta = MOMENT) -> list[Message]:
    """What the route answers to a client that sends these, and then nothing more."""
    left, answered = list(messages), []

    async def receive() -> Message:
        if left:
            return left.pop(0)
        return await asyncio.Future[Message]()

    async def send(message: Message) -> None:
        answered.append(message)

    async with asyncio.timeout(10):
        await BodyLimit(reads, within)({"type": "http", "headers": []}, receive, send)
    return answered


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_that_stops_in_the_middle_is_not_waited_for() -> None:
    """Half a body, and then silence: the place goes to somebody who says something."""
    with pytest.raises(ProblemError, match="must be whole") as refused:
        await sent(part(b"{", more=True))

    assert (refused.value.problem.code, refused.value.headers()["Connection"]) == (ProblemCode.MALFORMED, "close")


@pytest.mark.parametrize("more", [True, False])
async def test_a_body_that_does_not_say_its_length_is_cut_off_where_it_is_too_long(more: bool) -> None:
    """In its last part too."""
    with pytest.raises(ProblemError, match="at most 256 KiB"):
        await sent(part(b" " * LONGEST, more=True), part(b" ", more=more), within=timedelta(seconds=5))


async def test_an_ordinary_body_is_read() -> None:
    """Exactly as long as it may be."""
    assert await sent(part(b" " * (LONGEST - 1), more=True), part(b" ", more=False))
