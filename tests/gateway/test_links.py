"""The link of a page: it opens one thing for one person, for a day, and cannot be made by anybody else."""

import base64
from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits

import pytest

from domain.oncall.file import FALLBACK
from gateway.links import GOOD_FOR, BadLink, Links

AT = datetime(2026, 3, 2, 3, 12, 40, tzinfo=UTC)
SECRET = "s" * 32
ALARM = "EX-1~vitals_overdue~2~1"
LINKS = Links([SECRET], "https://kapstan.clinic.example/")


def token(person: str = "lind", at: datetime = AT) -> str:
    return LINKS.for_(ALARM, person, at).removeprefix("https://kapstan.clinic.example/ack/")


def test_a_link_says_who_may_answer_what() -> None:
    """And is the same when the page is tried again; another page, or another person, has another."""
    found = LINKS.read(token(), AT)

    assert (found.escalation, found.person, found.issued_at) == (ALARM, "lind", AT)
    assert token() == token()
    assert len({token(), token("osei"), token(at=AT + timedelta(seconds=1))}) == 3
    assert len({LINKS.read(one, AT).link for one in (token(), token("osei"), token(at=AT + timedelta(seconds=1)))}) == 3


def test_a_link_fits_into_a_text_message() -> None:
    """Nothing in it has to be escaped either."""
    assert len(token()) < 120
    assert set(token()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_no_changed_link_opens_anything() -> None:
    """Whichever character is another one, or missing, or too many: there is one spelling of it."""
    good = token()
    for place in range(len(good)):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        for forged in (changed, good[:place], good[:place] + "~" + good[place:]):
            with pytest.raises(BadLink, match="not one of ours"):
                LINKS.read(forged, AT)


def test_another_secret_signs_nothing_here() -> None:
    """A link of another clinic opens nothing."""
    with pytest.raises(BadLink):
        Links(["t" * 32], "https://kapstan.clinic.example").read(token(), AT)


def test_no_spelling_of_a_link_but_its_own_opens_it() -> None:
    """The last character of base64 carries bits that say nothing, and readers of it are lenient."""
    alphabet = f"{ascii_letters}{digits}-_"
    for person in ("lind", "osei", "a", "ab"):
        good = token(person)
        others = {good[:-1] + last for last in alphabet} | {good + "=", good + "==", good + "\n", f" {good}"}
        for other in others - {good}:
            with pytest.raises(BadLink, match="not one of ours"):
                LINKS.read(other, AT)


def test_a_link_tells_nobody_what_it_is_about() -> None:
    """Neither a person's nor the fallback's: it stands in text messages, mails and logs of other people."""
    for link in (LINKS.for_(ALARM, "lind", AT), LINKS.for_(ALARM, FALLBACK, AT)):
        sealed = link.rpartition("/")[2]
        for told in (sealed, base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)).decode("latin-1")):
            assert not any(word in told for word in ("EX-1", "vitals", "overdue", "lind"))


def test_a_link_of_one_kind_opens_nothing_of_the_other() -> None:
    """Who holds the fallback's link may read how to answer, and answers for nobody by it."""
    alarm = LINKS.for_(ALARM, FALLBACK, AT).rpartition("/")[2]

    with pytest.raises(BadLink):
        LINKS.read(alarm, AT)
    assert LINKS.alarm_of(token()) is None


def test_secrets_rotate() -> None:
    """The first seals, each opens: links that are under way answer, until the old secret is taken away."""
    both, new = Links(["n" * 32, SECRET], "https://kapstan.clinic.example"), Links(["n" * 32], "https://k.example")

    assert both.read(token(), AT).person == "lind"
    assert new.read(both.for_(ALARM, "lind", AT).rpartition("/")[2], AT).person == "lind"
    with pytest.raises(BadLink):
        new.read(token(), AT)


def test_a_link_is_good_for_a_day() -> None:
    """Up to its last moment; one of a clock that is ahead is good too."""
    assert LINKS.read(token(), AT + GOOD_FOR).person == "lind"
    assert LINKS.read(token(at=AT + timedelta(days=30)), AT).person == "lind"

    with pytest.raises(BadLink, match="over a day old"):
        LINKS.read(token(), AT + GOOD_FOR + timedelta(seconds=1))


def test_the_fallback_channels_lead_to_signing_in() -> None:
    """Nobody is behind them who could promise anything."""
    link = LINKS.for_(ALARM, FALLBACK, AT)

    assert link.startswith("https://kapstan.clinic.example/alarm/")
    assert LINKS.alarm_of(link.rpartition("/")[2]) == ALARM
    assert LINKS.alarm_of(link.rpartition("/")[2][:-1]) is None
