"""Rotas and office hours in the clinic's time zone: who is on duty at a moment, daylight saving included."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Final, NamedTuple, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from domain.durations import Length
from domain.moments import instant, local_moment
from domain.values import Frozen, Moment, PersonId

SHORTEST_TURN = timedelta(hours=1)
"""Shortest turn of a rota: a shorter one could be lost, or occur twice, when the clock changes."""


def at_least_one(message: str) -> AfterValidator:
    """A validator that refuses an empty list with `message`."""

    def check(items: tuple[object, ...]) -> tuple[object, ...]:
        if not items:
            raise ValueError(message)
        return items

    return AfterValidator(check)


def _known(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be an IANA time zone such as America/Los_Angeles") from None
    return zone


def _long_enough(period: timedelta) -> timedelta:
    if period < SHORTEST_TURN:
        raise ValueError("a turn must be at least PT1H")
    return period


_LOCAL_TIME: Final = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)


def _local_time(told: object) -> time:
    """Parses a local time of day, quoted or in TOML's own form, without an offset; the rota's time zone applies."""
    try:
        found = time.fromisoformat(told) if isinstance(told, str) and _LOCAL_TIME.fullmatch(told) else told
    except ValueError:
        found = None
    if not isinstance(found, time) or found.tzinfo is not None:
        raise ValueError("must be a local time such as 08:00, without an offset")
    return found


LocalDateTime = Annotated[datetime, BeforeValidator(local_moment)]
"""A local date and time in the rota's time zone, without an offset."""

# JSON Schema's own `time` has an offset, which a local time has not.
_AS_TOLD = WithJsonSchema({"type": "string", "pattern": r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$", "examples": ["08:00:00"]})
LocalTime = Annotated[time, BeforeValidator(_local_time), _AS_TOLD]
Zone = Annotated[str, AfterValidator(_known)]
UTC_ZONE: Final[Zone] = "UTC"


class LocalPeriod(Frozen):
    """From one local moment (included) until another (excluded), on the wall clock of some time zone."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    from_: Annotated[LocalDateTime, Field(alias="from")]
    until: LocalDateTime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until <= self.from_:
            raise ValueError("until must be later than from")
        return self


class RotaOverride(LocalPeriod):
    """`person` stands in for whoever has the turn, on the rota's wall clock."""

    person: PersonId


class Leave(LocalPeriod):
    """A time in which somebody is on leave."""

    timezone: Zone

    @property
    def begins_at(self) -> datetime:
        """The first moment of the leave, in UTC."""
        return instant(self.from_, ZoneInfo(self.timezone))

    @property
    def ends_at(self) -> datetime:
        """The first moment after the leave, in UTC."""
        return instant(self.until, ZoneInfo(self.timezone))


class Shift(Frozen):
    """One shift: `person` is on duty from `begins_at` (included) until `ends_at` (excluded), in turn or standing in."""

    person: PersonId
    begins_at: Moment
    ends_at: Moment
    is_override: bool


class Rota(Frozen):
    """People who take turns. A turn ends at the same local time all year round, whatever the length of the day."""

    timezone: Zone
    members: Annotated[tuple[PersonId, ...], at_least_one("has nobody: a rota needs at least one member")]
    period: Annotated[Length, AfterValidator(_long_enough)]
    handoff: LocalDateTime
    overrides: tuple[RotaOverride, ...] = ()

    @property
    def people(self) -> frozenset[PersonId]:
        """Everybody on this rota, stand-ins included."""
        return frozenset(self.members) | {override.person for override in self.overrides}

    def on_duty(self, at: datetime) -> PersonId:
        """The person on duty at a moment; before the first hand-off, the first member."""
        override = self._override(at)
        return override.person if override else self.members[self._turn(at) % len(self.members)]

    def shift(self, at: datetime) -> Shift:
        """The shift from a moment on, until the next hand-off or the beginning or end of a stand-in."""
        if override := self._override(at):
            ends_at = self._instant(override.until)
        else:
            next_turn = self._instant(self.handoff + (self._turn(at) + 1) * self.period)
            stand_ins = ((self._instant(one.from_), self._instant(one.until)) for one in self.overrides)
            # A stand-in entirely within the hour that the clock skips does not exist.
            ends_at = min([next_turn, *(begins for begins, ends in stand_ins if at < begins < ends)])
        return Shift(person=self.on_duty(at), begins_at=at, ends_at=ends_at, is_override=override is not None)

    def shifts(self, begins_at: datetime, ends_at: datetime) -> tuple[Shift, ...]:
        """The shifts in that time, in order and without a gap: somebody is always on duty."""
        shifts: list[Shift] = []
        while begins_at < ends_at:
            shift = self.shift(begins_at)
            shifts.append(shift.but(ends_at=min(shift.ends_at, ends_at)))
            begins_at = shift.ends_at
        return tuple(shifts)

    def _override(self, at: datetime) -> RotaOverride | None:
        return next((one for one in self.overrides if self._instant(one.from_) <= at < self._instant(one.until)), None)

    def _turn(self, at: datetime) -> int:
        wall_clock = at.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)
        # Local time may be off by an hour or two around a clock change, so start after the turn and step back.
        turn = (wall_clock + timedelta(hours=3) - self.handoff) // self.period
        while turn > 0 and self._instant(self.handoff + turn * self.period) > at:
            turn -= 1
        return max(turn, 0)

    def _instant(self, local: datetime) -> datetime:
        return instant(local, ZoneInfo(self.timezone))


class Weekday(StrEnum):
    """A day of the week on which the office may be open."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


class Window(NamedTuple):
    """One day's hours: from `opens_at` (included) until `closes_at` (excluded), in UTC."""

    opens_at: datetime
    closes_at: datetime


class Hours(Frozen):
    """Hours of the week: on these days, from one local time (included) until another (excluded).

    A policy's are those in which a routine page may go out, a person's those in which a page reaches them.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    timezone: Zone
    days: Annotated[tuple[Weekday, ...], at_least_one("has no day: paging would wait for ever")]
    from_: Annotated[LocalTime, Field(alias="from")]
    until: LocalTime

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.from_ >= self.until:
            raise ValueError("until must be later than from, on the same day")
        return self

    def window(self, at: datetime) -> Window:
        """The hours that `at` lies in, or else the next ones after it."""
        today = at.astimezone(ZoneInfo(self.timezone)).date()
        week = list(Weekday)
        # Fifteen days: hours within the night hour that daylight saving skips do not exist that week.
        for day in (today + timedelta(days=ahead) for ahead in range(15)):
            edges = (datetime.combine(day, edge) for edge in (self.from_, self.until))
            opens, closes = (instant(edge, ZoneInfo(self.timezone)) for edge in edges)
            if week[day.weekday()] in self.days and opens < closes and at < closes:
                return Window(opens, closes)
        raise AssertionError("some day of a fortnight is a day of the hours")

    def windows(self, begins_at: datetime, ends_at: datetime) -> Iterator[Window]:
        """The hours in that time, in order, also those that begin before it or end after it."""
        window = self.window(begins_at)
        while window.opens_at < ends_at:
            yield window
            window = self.window(window.closes_at)

    def next_opening(self, at: datetime) -> datetime:
        """`at` itself if within the hours, else the next moment at which they begin, in UTC."""
        return max(at, self.window(at).opens_at).astimezone(UTC)


def next_opening(hours: Hours | None, at: datetime) -> datetime:
    """`at`, or when the hours next begin; `at` if there are no hours."""
    return hours.next_opening(at) if hours else at
