"""Events sent at the same moment: of acts that exclude each other one is accepted, of facts every one."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from domain.events.clinic_events import ClinicEvent
from domain.ledger import first_fault
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId
from gateway.courses import Reported
from tests.support.cast import (
    booking,
    discontinuation,
    dose,
    eligible,
    hold,
    ineligible,
    transfer,
    voiding,
)
from tests.support.clinic import Patient, open_clinic
from tests.support.ward import Ward
from tests.workflows.conftest import Temporal

AT_ONCE: Final = 9
"""One fewer than the server lets one course decide on at a time."""

Tell = Callable[[CourseId, int, datetime], ClinicEvent]


def bookings(course: CourseId, number: int, at: datetime) -> ClinicEvent:
    return booking(course, 1, at=at, starts_at=at + timedelta(days=2, hours=number))


def doses(course: CourseId, number: int, at: datetime) -> ClinicEvent:
    return dose(course, 1, at=at, mg=31 + number % 5)


def holds(course: CourseId, number: int, at: datetime) -> ClinicEvent:
    return hold(course, at=at, reason=f"reason {number}")


def decisions(course: CourseId, number: int, at: datetime) -> ClinicEvent:
    return (ineligible if number % 2 else eligible)(course, at=at)


def endings(course: CourseId, number: int, at: datetime) -> ClinicEvent:
    return (discontinuation, transfer, voiding)[number % 3](course, at=at)


@pytest.mark.parametrize(
    ("so_far", "told"),
    [
        (Ward.screened, decisions),
        (Ward.prepared, bookings),
        (Ward.discharged, endings),
    ],
    ids=lambda case: case.__name__,
)
async def test_of_nine_acts_that_exclude_each_other_one_is_accepted(
    temporal: Temporal, so_far: Callable[[Ward], Ward], told: Tell
) -> None:
    """One entry in the ledger, one update in history; the other eight people read why theirs was not taken."""
    async with open_clinic(temporal) as clinic:
        mara = await clinic.has(so_far)
        before, accepted = await mara.view(), await mara.accepted()
        at = datetime.now(UTC)
        events = [told(mara.course, number, at).but(id=f"the {number}th of nine") for number in range(AT_ONCE)]

        answers = await asyncio.gather(*(_answered(mara, event) for event in events))

        taken = [answer for answer in answers if isinstance(answer, Reported)]
        assert [answer.replayed for answer in taken] == [False]
        assert {answer for answer in answers if not isinstance(answer, Reported)} <= {
            RefusalCode.BLOCKED,
            RefusalCode.COURSE_CLOSED,
        }
        ledger = await mara.ledger()
        assert first_fault(ledger) is None
        named = [entry.event_id for entry in ledger[before.sequence :] if entry.event_id]
        assert named == [taken[0].answer.event_id]
        assert await mara.accepted() == accepted + 1


@pytest.mark.parametrize(("so_far", "told"), [(Ward.prepared, holds), (Ward.cleared, doses)])
async def test_of_nine_facts_at_once_every_one_is_kept(
    temporal: Temporal, so_far: Callable[[Ward], Ward], told: Tell
) -> None:
    """Nobody's report is lost: nine reasons hold the course; of nine doses eight deviate, and somebody is called."""
    async with open_clinic(temporal) as clinic:
        mara = await clinic.has(so_far)
        before, at = await mara.view(), datetime.now(UTC)
        events = [told(mara.course, number, at).but(id=f"the {number}th of nine") for number in range(AT_ONCE)]

        taken = await asyncio.gather(*map(mara.reports, events))

        after, ledger = await mara.view(), await mara.ledger()
        assert first_fault(ledger) is None
        named = [entry.event_id for entry in ledger[before.sequence :] if entry.event_id]
        assert sorted(named) == sorted(event.id for event in events)
        deviating = [one.answer.event_id for one in taken if one.answer.deviations]
        assert deviating == [] if told is holds else len(deviating) == AT_ONCE - 1
        assert len(after.holds) == (AT_ONCE if told is holds else 0)
        assert len(after.escalations) == (0 if told is holds else 1)


async def _answered(patient: Patient, event: ClinicEvent) -> Reported | RefusalCode:
    try:
        return await patient.reports(event)
    except Refused as refused:
        return refused.refusal.code
