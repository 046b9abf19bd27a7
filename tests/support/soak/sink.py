"""The paging target of a soak: it keeps every page, and can be made to refuse, hang, fail, dawdle or break off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Final

from tests.support.running_stack import Inbox

SLOWLY: Final = 8.0
"""Seconds that a slow target takes to answer."""


class Manner(StrEnum):
    """How it answers whoever pages by it."""

    WELL = "well"
    REFUSES = "refuses"
    HANGS = "hangs"
    FAILS = "answers 500"
    SLOWLY = "answers slowly"
    HALF = "breaks off"


class Sink(Inbox):
    """An inbox that behaves like this until it is told otherwise. A page that it did not answer well did not arrive."""

    manner: Manner = Manner.WELL

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            match self.manner:
                case Manner.REFUSES:
                    writer.transport.abort()
                case Manner.HANGS:
                    await reader.read()  # until whoever pages gives it up
                case Manner.FAILS:
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(
                        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                    await writer.drain()
                case Manner.HALF:
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                    await writer.drain()
                    writer.transport.abort()
                case Manner.SLOWLY:
                    await asyncio.sleep(SLOWLY)
                    await super().receive(reader, writer)
                case Manner.WELL:
                    await super().receive(reader, writer)
        writer.close()


@asynccontextmanager
async def sink() -> AsyncIterator[Sink]:
    """A sink on a free port."""
    received = Sink()
    server = await asyncio.start_server(received.receive, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    received.address = f"{host}:{port}"
    try:
        yield received
    finally:
        server.close()
