"""The server's side of one connection: bounds on the head of a request, on how long it may take, and on their number.

Whoever opens lines and says nothing, says no end of it, or does not read what is said to them, takes neither memory nor
a place from anybody else.
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
    beginning, or of its first byte after an answer; so must be what is left of a body that was answered before. What
    is written and not read within `read_within` is written no further, and the connection is cut. Once there are
    `connections_at_most`, the one that has waited longest for a request gives way to a new one; then one whose body is
    not whole, or whose answer is not read. If there is none, the new one is closed.
    """

    head_at_most: ClassVar[int] = 64 * KIB
    head_within: ClassVar[timedelta] = timedelta(seconds=10)
    read_within: ClassVar[timedelta] = timedelta(seconds=30)
    connections_at_most: ClassVar[int] = 2_000

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._doing = _Doing.WAITING
        self._is_whole = True
        self._head = 0
        self._since = 0.0
        self._timer: TimerHandle | None = None
        self._cut: TimerHandle | None = None

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
        self._is_read()
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

    def pause_writing(self) -> None:
        """More is written than they read: they have a while."""
        super().pause_writing()
        self._is_to_read()

    def resume_writing(self) -> None:
        """They have read."""
        self._is_read()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Closes a connection that nothing more is asked on."""
        super().timeout_keep_alive_handler()
        if self.transport.is_closing():
            self._is_to_read()

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
        self._doing, self._since = _Doing.REQUEST, self.loop.time()
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
            self._close()

    def _close(self) -> None:
        """Closes it once what was written is read, or cuts it."""
        self.transport.close()
        self._is_to_read()

    def _is_to_read(self) -> None:
        if self._cut is None:
            self._cut = self.loop.call_later(self.read_within.total_seconds(), self.transport.abort)

    def _is_read(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def _refuse(self, status: int) -> None:
        if not self.transport.is_closing():
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self._close()

    def _make_room(self) -> None:
        others = (one for one in self.connections if isinstance(one, BoundedConnection) and one is not self)
        idle = (one for one in others if one._is_idle)  # noqa: SLF001  its own kind
        longest = min(idle, key=lambda one: (one._doing is _Doing.REQUEST, one._since), default=self)  # noqa: SLF001  its own kind
        longest.transport.abort()

    @property
    def _is_idle(self) -> bool:
        """Whether it is they who are waited for."""
        return self._doing is not _Doing.REQUEST or not self._is_whole or self._cut is not None
