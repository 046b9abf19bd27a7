"""Moments as they are told to Kapstan: how they must be written, between which years they must lie."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Both included. What a rule adds to a moment or takes from it, in whatever offset, stays within every calendar."""

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
    """The moment that RFC 3339 text, or a `datetime` with an offset, tells. Raises `ValueError` for anything else.

    A leap second is read as the second that follows it, as POSIX counts: 23:59:60Z is 00:00:00Z of the next day. It is
    taken where leap seconds lie, in the last minute of a day of UTC.
    """
    try:
        found = _read(told) if isinstance(told, str) else told
    except (ValueError, OverflowError):
        found = None
    # Compared as instants: an offset takes nobody over the edge, and year 1 or 9999 in some offset is no overflow.
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
    """What a wall clock shows, as text or as a `datetime`, without an offset. Raises `ValueError` for anything else."""
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
    """The day of some calendar on a wall, as text. Raises `ValueError` for anything else."""
    try:
        found = date.fromisoformat(told) if isinstance(told, str) and _DAY.fullmatch(told) else None
    except ValueError:
        found = None
    if found is None or not EARLIEST.date() <= found <= LATEST.date():
        raise ValueError(DAY_EXPECTED)
    return found


def instant(local: datetime, zone: tzinfo, *, is_later: bool = False) -> datetime:
    """When the wall clock of that zone shows so, in UTC; of an hour that comes twice the first time, or the later."""
    return local.replace(tzinfo=zone, fold=1 if is_later else 0).astimezone(UTC)


def is_skipped(local: datetime, zone: tzinfo) -> bool:
    """Whether the clock of that zone never says so: it is put forward over that moment."""
    return instant(local, zone).astimezone(zone).replace(tzinfo=None) != local.replace(fold=0)


def rfc_3339(at: datetime, zone: tzinfo) -> str:
    """The moment as text, in the offset of that zone; in UTC where that offset is no whole number of minutes.

    So were those of a place before it had a standard time, and RFC 3339 has no seconds in an offset.
    """
    local = at.astimezone(zone)
    offset = local.utcoffset()
    return (at.astimezone(UTC) if offset is None or offset % _A_MINUTE else local).isoformat()


class FromOutside:
    """Makes a `datetime` field of a model one that is read by `moment` where it is read strictly.

    All that comes from outside is. What Kapstan wrote itself is not read strictly (its state, histories, rows), and is
    any moment with an offset: a deadline may lie years behind the last moment that anybody may tell, and what an
    earlier release accepted is not judged again.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The two ways to read it; the lax one costs no call into Python."""
        return core_schema.lax_or_strict_schema(
            lax_schema=core_schema.datetime_schema(tz_constraint="aware"),
            strict_schema=core_schema.no_info_plain_validator_function(moment),
        )
