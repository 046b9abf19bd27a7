"""What a course was told to remember is in the ledger once, in order, and as it was."""

import asyncio
from datetime import UTC, datetime
from itertools import count

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from domain.ledger import Note, digest
from domain.values import Actor, Role, Severity
from domain.views.summary import Batch
from records.errors import LedgerConflict, LedgerGap
from records.store import Head, RecordStore, open_store
from tests.support.record_samples import MARA, batch, ledger, note, readings, summary

pytestmark = pytest.mark.xdist_group("postgres")


async def test_what_the_clinic_reported_is_read_back_as_it_was(store: RecordStore) -> None:
    """Entries come back equal and in order, and each hash is that of what is stored."""
    entries = ledger(readings(5))

    await store.append(batch(entries))

    found = await store.ledger(MARA)
    assert found == list(entries)
    assert [digest(entry) for entry in found] == [entry.hash for entry in entries]
    assert await store.heads() == [Head(course_id=MARA, sequence=5, hash=entries[-1].hash)]


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        70.0,
        -0.0,
        1e-7,
        5e-324,
        0.1 + 0.2,
        1e22,
        1e23,
        1.7976931348623157e308,
        2**53 + 1,
        -(10**40),
        "Grüße, 痛み, 🙂, e\u0301, \u2028",
        'a "quote", a \\ and a null: \u0000',
        {"a": None, "": [None, {"b": [[], {}]}], "\u0000": True},
        [1, 1.0, True, "1"],
    ],
    ids=repr,
)
async def test_no_value_is_changed_by_being_stored(store: RecordStore, value: JsonValue) -> None:
    """Numbers of any size, any Unicode and nested nulls hash the same after a round trip."""
    entries = ledger([note({"value": value})])

    await store.append(batch(entries))

    found = await store.ledger(MARA)
    assert found == list(entries)
    assert digest(found[0]) == entries[0].hash


_NAMES = st.text(st.characters(exclude_characters="\u0000", codec="utf-8"), min_size=1, max_size=64)
_MOMENTS = st.datetimes(datetime(1930, 1, 1), datetime(2200, 1, 1), timezones=st.timezones())  # noqa: DTZ001
_JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_NOTES = st.builds(
    Note,
    time=_MOMENTS,
    type=_NAMES,
    event_id=st.none() | _NAMES,
    source=st.none() | _NAMES,
    actor=st.none() | st.builds(Actor, id=_NAMES, role=st.sampled_from(Role)),
    late=st.booleans(),
    data=st.dictionaries(st.text(max_size=8), _JSON, max_size=4),
)


_courses = count(1)


# The database is shared by the examples on purpose: each is a course of its own.
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(notes=st.lists(_NOTES, min_size=1, max_size=4))
async def test_whatever_is_written_is_read_back_equal(store: RecordStore, notes: list[Note]) -> None:
    """For every chain the chart can write: the same entries, the same hashes."""
    entries = ledger(notes, course_id=f"C-{next(_courses)}")

    await store.append(batch(entries))

    found = await store.ledger(entries[0].course_id)
    assert found == list(entries)
    assert [digest(entry) for entry in found] == [entry.hash for entry in entries]


async def test_a_batch_sent_again_changes_nothing(store: RecordStore) -> None:
    """An activity that is retried after its commit leaves one of each entry."""
    entries = ledger(readings(3))
    await store.append(batch(entries))

    await store.append(batch(entries))

    assert await store.ledger(MARA) == list(entries)


async def test_a_batch_that_overlaps_appends_only_what_is_new(store: RecordStore) -> None:
    """Entries already there are recognised; those after them are appended."""
    entries = ledger(readings(5))
    await store.append(batch(entries[:3]))

    await store.append(batch(entries[1:]))

    assert await store.ledger(MARA) == list(entries)


async def test_another_entry_under_the_same_number_is_a_conflict(store: RecordStore) -> None:
    """The ledger keeps what it holds, and says that it holds something else."""
    entries = ledger(readings(2))
    await store.append(batch(entries))
    other = ledger([*readings(1), note({"systolic": 199})])

    with pytest.raises(LedgerConflict):
        await store.append(batch(other))

    assert await store.ledger(MARA) == list(entries)


