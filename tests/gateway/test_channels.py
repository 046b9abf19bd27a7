"""Which channels a page could go out by: Apprise is asked, and nothing is sent."""

import asyncio
import logging
import socket
from contextlib import suppress
from datetime import timedelta

import pytest

from domain.escalation.page_text import Text
from domain.oncall.file import OnCallFileError
from domain.values import Severity
from gateway.channels import HANGING_AT_MOST, Channels, fault
from gateway.oncall import OnCallBook, read_on_call
from tests.support.paths import ROOT

EXAMPLE = (ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8")
TWILIO = f"twilio://AC{'0' * 32}:{'1' * 32}@15550001111"


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:9900/lind",
        "JSONS://kapstan:token@hooks.clinic.example/lind?+X-Key=a@b",
        "mailto://lind@clinic.example",
        "mailto://127.0.0.1:2525?from=kapstan@clinic.example&to=osei@clinic.example",
        "mailtos://kapstan:p%40ss@clinic.example?to=lind@clinic.example,osei@clinic.example&cc=ward@clinic.example",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#on-call",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyzabcdefghi",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyzabcdefghi/12315544",
        f"{TWILIO}/15550002222",
        f"{TWILIO}/15550002222/15550003333",
        "ntfy://clinic-on-call",
        "ntfys://ntfy.clinic.example/on-call",
        "bulksms://user:password@/@on-call",
        "mastodon://token@clinic.example/@lind@other.example",
        "opsgenie://key",
    ],
)
def test_a_channel_that_apprise_takes_is_without_fault(url: str) -> None:
    """A start that refuses a channel which works would leave a clinic without any."""
    assert fault(url) is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nosuchservice://lind", "must be the name of a service that Apprise knows"),
        ("smtp://clinic.example", "must be the name of a service that Apprise knows"),
        ("gnome://lind", "must be a service whose software is installed on this machine"),
        ("mailto://", "must be written as Apprise reads it"),
        ("mailto://clinic.example", "must be written as Apprise reads it"),
        ("slack://abc", "must be written as Apprise reads it"),
        ("tgram://x", "must be written as Apprise reads it"),
        ("pover://u", "must be written as Apprise reads it"),
        ("gotify://clinic.example", "must be written as Apprise reads it"),
        ("json://:9900/lind", "must be written as Apprise reads it"),
        ("json://127.0.0.1:port/lind", "must be written as Apprise reads it"),
        ("json://127.0.0.1:99000/lind", "must have a port between 1 and 65535"),
        ("mailto://kapstan:secret@clinic.example?to=lind", "must name whom a page goes to"),
        ("mailto://kapstan:secret@clinic.example/lind", "must name whom a page goes to"),
        (f"{TWILIO}/123", "must name whom a page goes to"),
        (f"{TWILIO}/15550002222/123", "must name whom a page goes to, and everybody"),
        ("signal://clinic.example:8080/+15550001111/lind", "must name whom a page goes to"),
        ("sns://AHIAJGNT76XIMXDBIJYA/bu1dHSdO22pfaaVy/wmNsdjFyWQ4/us-east-1/", "must name whom a page goes to"),
        ("whatsapp://token@12345/", "must name whom a page goes to"),
        ("ntfy://", "must name whom a page goes to"),
        ("clicksend://user:password@", "must name whom a page goes to"),
        ("mailto://kapstan:p@ss@clinic.example?to=lind@clinic.example", "must have no @ too many"),
        ("mailto://kapstan:secret@clinic.example?to=lind@@clinic.example", "must have no @ too many"),
        ("mailto://kapstan:secret@clinic.example?to=lind@ward@clinic.example", "must have no @ too many"),
        ("json://kapstan@ward@clinic.example", "must have no @ too many"),
        ("json://127.0.0.1/lind, json://127.0.0.1/osei", "must be one URL"),
        ("json://127.0.0.1/lind?rto=0", "must wait for more than 0"),
        ("json://127.0.0.1/lind?cto=-1", "must wait for more than 0"),
        ("json://127.0.0.1/lind?rto=nan", "must wait for more than 0"),
        ("json://127.0.0.1/lind?rto=86400", "must wait for more than 0 and at most 60 seconds"),
    ],
)
def test_a_channel_that_could_never_take_a_page_is_told_by_its_kind(url: str, said: str) -> None:
    """What is missing is said in words that hold nothing of the address but its scheme."""
    found = fault(url)

    assert found is not None
    assert found.startswith(f"{url.partition('://')[0]}:// {said}")
    assert not [part for part in ("clinic", "secret", "lind", "127", "1555") if part in found]


