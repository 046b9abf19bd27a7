"""Whoever changes the record by hand is found out, and the first row that differs is named."""

import asyncpg
import pytest

from domain.ledger import GENESIS, Entry, digest
from records.errors import LedgerUnreadable
from records.store import RecordStore
from records.verify import verify
from tests.support.record_samples import MARA, batch, ledger, note, readings

pytestmark = pytest.mark.xdist_group("postgres")

ENTRIES = ledger(readings(5))
HEAD = (5, ENTRIES[-1].hash)
OTHERS = ledger([note({"systolic": 199}) for _ in range(5)])


def test_a_ledger_that_agrees_with_temporal_is_whole() -> None:
    """Every row follows, every hash fits, the head is the one that Temporal holds."""
    verdict = verify(ENTRIES, HEAD)

    assert verdict.is_whole
    assert verdict.is_compared
    assert (verdict.sequence, verdict.head) == HEAD


def test_a_ledger_that_temporal_no_longer_knows_is_checked_by_itself() -> None:
    """Its chain holds; the verdict says that nothing was compared."""
    assert verify(ENTRIES, None).is_whole
    assert not verify(ENTRIES, None).is_compared


def test_a_course_without_entries_is_whole_only_where_temporal_holds_none() -> None:
    """Nothing recorded is a fault as soon as something was accepted."""
    assert verify([], (0, GENESIS)).is_whole
    assert [fault.sequence for fault in [verify([], HEAD).fault] if fault] == [1]


@pytest.mark.parametrize(
    ("entries", "sequence", "reason"),
    [
        (ENTRIES[:3], 4, "Temporal holds 5 entries"),
        ((*ENTRIES[:2], *ENTRIES[3:]), 3, "missing"),
        ((*ENTRIES[:1], ENTRIES[1].but(data={}), *ENTRIES[2:]), 2, "content"),
        ((*ENTRIES[:2], *OTHERS[2:]), 3, "before it"),
        (OTHERS, 5, "written anew"),
        (ledger(readings(6)), 6, "knows nothing of it"),
    ],
    ids=["the end was cut", "one was taken", "one was changed", "another tail", "all written anew", "one too many"],
)
def test_the_first_row_that_differs_is_named(entries: tuple[Entry, ...], sequence: int, reason: str) -> None:
    """Whether the chain breaks or holds but is not the one that Temporal knows."""
    fault = verify(entries, HEAD).fault

    assert fault is not None
    assert fault.sequence == sequence
    assert reason in fault.reason


@pytest.mark.parametrize(
    ("tampering", "sequence"),
    [
        ('UPDATE ledger SET data = \'{"session": 1, "systolic": 119}\' WHERE sequence = 3', 3),
        ('UPDATE ledger SET "time" = "time" - interval \'1 microsecond\' WHERE sequence = 2', 2),
        ("UPDATE ledger SET actor_id = 'nurse.other' WHERE sequence = 4", 4),
        ("UPDATE ledger SET late = true WHERE sequence = 1", 1),
        ("UPDATE ledger SET event_id = NULL WHERE sequence = 5", 5),
        ("UPDATE ledger SET hash = repeat('a', 64) WHERE sequence = 4", 4),
        ("UPDATE ledger SET course_id = 'MARA-1' WHERE course_id = 'NILS-7'; DELETE FROM ledger WHERE sequence = 2", 2),
        ("DELETE FROM ledger WHERE sequence = 1", 1),
        ("DELETE FROM ledger WHERE sequence = 5", 5),
    ],
)
async def test_tampering_behind_the_triggers_is_found_at_the_right_row(
    store: RecordStore, superuser: asyncpg.Connection, tampering: str, sequence: int
) -> None:
    """A superuser who switches every trigger off leaves a trace that `verify` names."""
    await store.append(batch(ENTRIES))

    await superuser.execute("ALTER TABLE ledger DISABLE TRIGGER ALL")
    await superuser.execute(tampering)
    await superuser.execute("ALTER TABLE ledger ENABLE TRIGGER ALL")

    fault = verify(await store.ledger(MARA), HEAD).fault
    assert fault is not None
    assert fault.sequence == sequence


async def test_a_chain_forged_whole_is_found_by_the_head_that_temporal_holds(
    store: RecordStore, superuser: asyncpg.Connection
) -> None:
    """Hashes computed anew from the changed row on make the chain hold, but not with Temporal's head."""
    await store.append(batch(ENTRIES))
    forged = list(ledger([*readings(3), note({"systolic": 118}), readings(5)[4]]))
    assert [digest(entry) for entry in forged] == [entry.hash for entry in forged]

    await superuser.execute("ALTER TABLE ledger DISABLE TRIGGER ALL")
    await superuser.execute("DELETE FROM ledger")
    await superuser.execute("ALTER TABLE ledger ENABLE TRIGGER ALL")
    await store.append(batch(tuple(forged)))

    found = await store.ledger(MARA)
    assert verify(found, None).is_whole
    assert not verify(found, HEAD).is_whole


async def test_a_row_that_is_no_entry_at_all_is_named(store: RecordStore, superuser: asyncpg.Connection) -> None:
    """Somebody made a nurse a king."""
    await store.append(batch(ENTRIES))
    await superuser.execute("ALTER TABLE ledger DISABLE TRIGGER ALL")
    await superuser.execute("UPDATE ledger SET actor_role = 'king' WHERE sequence = 3")

    with pytest.raises(LedgerUnreadable, match="row 3 of the ledger of MARA-1"):
        await store.ledger(MARA)
