"""Date and time parsing: RFC 3339 moments between the years 1900 and 2200, local times, and time zones."""

import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

zoneinfo.reset_tzpath(to=())
"""Zones are those of the locked `tzdata`, not of the machine: a course counts days in them, and another worker that
replays it must come to the same."""

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""The range, both ends included: moments plus or minus any duration of a rule stay within Python's calendar."""

EXPECTED: Final = "must be RFC 3339 text with an offset, such as 2026-11-27T19:14:00Z, between the years 1900 and 2200"
LOCAL_EXPECTED: Final = (
    "must be a local date and time such as 2026-01-05T08:00:00, without an offset, between the years 1900 and 2200"
)
DAY_EXPECTED: Final = "must be a day such as 2026-11-27, between the years 1900 and 2200"

_RFC_3339: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:)(?:[0-5]\d|(?P<leap>60))"
    r"((?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))",
    re.ASCII | re.IGNORECASE,
)
_LOCAL: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_A_SECOND: Final = timedelta(seconds=1)
_A_MINUTE: Final = timedelta(minutes=1)


def moment(told: object) -> datetime:
    """Parses RFC 3339 text, or takes a `datetime` with an offset. Raises `ValueError` for anything else.

    A leap second is read as the second after it, as in POSIX: 23:59:60Z is 00:00:00Z of the next day. It is accepted
    only in the last minute of a UTC day.
    """
    try:
        found = _read(told) if isinstance(told, str) else told
    except (ValueError, OverflowError):
        found = None
    # Compared as instants, so that an offset cannot exceed the range, nor year 1 or 9999 overflow.
    if not isinstance(found, datetime) or found.utcoffset() is None or not EARLIEST <= found <= LATEST:
        raise ValueError(EXPECTED)
    return found


def _read(text: str) -> datetime:
    if not (parts := _RFC_3339.fullmatch(text)):
        raise ValueError(EXPECTED)
    if parts["leap"] is None:
        return datetime.fromisoformat(text.upper())
    after = datetime.fromisoformat(f"{parts[1]}59{parts[3]}".upper()) + _A_SECOND
    in_utc = after.astimezone(UTC)
    if (in_utc.hour, in_utc.minute) != (0, 0):
        raise ValueError(EXPECTED)
    return after


def local_moment(told: object) -> datetime:
    """Parses a local date and time without an offset, text or `datetime`. Raises `ValueError` for anything else."""
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) and _LOCAL.fullmatch(told) else told
    except ValueError:
        found = None
    if not isinstance(found, datetime) or found.tzinfo is not None:
        raise ValueError(LOCAL_EXPECTED)
    if not EARLIEST <= found.replace(tzinfo=UTC) <= LATEST:
        raise ValueError(LOCAL_EXPECTED)
    return found


def day(told: object) -> date:
    """Parses a local date from text. Raises `ValueError` for anything else."""
    try:
        found = date.fromisoformat(told) if isinstance(told, str) and _DAY.fullmatch(told) else None
    except ValueError:
        found = None
    if found is None or not EARLIEST.date() <= found <= LATEST.date():
        raise ValueError(DAY_EXPECTED)
    return found


def instant(local: datetime, zone: tzinfo, *, is_later: bool = False) -> datetime:
    """The UTC moment of a local time in that zone; of a time that occurs twice the first, or the later."""
    return local.replace(tzinfo=zone, fold=1 if is_later else 0).astimezone(UTC)


def is_skipped(local: datetime, zone: tzinfo) -> bool:
    """Whether the local time does not exist in that zone, because the clock is put forward over it."""
    return instant(local, zone).astimezone(zone).replace(tzinfo=None) != local.replace(fold=0)


def rfc_3339(at: datetime, zone: tzinfo) -> str:
    """The moment as RFC 3339 text in that zone's offset; in UTC if that offset is no whole number of minutes.

    Offsets before standard time had seconds, which RFC 3339 cannot express.
    """
    local = at.astimezone(zone)
    offset = local.utcoffset()
    return (at.astimezone(UTC) if offset is None or offset % _A_MINUTE else local).isoformat()


def on_the_calendar(day: date) -> str:
    """The day as a sentence names it: `5 Dec 2026`."""
    return f"{day.day} {day:%b %Y}"


def on_its_clock(at: datetime) -> str:
    """The moment on the wall clock of its own time zone, which is named: `Sat 5 Dec 2026 19:00 PST`.

    Seconds are told only where there are any. In the hour that comes twice, the zone's name tells which one it is.
    """
    time = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    zone = f"{at:%Z}"
    return f"{at:%a} {on_the_calendar(at)} {time} {f'UTC{zone}' if zone[:1] in {'+', '-'} else zone}"


class FromOutside:
    """Annotation for a `datetime` field of a model: in strict mode it is parsed by `moment`.

    Everything from outside is read in strict mode. What Kapstan wrote itself (state, histories, rows) is not, and may
    be any moment with an offset: a deadline may lie years after the latest moment accepted from outside, and what an
    earlier release accepted is not checked again.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schemas for strict and lax mode; the lax one costs no call into Python."""
        return core_schema.lax_or_strict_schema(
            lax_schema=core_schema.datetime_schema(tz_constraint="aware"),
            strict_schema=core_schema.no_info_plain_validator_function(moment),
        )
