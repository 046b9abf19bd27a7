"""The days that a filter of a page is about: the first and the last of them, both included, by a clock on the wall."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BeforeValidator

from domain.moments import day, instant

Day = Annotated[date | None, BeforeValidator(lambda said: day(said) if said else None), Query()]
"""A day of a form; empty means no bound."""


def begins(first: date | None, zone: ZoneInfo) -> datetime | None:
    """When this day begins, in UTC; None without a day."""
    return instant(datetime.combine(first, time.min), zone) if first else None


def ends(last: date | None, zone: ZoneInfo) -> datetime | None:
    """When the day after this one begins, in UTC; None without a day."""
    return begins(last + timedelta(days=1), zone) if last else None
