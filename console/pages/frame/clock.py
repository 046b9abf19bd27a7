"""Times as people read them: counting to or from a moment, and on the site's wall clock."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.oncall.file import OnCall
from domain.values import Frozen

ANY_SITE: Final = "*"
COUNTED_WITHIN: Final = timedelta(days=1)
"""Later moments are shown by date: nobody counts hours to next week."""

MINUTES_UNTIL: Final = timedelta(hours=4)
"""Time since a dose is counted in minutes up to here, then in hours."""


class Counting(StrEnum):
    """How a moment counts: down to it and then late, or up from it."""

    DUE = "due"
    SINCE = "since"


class Clock(Frozen):
    """A moment on a page: `words` when rendered, from which the browser counts on as `counting` says."""

    iso: str
    words: str
    local: str
    counting: Counting | None
    is_late: bool = False


class WallClock:
    """A site's wall clock at one moment."""

    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self.zone = zone
        self.now = now

    def due(self, at: datetime) -> Clock:
        """A due time: `in 2:04`, `6 min late`, `Thu 26 Nov 14:30`."""
        is_counted = at - self.now < COUNTED_WITHIN
        return Clock(
            iso=self._iso(at),
            words=due_in_words(at - self.now) if is_counted else self.local(at),
            local=self.local(at),
            counting=Counting.DUE if is_counted else None,
            is_late=at < self.now,
        )

    def since(self, at: datetime) -> Clock:
        """Time since then: `62 min`, `5 h 10 min`, `3 days`."""
        return Clock(
            iso=self._iso(at), words=since_in_words(self.now - at), local=self.local(at), counting=Counting.SINCE
        )

    def at(self, at: datetime) -> Clock:
        """The time itself: `14:29` today, `18 Nov 14:29` on another day, with the year if it is another one."""
        local = at.astimezone(self.zone)
        is_today = local.date() == self.now.astimezone(self.zone).date()
        year = "" if local.year == self.now.astimezone(self.zone).year else f" {local.year}"
        words = f"{local:%H:%M}" if is_today else f"{local.day} {local:%b}{year} {local:%H:%M}"
        return Clock(iso=self._iso(at), words=words, local=self.local(at), counting=None)

    def to_the_second(self, at: datetime) -> Clock:
        """As `at`, to the second: `14:29:07`, `18 Nov 14:29:07`."""
        known = self.at(at)
        return known.but(words=f"{known.words}:{at.astimezone(self.zone):%S}")

    def local(self, at: datetime) -> str:
        """On the site's wall clock: `Thu 26 Nov 14:30`, with the year if it is another one."""
        local = at.astimezone(self.zone)
        year = "" if local.year == self.now.astimezone(self.zone).year else f" {local.year}"
        return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"

    def _iso(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="seconds")


def place(zone: str) -> str:
    """A time zone by its place, as people say it: `Los Angeles` for `America/Los_Angeles`.

    One that is of no place counts from UTC; the sign in its key is turned round: `UTC+2` for `Etc/GMT-2`.
    """
    if found := re.fullmatch(r"Etc/GMT([+-])(\d+)", zone):
        return f"UTC{'-' if found[1] == '+' else '+'}{found[2]}"
    return zone.rpartition("/")[2].replace("_", " ")


def due_in_words(ahead: timedelta) -> str:
    """`in 2:04`, `in 3 h 05 min`; when passed `due now`, `6 min late`, `3 h 05 min late`, `2 days late`.

    `10:04 late` would read as a time of day.
    """
    if ahead >= timedelta():
        return f"in {counted(ahead)}"
    late = int(-ahead.total_seconds())
    if late < 60:
        return "due now"
    return f"{late // 60} min late" if late < 3_600 else f"{counted(-ahead)} late"


def since_in_words(ago: timedelta) -> str:
    """`62 min` up to four hours, then as `counted`."""
    ago = max(ago, timedelta())
    return f"{ago // timedelta(minutes=1)} min" if ago < MINUTES_UNTIL else counted(ago)


def counted(length: timedelta) -> str:
    """`2:04` below an hour, `3 h 05 min` below two days, then whole days."""
    seconds = int(length.total_seconds())
    if seconds < 3_600:
        return f"{seconds // 60}:{seconds % 60:02}"
    if seconds < 2 * 86_400:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60:02} min"
    return f"{seconds // 86_400} days"


def zone_of(site: str | None, configured: Mapping[str, str], on_call: OnCall) -> ZoneInfo:
    """The site's time zone: its own, else the one set for all sites, else the one of the clinic's rotas."""
    named = configured.get(site or ANY_SITE) or configured.get(ANY_SITE)
    return ZoneInfo(named or on_call.timezone)
