"""The inbox keeps the pages that really arrive, and nothing else."""

import asyncio

import apprise
import pytest

from domain.oncall import parse_on_call
from domain.values import Severity
from simulation.inbox import Inbox
from simulation.oncall import on_call_file


async def test_a_page_sent_by_apprise_arrives_under_its_persons_name() -> None:
    """What is sent to a person's channel of the on-call file is in the inbox, word for word."""
    async with Inbox() as inbox:
        on_call = parse_on_call(on_call_file(inbox.channels), "oncall.toml")
        sender = apprise.Apprise()
        sender.add([channel.get_secret_value() for channel in on_call.channels_of("lind")])

        assert await sender.async_notify(title="URGENT: reading overdue", body="Course demo-1, session 2\nAnswer: x")

        [page] = inbox.pages
    assert (page.person, page.title) == ("lind", "URGENT: reading overdue")
    assert page.body.startswith("Course demo-1, session 2")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /lind HTTP/1.1\r\n\r\n",
        b"POST /lind HTTP/1.1\r\n\r\n",
        b"POST /lind HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /lind HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST /lind HTTP/1.1\r\nContent-Length: 100\r\n\r\ntoo short",
        b"nothing of the kind\r\n\r\n",
    ],
)
async def test_what_is_no_page_is_refused_and_the_inbox_goes_on(sent: bytes) -> None:
    """A sender is told with a 4xx that its page was not taken."""
    async with Inbox() as inbox:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(inbox.channels.rpartition(":")[2]))
        writer.write(sent)
        writer.write_eof()

        answer = await reader.read()

        writer.close()
        await writer.wait_closed()
        assert answer.startswith(b"HTTP/1.1 4")
        assert inbox.pages == ()


def test_the_on_call_file_of_the_clinic_is_a_sound_one() -> None:
    """Every severity calls the people whom the scripts expect."""
    on_call = parse_on_call(on_call_file("json://127.0.0.1:9900"), "oncall.toml")

    assert on_call.policies[Severity.URGENT].steps[0].notify == ("rota:nurse",)
