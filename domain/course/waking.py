"""Waking hours: the part of the day in which people at the site are rung up about what can wait for the morning."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.course.state import CourseState
from domain.moments import instant


def at_the_latest(course: CourseState, moment: datetime) -> datetime:
    """That moment, or the last one before it at which people at the site are rung up by day."""
    if (waking := course.protocol.check_ins.waking) is None:
        return moment
    zone, today = ZoneInfo(course.timezone), course.day_of(moment)
    for day in (today, today - timedelta(days=1)):
        opens, closes = (instant(datetime.combine(day, edge), zone) for edge in waking)
        if opens <= moment:
            return min(moment, closes)
    raise AssertionError("the day before began before this moment")


def by_day(course: CourseState, moment: datetime, since: datetime) -> datetime:
    """That moment by day: the last one before it that comes after `since`, or else the first one after it."""
    sooner = at_the_latest(course, moment)
    return sooner if sooner > since else moment + until_awake(course, moment)


def until_awake(course: CourseState, moment: datetime) -> timedelta:
    """How long it is from that moment until people are rung up by day, at the course's site."""
    if (waking := course.protocol.check_ins.waking) is None:
        return timedelta()
    zone, today = ZoneInfo(course.timezone), course.day_of(moment)
    for day in (today, today + timedelta(days=1)):
        opens, closes = (instant(datetime.combine(day, edge), zone) for edge in waking)
        if moment < closes:
            return max(opens - moment, timedelta())
    raise AssertionError("the next day ends after this moment")
