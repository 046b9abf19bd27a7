"""The heartbeat to a dead man's switch: a bare request while all is up, and silence as soon as anything is not."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from console.readiness import Readiness
from console.watchdog.heartbeat import ANSWER_WITHIN, Heartbeat
from settings import Misconfigured, read_settings
from stack.ports import claim
from tests.support.heartbeat_sink import BROKEN, ELSEWHERE, HALF, OK, UNKNOWN, Sink, open_sink

ALL_UP = Readiness(temporal=True, record_store=True, worker=True, watch=True)
SOON = timedelta(milliseconds=200)


class Clinic:
    """What is up, and the heartbeats of a console that asks."""

    def __init__(self, url: str, within: timedelta = ANSWER_WITHIN) -> None:
        self.up = ALL_UP
        self.sent = 0
        self.heartbeat = Heartbeat(url, self.readiness, self.count, within)

    async def readiness(self) -> Readiness:
        return self.up

    def count(self) -> None:
        self.sent += 1


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        yield opened


async def test_while_all_is_up_each_beat_is_one_bare_request(sink: Sink) -> None:
    """A GET of the URL as it was given: no query, no body, no cookie, no name of a host, nothing to leak."""
    clinic = Clinic(sink.url)

    await clinic.heartbeat.beat()
    await clinic.heartbeat.beat()

    assert clinic.sent == len(sink.requests) == 2
    lines = sink.requests[0].decode().splitlines()
    assert lines[0] == "GET /ping/a-secret-name HTTP/1.1"
    assert {line.partition(":")[0].lower() for line in lines[1:-1]} == {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
    }


@pytest.mark.parametrize("part", list(Readiness.model_fields))
async def test_a_part_that_is_down_is_silence(sink: Sink, part: str, caplog: pytest.LogCaptureFixture) -> None:
    """Workers, the watch, Temporal, the record store: without any of them nothing is sent; the log names it, once."""
    clinic = Clinic(sink.url)
    clinic.up = ALL_UP.but(**{part: False})

    for _ in range(3):
        await clinic.heartbeat.beat()

    assert (clinic.sent, sink.requests) == (0, [])
    assert [line.getMessage() for line in caplog.records] == [f"No heartbeat leaves this process (not up: {part})"]
    clinic.up = ALL_UP
    await clinic.heartbeat.beat()
    assert len(sink.requests) == 1


async def test_a_console_that_does_not_answer_is_silence(sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    """The watch is another process, and well without it: no event is taken meanwhile."""
    clinic = Clinic(sink.url)
    async with open_sink() as console:
        url = console.url.removesuffix("/ping/a-secret-name")
        heartbeat = Heartbeat(sink.url, clinic.readiness, clinic.count, SOON, url)
        for answer in (BROKEN, HALF, None):
            console.answer = answer
            await heartbeat.beat()
        assert (clinic.sent, sink.requests) == (0, [])
        console.answer = OK
        await heartbeat.beat()

    assert clinic.sent == len(sink.requests) == 1
    assert [line.getMessage() for line in caplog.records][:1] == ["No heartbeat leaves this process (not up: console)"]
    assert console.requests[0].startswith(b"GET /healthz ")


@pytest.mark.parametrize("answer", [UNKNOWN, BROKEN, ELSEWHERE, HALF, b"\0\0", b"", None])
async def test_a_target_that_fails_harms_nothing_and_is_logged_once(
    sink: Sink, answer: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """It refuses, breaks off, speaks no HTTP or never answers: no error, one line, and it is tried on."""
    clinic = Clinic(sink.url, ANSWER_WITHIN if answer is not None else SOON)
    sink.answer = answer
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await clinic.heartbeat.beat()
        assert (clinic.sent, len(sink.requests), len(caplog.records)) == (0, 3, 1)
        sink.answer = OK
        await clinic.heartbeat.beat()

    assert clinic.sent == 1
    assert [line.getMessage() for line in caplog.records][1:] == ["Heartbeats leave this process again"]
    assert "a-secret-name" not in caplog.text


async def test_a_target_that_is_not_there_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Its host refuses the connection, or its name is none: no error, one line each."""
    port = claim("127.0.0.1", {"nobody": None})["nobody"]
    for url in (f"http://127.0.0.1:{port}/x", "http://no-such-host.invalid/x", "http://[::1/x", "http://a b/x"):
        caplog.clear()
        clinic = Clinic(url)
        await clinic.heartbeat.beat()
        await clinic.heartbeat.beat()
        assert (clinic.sent, len(caplog.records)) == (0, 1), url


async def test_a_look_that_fails_is_no_heartbeat(sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    """An error of Kapstan's own while it looks at itself neither ends the watch nor counts as well."""

    async def breaks() -> Readiness:
        raise ZeroDivisionError

    await Heartbeat(sink.url, breaks).beat()

    assert sink.requests == []
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("url", ["hc-ping.example/1", "ftp://hc-ping.example/1", "https:///1", "http://[::1/x"])
def test_a_url_that_is_none_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable, and does not repeat what stood in it."""
    monkeypatch.setenv("KAPSTAN_HEARTBEAT_URL", url)

    with pytest.raises(Misconfigured, match="KAPSTAN_HEARTBEAT_URL: ") as wrong:
        read_settings()
    assert url not in str(wrong.value)


def test_the_url_is_in_nothing_that_is_printed_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever knows it could keep the switch quiet."""
    monkeypatch.setenv("KAPSTAN_HEARTBEAT_URL", "https://hc-ping.example/a-secret-name")

    assert "a-secret-name" not in repr(read_settings())
