"""The link of a page: it opens one thing for one person, for a day, and cannot be made by anybody else."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.oncall.file import FALLBACK
from gateway.links import GOOD_FOR, BadLink, Links

AT = datetime(2026, 3, 2, 3, 12, 40, tzinfo=UTC)
SECRET = "s" * 32
ALARM = "EX-1~vitals_overdue~2~1"
LINKS = Links(SECRET, "https://kapstan.clinic.example/")


def token(person: str = "lind", at: datetime = AT) -> str:
    return LINKS.for_(ALARM, person, at).removeprefix("https://kapstan.clinic.example/ack/")


def test_a_link_says_who_may_answer_what() -> None:
    """And is the same when the page is tried again; another page, or another person, has another."""
    found = LINKS.read(token(), AT)

    assert (found.escalation, found.person, found.issued_at) == (ALARM, "lind", AT)
    assert token() == token()
    assert len({token(), token("osei"), token(at=AT + timedelta(seconds=1))}) == 3
    assert len({LINKS.read(one, AT).link for one in (token(), token("osei"))}) == 2


def test_a_link_fits_into_a_text_message() -> None:
    """Nothing in it has to be escaped either."""
    assert len(token()) < 120
    assert set(token()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_no_changed_link_opens_anything() -> None:
    """Whichever character is another one, or missing."""
    good = token()
    last_bits_unused = len(good) - 1  # a signature's last character carries two bits that say nothing
    for place in range(last_bits_unused):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        for forged in (changed, good[:place]):
            with pytest.raises(BadLink, match="not one of ours"):
                LINKS.read(forged, AT)


def test_another_secret_signs_nothing_here() -> None:
    """A link of another clinic opens nothing."""
    with pytest.raises(BadLink):
        Links("t" * 32, "https://kapstan.clinic.example").read(token(), AT)


def test_a_link_is_good_for_a_day() -> None:
    """Up to its last moment; one of a clock that is ahead is good too."""
    assert LINKS.read(token(), AT + GOOD_FOR).person == "lind"
    assert LINKS.read(token(at=AT + timedelta(days=30)), AT).person == "lind"

    with pytest.raises(BadLink, match="over a day old"):
        LINKS.read(token(), AT + GOOD_FOR + timedelta(seconds=1))


def test_the_fallback_channels_lead_to_signing_in() -> None:
    """Nobody is behind them who could promise anything; the link says that it came to them, and answers nothing."""
    page, _, came_from = LINKS.for_(ALARM, FALLBACK, AT).partition("?page=")

    assert page == f"https://kapstan.clinic.example/escalations/{ALARM}"
    assert LINKS.is_of_the_fallback(came_from, ALARM)
    assert not LINKS.is_of_the_fallback(came_from, "EX-1~vitals_overdue~2~2")
    assert not LINKS.is_of_the_fallback(token(), ALARM)
    assert not Links("t" * 32, "https://kapstan.clinic.example").is_of_the_fallback(came_from, ALARM)
    with pytest.raises(BadLink):
        LINKS.read(came_from, AT)
