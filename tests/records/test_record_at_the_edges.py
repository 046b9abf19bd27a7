"""The moments farthest away that anybody may tell: PostgreSQL holds them as they are, and none is infinite."""

import json

import asyncpg
import pytest

from domain.events.clinic_events import ClinicEvent
from domain.events.parsing import event_from
from domain.ledger import first_fault
from domain.values import CourseId
from domain.views.course import batch_of
from records.store import RecordStore
from tests.support.cast import booking, days, measure, referral, withdrawal
from tests.support.edges import MOMENTS, ODD
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("postgres")


def told(event: ClinicEvent, **data: str) -> ClinicEvent:
    """The event with its moment, or one of its data, as text that arrived."""
    sent = json.loads(event.model_dump_json(exclude_none=True))
    time = data.pop("time", sent["time"])
    return event_from({**sent, "time": time, "data": {**sent["data"], **data}})


async def is_recorded(store: RecordStore, ward: Ward) -> None:
    """All that was written is there as it was written, and the lists show the course."""
    await store.append(batch_of(ward.course, tuple(ward.entries), ward.now))
    found = await store.ledger(ward.course_id)
    assert found == ward.entries
    assert first_fault(found) is None
    listed = {one.course_id: one for one in await store.courses()}
    assert listed[ward.course_id] == batch_of(ward.course, tuple(ward.entries), ward.now).summary


@pytest.mark.parametrize("text", MOMENTS)
async def test_an_edge_moment_is_read_back_as_it_was(
    store: RecordStore, superuser: asyncpg.Connection, text: str
) -> None:
    """As the time of a referral and a withdrawal, as the start of a booking: every list goes on showing them."""
    referred = told(referral(course_of("referred"), at=Ward().now), time=text)
    if referred.time <= (ward := Ward(referred.subject)).now:
        ward.sends(referred)
        ward.sends(told(withdrawal(ward.course_id, at=ward.now, by=referred.data.actor), time=text))
        await is_recorded(store, ward)
    booked = Ward(course_of("booked")).prepared()
    booked.sends(told(booking(booked.course_id, at=booked.now, starts_at=booked.now + days(2)), starts_at=text))
    await is_recorded(store, booked)

    infinite = await superuser.fetchval(
        """SELECT count(*) FROM ledger, courses
        WHERE NOT (isfinite(ledger."time") AND isfinite(ledger.recorded_at) AND isfinite(courses.started_at)
            AND isfinite(coalesce(courses.next_due_at, now())) AND isfinite(coalesce(courses.to_do_by, now()))
            AND isfinite(coalesce(courses.next_passes_at, now())) AND isfinite(coalesce(courses.closed_at, now())))"""
    )
    assert infinite == 0


async def test_the_oddest_numbers_and_texts_are_read_back_as_they_were(store: RecordStore) -> None:
    """A baseline next to nothing, a score of minus zero, a site of characters that nobody types."""
    ward = Ward(course_of("odd"))
    ward.reports(told(referral(ward.course_id, at=ward.now, baseline={"madrs": 5e-324}), site=ODD, note=ODD))
    ward.reports(measure(ward.course_id, "madrs", at=ward.now, score=-0.0))

    await is_recorded(store, ward)


def course_of(name: str) -> CourseId:
    return f"edge-{name}"
