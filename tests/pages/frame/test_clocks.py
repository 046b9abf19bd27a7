"""Time in words: the server's first word and the browser's next are spelled alike."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser

from console.pages.frame.clock import WallClock, due_in_words, place, since_in_words, zone_of
from tests.support.browser import looks
from tests.support.clinic import ON_CALL
from tests.support.http_stack import House

pytestmark = pytest.mark.xdist_group("frame")

NOW = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)

LENGTHS = [
    timedelta(seconds=seconds)
    for seconds in (0, 1, 59, 60, 124, 3_599, 3_600, 11_100, 14_399, 14_400, 86_399, 86_400, 172_799, 172_800, 900_000)
]


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(minutes=2, seconds=4), "in 2:04"),
        (timedelta(), "in 0:00"),
        (-timedelta(seconds=9), "due now"),
        (-timedelta(minutes=6, seconds=10), "6 min late"),
        (-timedelta(minutes=10), "10 min late"),
        (-timedelta(hours=2, minutes=5), "2 h 05 min late"),
        (-timedelta(days=3), "3 days late"),
    ],
)
def test_what_is_due_counts_down_and_then_up(ahead: timedelta, words: str) -> None:
    """Minutes and seconds within the hour, then hours, then days."""
    assert due_in_words(ahead) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/Los_Angeles", "Los Angeles"),
        ("Etc/GMT-2", "UTC+2"),
        ("Etc/GMT+11", "UTC-11"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_zone_is_told_by_its_place_or_by_how_far_it_is_from_utc(zone: str, words: str) -> None:
    """The key of a zone of no place says the opposite of what people mean."""
    assert place(zone) == words


def test_what_is_far_ahead_is_told_by_its_date() -> None:
    """By the site's own clock, with the day of the week."""
    wall = WallClock(ZoneInfo("America/Los_Angeles"), NOW)

    assert wall.due(NOW + timedelta(days=1)).words == "Thu 26 Nov 03:00"
    assert wall.due(NOW + timedelta(days=1) - timedelta(seconds=1)).words == "in 23 h 59 min"
    assert wall.at(NOW).words == "03:00"
    assert wall.at(NOW - timedelta(days=1)).words == "24 Nov 03:00"
    assert wall.local(NOW + timedelta(days=40)) == "Mon 4 Jan 2027 03:00"


async def test_the_browser_counts_on_in_the_same_words(house: House, browser: Browser) -> None:
    """At every edge of the wording."""
    async with looks(browser, house.url) as eyes:
        await eyes.signs_in(house.admin_token)
        for length in LENGTHS:
            milliseconds = length / timedelta(milliseconds=1)
            assert await eyes.page.evaluate(f"kapstan.due({milliseconds})") == due_in_words(length)
            assert await eyes.page.evaluate(f"kapstan.since({milliseconds})") == since_in_words(length)
            if length:
                assert await eyes.page.evaluate(f"kapstan.due(-{milliseconds})") == due_in_words(-length)


def test_a_site_has_its_own_time_zone() -> None:
    """What is configured counts; without, the zone in which the clinic's rotas hand over."""
    configured = {"bend": "America/Los_Angeles", "*": "Europe/Vienna"}

    assert zone_of("bend", configured, ON_CALL).key == "America/Los_Angeles"
    assert zone_of("portland", configured, ON_CALL).key == "Europe/Vienna"
    assert zone_of(None, configured, ON_CALL).key == "Europe/Vienna"
    assert zone_of("bend", {}, ON_CALL).key == next(iter(ON_CALL.rotas.values())).timezone
