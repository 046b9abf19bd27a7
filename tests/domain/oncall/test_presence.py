"""Who is there: leave and hours on the wall clock of their time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.oncall.file import OnCallFileError, parse_on_call
from domain.oncall.policy import Absence
from domain.oncall.rota import Hours
from tests.support.paths import ROOT

EXAMPLE = (ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8")
PACIFIC = ZoneInfo("America/Los_Angeles")
PEOPLE = parse_on_call(EXAMPLE, "oncall.toml").people
NIGHT = Hours.model_validate(
    {"timezone": "America/Los_Angeles", "days": ["sun"], "from": "02:30:00", "until": "03:00:00"}
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "is_there"),
    [
        ("2026-12-24T07:59:59", True),
        ("2026-12-24T08:00:00", False),
        ("2026-12-26T07:59:59", False),
        ("2026-12-26T08:00:00", True),
    ],
)
def test_somebody_on_leave_is_away_from_the_first_second_to_the_last(moment: str, is_there: bool) -> None:
    """From `from` (included) until `until` (excluded)."""
    assert PEOPLE["lind"].absence(local(moment)) == (None if is_there else Absence.ON_LEAVE)


@pytest.mark.parametrize(
    ("moment", "is_there"),
    [
        ("2026-03-06T07:59:59", False),
        ("2026-03-06T08:00:00", True),
        ("2026-03-06T17:59:59", True),
        ("2026-03-06T18:00:00", False),
        ("2026-03-07T12:00:00", False),
    ],
)
def test_somebody_is_reached_from_the_first_second_of_their_hours_to_the_last(moment: str, is_there: bool) -> None:
    """Within `from` (included) and `until` (excluded) of its days; without hours they are reached at any time."""
    assert PEOPLE["desk"].absence(local(moment)) == (None if is_there else Absence.OUT_OF_HOURS)
    assert PEOPLE["osei"].absence(local(moment)) is None


def test_hours_within_the_hour_that_is_skipped_do_not_come_that_week() -> None:
    """On 8 March 2026 there is nothing from half past two to three: the windows are those of the Sundays around it."""
    begins_at = local("2026-03-01T02:40:00")

    windows = list(NIGHT.windows(begins_at, begins_at + timedelta(days=15)))

    assert windows == [
        (local("2026-03-01T02:30:00"), local("2026-03-01T03:00:00")),
        (local("2026-03-15T02:30:00"), local("2026-03-15T03:00:00")),
    ]


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('leave = [ { from = "2026-12-24T08:00:00"', 'leave = [ { from = "2026-03-08T02:30:00"', "from", "not exist"),
        ('26T08:00:00", timezone', '23T08:00:00", timezone', "", "until must be later than from"),
        ('08:00:00", timezone = "America/Los_Angeles"', '08:00:00", timezone = "Oregon"', "timezone", "IANA"),
        ("leave = [ { from", "leave = [ { since", "from", "is missing"),
    ],
)
def test_a_mistake_in_a_leave_is_named_by_its_key(old: str, new: str, key: str, expected: str) -> None:
    """As one in a rota's stand-in is."""
    assert EXAMPLE.count(old) == 1

    with pytest.raises(OnCallFileError) as refused:
        parse_on_call(EXAMPLE.replace(old, new), "oncall.toml")
    found = dict(refused.value.findings)
    assert expected in found[f"people.lind.leave[1]{f'.{key}' if key else ''}"]
