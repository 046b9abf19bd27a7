"""The inbox of the simulated clinic's pages: a small HTTP server that accepts what Apprise sends."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import BaseModel, ValidationError

from domain.values import Frozen, Moment

HOST = "127.0.0.1"
LARGEST_PAGE = 64 * 1024
SENT_WITHIN = timedelta(seconds=10)


class ReceivedPage(Frozen):
    """One page as it arrived. `at` is by this machine's clock, `person` is the recipient."""

    at: Moment
    person: str
    title: str
    body: str


class Notification(BaseModel):
    """What Apprise posts to a `json://` channel, as far as it is needed here."""

    title: str
    message: str


class Inbox:
    """Context manager: pages sent to `inbox.channels/<person>` are in `inbox.pages`, oldest first."""

    def __init__(self) -> None:
        self._pages: list[ReceivedPage] = []

    @property
    def pages(self) -> tuple[ReceivedPage, ...]:
        """All pages received so far."""
        return tuple(self._pages)

    @property
    def channels(self) -> str:
        """The Apprise URL below which every person has a channel."""
        return f"json://{HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._receive, HOST, 0, limit=LARGEST_PAGE)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SENT_WITHIN.total_seconds()):
                status = await self._keep(reader)
        except (ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            status = "400 Bad Request"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        try:
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            pass  # the sender has disconnected; what it sent is kept

    async def _keep(self, reader: asyncio.StreamReader) -> str:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        if method != "POST":
            return "405 Method Not Allowed"
        lengths = [line.partition(":")[2] for line in head[1:] if line.lower().startswith("content-length:")]
        if not lengths or not 0 < int(lengths[0]) <= LARGEST_PAGE:
            return "411 Length Required"
        try:
            said = Notification.model_validate_json(await reader.readexactly(int(lengths[0])))
        except ValidationError:
            return "400 Bad Request"
        self._pages.append(
            ReceivedPage(at=datetime.now(UTC), person=path.strip("/"), title=said.title, body=said.message)
        )
        return "200 OK"
