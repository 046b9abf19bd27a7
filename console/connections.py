"""The server's side of one connection: bounds on the head of a request, on how long it may take, and on their number.

Whoever opens lines and says nothing, or says no end of it, takes neither memory nor a place from anybody else.
"""

from asyncio import TimerHandle
from datetime import timedelta
from enum import Enum, auto
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

KIB = 1024


class _Doing(Enum):
    """What a connection is about."""

    WAITING = auto()
    HEAD = auto()
    REQUEST = auto()


class HeadTooLong(Exception):  # noqa: N818  the parser ends the request by it
    """The head, or the trailer, is longer than any of ours could be."""


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection, with bounds.

    A head must be at most `head_at_most` bytes (431) and whole within `head_within` (408): of the connection's
    beginning, or of its first byte after an answer; so must be what is left of a body that was answered before. Once
    there are `connections_at_most`, the one that has waited longest for a request gives way to a new one; if none
    waits, the new one is closed.
    """

    head_at_most: ClassVar[int] = 64 * KIB
    head_within: ClassVar[timedelta] = timedelta(seconds=10)
    connections_at_most: ClassVar[int] = 2_000

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._doing = _Doing.WAITING
        self._is_whole = True
        self._head = 0
        self._since = 0.0
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Takes the connection, if there is room for it."""
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > self.connections_at_most:
            self._make_room()
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._no_hurry()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on."""
        if self._doing is _Doing.WAITING:
            self._hurry()
        super().data_received(data)
        if self._doing is not _Doing.REQUEST and not self.transport.is_closing():
            # What the parser holds of a line that has not ended is told by no callback.
            self._head += len(data)
            if self._head > 2 * self.head_at_most:
                self._refuse(431)

    def on_message_begin(self) -> None:
        """A request has begun."""
        self._doing, self._is_whole, self._head = _Doing.HEAD, False, 0
        self._hurry()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Reads the path."""
        self._longer_by(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Reads a line of the head, or of a trailer."""
        self._longer_by(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: the request is answered from here on."""
        self._no_hurry()
        self._doing = _Doing.REQUEST
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._is_whole = True
        super().on_message_complete()
        if self.cycle.response_complete:
            self._wait()

    def on_response_complete(self) -> None:
        """The request is answered: another may follow, once its body is whole."""
        if self._doing is _Doing.REQUEST and not self.pipeline:
            if self._is_whole:
                self._wait()
            else:
                self._hurry()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuses what cannot be read, or is too long."""
        if self._head > self.head_at_most:
            self._refuse(431)
        else:
            super().send_400_response(msg)

    def _longer_by(self, length: int) -> None:
        self._head += length
        if self._head > self.head_at_most:
            raise HeadTooLong

    def _wait(self) -> None:
        self._no_hurry()
        self._doing, self._since, self._head = _Doing.WAITING, self.loop.time(), 0

    def _hurry(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.head_within.total_seconds(), self._give_up)

    def _no_hurry(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        answering: RequestResponseCycle | None = self.cycle  # there is none before the first request
        if answering is not None and not answering.response_complete:
            self._hurry()  # the answer before goes first
        elif self._doing is _Doing.HEAD:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        if not self.transport.is_closing():
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def _make_room(self) -> None:
        others = (one for one in self.connections if isinstance(one, BoundedConnection) and one is not self)
        waiting = (one for one in others if one._doing is not _Doing.REQUEST and not one.transport.is_closing())  # noqa: SLF001  its own kind
        longest = min(waiting, key=lambda one: one._since, default=self)  # noqa: SLF001  its own kind
        longest.transport.abort()
