"""What the clinic said of a patient lies in PostgreSQL's folder, or with encryption in no file that a stack writes."""

import asyncio
from typing import Final

import pytest

from tests.support.canary import files_with, says, sings
from tests.support.http_stack import House, open_house

RECORD: Final = "postgres"
"""The folder of the stack whose files may hold it."""

IN_JANUARY: Final = {"from": "2026-01-10T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
"""When the visits of the example's course are."""


@pytest.mark.xdist_group("console")
async def test_no_word_of_a_patient_is_in_any_file_but_the_records(house: House) -> None:
    """The record's own files hold the word: it is found where it is."""
    word, _ = await sings(house)

    found = await asyncio.to_thread(files_with, word, house.floor.data)

    assert {path.parts[0] for path in found} == {RECORD}
    assert not says(word, house.floor.data.with_suffix(".out"))


@pytest.mark.xdist_group("encrypted")
async def test_with_the_record_encrypted_no_word_of_a_patient_is_in_any_file() -> None:
    """Tables, WAL, logs, Temporal's memory: whoever takes the disk along has none of it. Who may read it does."""
    async with open_house(KAPSTAN_ENCRYPT_RECORDS="1") as house:
        word, course = await sings(house)
        ledger = (await house.admin.get(f"/v1/courses/{course}/ledger")).text
        notes = (await house.admin.get("/v1/escalations")).text
        rooms = (await house.admin.get("/v1/bookings", params=IN_JANUARY)).text

        found = await asyncio.to_thread(files_with, word, house.floor.data)

        assert found == set()
        assert not says(word, house.floor.data.with_suffix(".out"))
        assert word in ledger
        assert word in notes
        assert f"{word} willow" in rooms
