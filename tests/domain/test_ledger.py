"""The record nobody can quietly change: a chain of hashes over one spelling of every entry."""

import json
from datetime import timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from domain.access import SentBy
from domain.ledger import GENESIS, Entry, Note, canonical, digest, first_fault, write
from domain.values import Severity
from tests.support.cast import LIND, MARA, MONDAY, days, hours
from tests.support.ward import Ward

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def chain() -> list[Entry]:
    return Ward().dosed().entries


def test_a_chain_that_nobody_touched_is_whole() -> None:
    """From the genesis hash on, each entry names the one before it."""
    entries = chain()

    assert entries[0].previous_hash == GENESIS
    assert [later.previous_hash for later in entries[1:]] == [earlier.hash for earlier in entries[:-1]]
    assert first_fault(entries) is None
    assert first_fault([]) is None


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"score": 3}},
        {"time": MONDAY + days(100)},
        {"recorded_at": MONDAY + days(100)},
        {"actor": None},
        {"late": True},
        {"type": "kap.note"},
        {"event_id": "another"},
        {"source": "/elsewhere"},
        {"course_id": "JONAS-1"},
        {"hash": "f" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_entry_is_found(change: dict[str, object]) -> None:
    """Whatever of it was changed, by its sequence."""
    entries = chain()
    entries[4] = entries[4].but(**change)

    fault = first_fault(entries)

    assert fault is not None
    assert fault.sequence == 5


def test_who_sent_it_is_hashed_where_it_is_known() -> None:
    """An entry of before senders were kept has the hash that it had; one that names another sender has another."""
    note = Note(time=MONDAY, type="kap.note", data={})
    sender = SentBy(token="00000001", request_id="1")
    unsigned = write(MARA, 1, GENESIS, note, MONDAY)
    signed = write(MARA, 1, GENESIS, note.but(sent_by=sender), MONDAY)
    said = unsigned.model_dump(mode="json", exclude={"hash", "request_id", "sent_by"})

    assert unsigned.hash == sha256(canonical(said)).hexdigest()
    assert first_fault([signed]) is None
    forged = signed.but(sent_by=SentBy(token="00000002", request_id="1"))
    assert first_fault([forged]) is not None
    assert first_fault([signed.but(sent_by=None)]) is not None


def test_an_entry_rewritten_with_its_hash_is_found_at_the_next_one() -> None:
    """Who signs a changed entry anew breaks the chain after it."""
    entries = chain()
    forged = entries[4].but(late=True)
    entries[4] = forged.but(hash=digest(forged))

    fault = first_fault(entries)

    assert fault is not None
    assert (fault.sequence, "hash of the entry before" in fault.reason) == (6, True)


@pytest.mark.parametrize("index", [0, 4])
def test_a_missing_entry_is_found(index: int) -> None:
    """And the one that stands in its place is named."""
    entries = chain()
    del entries[index]

    fault = first_fault(entries)

    assert fault is not None
    assert fault.sequence == index + 1
    assert f"entry {index + 1} is missing" in fault.reason


def test_swapped_entries_are_found() -> None:
    """An order is part of the record."""
    entries = chain()
    entries[3], entries[4] = entries[4], entries[3]
    fault = first_fault(entries)

    assert fault is not None
    assert fault.sequence == 4


def test_an_entry_reads_back_as_it_was_written() -> None:
    """From its own JSON, with the same hash: what is stored can be verified."""
    for entry in chain():
        again = Entry.model_validate_json(entry.model_dump_json())
        assert again == entry
        assert digest(again) == entry.hash


def test_moments_are_hashed_in_one_offset() -> None:
    """The same moment said in Oregon and in UTC is the same entry."""
    oregon = timezone(-hours(8))
    one = Note(time=MONDAY, type="kap.note", actor=LIND, data={})
    other = one.but(time=MONDAY.astimezone(oregon))

    assert write(MARA, 1, GENESIS, one, MONDAY) == write(MARA, 1, GENESIS, other, MONDAY.astimezone(oregon))


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ({"b": 1, "a": [70.0, 0.5]}, '{"a":[70,0.5],"b":1}'),
        ({"name": "Ødegård"}, '{"name":"Ødegård"}'),
        ([True, 1, 1.0, None, ""], '[true,1,1,null,""]'),
        (-0.0, "0"),
    ],
)
def test_there_is_one_spelling(value: JsonValue, spelled: str) -> None:
    """Keys sorted, no white space, and 70.0 written as 70."""
    assert canonical(value) == spelled.encode()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_written(number: float) -> None:
    """JSON has no such thing."""
    with pytest.raises(ValueError, match="JSON"):
        canonical({"mg": number})


@given(JSON)
def test_the_spelling_survives_a_store(value: JsonValue) -> None:
    """Read back from JSON and spelled again, it is the same."""
    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_the_systems_own_entries_name_no_event_and_no_source() -> None:
    """What Kapstan writes by itself is told apart from what a clinic reported."""
    ward = Ward().referred()
    ward.passes(timedelta(days=14))
    own = [entry for entry in ward.entries if entry.event_id is None]

    assert [entry.type for entry in own] == [
        "kap.phase.entered",
        "kap.deadline.passed",
        "kap.escalation.opened",
    ]
    assert {(entry.source, entry.actor) for entry in own} == {(None, None)}
    assert own[-1].data == {
        "id": "MARA-1~phase_overdue~0~1",
        "kind": "phase_overdue",
        "severity": Severity.ROUTINE,
    }