def test_nothing_is_sent_and_no_address_reaches_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a connection nor a look-up of a name, for a sound channel as for another."""
    caplog.set_level(logging.DEBUG)
    fault("json://127.0.0.1/lind")

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("somebody went out")

    for way in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, way, no_network)
    monkeypatch.setattr(socket.socket, "connect", no_network)
    for url in (
        "mailto://kapstan:secret@clinic.example?to=lind",
        "json://clinic.example/lind",
        f"{TWILIO}/15550002222",
    ):
        fault(url)

    assert "clinic" not in caplog.text
    assert "1555" not in caplog.text


def test_every_channel_of_a_file_is_asked_for_and_named_by_its_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Together with whatever else is wrong, so that a file is mended in one go."""
    file = tmp_path_factory.mktemp("calls") / "oncall.toml"
    file.write_text(
        EXAMPLE.replace("mailto://127.0.0.1:2525?from=kapstan@clinic.example&to=osei@clinic.example", "slack://abc")
        .replace("json://127.0.0.1:9900/fallback", "siren://attic")
        .replace('members  = ["lind"]', 'members  = ["mallory"]'),
        encoding="utf-8",
    )

    with pytest.raises(OnCallFileError) as refused:
        read_on_call(file, fault)

    assert [key for key, _ in refused.value.findings] == [
        "rotas.nurse.members[1]",
        "people.osei.channels[2]",
        "fallback.channels[1]",
    ]


def test_an_edit_with_such_a_channel_is_broken_as_any_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A start would refuse it: what runs goes on with the last good file, and says why."""
    file = tmp_path_factory.mktemp("calls") / "oncall.toml"
    file.write_text(EXAMPLE, encoding="utf-8")
    book = OnCallBook(file, fault)
    good = book.now()

    file.write_text(EXAMPLE.replace('"json://127.0.0.1:9900/lind"', '"json://127.0.0.1:9900/lind", "tgram://x"'))

    assert book.now() == good
    broken = book.trouble
    assert broken is not None
    assert [key for key, _ in broken.findings] == ["people.lind.channels[2]"]
    file.write_text(EXAMPLE, encoding="utf-8")
    assert book.now() == good
    assert book.trouble is None


def test_who_starts_again_while_the_file_is_broken_pages_by_the_last_good_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A worker that died that night is no reason to wake nobody; without any good one it refuses to start."""
    folder = tmp_path_factory.mktemp("night")
    file, kept = folder / "oncall.toml", folder / "oncall.last-good.toml"
    file.write_text(EXAMPLE, encoding="utf-8")
    good = OnCallBook(file, fault, kept).now()
    file.write_text(f"{EXAMPLE}\n[broken", encoding="utf-8")

    started_again = OnCallBook(file, fault, kept)

    assert started_again.now() == good
    assert started_again.trouble is not None
    assert kept.stat().st_mode & 0o077 == 0, "it holds addresses"
    with pytest.raises(OnCallFileError):
        OnCallBook(file, fault).now()


