"""The wire between a browser and the console: it can be cut, and mended, as a clinic's wireless network is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Wire:
    """Carries bytes to the console and back, while it is whole."""

    def __init__(self, to: str) -> None:
        parts = urlsplit(to)
        self._host, self._port = parts.hostname, parts.port
        self._lines: set[asyncio.StreamWriter] = set()
        self._is_whole = True
        self._carries = asyncio.Event()
        self._carries.set()
        self.url = ""

    def cut(self) -> None:
        """Every connection breaks, and no new one is made."""
        self._is_whole = False
        self._carries.set()
        for line in self._lines:
            line.transport.abort()

    def mend(self) -> None:
        """New connections are made again, and bytes pass."""
        self._is_whole = True
        self._carries.set()

    def fall_silent(self) -> None:
        """Every connection stays, new ones are made, and not one byte passes: nobody is told that it is dead."""
        self._carries.clear()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if not self._is_whole:
            writer.transport.abort()
            return
        inwards, outwards = await asyncio.open_connection(self._host, self._port)
        self._lines |= {writer, outwards}
        try:
            await asyncio.gather(self._flow(reader, outwards), self._flow(inwards, writer))
        finally:
            self._lines -= {writer, outwards}

    async def _flow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while some := await reader.read(65_536):
                await self._carries.wait()
                writer.write(some)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def wire(to: str) -> AsyncIterator[Wire]:
    """A wire to this address, at an address of its own."""
    carrying = Wire(to)
    server = await asyncio.start_server(carrying.carry, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    carrying.url = f"http://{host}:{port}"
    try:
        yield carrying
    finally:
        server.close()
        carrying.cut()
