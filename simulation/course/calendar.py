"""The simulated clinic's opening hours: weekdays and times on its wall clock, daylight saving included."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from domain.values import Code, Frozen, Name

WORKING_DAYS = tuple(range(5))
DOSING_DAYS = (1, 2)
"""Tuesday and Wednesday: the integration session two days later is on a working day then."""

EVERY_DAY = tuple(range(7))

MORNING = 10
SCREENED_BEFORE, TALKED_TO_AFTER, SEEN_AFTER = timedelta(hours=1), timedelta(hours=2), timedelta(hours=2, minutes=10)
"""Times of screening, integration and follow-up visits, relative to the patient's usual dose time.

Follow-up is soon after the hour at which they used to be discharged: that is when a follow-up visit falls due.
"""


class Practice(Frozen):
    """One site: its time zone and room, and the times and weekdays of its visits. Monday is 0."""

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
        """The first moment after `after` at which its clock shows `at` on one of these weekdays, in UTC.

        UTC, because a quarter of an hour later must be one even when the clocks change in between. The weekdays default
        to the working days.
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
    """The time zone, of a whole hour, in which it is now between ten and eleven in the morning."""
    hours = (MORNING - now.astimezone(UTC).hour + 12) % 24 - 12
    # `Etc/GMT` zones are named by POSIX's sign: east is minus.
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"
