"""An encrypted record is verified and made anew like any other; without its keys nothing of it is touched."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from domain.refusal import RefusalCode, Refused
from domain.values import CourseId
from gateway.courses import HeldHead
from gateway.host_account import sent_from_here
from gateway.rebuilding import Rebuilding
from gateway.verification import STILL_IN_TEMPORAL
from records.access import AdministrationAct
from records.connections import open_connections
from records.record_keys import RecordKeys
from tests.records.test_record_against_temporal import Clinic, Temporal, at_once
from tests.records.test_record_encrypted import ENCRYPTS
from tests.support.record_samples import MONDAY

pytestmark = [pytest.mark.xdist_group("postgres"), pytest.mark.usefixtures("at_once")]

__all__ = ["at_once"]

ACT = AdministrationAct(at=MONDAY, what="course erased", about="OLGA-2", sent_by=sent_from_here())
NO_KEY = "it is encrypted; KAPSTAN_PAYLOAD_KEYS must have the key old, and has none"


@pytest.fixture
async def clinic(database_url: str) -> AsyncIterator[Clinic]:
    async with open_connections(database_url, ENCRYPTS) as connections:
        clinic = Clinic(connections, Temporal())
        await clinic.records()
        yield clinic


@pytest.fixture
async def keyless(clinic: Clinic, database_url: str) -> AsyncIterator[Clinic]:
    async with open_connections(database_url) as connections:
        yield Clinic(connections, clinic.temporal)


async def test_an_encrypted_record_is_compared_whole(clinic: Clinic) -> None:
    """Ledgers with what Temporal holds, and lists with ledgers: both by what their content is."""
    assert await clinic.wrong() == []
    assert await clinic.rebuilds() == []
    assert await clinic.wrong() == []


async def test_without_the_keys_each_chain_is_verified_and_no_list_is_touched(clinic: Clinic, keyless: Clinic) -> None:
    """It says of each course that it was compared with nothing, and why; a rebuild leaves every row as it is."""
    wrong = await keyless.wrong()

    assert {f"{course}: {NO_KEY}" for course in clinic.temporal.wards} <= set(wrong)
    assert not [said for said in wrong if ": row" in said]
    assert await keyless.rebuilds() == sorted(clinic.temporal.wards)
    assert await clinic.wrong() == []


async def test_without_the_keys_a_changed_row_is_named_all_the_same(
    clinic: Clinic, keyless: Clinic, superuser: asyncpg.Connection
) -> None:
    """The chain goes over what is stored: an auditor who may read no content finds who changed any."""
    await superuser.execute(
        "ALTER TABLE ledger DISABLE TRIGGER USER; UPDATE ledger SET late = NOT late WHERE sequence = 2"
        " AND course_id = 'NILS-7'; ALTER TABLE ledger ENABLE TRIGGER USER"
    )

    for whose in (keyless, clinic):
        assert "NILS-7: row 2: its content does not match its hash" in await whose.wrong()


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("room = 'oak'", "not as Kapstan wrote it: room"),
        ("staff = '[]'", "not as Kapstan wrote it: staff"),
        ('staff = \'{"sealed": "AAAA"}\'', "its encrypted content was changed, or moved here from another row"),
    ],
)
async def test_a_booking_that_was_changed_by_hand_is_named_and_made_anew(
    clinic: Clinic, superuser: asyncpg.Connection, tampering: str, said: str
) -> None:
    """Whether somebody wrote in clear what they can read, or over what they cannot."""
    await superuser.execute(f"UPDATE bookings SET {tampering} WHERE course_id = 'MARA-1'")

    assert await clinic.wrong() == [f"bookings: MARA-1~1: {said}"]
    await clinic.rebuilds()
    assert await clinic.wrong() == []


class OfAnEndedCourse(Temporal):
    """Temporal has the workflow of a course that came to its end, and that nobody answers for since it was erased."""

    def __init__(self, before: Temporal) -> None:
        super().__init__()
        self.wards, self.alarms, self.alarm = before.wards, before.alarms, before.alarm

    async def held_head(self, course: CourseId) -> HeldHead:
        if course == "OLGA-2":
            raise Refused.because(RefusalCode.UNKNOWN_COURSE, "its content was erased")
        return await super().held_head(course)


async def test_what_temporal_holds_of_an_ended_course_that_was_erased_is_said(clinic: Clinic) -> None:
    """Its workflow answers no more, and its history has been told all of the patient."""
    there = Clinic(clinic.connections, OfAnEndedCourse(clinic.temporal))
    await RecordKeys(clinic.connections).erase("OLGA-2", ACT)

    assert await there.wrong() == [f"OLGA-2: {STILL_IN_TEMPORAL}"]
    del there.temporal.wards["OLGA-2"]
    assert await there.wrong() == []


async def test_a_course_that_was_erased_is_whole_without_its_content(
    clinic: Clinic, superuser: asyncpg.Connection
) -> None:
    """Once Temporal holds it no more; until then it is said. Its rows stay as they are when lists are made anew."""
    await RecordKeys(clinic.connections).erase("OLGA-2", ACT)
    assert await clinic.wrong() == [f"OLGA-2: {STILL_IN_TEMPORAL}"]
    del clinic.temporal.wards["OLGA-2"]

    assert await clinic.wrong() == []
    rebuilt = {one.course_id: one async for one in Rebuilding(*clinic.lists).run()}
    assert rebuilt["OLGA-2"].erased == "its content was erased on Mon 5 Jan 2026 17:00 UTC"
    assert rebuilt["OLGA-2"].left is None
    assert await clinic.wrong() == []

    await superuser.execute(
        "ALTER TABLE ledger DISABLE TRIGGER USER; DELETE FROM ledger WHERE course_id = 'OLGA-2' AND sequence ="
        " (SELECT max(sequence) FROM ledger WHERE course_id = 'OLGA-2'); ALTER TABLE ledger ENABLE TRIGGER USER"
    )
    (said,) = await clinic.wrong()
    assert said.endswith("when it was erased, and that was another row or is gone")
