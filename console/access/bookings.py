"""The bookings that a caller may see, each with what is booked twice: for the API and the page of rooms."""

from datetime import datetime, timedelta
from typing import Final

from domain.access import Caller, Right
from domain.values import Code, Frozen, GroupId, Moment, Name, PersonId
from domain.views.bookings import Booking, DoubleBooking, double_bookings, same_room
from records.store import BookingFilter, RecordStore
from records.unreadable_rows import Found

BESIDE: Final = timedelta(days=1)
"""How long before and after the span bookings are looked at too, which may take the same at the same time."""

LATELY: Final = timedelta(days=100)
"""How far back and ahead the rooms of a site are looked for."""


class ListedBooking(Booking):
    """One booking, with every other one that takes the same room, or some of the same people, at the same time."""

    double_booked: tuple[DoubleBooking, ...] = ()


class Wanted(Frozen):
    """Which bookings are asked for: those that take something between `since` and `until`, and match what is given.

    `off` is with those that take nothing any more: canceled, missed, or of a course that is closed.
    """

    since: Moment
    until: Moment
    site: Code | None = None
    room: Name | None = None
    person: PersonId | None = None
    group: GroupId | None = None
    off: bool = False

    def has(self, one: Booking, now: datetime) -> bool:
        """Whether it is asked for."""
        return (
            one.starts_at < self.until
            and one.taken_until(now) > self.since
            and self.site in {None, one.site}
            and (self.room is None or same_room(self.room, one.room))
            and (self.person is None or any(member.id == self.person for member in one.staff))
            and self.group in {None, one.group}
            and (self.off or not one.is_off)
        )


async def bookings_of_group(store: RecordStore, caller: Caller, group: GroupId, now: datetime) -> Found[ListedBooking]:
    """Those of a group that the caller may see, whenever they are, also what is off. Raises `RecordStoreError`."""
    found = await store.bookings_of_group(group, caller.site, behind_escalations=not caller.has(Right.READ_COURSES))
    if not found:
        return Found((), found.unreadable, found.ids)
    since, until = min(one.starts_at for one in found), max(one.taken_until(now) for one in found)
    around = await _seen(store, caller, since, until, now)
    clashes = double_bookings({one.id: one for one in (*around, *found)}.values(), now)
    listed = (ListedBooking.model_construct(**dict(one), double_booked=clashes.get(one.id, ())) for one in found)
    return Found(listed, found.unreadable, found.ids)


async def clashes_of(store: RecordStore, caller: Caller, planned: Booking, now: datetime) -> tuple[DoubleBooking, ...]:
    """What a visit that is still to be booked would take that others have, as far as the caller may see them.

    The session's own booking, if it has one, is in nobody's way. Raises `RecordStoreError`.
    """
    others = await _seen(store, caller, planned.starts_at, planned.ends_at, now)
    others_of_it = [one for one in others if one.id != planned.id]
    return double_bookings([*others_of_it, planned], now).get(planned.id, ())


async def rooms_of(store: RecordStore, caller: Caller, site: Code, now: datetime) -> tuple[str, ...]:
    """The rooms that the site has booked lately or will, each once, by name. Raises `RecordStoreError`."""
    found = await _seen(store, caller, now - LATELY, now + LATELY, now)
    named = {" ".join(one.room.casefold().split()): one.room for one in found if one.room and one.site == site}
    return tuple(named[key] for key in sorted(named))


async def listed_bookings(store: RecordStore, caller: Caller, wanted: Wanted, now: datetime) -> Found[ListedBooking]:
    """Those asked for that the caller may see, first those that start first. Raises `RecordStoreError`.

    What they may not see is not said to clash with anything.
    """
    found = await _seen(store, caller, wanted.since - BESIDE, wanted.until + BESIDE, now)
    clashes = double_bookings(found, now)
    shown = [
        ListedBooking.model_construct(**dict(one), double_booked=clashes.get(one.id, ()))
        for one in found
        if wanted.has(one, now)
    ]
    return Found(shown, found.unreadable, (*(one.id for one in shown), *(one.id for one in found.unreadable)))


async def _seen(store: RecordStore, caller: Caller, since: datetime, until: datetime, now: datetime) -> Found[Booking]:
    return await store.bookings(
        BookingFilter(
            since=since,
            until=until,
            now=now,
            seen_site=caller.site,
            behind_escalations=not caller.has(Right.READ_COURSES),
        )
    )
