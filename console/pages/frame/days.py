"""The days or times that a filter of a page is about: first and last, both included, by a clock on the wall."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BeforeValidator

from domain.moments import day, instant, local_moment

Day = Annotated[date | None, BeforeValidator(lambda said: day(said) if said else None), Query()]
"""A day of a form; empty means no bound."""

Bound: TypeAlias = date | datetime | None


def _bound(said: str) -> Bound:
    if not said:
        return None
    return local_moment(said) if "T" in said else day(said)


DayOrTime = Annotated[Bound, BeforeValidator(_bound), Query()]
"""A day of a form, or a day and a time; empty means no bound."""


def begins(first: Bound, zone: ZoneInfo) -> datetime | None:
    """When this day begins, or this time is, in UTC; None without one."""
    if isinstance(first, datetime):
        return instant(first, zone)
    return instant(datetime.combine(first, time.min), zone) if first else None


def ends(last: Bound, zone: ZoneInfo) -> datetime | None:
    """When this day, or the minute of this time, is over, in UTC; None without one."""
    if isinstance(last, datetime):
        return instant(last, zone, is_later=True) + timedelta(minutes=1)
    return begins(last + timedelta(days=1), zone) if last else None


def as_typed(bound: Bound, of_a_day: str) -> str:
    """As a field for day and time holds it: `2026-11-29T09:26`; a day has the time `of_a_day`, such as `T00:00`."""
    if isinstance(bound, datetime):
        return f"{bound:%Y-%m-%dT%H:%M}"
    return f"{bound.isoformat()}{of_a_day}" if bound else ""
