"""An on-call file looked at minute by minute, by nothing but its text: what a proof of it must find.

It knows none of Kapstan's rules. Each moment of the file must be a whole minute, each wait one of whole minutes.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

MINUTE: Final = timedelta(minutes=1)
WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Times = list[tuple[int, int]]
"""Times in which something is so, in minutes of the period: from (included), until (excluded)."""


@dataclass(frozen=True)
class Page:
    """A step of a ladder, the minute at which it pages, and who of those that it calls is there."""

    step: int
    minute: int
    there: frozenset[str]


@dataclass(frozen=True)
class CoverageOracle:
    """The file over so many minutes from `begins_at`; waits are counted in minutes from there too."""

    content: Mapping[str, Any]
    begins_at: datetime
    minutes: int

    def ladder(self, severity: str, opened: int) -> list[Page]:
        """The first round of an escalation opened in that minute, if nobody answers."""
        if (severity, opened) not in self._known_ladders:
            self._known_ladders[severity, opened] = self._climbed(severity, opened)
        return self._known_ladders[severity, opened]

    def _climbed(self, severity: str, opened: int) -> list[Page]:
        policy = self.content["policies"][severity]
        is_open = self._open_minutes(policy.get("hours"))
        minute, pages = opened, []
        for step, told in enumerate(policy["steps"]):
            while not is_open(minute):
                minute += 1
            pages.append(Page(step + 1, minute, self.there(severity, step, minute)))
            minute += told["wait_minutes"]
        return pages

    def there(self, severity: str, step: int, minute: int) -> frozenset[str]:
        """Whom a step reaches in that minute."""
        targets = self.content["policies"][severity]["steps"][step]["notify"]
        called = {person for target in targets for person in self._called(target, minute)}
        return frozenset(one for one in called if self._is_there(one, minute))

    def longest(self, severity: str, until: Callable[[list[Page]], Page | None]) -> int | None:
        """The most minutes until that page of the first round; None if there is an opening without it."""
        longest = -1
        for opened in range(self.minutes):
            page = until(self.ladder(severity, opened))
            if page is None:
                return None
            longest = max(longest, page.minute - opened)
        return longest

    def empty(self, severity: str, step: int) -> Times:
        """When a step would reach nobody; hours of the policy count."""
        is_open = self._open_minutes(self.content["policies"][severity].get("hours"))
        return times(
            [is_open(minute) and not self.there(severity, step, minute) for minute in range(self.minutes)],
        )

    def sooner(self, lower: str, higher: str) -> Times:
        """When opening the lower severity would reach somebody before opening the higher one would, if both do."""
        firsts = ((self._first(lower, opened), self._first(higher, opened)) for opened in range(self.minutes))
        return times([low is not None and high is not None and low < high for low, high in firsts])

    def louder(self, lower: str, higher: str) -> Times:
        """When a step of the lower severity would reach several, and none of as many of the higher one so many."""
        low, high = (self.content["policies"][one]["steps"] for one in (lower, higher))
        is_open = self._open_minutes(self.content["policies"][lower].get("hours"))

        def is_louder(minute: int) -> bool:
            graver = [len(self.there(higher, step, minute)) for step in range(len(high))]
            return any(len(self.there(lower, step, minute)) > max(1, *graver[: step + 1]) for step in range(len(low)))

        return times([is_open(minute) and is_louder(minute) for minute in range(self.minutes)])

    def in_two_places(self, person: str, one: str, other: str) -> Times:
        """When the person holds both rotas."""
        return times(
            [self._holder(one, minute) == self._holder(other, minute) == person for minute in range(self.minutes)]
        )

    def _first(self, severity: str, opened: int) -> int | None:
        return next((page.minute for page in self.ladder(severity, opened) if page.there), None)

    def _called(self, target: str, minute: int) -> list[str]:
        kind, _, name = target.partition(":")
        if kind == "rota":
            return [self._holder(name, minute)]
        if kind == "role":
            return [one for one, person in self.content["people"].items() if person["role"] == name]
        return [name]

    def _holder(self, name: str, minute: int) -> str:
        rota, zone = self.content["rotas"][name], ZoneInfo(self.content["rotas"][name]["timezone"])
        for override in rota.get("overrides", ()):
            if self._minute(override["from"], zone) <= minute < self._minute(override["until"], zone):
                person: str = override["person"]
                return person
        turn = max(bisect_right(self._hand_offs[name], minute) - 1, 0)
        member: str = rota["members"][turn % len(rota["members"])]
        return member

    @cached_property
    def _hand_offs(self) -> Mapping[str, list[int]]:
        """The minute of each hand-off of a rota, until long after the period."""
        found = {}
        for name, rota in self.content["rotas"].items():
            zone, local = ZoneInfo(rota["timezone"]), datetime.fromisoformat(rota["handoff"])
            found[name] = [
                self._minute((local + turn * timedelta(hours=rota["period_hours"])).isoformat(), zone)
                for turn in range(30 * 24 // rota["period_hours"])
            ]
        return found

    def _is_there(self, person: str, minute: int) -> bool:
        known = self.content["people"][person]
        for leave in known.get("leave", ()):
            zone = ZoneInfo(leave["timezone"])
            if self._minute(leave["from"], zone) <= minute < self._minute(leave["until"], zone):
                return False
        return self._open_minutes(known.get("hours"))(minute)

    def _open_minutes(self, hours: Mapping[str, Any] | None) -> Callable[[int], bool]:
        if hours is None:
            return lambda _: True
        open_minutes = self._minutes_of(hours["timezone"], tuple(hours["days"]), hours["from"], hours["until"])
        return lambda minute: minute in open_minutes

    def _minutes_of(self, zone_name: str, days: tuple[str, ...], opens: str, closes: str) -> frozenset[int]:
        """Every minute of these hours, until long after the period."""
        key = (zone_name, days, opens, closes)
        if key not in self._known_minutes:
            zone, first = ZoneInfo(zone_name), self.begins_at.astimezone(ZoneInfo(zone_name)).date()
            week = (first + timedelta(days=ahead) for ahead in range(-1, 20))
            self._known_minutes[key] = frozenset(
                minute
                for day in week
                if WEEK[day.weekday()] in days
                for minute in range(self._at(day, opens, zone), self._at(day, closes, zone))
            )
        return self._known_minutes[key]

    @cached_property
    def _known_ladders(self) -> dict[tuple[str, int], list[Page]]:
        return {}

    @cached_property
    def _known_minutes(self) -> dict[tuple[str, tuple[str, ...], str, str], frozenset[int]]:
        return {}

    def _at(self, day: date, told: str, zone: ZoneInfo) -> int:
        return self._minute(datetime.combine(day, time.fromisoformat(told)).isoformat(), zone)

    def _minute(self, local: str, zone: ZoneInfo) -> int:
        return _minute(local, zone, self.begins_at)


@cache
def _minute(local: str, zone: ZoneInfo, begins_at: datetime) -> int:
    """The minute of a local time; of one that comes twice the first."""
    return (datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC) - begins_at) // MINUTE


def first_there(pages: list[Page]) -> Page | None:
    """The first page that reaches anybody."""
    return next((page for page in pages if page.there), None)


def somebody_else(pages: list[Page]) -> Page | None:
    """The first page that reaches somebody whom the first that reached anybody did not."""
    first = first_there(pages)
    return next((page for page in pages if first and page.there - first.there), None)


def last_step(pages: list[Page]) -> Page | None:
    """The last page of a round."""
    return pages[-1]


def times(is_so: Sequence[bool]) -> Times:
    """The minutes in which it is so, as times."""
    found: Times = []
    for minute, so in enumerate(is_so):
        if so and found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + 1)
        elif so:
            found.append((minute, minute + 1))
    return found
