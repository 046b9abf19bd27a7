"""When the simulated clinic is open: its weekdays and its wall clock, daylight saving included."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

TIME_ZONE = "America/Los_Angeles"
WORKING_DAYS = range(5)
DOSING_DAYS = (1, 2)
"""Tuesday and Wednesday: the talk two days later is on a working day then."""

_ZONE = ZoneInfo(TIME_ZONE)


def opening(after: datetime, at: time, days: Collection[int] = WORKING_DAYS) -> datetime:
    """The first moment later than `after` at which the clinic's clock shows `at` on one of these weekdays, as UTC.

    UTC, because a quarter of an hour after it must be one although the clocks are changed in between.
    """
    today = after.astimezone(_ZONE).date()
    coming = (datetime.combine(today + timedelta(days=n), at, _ZONE) for n in count())
    return next(moment for moment in coming if moment.weekday() in days and moment > after).astimezone(UTC)
