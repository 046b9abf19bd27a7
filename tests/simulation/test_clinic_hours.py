"""The simulated clinic keeps office hours by the clock on its wall."""

from datetime import UTC, datetime, time, timedelta

from simulation.course.calendar import BEND, DOSING_DAYS

FRIDAY_NOON = datetime(2026, 1, 9, 20, 0, tzinfo=UTC)


def test_after_friday_comes_monday() -> None:
    """Nine o'clock in Bend, the next working day, is five in the afternoon UTC in winter."""
    assert BEND.opening(FRIDAY_NOON, time(9)) == datetime(2026, 1, 12, 17, 0, tzinfo=UTC)


def test_later_on_the_same_day_is_soon_enough() -> None:
    """Two in the afternoon is still to come at noon; noon itself is not."""
    assert BEND.opening(FRIDAY_NOON, time(14)) == datetime(2026, 1, 9, 22, 0, tzinfo=UTC)
    assert BEND.opening(FRIDAY_NOON, time(12)) == datetime(2026, 1, 12, 20, 0, tzinfo=UTC)


def test_dosing_days_are_tuesday_and_wednesday() -> None:
    """So that the talk two days later falls on a working day."""
    assert BEND.opening(FRIDAY_NOON, time(10), DOSING_DAYS) == datetime(2026, 1, 13, 18, 0, tzinfo=UTC)


def test_the_clock_on_the_wall_is_followed_when_it_is_put_forward() -> None:
    """Ten o'clock stays ten o'clock: an hour less lies between, in UTC, over 8 March 2026."""
    before = BEND.opening(datetime(2026, 3, 3, 17, 0, tzinfo=UTC), time(10))
    after = BEND.opening(before + timedelta(days=6), time(10), DOSING_DAYS)

    assert after - before == timedelta(days=7, hours=-1)
