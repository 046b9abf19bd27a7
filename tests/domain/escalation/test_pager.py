"""A page that no channel could take is stored with words that operations staff understand."""

import pytest

from domain.escalation.ids import escalation_id
from domain.escalation.messages import Kind, Opening, Page, PageOrder
from domain.escalation.page_text import Text
from domain.escalation.pager import Pager
from domain.oncall.file import parse_on_call
from domain.values import Severity
from tests.support.cast import MARA, MONDAY
from tests.support.running_stack import example_on_call

CLINIC = parse_on_call(example_on_call(), "oncall.toml")


async def nobody_is_sent_anything(url: str, text: Text, severity: Severity) -> str | None:
    raise AssertionError((url, text, severity))


@pytest.mark.parametrize(
    ("person", "error"),
    [
        ("lind", "this channel is no longer in the on-call file"),
        ("somebody-who-left", "this person is no longer in the on-call file"),
    ],
)
async def test_a_page_without_a_channel_says_what_left_the_file(person: str, error: str) -> None:
    """The page had been due by a channel that an edit of the file took away, alone or with its person."""
    opening = Opening(
        id=escalation_id(MARA, Kind.ORCHESTRATOR_SILENT, 1, 1),
        course_id=MARA,
        kind=Kind.ORCHESTRATOR_SILENT,
        session=1,
        severity=Severity.EMERGENCY,
        opened_at=MONDAY,
    )
    order = PageOrder(escalation=opening, severity=Severity.EMERGENCY, step=1, person=person, at=MONDAY)

    heard: list[Page] = []
    pager = Pager(lambda *_: "https://k.example/ack/1", nobody_is_sent_anything, heard.append)
    page = await pager.page(order, CLINIC.channels_of(person), 9)

    assert (page.ok, page.channel, page.error) == (False, "none", error)
    assert heard == [page]
