"""Durations: parsing from ISO 8601 (PT15M), writing to it, and formatting for people (15 min)."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

_ISO_8601 = re.compile(
    r"P(?=.)(?:(?P<weeks>\d{1,7})W)?(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)

_IN_WORDS = re.compile(
    r"(?:(?P<days>\d+) days? ?)?(?:(?P<hours>\d+) h ?)?(?:(?P<minutes>\d+) min ?)?(?:(?P<seconds>\d+) s)?", re.ASCII
)

LONGEST = timedelta(days=3650)
"""The longest duration, ten years: a longer one is a typing error, and sums must stay within the calendar."""


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError("must be a duration longer than zero, such as PT15M")
    return value


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta():
        raise ValueError("must be a duration of zero or more, such as PT0S")
    return value


Duration = Annotated[timedelta, AfterValidator(_positive)]
DurationOrZero = Annotated[timedelta, AfterValidator(_not_negative)]


def duration(text: str) -> timedelta:
    """Parses `PT15M` as fifteen minutes. Raises ValueError, also for years and months: they have no fixed length."""
    if not (parts := _ISO_8601.fullmatch(text)):
        raise ValueError("must be a duration such as PT15M, PT24H or P7D (no years or months)")
    length = timedelta(**{unit: float(number) for unit, number in parts.groupdict(default="0").items()})
    if length > LONGEST:
        raise ValueError(f"must be a duration of at most {iso_8601(LONGEST)}")
    return length


def iso_8601(length: timedelta) -> str:
    """The duration in ISO 8601, as in a protocol file: `P7D`, `PT2H30M`. One spelling for each length."""
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f"{length.microseconds / 1_000_000:f}".strip("0").rstrip(".")
    days = f"{length.days}D" if length.days else ""
    parts = ((hours, "H"), (minutes, "M"), (f"{seconds}{fraction}" if fraction else seconds, "S"))
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    return f"P{days}T{time}" if time else f"P{days or 'T0S'}"


def _read_duration(value: object) -> object:
    match value:
        case timedelta():
            return value
        case str():
            return duration(value)
        case _:
            raise ValueError("must be a duration in quotes, such as PT15M")


_AsIso = PlainSerializer(iso_8601, return_type=str, when_used="json")
_AsTold = WithJsonSchema(
    {
        "type": "string",
        "format": "duration",
        "pattern": r"^P(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$",
        "examples": ["PT15M", "P7D"],
    }
)
Length = Annotated[Duration, BeforeValidator(_read_duration), _AsIso, _AsTold]
"""A duration longer than zero, written in ISO 8601."""
LengthOrZero = Annotated[DurationOrZero, BeforeValidator(_read_duration), _AsIso, _AsTold]
"""A duration of zero or more, written in ISO 8601."""


def in_words(length: timedelta) -> str:
    """The duration for people to read: `3 days 2 h`, `1 h 30 min`, `45 s`."""
    seconds = int(length.total_seconds())
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def days(after: timedelta) -> int:
    """The whole number of days, as in `days_after`: PT24H is 1, P3D is 3."""
    return round(after / timedelta(days=1))


def out_of_words(text: str) -> timedelta | None:
    """The duration that `in_words` has written; None for any other text."""
    if not text or not (parts := _IN_WORDS.fullmatch(text)):
        return None
    return timedelta(**{unit: int(number) for unit, number in parts.groupdict(default="0").items()})
