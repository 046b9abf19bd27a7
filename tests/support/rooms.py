"""Visits in a room of a test's own, on a day of its own: whatever else the house has booked is in nobody's way."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from domain.events.clinic_events import SessionBooked
from domain.events.fields import StaffMember
from domain.values import CourseId
from tests.support.cast import STAFF, booking
from tests.support.http_stack import House
from tests.support.ward import Ward

BEND = ZoneInfo("America/Los_Angeles")

_days = count(40)


def day_of_its_own() -> datetime:
    """Nine in the morning at Bend of a day on which nobody else is booked."""
    day = datetime.now(BEND).date() + timedelta(days=next(_days))
    return datetime.combine(day, time(9), BEND).astimezone(UTC)


async def booked(
    house: House,
    starts_at: datetime,
    *,
    room: str | None = "oak",
    staff: Iterable[StaffMember] = STAFF,
    group: str | None = None,
    course: CourseId | None = None,
    session: int = 1,
) -> CourseId:
    """A course whose session is booked then and there, a new one that is prepared if none is given; it is recorded."""
    course = course or await house.has(Ward.prepared)
    await house.sends([in_room(course, starts_at, session, room=room, staff=staff, group=group)])
    await house.is_recorded(course)
    return course


def in_room(
    course: CourseId,
    starts_at: datetime,
    session: int = 1,
    *,
    room: str | None = "oak",
    staff: Iterable[StaffMember] = STAFF,
    group: str | None = None,
) -> SessionBooked:
    """The booking of the session, made now."""
    event = booking(course, session, at=datetime.now(UTC), starts_at=starts_at, staff=staff)
    return event.but(data=event.data.but(room=room, group=group))


def others(*, prescriber: str, monitor: str, therapist: str) -> tuple[StaffMember, ...]:
    """The staff of a session, other people in each role."""
    names = (prescriber, monitor, therapist)
    return tuple(member.but(id=name) for member, name in zip(STAFF, names, strict=True))


def a_team() -> tuple[StaffMember, ...]:
    """People whom no other course knows, so that nobody is booked twice whatever the time."""
    name = secrets.token_hex(3)
    return others(prescriber=f"okoro-{name}", monitor=f"mbeki-{name}", therapist=f"tanaka-{name}")
