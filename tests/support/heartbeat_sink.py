"""A dead man's switch for tests: keeps every request as it came over the wire, and answers as it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK"
UNKNOWN = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
ELSEWHERE = b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Le"


@dataclass
class Sink:
    """`answer` of None: the connection is held, and nothing is said. `url` ends in the secret name of the check."""

    url: str = ""
    answer: bytes | None = OK
    requests: list[bytes] = field(default_factory=list)
    heard_at: float = 0.0

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        self.requests.append(head)
        self.heard_at = monotonic()
        if self.answer is None:
            await reader.read()  # until whoever asks gives up
        else:
            writer.write(self.answer)
            await writer.drain()
        writer.close()

    @property
    def silent_for(self) -> float:
        """Seconds since the last request."""
        return monotonic() - self.heard_at


@asynccontextmanager
async def open_sink() -> AsyncIterator[Sink]:
    """A dead man's switch on a free port."""
    sink = Sink()
    server = await asyncio.start_server(sink.receive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sink.url = f"http://127.0.0.1:{port}/ping/a-secret-name"
    async with server:
        yield sink
