"""When the simulated clinic sees whom: its weekdays and the clock on its wall, daylight saving included."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from domain.values import Code, Frozen, Name

WORKING_DAYS = tuple(range(5))
DOSING_DAYS = (1, 2)
"""Tuesday and Wednesday: the talk two days later is on a working day then."""

EVERY_DAY = tuple(range(7))


class Practice(Frozen):
    """One site: the clock it lives by, its room, at what time of which weekdays it sees whom. Monday is 0."""

    site: Code = "bend"
    room: Name = "willow"
    time_zone: Name = "America/Los_Angeles"
    screening_at: time = time(9)
    talk_at: time = time(14)
    dose_at: time = time(10)
    visit_at: time = time(11)
    working_days: tuple[int, ...] = WORKING_DAYS
    dosing_days: tuple[int, ...] = DOSING_DAYS

    def opening(self, after: datetime, at: time, days: Collection[int] | None = None) -> datetime:
        """The first moment later than `after` at which its clock shows `at` on one of these weekdays, as UTC.

        UTC, because a quarter of an hour after it must be one although the clocks are changed in between. The weekdays
        are the working ones, if none are named.
        """
        zone, days = ZoneInfo(self.time_zone), self.working_days if days is None else days
        today = after.astimezone(zone).date()
        coming = (datetime.combine(today + timedelta(days=n), at, zone) for n in count())
        return next(moment for moment in coming if moment.weekday() in days and moment > after).astimezone(UTC)


BEND = Practice()
