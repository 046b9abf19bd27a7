"""What was heard once is told from news by all that it says."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.access import SentBy
from domain.escalation.heard import MOST, has_heard, having_heard
from domain.escalation.messages import Change, Notice, Repeat, Settlement
from domain.values import Severity

AT = datetime(2026, 3, 2, 18, tzinfo=UTC)
NEWS = Notice(id="EX-1~vitals_urgent~2~1", change=Change.ACKNOWLEDGED, at=AT, by="lind", note="Coming")


def test_the_same_is_heard_once_whatever_zone_its_moment_is_written_in() -> None:
    """Copied off Temporal or told again by the ledger."""
    heard = having_heard((), NEWS)

    assert not has_heard((), NEWS)
    assert has_heard(heard, NEWS)
    assert has_heard(heard, NEWS.but(at=AT.astimezone(ZoneInfo("America/Los_Angeles"))))
    assert having_heard(heard, NEWS) == heard


@pytest.mark.parametrize(
    "other",
    [
        NEWS.but(id="EX-1~vitals_urgent~2~2"),
        NEWS.but(change=Change.RESOLVED),
        NEWS.but(at=AT + timedelta(microseconds=1)),
        NEWS.but(by="osei"),
        NEWS.but(by=None),
        NEWS.but(note="On my way"),
        NEWS.but(sent_by=SentBy(request_id="1")),
        Repeat(severity=Severity.URGENT, at=AT),
        Settlement(at=AT, reason="the reading has arrived"),
    ],
    ids=repr,
)
def test_what_says_anything_else_is_news(other: Notice | Repeat | Settlement) -> None:
    """Nobody's acknowledgement is lost because another one was like it."""
    assert not has_heard(having_heard((), NEWS), other)


def test_so_much_is_remembered_and_no_more() -> None:
    """The oldest is forgotten: what is carried on is bounded."""
    heard: tuple[str, ...] = ()
    for number in range(MOST + 1):
        heard = having_heard(heard, NEWS.but(note=str(number)))

    assert len(heard) == MOST
    assert not has_heard(heard, NEWS.but(note="0"))
    assert has_heard(heard, NEWS.but(note="1"))
