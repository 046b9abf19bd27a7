"""A course that two people revive at once is revived once: neither ends what the other has begun."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import cast

import pytest_asyncio

from domain.ledger import Entry
from domain.values import CourseId
from gateway.revival import CannotBeRevived, Revival, Revived
from records.store import RecordStore
from tests.support.cast import vitals
from tests.support.clinic import LIBRARY, Clinic, Patient, RecordsTwin, open_clinic
from tests.workflows.conftest import Temporal


@pytest_asyncio.fixture
async def clinic(temporal: Temporal) -> AsyncIterator[Clinic]:
    async with open_clinic(temporal) as opened:
        yield opened


class Record:
    """What a revival asks of the record store. Until somebody has `come`, whoever asks for a ledger waits."""

    def __init__(self, records: RecordsTwin) -> None:
        self._records = records
        self.asked = asyncio.Semaphore(0)
        self.come = asyncio.Event()

    async def locked(self, _course_id: CourseId) -> None:
        """Nothing is encrypted."""

    async def ledger(self, course_id: CourseId) -> Sequence[Entry]:
        ledger = list(self._records.entries[course_id])
        self.asked.release()
        await self.come.wait()
        return ledger


async def revives(clinic: Clinic, record: Record, patient: Patient) -> Revived:
    revival = Revival(clinic.temporal.client, cast("RecordStore", record), clinic.courses, clinic.escalations, LIBRARY)
    return await revival.revive(patient.course)


async def test_who_was_slower_ends_nothing_that_was_begun_anew(clinic: Clinic) -> None:
    """They looked at the same moment; what was accepted since the quicker one began it stays."""
    mara = await clinic.has(lambda ward: ward.dosed())
    await mara.ledger()
    await mara.handle.terminate("by mistake")
    quick, slow = Record(clinic.records), Record(clinic.records)
    late = asyncio.create_task(revives(clinic, slow, mara))
    await slow.asked.acquire()
    quick.come.set()
    await revives(clinic, quick, mara)
    reading = vitals(mara.course, at=datetime.now(UTC))
    await mara.sends(reading)

    slow.come.set()
    (refused,) = await asyncio.gather(late, return_exceptions=True)

    assert isinstance(refused, CannotBeRevived)
    assert "goes on" in str(refused)
    assert reading.id in [entry.event_id for entry in await mara.ledger()]
    await mara.sends(vitals(mara.course, at=datetime.now(UTC)).but(id="after"))
    assert len(await mara.ledger()) == (await mara.view()).sequence
