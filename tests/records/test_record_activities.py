"""The recorder's activities: what no retry cures ends at once, and PostgreSQL may come and go."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.records import Records
from records.errors import LedgerGap, RecordStoreError, RecordStoreUnreachable
from records.store import RecordStore, migrate, open_store
from tests.records.conftest import Postgres, running_postgres
from tests.support.eventually import eventually
from tests.support.record_samples import MARA, batch, ledger, note, readings, view

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that this test may stop."""
    with running_postgres() as server:
        yield server


async def test_a_conflict_is_not_retried_and_tells_no_data(store: RecordStore) -> None:
    """Its type says everything; what either entry holds stays in the record."""
    act = ActivityEnvironment().run
    records = Records(store)
    await act(records.append_entries, batch(ledger(readings(1))))

    with pytest.raises(ApplicationError) as told:
        await act(records.append_entries, batch(ledger([note({"systolic": 199})])))

    assert told.value.non_retryable
    assert told.value.type == "LedgerConflict"
    assert told.value.message == "LedgerConflict"
    assert told.value.details == ()
    assert told.value.__cause__ is None


async def test_a_batch_is_written_at_once_and_what_follows_is_gathered(store: RecordStore) -> None:
    """While the activity waits for more, its own entries are in the ledger."""
    entries = ledger(readings(1))
    writing = asyncio.create_task(
        ActivityEnvironment().run(Records(store, gathering=timedelta(minutes=1)).append_entries, batch(entries))
    )

    async def is_written() -> bool:
        return await store.ledger(MARA) == list(entries)

    assert await eventually(is_written)

    assert not writing.done()
    writing.cancel()


async def test_a_gap_is_left_to_the_retries(store: RecordStore) -> None:
    """Once the missing entry is there, the same batch goes through."""
    act = ActivityEnvironment().run
    records = Records(store)
    entries = ledger(readings(3))

    with pytest.raises(LedgerGap):
        await act(records.append_entries, batch(entries[1:]))
    await act(records.append_entries, batch(entries[:1]))
    await act(records.append_entries, batch(entries[1:]))

    assert await store.ledger(MARA) == list(entries)


async def test_what_postgresql_refuses_is_told_without_the_row(store: RecordStore) -> None:
    """PostgreSQL quotes the whole row in its details; a failure that Temporal keeps must not."""
    entries = ledger([note({"note": "they are afraid of the dark"})])
    wrong = entries[0].but(data=["they are afraid of the dark"])

    with pytest.raises(RecordStoreError, match="ledger_data_is_an_object") as told:
        await store.append(batch((wrong,)))

    assert "afraid" not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


async def test_the_worker_outlives_its_database(own_postgres: Postgres) -> None:
    """It starts while PostgreSQL is down, works when it comes, and again after it was away."""
    url = own_postgres.url("postgres")
    await migrate(url)
    entries = ledger(readings(4))
    act = ActivityEnvironment().run
    own_postgres.stop()
    async with open_store(url) as store:
        records = Records(store)
        with pytest.raises(RecordStoreUnreachable):
            await act(records.append_entries, batch(entries[:2]))

        own_postgres.start()
        await act(records.append_entries, batch(entries[:2]))
        own_postgres.stop()
        for _ in range(3):
            with pytest.raises(RecordStoreUnreachable):
                await act(records.append_entries, batch(entries[2:]))
            with pytest.raises(RecordStoreUnreachable):
                await act(records.record_escalation, view())
        own_postgres.start()
        await act(records.append_entries, batch(entries[2:]))
        await act(records.record_escalation, view())

        assert await store.ledger(MARA) == list(entries)
        assert await store.escalation(view().id) == view()
