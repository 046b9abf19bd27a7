"""Strangers who open lines and say nothing, or no end of it: they are cut off, and whoever comes after is answered."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from console.connections import KIB, BoundedConnection
from tests.support.eventually import WITHIN, eventually

REQUEST = b"GET / HTTP/1.1\r\nHost: kapstan\r\n\r\n"
PLACES = 3


class Hurried(BoundedConnection):
    """The same in a moment, and with few places."""

    head_within = timedelta(seconds=0.3)
    read_within = timedelta(seconds=0.3)
    connections_at_most = PLACES


class Patient(BoundedConnection):
    """With few places, where nobody is hurried."""

    connections_at_most = PLACES


async def says_ok(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers without reading the body, as a refusal does."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def hears_it_out(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers once the body is whole, as a sign-in does."""
    while scope["type"] == "http" and (await receive()).get("more_body", False):
        pass
    await says_ok(scope, receive, send)


async def says_much(scope: Scope, _receive: Receive, send: Send) -> None:
    """An answer as long as its path is said to be, in KiB: more than any line holds."""
    if scope["type"] == "http":
        kib = int(scope["path"].strip("/"))
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % (kib * KIB))]}
        )
        for _ in range(kib):
            await send({"type": "http.response.body", "body": b"z" * KIB, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def door(kind: type[BoundedConnection], app: ASGIApp = says_ok) -> AsyncIterator[int]:
    """The port of a server with such connections."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, http=kind, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # without its signal handlers, which are the tests' own

    async def has_started() -> bool:
        return server.started

    await eventually(has_started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def line(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            yield reader, writer
    finally:
        writer.transport.abort()


async def status(reader: asyncio.StreamReader) -> str:
    """The status of the next answer; none where the line was cut."""
    with suppress(ConnectionError):
        return (await reader.readline()).decode().strip().partition(" ")[2][:3]
    return ""


async def is_answered(port: int, asks: bytes = REQUEST) -> bool:
    async with line(port) as (reader, writer):
        writer.write(asks)
        return await status(reader) == "200"


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: kap", b"\r\n\r\n\r\n"])
async def test_who_does_not_end_the_head_is_cut_off(said: bytes) -> None:
    """Whether they say nothing, half of it, or what is nothing yet."""
    async with door(Hurried) as port, line(port) as (reader, writer):
        writer.write(said)

        answer = await reader.read()

        assert answer.startswith(b"HTTP/1.1 408") or not answer
        assert await is_answered(port)


async def test_who_has_been_answered_is_hurried_only_once_they_speak_again() -> None:
    """A line that is kept for the next event is no stranger's; half a head on it is."""
    async with door(Hurried) as port, line(port) as (reader, writer):
        writer.write(REQUEST)
        assert await status(reader) == "200"
        await reader.readuntil(b"ok")
        with suppress(TimeoutError):
            async with asyncio.timeout(3 * Hurried.head_within.total_seconds()):
                pytest.fail(f"the line was closed: {await reader.read()!r}")

        writer.write(REQUEST[:10])

        assert await status(reader) == "408"


@pytest.mark.parametrize("ends", [b"\r\n", b""])
async def test_a_head_without_end_is_cut_off(ends: bytes) -> None:
    """In many lines or in one: after some 64 KiB, of 300 MB."""
    piece = b"x-more: " + b"y" * (16 * KIB) + ends if ends else b"y" * (16 * KIB)
    sent = 0
    async with door(BoundedConnection) as port, line(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nx-begin: ")
        with suppress(ConnectionError):
            while sent < 16 * KIB * KIB and not reader.at_eof():
                writer.write(piece)
                await writer.drain()
                sent += len(piece)

        assert sent < 8 * KIB * KIB
        assert await status(reader) in {"431", ""}


async def test_an_ordinary_head_and_one_that_is_just_short_enough_are_read() -> None:
    """Cookies and tokens of a proxy, even long ones."""
    async with door(BoundedConnection) as port, line(port) as (reader, writer):
        writer.write(REQUEST[:-2] + b"x-more: " + b"y" * (63 * KIB) + b"\r\n\r\n")
        assert await status(reader) == "200"


async def test_who_is_answered_before_they_have_said_all_hears_it() -> None:
    """A body that a refusal does not wait for is no head, however long it is."""
    body = b"z" * (300 * KIB)
    async with door(BoundedConnection) as port, line(port) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: kapstan\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert await status(reader) == "200"
        await reader.readuntil(b"ok")
        writer.write(body)
        await writer.drain()

        writer.write(REQUEST)

        assert await status(reader) == "200"


async def test_requests_that_come_together_are_answered_in_turn_and_half_a_one_is_cut_off() -> None:
    """A client that does not wait for its answers is nobody's enemy, until it stops in the middle."""
    async with door(Hurried) as port, line(port) as (reader, writer):
        writer.write(REQUEST * 3 + REQUEST[:20])

        said = (await reader.read()).decode()

        assert [said.count(f"HTTP/1.1 {code}") for code in (200, 408)] == [3, 1]


async def test_somebody_who_says_something_gets_the_place_of_somebody_who_does_not() -> None:
    """All places are taken by lines that say nothing: the oldest gives way, each time."""
    async with door(Patient) as port:
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(PLACES)]
        try:
            assert await is_answered(port)
            async with asyncio.timeout(WITHIN.total_seconds()):
                with suppress(ConnectionError):
                    assert await lines[0][0].read() == b""
        finally:
            for _, writer in lines:
                writer.transport.abort()


HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: kapstan\r\nContent-Length: 100\r\n\r\ntoken="


async def test_somebody_who_says_all_gets_the_place_of_somebody_who_leaves_half_of_it_out() -> None:
    """All places are taken by strangers who sign in, and never say the end of their token."""
    async with door(Patient, hears_it_out) as port:
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(PLACES)]
        try:
            for _, writer in lines:
                writer.write(HALF_A_BODY)
                await writer.drain()
            await asyncio.sleep(0.1)  # they have begun
            assert await is_answered(port)
        finally:
            for _, writer in lines:
                writer.transport.abort()


MUCH = 16 * KIB
"""KiB of an answer: more than the buffers of both ends hold."""

SOME = 64
"""KiB of an answer that lies in the buffers, whole."""


@pytest.mark.parametrize("kib", [MUCH, MUCH // 8, SOME], ids=["endless", "long", "short"])
async def test_who_does_not_read_their_answer_keeps_no_place(kib: int) -> None:
    """Strangers ask for what anybody may read, a stylesheet say, and read none of it: their lines are cut."""
    asks = b"GET /%d HTTP/1.1\r\nHost: kapstan\r\n\r\n" % kib
    async with door(Hurried, says_much) as port:
        lines = [unread(port) for _ in range(PLACES)]
        try:
            for one in lines:
                one.sendall(asks * (1 if kib > SOME else MUCH // SOME))
            await eventually(lambda: is_answered(port, asks))
            await eventually(lambda: are_cut(lines))
        finally:
            for one in lines:
                one.close()


def unread(port: int) -> socket.socket:
    """A line on which nothing is read, and little fits."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
    one.connect(("127.0.0.1", port))
    return one


async def are_cut(lines: list[socket.socket]) -> bool:
    """Whether the server has ended all of them: whoever speaks again hears that."""
    for one in lines:
        try:
            one.setblocking(False)
            one.send(b"x")
        except BlockingIOError:
            return False
        except ConnectionError:
            continue
        return False
    return True
