"""An approval is over what a protocol says: how it is written does not matter, what it says does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.protocol.approval import Approval, approvals_of, content_hash, parse_approvals, written
from domain.protocol.file import ProtocolFileError, parse_protocol
from domain.protocol.model import Protocol
from tests.support.paths import WEEKLY_FILE

WEEKLY = WEEKLY_FILE.read_text(encoding="utf-8")
PROTOCOL = parse_protocol(WEEKLY, "kap.toml")
WARD = Approval(by="Dr Ward", at=datetime(2026, 1, 5, 8, tzinfo=UTC), hash=content_hash(PROTOCOL))


def protocol_with(old: str, new: str) -> Protocol:
    assert old in WEEKLY
    return parse_protocol(WEEKLY.replace(old, new, 1), "kap.toml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("above = 180", "above = 181"),
        ('grace      = "PT5M"', 'grace = "PT6M"'),
        ('version = "1.0.0"', 'version = "1.0.1"'),
        ('"bmi_over_35", ', ""),
        ("boosters_max = 0", "boosters_max = 1"),
        ('confirm_within = "PT5M"', 'confirm_within = "PT4M"'),
        ('source = "S27"', 'source = "S1"'),
    ],
)
def test_a_changed_word_is_approved_no_more(old: str, new: str) -> None:
    """Any change of a value, a list or its evidence needs the medical director again."""
    assert approvals_of(PROTOCOL, [WARD]) == (WARD,)
    assert approvals_of(protocol_with(old, new), [WARD]) == ()


def test_several_people_may_approve_the_same_words() -> None:
    """Each approval over this content counts; one over an earlier content does not."""
    osei = WARD.but(by="Dr Osei")
    earlier = WARD.but(hash="0" * 64)

    assert approvals_of(PROTOCOL, [earlier, WARD, osei]) == (WARD, osei)


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40), min_size=1, max_size=3))
def test_what_is_written_about_an_approval_is_read_back(names: list[str]) -> None:
    """Whatever the medical director is called, quotation marks and all."""
    approvals = tuple(WARD.but(by=name, meaning=meaning) for name in names for meaning in (None, name))

    assert parse_approvals(written(approvals), "kap.approval.toml") == approvals


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("approvals = [", ""),
        ("", "approvals"),
        ("approvals = []", "approvals"),
        ('[[approvals]]\nby = "Dr Ward"\nat = 2026-01-05T08:00:00Z\n', "approvals[1].hash"),
        (f'[[approvals]]\nby = "Dr Ward"\nat = 2026-01-05T08:00:00\nhash = "{"a" * 64}"', "approvals[1].at"),
        *(
            (f'[[approvals]]\nby = "Dr Ward"\nat = {at}\nhash = "{"a" * 64}"', "approvals[1].at")
            for at in (
                "2026-01-05",
                "08:00:00",
                "0001-01-01T00:00:00Z",
                "0001-01-01T00:00:00+01:00",
                "9999-12-31T23:59:59-14:00",
                "1767600000",
                '"1767600000"',
                '"20260105"',
                '"2026-01-05T08:00Z"',
            )
        ),
        (f"at = {'9' * 5_000}", ""),
        (f'[[approvals]]\nby = ""\nat = 2026-01-05T08:00:00Z\nhash = "{"a" * 64}"', "approvals[1].by"),
        ('[[approvals]]\nby = "Dr Ward"\nat = 2026-01-05T08:00:00Z\nhash = "yes"', "approvals[1].hash"),
        (written([WARD]) + 'role = "director"\n', "approvals[1].role"),
    ],
)
def test_a_damaged_approval_approves_nothing(text: str, key: str) -> None:
    """An approval file that cannot be read whole is an error, never a quiet no or a quiet yes."""
    with pytest.raises(ProtocolFileError) as refused:
        parse_approvals(text, "kap.approval.toml")

    assert [finding.key for finding in refused.value.findings] == [key]