def test_a_file_that_may_be_read_again_counts_although_nobody_wrote_it(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edited by somebody whose umask keeps Kapstan out, then opened by a `chmod`: its content did not change."""
    path = tmp_path_factory.mktemp("oncall") / "oncall.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    book = OnCallBook(path)
    book.now()
    path.write_text(EXAMPLE.replace("Dr Osei", "Dr Vega"), encoding="utf-8")

    def refuses(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as closed:
        closed.setattr(type(path), "read_text", refuses)
        assert book.now().people["osei"].name == "Dr Osei"
    assert book.trouble is not None
    path.chmod(0o644 if path.stat().st_mode & 0o777 != 0o644 else 0o640)

    assert book.now().people["osei"].name == "Dr Vega"
    assert book.trouble is None


async def test_a_channel_that_never_ends_its_answer_keeps_no_page_from_anybody_else() -> None:
    """A byte a moment, for ever: no socket gives up. More of them than there are threads, and others go out."""
    is_over = asyncio.Event()

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
        with suppress(ConnectionError):
            while not is_over.is_set():
                writer.write(b"a")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(is_over.wait(), 0.5)
        writer.close()

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    page = Text(title="URGENT: reading overdue", body="Course EX-1")
    async with (
        await asyncio.start_server(drip, "127.0.0.1") as bad,
        await asyncio.start_server(take, "127.0.0.1") as good,
    ):
        hangs, works = (f"json://127.0.0.1:{one.sockets[0].getsockname()[1]}/x" for one in (bad, good))
        impatient, patient = Channels(timedelta(seconds=2)), Channels(timedelta(seconds=30))
        assert await patient.send(works, page, Severity.URGENT) is None
        try:
            few = await asyncio.gather(*(impatient.send(hangs, page, Severity.URGENT) for _ in range(20)))
            many = await asyncio.gather(*(impatient.send(hangs, page, Severity.URGENT) for _ in range(80)))
            assert await patient.send(works, page, Severity.URGENT) is None
            assert await impatient.send(works, page, Severity.URGENT) is None
        finally:
            is_over.set()

    assert set(few) == {"the channel did not answer within 2 s"}
    assert set(many) == {f"the channel has not answered the last {HANGING_AT_MOST} pages yet"}


class Hooks:
    """A web server that keeps the bodies it is sent, and answers with `status` and `where` to go instead."""

    def __init__(self, status: str = "200 OK", where: str = "") -> None:
        self.bodies: list[str] = []
        self._head = f"HTTP/1.1 {status}\r\n" + (f"Location: {where}\r\n" if where else "")

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next((int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length:")), 0)
        self.bodies.append((await reader.readexactly(length)).decode())
        writer.write(f"{self._head}Content-Length: 2\r\nConnection: close\r\n\r\nok".encode())
        await writer.drain()
        writer.close()


PAGE = Text(title="URGENT: urgent review", body="Course MARA-1\nAnswer: https://kapstan.clinic.example/ack/x")


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_a_page_goes_to_whom_the_file_names_and_is_sent_on_to_nobody(status: str) -> None:
    """Whoever has taken over the address of a hook sends no page, with the link to answer by, to another one."""
    elsewhere = Hooks()
    other = await asyncio.start_server(elsewhere.receive, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    hook = Hooks(status, where=f"http://127.0.0.1:{port}/lind")
    first = await asyncio.start_server(hook.receive, "127.0.0.1", 0)
    async with other, first:
        address = f"json://127.0.0.1:{first.sockets[0].getsockname()[1]}/lind"
        said = await Channels().send(address, PAGE, Severity.URGENT)
        assert said == "the channel did not take the page"
        assert (len(hook.bodies), elsewhere.bodies) == (1, [])

        await Channels().send(f"{address}?redirect=yes", PAGE, Severity.URGENT)
        assert len(elsewhere.bodies) == 1, "who wants that says so in the on-call file"


async def test_a_page_names_no_third_party() -> None:
    """Whoever is shown it fetches no picture of Apprise's from elsewhere, which would tell when somebody was paged."""
    hook = Hooks()
    server = await asyncio.start_server(hook.receive, "127.0.0.1", 0)
    async with server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for url in (f"mmost://{address}/{'t' * 26}", f"json://{address}/lind", f"form://{address}/lind"):
            assert fault(url) is None
            assert await Channels().send(url, PAGE, Severity.URGENT) is None

    assert len(hook.bodies) == 3
    assert all("MARA-1" in body for body in hook.bodies)
    assert not [body for body in hook.bodies if "github" in body]
