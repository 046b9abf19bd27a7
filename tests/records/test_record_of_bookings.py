"""The bookings as recorded: each as its course last told it, found by the time for which it takes something."""

from datetime import timedelta

import asyncpg
import pytest

from domain.course.session import LONG_PAST, Stage
from domain.views.bookings import Booking
from records.store import BookingFilter, RecordStore
from tests.support.record_samples import MARA, MONDAY, batch, booked, ledger, readings, view

pytestmark = pytest.mark.xdist_group("postgres")

NILS = "NILS-7"
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
EVERY = BookingFilter(since=MONDAY - 9 * HOUR, until=MONDAY + 9 * HOUR, now=MONDAY)
NEXT_WEEK = MONDAY + timedelta(days=7)


async def has(store: RecordStore, *bookings: Booking, entries: int = 1) -> None:
    """A course that has told these, with so many entries in its ledger."""
    told = batch(ledger(readings(entries), bookings[0].course_id))
    await store.append(told.but(bookings=bookings))


async def found(store: RecordStore, asked: BookingFilter = EVERY, **changes: object) -> list[Booking]:
    return await store.bookings(asked.but(**changes))


async def test_a_booking_is_read_as_it_was_told(store: RecordStore) -> None:
    """First those that start first; also one without a room and with nobody."""
    later, first = booked(starts_at=MONDAY + HOUR), booked(NILS, room=None, staff=())
    await has(store, later)
    await has(store, first)

    assert await found(store) == [first, later]


async def test_one_that_moved_is_written_over_and_the_others_stay(store: RecordStore) -> None:
    """A batch tells those that have moved, and no others."""
    await has(store, booked(), booked(session=2, starts_at=MONDAY + HOUR, ends_at=MONDAY + 3 * HOUR))
    moved = booked(stage=Stage.DISCHARGED, ends_at=MONDAY + HOUR)

    await has(store, moved, entries=2)
    assert await found(store) == [moved, booked(session=2, starts_at=MONDAY + HOUR, ends_at=MONDAY + 3 * HOUR)]

    await has(store, booked(room="oak"), entries=1)
    assert (await found(store))[0] == moved, "an older batch brings nothing back"


async def test_it_is_found_by_the_time_that_it_takes(store: RecordStore) -> None:
    """One that ends as the span begins, or begins as it ends, is none of it."""
    one = booked()
    await has(store, one)

    for since, until, is_there in (
        (one.ends_at, NEXT_WEEK, False),
        (one.ends_at - TICK, NEXT_WEEK, True),
        (MONDAY - HOUR, one.starts_at, False),
        (MONDAY - HOUR, one.starts_at + TICK, True),
    ):
        assert bool(await found(store, since=since, until=until)) is is_there


async def test_who_is_still_here_is_found_for_a_day(store: RecordStore) -> None:
    """However long ago they were to go home; after that it is a visit that was forgotten."""
    one = booked(is_here=True)
    await has(store, one)

    for now, is_there in ((one.ends_at + LONG_PAST - TICK, True), (one.ends_at + LONG_PAST, False)):
        assert bool(await found(store, since=now, until=NEXT_WEEK, now=now)) is is_there


async def test_nobody_is_found_who_may_not_be_seen(store: RecordStore) -> None:
    """Another site's, or without an escalation for whoever sees those behind one only."""
    await has(store, booked())
    await has(store, booked(NILS, site="cork"))
    await store.record_escalation(view(NILS))

    assert [one.course_id for one in await found(store, seen_site="bend")] == [MARA]
    assert [one.course_id for one in await found(store, behind_escalations=True)] == [NILS]


async def test_a_list_that_is_made_anew_has_what_its_course_tells_and_no_more(
    store: RecordStore, superuser: asyncpg.Connection
) -> None:
    """One that somebody made up is gone."""
    entries = ledger(readings(1))
    await store.append(batch(entries).but(bookings=(booked(), booked(session=9))))
    await superuser.execute("UPDATE bookings SET room = 'oak'")

    assert await store.list_anew(batch(entries).but(bookings=(booked(),)))

    assert await store.bookings_of(MARA) == [booked()]


async def test_a_course_that_is_taken_off_takes_its_bookings_along(store: RecordStore) -> None:
    """And one of which only a booking is left is named, so that it can be taken off."""
    await has(store, booked())

    await store.unlist_course(MARA)

    assert await store.bookings_of(MARA) == []
    assert await store.listed() == []
