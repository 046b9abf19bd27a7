"""Time as people read it: counted to or from a moment, and by the clocks on the site's own walls."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.oncall.file import OnCall
from domain.values import Frozen

ANY_SITE: Final = "*"
COUNTED_WITHIN: Final = timedelta(days=1)
"""What is further ahead is told by its date: nobody counts hours to next week."""

MINUTES_UNTIL: Final = timedelta(hours=4)
"""Since a dose the ward counts minutes; later than that, hours."""


class Counting(StrEnum):
    """How a moment is told: due and then late, or how long ago it was."""

    DUE = "due"
    SINCE = "since"


class Clock(Frozen):
    """A moment as a page shows it: `words` at first, from where the browser goes on counting as `counting` says."""

    iso: str
    words: str
    local: str
    counting: Counting | None
    is_late: bool = False


class WallClock:
    """The time of one site, as of one moment."""

    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self.zone = zone
        self.now = now

    def due(self, at: datetime) -> Clock:
        """What is due then: `in 2:04`, `6:10 late`, `Thu 26 Nov 14:30`."""
        is_counted = at - self.now < COUNTED_WITHIN
        return Clock(
            iso=self._iso(at),
            words=due_in_words(at - self.now) if is_counted else self.local(at),
            local=self.local(at),
            counting=Counting.DUE if is_counted else None,
            is_late=at < self.now,
        )

    def since(self, at: datetime) -> Clock:
        """How long ago that was: `62 min`, `5 h 10 min`, `3 days`."""
        return Clock(
            iso=self._iso(at), words=since_in_words(self.now - at), local=self.local(at), counting=Counting.SINCE
        )

    def at(self, at: datetime) -> Clock:
        """The moment itself: `14:29` today, `18 Nov 14:29` on another day."""
        local = at.astimezone(self.zone)
        is_today = local.date() == self.now.astimezone(self.zone).date()
        words = f"{local:%H:%M}" if is_today else f"{local.day} {local:%b %H:%M}"
        return Clock(iso=self._iso(at), words=words, local=self.local(at), counting=None)

    def local(self, at: datetime) -> str:
        """By the site's wall clock: `Thu 26 Nov 14:30`, with its year where that is another."""
        local = at.astimezone(self.zone)
        year = "" if local.year == self.now.astimezone(self.zone).year else f" {local.year}"
        return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"

    def _iso(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="seconds")


def due_in_words(ahead: timedelta) -> str:
    """`in 2:04`, `in 3 h 05 min`; passed: `6:10 late`, `3 h 05 min late`, `2 days late`."""
    return f"in {counted(ahead)}" if ahead >= timedelta() else f"{counted(-ahead)} late"


def since_in_words(ago: timedelta) -> str:
    """`62 min` for four hours, then as every other length."""
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
    """The site's time zone: its own, that of every site, or else the one by which the clinic's rotas hand over."""
    named = configured.get(site or ANY_SITE) or configured.get(ANY_SITE)
    rotas = iter(on_call.rotas.values())
    return ZoneInfo(named or next((rota.timezone for rota in rotas), "UTC"))
