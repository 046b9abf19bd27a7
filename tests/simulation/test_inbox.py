"""The inbox keeps the pages that really arrive, and nothing else."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.paging import Paging
from domain.escalation.messages import Kind, Opening, PageOrder
from domain.escalation.pager import Pager
from domain.oncall.file import parse_on_call
from domain.values import Severity
from gateway.channels import Channels, prepare
from gateway.oncall import OnCallBook
from simulation.demo.inbox import Inbox
from simulation.demo.oncall import on_call_file

OVERDUE = Opening(
    id="demo-1~vitals_overdue~2~1",
    course_id="demo-1",
    kind=Kind.VITALS_OVERDUE,
    session=2,
    severity=Severity.URGENT,
    opened_at=datetime(2026, 1, 13, 18, 50, tzinfo=UTC),
)


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Loading Apprise is no part of the time in which a channel answers."""
    prepare()


async def test_a_page_arrives_under_its_persons_name(tmp_path: Path) -> None:
    """What Kapstan's own paging sends by the clinic's on-call file is in the inbox, word for word."""
    on_call = tmp_path / "oncall.toml"
    order = PageOrder(
        escalation=OVERDUE,
        severity=Severity.URGENT,
        step=1,
        person="lind",
        at=datetime(2026, 1, 13, 18, 50, tzinfo=UTC),
    )
    async with Inbox() as inbox:
        on_call.write_text(on_call_file(inbox.channels), encoding="utf-8")

        paging = Paging(OnCallBook(on_call).now, Pager(lambda *_: "http://answer", Channels().send))
        [sent] = await ActivityEnvironment().run(paging.page, order)

        [page] = inbox.pages
    assert sent.ok
    assert (page.person, page.title) == ("lind", "URGENT: reading overdue")
    assert page.body == "Course demo-1, session 2\nAnswer: http://answer"


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
