"""Clients that hang up, never end, or lie about their length: what they said whole counts, and nobody else suffers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import psutil
import pytest

from domain.escalation.ids import course_workflow_id
from gateway.temporal import connect
from tests.support.cast import MONDAY, cssrs
from tests.support.eventually import WITHIN, eventually
from tests.support.http_stack import House, on_the_wire
from tests.support.running_stack import asleep
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("console")

KIB: Final = 1024
AS_A_CLIENT_KEEPS_IT: Final = 6
"""Seconds: no other clock but the kernel's says when a line ends."""

ENDLESS: Final = 64 * KIB * KIB
"""What a client that never ends would send if nobody cut it off."""

MOST: Final = 16 * KIB * KIB
"""What it has sent by then at the most: what the kernel keeps on the way included."""


@asynccontextmanager
async def line_to(house: House) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to the console."""
    where = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def head(house: House, **fields: str) -> bytes:
    lines = {
        "Host": "kapstan",
        "Authorization": f"Bearer {house.admin_token}",
        "Content-Type": "application/cloudevents+json",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    return b"POST /v1/events HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()).encode() + b"\r\n"


async def sequence(house: House, course: str) -> int:
    """As soon as the course answers: a worker that was asleep takes its time."""

    async def told() -> dict[str, Any] | None:
        answer = await house.admin.get(f"/v1/courses/{course}")
        return answer.json() if answer.is_success else None

    return int((await eventually(told))["sequence"])


async def is_being_decided(house: House, course: str) -> None:
    """Returns when an event of the course waits for a worker."""
    client = await connect(identity="kapstan-test", target_host=house.stack.temporal)
    handle = client.get_workflow_handle(course_workflow_id(course))

    async def waits() -> bool:
        described = await handle.describe()
        return bool(described.raw_description.HasField("pending_workflow_task"))

    await eventually(waits)


async def test_who_hangs_up_before_the_answer_gets_it_when_they_send_again(house: House) -> None:
    """The event was said whole: it is accepted, and its first answer waits for them."""
    course = await house.has(Ward.screened)
    before = int((await house.is_recorded(course))["sequence"])
    event = on_the_wire(cssrs(course, at=MONDAY + timedelta(days=1, hours=2)))
    body = json.dumps(event).encode()
    stack = await house.floor.stack()
    assert stack is not None

    with asleep(*stack.pids.workers):
        async with line_to(house) as (_, writer):
            writer.write(head(house, Content_Length=str(len(body))) + body)
            await is_being_decided(house, course)

    async def is_accepted() -> bool:
        return await sequence(house, course) > before

    await eventually(is_accepted)
    again = await house.reports(event)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert again.json()["sequence"] == before + 1 == await sequence(house, course)


async def test_who_hangs_up_in_the_middle_has_said_nothing(house: House) -> None:
    """Half an event is none; sent whole it is new."""
    course = await house.has(Ward.screened)
    before = await sequence(house, course)
    event = on_the_wire(cssrs(course, at=MONDAY + timedelta(days=1, hours=2)))
    body = json.dumps(event).encode()

    async with line_to(house) as (_, writer):
        writer.write(head(house, Content_Length=str(len(body))) + body[: len(body) // 2])
        await writer.drain()

    whole = await house.reports(event)
    assert whole.status_code == 200
    assert "idempotent-replayed" not in whole.headers
    assert whole.json()["sequence"] == before + 1


async def test_a_body_without_end_is_cut_off(house: House) -> None:
    """413, the line is closed soon after 256 KiB, and nothing beyond them was kept in memory."""
    stack = await house.floor.stack()
    assert stack is not None
    assert stack.pids.console is not None
    console = psutil.Process(stack.pids.console)
    before = console.memory_info().rss
    piece = b"%x\r\n" % (64 * KIB) + b" " * (64 * KIB) + b"\r\n"
    sent = 0

    async with line_to(house) as (reader, writer), asyncio.timeout(WITHIN.total_seconds()):
        writer.write(head(house, Transfer_Encoding="chunked"))
        answer = asyncio.create_task(reader.readline())
        while sent < ENDLESS:
            try:
                writer.write(piece)
                await writer.drain()
            except ConnectionError:
                break
            sent += len(piece)
        with suppress(ConnectionError):  # who does not listen while they send may not hear it
            assert b" 413 " in await answer

    assert sent < MOST
    assert console.memory_info().rss - before < ENDLESS // 4


@pytest.mark.parametrize(
    ("lie", "sent", "told"),
    [
        ({"Content_Length": str(257 * KIB)}, b"", b" 413 "),
        ({"Content_Length": "9" * 30}, b"", b" 400 "),
        ({"Content_Length": "-1"}, b"", b" 400 "),
        ({"Content_Length": "2", "Transfer_Encoding": "chunked"}, b"2\r\n{}\r\n0\r\n\r\n", b" 400 "),
        ({"Content_Length": "2"}, b"{}" + b"x" * KIB, b" 400 "),
    ],
    ids=["more than is taken", "more than there is", "less than nothing", "two lengths", "less than is sent"],
)
async def test_a_lie_about_the_length_is_told(house: House, lie: dict[str, str], sent: bytes, told: bytes) -> None:
    """Nobody waits for the rest for long, and nothing behind the stated length is taken for an event."""
    async with line_to(house) as (reader, writer), asyncio.timeout(WITHIN.total_seconds()):
        writer.write(head(house, **lie) + sent)
        status = await reader.readline()

    assert told in status
    assert (await house.client().get("/healthz")).status_code == 200


@pytest.mark.parametrize("size", [257 * KIB, 2 * KIB * KIB])
async def test_who_sends_too_much_and_then_listens_hears_why(house: House, size: int) -> None:
    """The answer is there for a client that reads it only when all was sent, or could be."""

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(size // KIB):
            yield b" " * KIB

    kind = {"Content-Type": "application/cloudevents+json"}
    for body in (b" " * size, in_pieces()):
        answer = await house.client(house.admin_token).post("/v1/events", content=body, headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_line_is_kept_for_longer_than_a_client_keeps_it(house: House) -> None:
    """A library drops an unused line after five seconds: ended here first, an event sent just then is lost."""
    async with line_to(house) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.lower().splitlines() if line.startswith(b"content-length")
        )
        await reader.readexactly(length)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(AS_A_CLIENT_KEEPS_IT):
                await reader.read(1)
