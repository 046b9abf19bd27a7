"""Who is on call: turns, stand-ins and office hours on the clinic's wall clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.oncall.file import FALLBACK, OnCallQuery, parse_on_call
from domain.oncall.rota import Hours, Rota
from domain.values import Severity

EXAMPLE = parse_on_call(Path("examples/oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
PACIFIC = ZoneInfo("America/Los_Angeles")
WEEKLY = Rota.model_validate(
    {
        "timezone": "America/Los_Angeles",
        "members": ["lind", "osei", "ward"],
        "period": "P7D",
        "handoff": "2026-01-05T08:00:00",
    }
)
OFFICE = Hours.model_validate(
    {"timezone": "America/Los_Angeles", "days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "until": "18:00"}
)
MOMENTS = st.datetimes(
    datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2028-01-01"), timezones=st.just(UTC)
)


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "person"),
    [
        ("2025-06-01T12:00:00", "lind"),
        ("2026-01-05T07:59:59", "lind"),
        ("2026-01-05T08:00:00", "lind"),
        ("2026-01-12T07:59:59", "lind"),
        ("2026-01-12T08:00:00", "osei"),
        ("2026-01-19T08:00:00", "ward"),
        ("2026-01-26T08:00:00", "lind"),
    ],
)
def test_the_rota_is_handed_on_every_week_at_eight(moment: str, person: str) -> None:
    """A turn begins at its hand-off, that second included; before the first one the first member is on duty."""
    assert WEEKLY.on_duty(local(moment)) == person


@pytest.mark.parametrize("monday", ["2026-03-09", "2026-06-15", "2026-11-02", "2027-03-15"])
def test_the_hand_off_stays_at_eight_when_the_clock_is_changed(monday: str) -> None:
    """Daylight saving began on 8 March 2026 and ended on 1 November: eight o'clock is eight o'clock on either side."""
    before, after = local(f"{monday}T07:59:59"), local(f"{monday}T08:00:00")

    assert after - before == timedelta(seconds=1)
    turns = ["lind", "osei", "ward"]
    assert turns.index(WEEKLY.on_duty(after)) == (turns.index(WEEKLY.on_duty(before)) + 1) % 3


def test_the_hour_that_comes_twice_is_handed_on_once() -> None:
    """On 1 November 2026 half past one comes twice: the shift that begins then begins the first time and stays."""
    shifts = WEEKLY.but(period=timedelta(hours=1), handoff=datetime.fromisoformat("2026-11-01T00:30:00"))

    assert shifts.on_duty(local("2026-11-01T01:29:59")) == "lind"
    assert shifts.on_duty(local("2026-11-01T01:30:00")) == "osei"
    assert shifts.on_duty(local("2026-11-01T01:15:00", fold=1)) == "osei"
    assert shifts.on_duty(local("2026-11-01T01:45:00", fold=1)) == "osei"
    assert shifts.on_duty(local("2026-11-01T02:30:00")) == "ward"


def test_the_hour_that_is_skipped_shortens_a_shift_and_skips_nobody() -> None:
    """On 8 March 2026 two o'clock becomes three: the night shift of twelve local hours lasts eleven."""
    halves = WEEKLY.but(period=timedelta(hours=12), handoff=datetime.fromisoformat("2026-03-07T08:00:00"))
    begins, ends = local("2026-03-07T20:00:00"), local("2026-03-08T08:00:00")

    assert ends - begins == timedelta(hours=11)
    assert [
        halves.on_duty(at) for at in (begins - timedelta(seconds=1), begins, ends - timedelta(seconds=1), ends)
    ] == [
        "lind",
        "osei",
        "osei",
        "ward",
    ]


@given(at=MOMENTS, weeks=st.integers(0, 8))
def test_a_turn_lasts_a_local_week_however_far_ahead(at: datetime, weeks: int) -> None:
    """Whoever is on duty now is on duty again three local weeks later: a strip of weeks can be shown."""
    wall_clock = at.astimezone(PACIFIC).replace(tzinfo=None)
    later = (wall_clock + timedelta(weeks=3 * weeks)).replace(tzinfo=PACIFIC)
    is_read_once = later.replace(fold=0).utcoffset() == later.replace(fold=1).utcoffset()
    assume(is_read_once and at >= local("2026-01-05T08:00:00"))

    assert WEEKLY.on_duty(later) == WEEKLY.on_duty(at)


@pytest.mark.parametrize(
    ("moment", "person"),
    [
        ("2026-12-24T07:59:59", "lind"),
        ("2026-12-24T08:00:00", "osei"),
        ("2026-12-26T07:59:59", "osei"),
        ("2026-12-26T08:00:00", "lind"),
    ],
)
def test_a_stand_in_holds_the_rota_from_the_first_second_to_the_last(moment: str, person: str) -> None:
    """An override counts from its beginning (included) until its end (excluded), in the rota's time zone."""
    assert EXAMPLE.on_duty("nurse", local(moment)) == person


def test_somebody_named_twice_is_paged_once() -> None:
    """Targets are taken in order; at Christmas the nurse's stand-in is the prescriber who is called anyway."""
    christmas, monday = local("2026-12-25T12:00:00"), local("2026-03-02T12:00:00")

    assert EXAMPLE.resolve(("rota:nurse", "person:osei"), monday) == ("lind", "osei")
    assert EXAMPLE.resolve(("rota:nurse", "person:osei"), christmas) == ("osei",)
    assert EXAMPLE.resolve(("role:prescriber", "rota:nurse"), monday) == ("osei", "ward", "lind")


def test_the_standing_names_everybody_and_no_channel() -> None:
    """What enters Temporal's history: the policy, whom each step calls now, and who may answer."""
    standing = EXAMPLE.standing(OnCallQuery(severity=Severity.EMERGENCY, at=local("2026-03-02T12:00:00")))

    assert standing.called == (("lind", "osei"), ("lind", "osei", "ward"))
    assert standing.people == ("lind", "osei", "ward", "desk")
    assert "json:" not in standing.model_dump_json()
    assert "json:" not in repr(EXAMPLE)


def test_a_person_is_reached_by_all_their_channels() -> None:
    """The fallback has its own; somebody who left the file has none."""
    schemes = [channel.get_secret_value().partition(":")[0] for channel in EXAMPLE.channels_of("osei")]
    assert schemes == ["json", "mailto"]
    assert len(EXAMPLE.channels_of(FALLBACK)) == 1
    assert EXAMPLE.channels_of("mallory") == ()


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-03-02T07:59:59", "2026-03-02T08:00:00"),
        ("2026-03-02T08:00:00", "2026-03-02T08:00:00"),
        ("2026-03-02T17:59:59", "2026-03-02T17:59:59"),
        ("2026-03-02T18:00:00", "2026-03-03T08:00:00"),
        ("2026-03-06T18:00:00", "2026-03-09T08:00:00"),
        ("2026-10-30T20:00:00", "2026-11-02T08:00:00"),
    ],
)
def test_routine_waits_for_the_office_to_open(moment: str, opening: str) -> None:
    """Within the hours at once, else at the next opening, over the weekend and over a change of the clock."""
    assert OFFICE.next_opening(local(moment)) == local(opening)


@given(at=MOMENTS)
def test_an_opening_is_never_in_the_past_and_always_within_the_hours(at: datetime) -> None:
    """The next opening lies in the hours, so asking again answers the same."""
    opening = OFFICE.next_opening(at)

    wall_clock = opening.astimezone(PACIFIC)
    assert opening >= at
    assert wall_clock.weekday() < 5
    assert 8 <= wall_clock.hour < 18
    assert OFFICE.next_opening(opening) == opening