async def test_an_entry_whose_predecessor_is_missing_is_a_gap(store: RecordStore) -> None:
    """Nothing of the batch is stored, the course's row included, until the missing entry is."""
    entries = ledger(readings(4))
    await store.append(batch(entries[:1]))

    with pytest.raises(LedgerGap):
        await store.append(batch(entries[2:]))

    assert await store.ledger(MARA) == list(entries[:1])
    course = await store.course(MARA)
    assert course is not None
    assert course.sequence == 1


async def test_an_entry_that_names_another_hash_before_it_is_a_gap(store: RecordStore) -> None:
    """The right number does not help where the chain is another one."""
    await store.append(batch(ledger(readings(1))))
    other = ledger([note({"systolic": 199}), *readings(1)])

    with pytest.raises(LedgerGap):
        await store.append(batch(other[1:]))


@pytest.mark.parametrize("sequence", [1, 2])
async def test_a_ledger_begins_with_an_entry_that_follows_nothing(store: RecordStore, sequence: int) -> None:
    """Neither a second entry alone nor a first one that names a hash before it can begin a ledger."""
    stray = ledger(readings(2))[1].but(sequence=sequence)

    with pytest.raises(LedgerGap):
        await store.append(batch((stray,)))

    assert await store.heads() == []


async def test_what_is_appended_with_a_gap_inside_is_not_stored_at_all(store: RecordStore) -> None:
    """A batch is stored whole or not."""
    first, _, third = ledger(readings(3))

    with pytest.raises(LedgerGap):
        await store.append(batch((first, third)))

    assert await store.heads() == []
    assert await store.course(MARA) is None


async def test_two_workers_appending_the_same_at_once_agree(database_url: str) -> None:
    """An attempt that timed out may still be running beside its retry: both succeed, each entry is there once."""
    entries = ledger(readings(40))
    async with open_store(database_url) as one, open_store(database_url) as other:
        for start in range(0, 40, 2):
            part = batch(entries[start : start + 2])
            await asyncio.gather(*(worker.append(part) for worker in (one, other, one, other)))

        assert await one.ledger(MARA) == list(entries)


async def test_of_two_histories_at_once_one_wins_and_the_other_is_told(database_url: str) -> None:
    """However they interleave, the ledger is one of them and the other's writer learns of it."""
    ours, theirs = ledger(readings(6)), ledger([note({"systolic": 199 + n}) for n in range(6)])
    async with open_store(database_url) as one, open_store(database_url) as other:
        answers = await asyncio.gather(one.append(batch(ours)), other.append(batch(theirs)), return_exceptions=True)

        assert [type(answer) for answer in answers if answer is not None] == [LedgerConflict]
        assert await one.ledger(MARA) == list(theirs if answers[0] else ours)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
async def test_the_newest_summary_stays_whatever_the_order(store: RecordStore, order: tuple[int, int]) -> None:
    """A summary that comes after a newer one changes nothing."""
    entries = ledger(readings(2))
    told = {1: batch(entries[:1], phase="preparation"), 2: batch(entries, phase="medicine")}

    for sequence in order:
        await store.append(told[sequence])

    assert await store.course(MARA) == told[2].summary


async def test_a_course_is_shown_with_everything_that_was_summed_up(store: RecordStore) -> None:
    """Every field of the summary is read back."""
    entries = ledger(readings(1))
    told = batch(
        entries,
        outcome="discontinued",
        held=True,
        hold_reason="raised pressure",
        attention=Severity.URGENT,
        open_escalations=2,
        closed_at=datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
    )

    await store.append(told)

    assert await store.course(MARA) == told.summary


async def test_a_batch_is_of_one_course() -> None:
    """Entries of another course, or another course's summary, make no batch."""
    with pytest.raises(ValidationError, match="one course"):
        Batch(course_id=MARA, entries=ledger(readings(1), "OTHER-1"), summary=summary(MARA))


@pytest.mark.parametrize(
    "rewriting",
    ["UPDATE ledger SET late = true", "DELETE FROM ledger WHERE sequence = 3", "TRUNCATE ledger CASCADE"],
)
async def test_the_ledger_refuses_to_be_rewritten(
    store: RecordStore, superuser: asyncpg.Connection, rewriting: str
) -> None:
    """Not even the database's owner changes or removes an entry in passing."""
    entries = ledger(readings(3))
    await store.append(batch(entries))

    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await superuser.execute(rewriting)

    assert await store.ledger(MARA) == list(entries)
