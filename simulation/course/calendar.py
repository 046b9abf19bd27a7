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

MORNING = 10
SCREENED_BEFORE, TALKED_TO_AFTER, SEEN_AFTER = timedelta(hours=1), timedelta(hours=2), timedelta(hours=2, minutes=10)
"""At what time of the day a patient comes for what is no medicine session, against the time at which they have those.

They are seen soon after the hour at which they used to go home: that is when a follow-up visit falls due.
"""


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


def around(dose_at: datetime, site: Code, room: Name, time_zone: Name) -> Practice:
    """A practice that is open every day and sees one patient around the hour of their medicine session."""

    def clock(away: timedelta) -> time:
        return (dose_at + away).astimezone(ZoneInfo(time_zone)).time()

    return Practice(
        site=site,
        room=room,
        time_zone=time_zone,
        screening_at=clock(-SCREENED_BEFORE),
        talk_at=clock(TALKED_TO_AFTER),
        dose_at=clock(timedelta()),
        visit_at=clock(SEEN_AFTER),
        working_days=EVERY_DAY,
        dosing_days=EVERY_DAY,
    )


def where_it_is_morning(now: datetime) -> Name:
    """The time zone, of a whole hour, in which it is between ten and eleven in the morning now."""
    hours = (MORNING - now.astimezone(UTC).hour + 12) % 24 - 12
    # By the sign that POSIX gives it, and the zones are named after, east is minus.
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"
