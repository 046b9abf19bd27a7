"""What stands in clear is encrypted later, keys are wrapped anew, and of a course whose key was erased nobody reads."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from domain.course.ended_course import EndedCourse
from domain.escalation.watchdog_alarm import raised
from domain.ledger import first_fault
from domain.values import Severity
from domain.views.course import batch_of
from gateway.host_account import sent_from_here
from records.access import AccessStore, AdministrationAct
from records.audit_chains import AuditChain, AuditChains
from records.changes import Changes, RecordChange
from records.connections import Connections, open_connections
from records.errors import CourseErased, RecordLocked, RoleMayNot
from records.figures import Period
from records.record_keys import Encrypted, NotEncrypted, RecordKeys, WentOn
from records.sealing import Keyring
from records.statements import statement
from records.store import RecordStore, open_store
from records.verify import verify_erased
from records.watchdog import WatchdogStore
from tests.records.test_record_encrypted import (
    BOOKINGS,
    ENCRYPTS,
    ENTRIES,
    FIGURES,
    NEW,
    NOTED,
    OLD,
    SUMMARY,
    WHOLE,
    WORD,
    is_over,
)
from tests.support.cast import hours, phq9
from tests.support.record_samples import MARA, MONDAY, batch, ledger, readings, view

pytestmark = pytest.mark.xdist_group("postgres")

ACT = AdministrationAct(at=MONDAY, what="course erased", about=MARA, sent_by=sent_from_here())
ALARM = raised(MARA, 1, 1, MONDAY, severity=Severity.EMERGENCY)


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[Connections]:
    async with open_connections(database_url, ENCRYPTS) as opened:
        yield opened


@pytest.fixture
def encrypted(connections: Connections) -> RecordStore:
    return RecordStore(connections)


@pytest.fixture
def keys(connections: Connections) -> RecordKeys:
    return RecordKeys(connections)


async def as_psql_shows_it(superuser: asyncpg.Connection) -> str:
    tables = (
        "ledger",
        "courses",
        "course_measures",
        "bookings",
        "ended_courses",
        "escalations",
        "watch_incidents",
    )
    return "".join([str(await superuser.fetch(f"SELECT to_json(one)::text FROM {name} AS one")) for name in tables])


async def is_recorded_in_clear(database_url: str) -> None:
    async with open_connections(database_url) as clear:
        store, watch = RecordStore(clear), WatchdogStore(clear)
        await store.append(WHOLE)
        await store.record_escalation(NOTED)
        await watch.add(ALARM.but(escalation=ALARM.escalation.but(view=ALARM.escalation.view.but(note=WORD))))


async def test_what_stood_in_clear_is_encrypted_and_reads_as_before(
    database_url: str, encrypted: RecordStore, keys: RecordKeys, superuser: asyncpg.Connection
) -> None:
    """Ledger, lists, scores, bookings, notes, alarms; the hash of the newest entry is the one that Temporal holds."""
    await is_recorded_in_clear(database_url)
    assert WORD in await as_psql_shows_it(superuser)

    done = await keys.encrypt(MARA)

    assert done == Encrypted(course_id=MARA, entries=4)
    assert await keys.encrypt(MARA) == Encrypted(course_id=MARA)
    stored = await as_psql_shows_it(superuser)
    assert WORD not in stored
    assert "systolic" not in stored
    assert ENTRIES[-1].hash not in stored
    assert await encrypted.ledger(MARA) == list(ENTRIES)
    assert first_fault((await encrypted.stored_ledger(MARA)).stored) is None
    assert await encrypted.course(MARA) == WHOLE.summary
    assert await encrypted.figures_of(MARA) == FIGURES
    assert await encrypted.bookings_of(MARA) == list(BOOKINGS)
    assert await encrypted.escalation(NOTED.id) == NOTED
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await superuser.execute("UPDATE ledger SET late = true")


@pytest.mark.parametrize("has_gone_on", [False, True])
async def test_what_was_kept_of_a_course_that_ended_is_encrypted(
    database_url: str, encrypted: RecordStore, keys: RecordKeys, superuser: asyncpg.Connection, *, has_gone_on: bool
) -> None:
    """It is what it was, and was kept when it was; also of one that was woken since, where nothing goes by it."""
    async with open_store(database_url) as clear:
        ward = await is_over(clear)
        if has_gone_on:
            ward.reports(phq9(MARA, at=ward.now + hours(1)))
            await clear.append(batch_of(ward.course, tuple(ward.entries), ward.now))
    kept_at = await superuser.fetchval("SELECT kept_at FROM ended_courses")
    assert "referral" in await superuser.fetchval("SELECT content FROM ended_courses")

    for entries in (len(ward.entries), 0):
        assert await keys.encrypt(MARA) == Encrypted(course_id=MARA, entries=entries)

    (stored,) = await superuser.fetch("SELECT content, ledger_head, kept_at FROM ended_courses")
    assert [stored[name].startswith("sealed:") for name in ("content", "ledger_head")] == [True, True]
    assert stored["kept_at"] == kept_at
    assert await encrypted.ended_course(MARA) == (None if has_gone_on else ward.course)
    assert await encrypted.is_kept(ward.course.head) is not has_gone_on
    await encrypted.keep_ended_course(EndedCourse.of(ward.course))
    assert await encrypted.ended_course(MARA) == ward.course


async def test_a_course_is_encrypted_while_it_goes_on(
    database_url: str, encrypted: RecordStore, keys: RecordKeys
) -> None:
    """What is written after it follows what was encrypted, and what was half in clear is encrypted whole."""
    async with open_store(database_url) as clear:
        await clear.append(batch(ENTRIES[:2]))
    await encrypted.append(batch(ENTRIES[2:3]))
    assert (await keys.encrypt(MARA)).entries == 2
    await encrypted.append(batch(ENTRIES[2:]))

    found = await encrypted.stored_ledger(MARA)
    assert [sorted(one.data) for one in found.stored] == [["sealed"]] * 4
    assert first_fault(found.stored) is None
    assert list(found.entries) == list(ENTRIES)


async def test_a_ledger_that_somebody_changed_is_left_as_it_is(
    database_url: str, keys: RecordKeys, superuser: asyncpg.Connection
) -> None:
    """Encrypted, it would be whole in itself, and nothing would show what was done to it."""
    await is_recorded_in_clear(database_url)
    await superuser.execute(
        "ALTER TABLE ledger DISABLE TRIGGER USER; UPDATE ledger SET actor_id = 'nobody' WHERE sequence = 2;"
        " ALTER TABLE ledger ENABLE TRIGGER USER"
    )

    done = await keys.encrypt(MARA)

    assert done.left is not None
    assert "row 2" in done.left
    async with open_store(database_url) as clear:
        assert len(await clear.ledger(MARA)) == 4


async def test_once_all_keys_are_wrapped_anew_the_old_one_may_go(database_url: str, encrypted: RecordStore) -> None:
    """A course's own key stays: nothing is decrypted for it, and nothing written anew."""
    await encrypted.append(WHOLE)

    async with open_connections(database_url, Keyring.of((NEW, OLD), encrypts=True)) as both:
        assert await RecordKeys(both).encrypt(MARA) == Encrypted(course_id=MARA, is_wrapped_anew=True)
    async with open_store(database_url, Keyring.of((NEW,), encrypts=True)) as only_new:
        assert await only_new.ledger(MARA) == list(ENTRIES)
    with pytest.raises(RecordLocked, match="must have the key new, and has old"):
        await encrypted.ledger(MARA)


async def test_of_a_course_that_was_erased_nobody_reads_and_its_chain_is_whole(
    connections: Connections, encrypted: RecordStore, keys: RecordKeys, caplog: pytest.LogCaptureFixture
) -> None:
    """Who, when and what kind of event stays, with the chain; lists show the course without what is gone, calmly."""
    await encrypted.append(WHOLE)
    await encrypted.record_escalation(NOTED)
    await WatchdogStore(connections).add(ALARM)
    await encrypted.append(batch(ledger(readings(1), "NILS-7")).but(figures=FIGURES))

    erased = await keys.erase(MARA, ACT)

    with pytest.raises(CourseErased, match="its content was erased on Mon 5 Jan 2026 17:00 UTC"):
        await encrypted.ledger(MARA)
    found = await encrypted.entries(MARA)
    assert found == []
    assert {one.detail for one in found.unreadable} == {"its content was erased on Mon 5 Jan 2026 17:00 UTC"}
    stored = await encrypted.stored_ledger(MARA)
    assert isinstance(stored.locked, CourseErased)
    assert verify_erased(stored.stored, stored.locked.ended_with).is_whole
    assert (erased.sequence, erased.hash) == stored.locked.ended_with == (4, stored.stored[-1].hash)
    assert not verify_erased(stored.stored[:-1], stored.locked.ended_with).is_whole

    listed = await encrypted.course(MARA)
    blank = {"hold_reason": None, "to_do": None, "blocked_by": (), "ledger_head": ""}
    assert listed == WHOLE.summary.but(**blank)
    assert [one.course_id for one in await encrypted.courses()] == ["NILS-7", MARA]
    assert NOTED.but(note=None) in await encrypted.escalations()
    assert await encrypted.bookings_of(MARA) == [one.but(room=None, staff=()) for one in BOOKINGS]
    counted = await encrypted.figures_of(MARA)
    assert counted == FIGURES.but(measures=())
    figures = await encrypted.figures(Period())
    assert [one.courses for one in figures.measures] == [1]
    assert figures.left_out == ()
    changes = await Changes(connections).after(0, 100)
    assert all(isinstance(one, RecordChange) for one in changes)
    assert await encrypted.erased_at(MARA) == MONDAY
    assert await encrypted.erased_at("NILS-7") is None
    assert "cannot be read" not in caplog.text


async def test_of_a_course_that_ended_and_was_erased_nobody_reads(encrypted: RecordStore, keys: RecordKeys) -> None:
    """What was kept of it is gone with its ledger's content, and is never kept again."""
    ward = await is_over(encrypted)

    await keys.erase(MARA, ACT)

    with pytest.raises(CourseErased, match="its content was erased on Mon 5 Jan 2026 17:00 UTC"):
        await encrypted.ended_course(MARA)
    with pytest.raises(CourseErased):
        await encrypted.is_kept(ward.course.head)
    with pytest.raises(CourseErased):
        await encrypted.keep_ended_course(EndedCourse.of(ward.course))
    assert await encrypted.has_course(MARA)


async def test_an_erasure_is_on_the_record_and_is_done_once(
    connections: Connections, encrypted: RecordStore, keys: RecordKeys, superuser: asyncpg.Connection
) -> None:
    """The act names where the ledger ended, in the chain of the audit; the key is gone from its table."""
    await encrypted.append(WHOLE)

    first = await keys.erase(MARA, ACT)
    assert await keys.erase(MARA, ACT) == first

    (act,) = await AccessStore(connections).administration()
    assert act.what == "course erased"
    assert act.about == f"{MARA}, whose ledger ends with row 4 ({first.hash})"
    assert (await AuditChains(connections).verify(AuditChain.ADMINISTRATION)).is_whole
    assert await superuser.fetchval("SELECT wrapped FROM course_keys") is None


async def test_an_erasure_that_was_cut_off_leaves_no_key_in_the_table_file(
    encrypted: RecordStore, keys: RecordKeys, superuser: asyncpg.Connection
) -> None:
    """Killed just after it was on the record: done again, it writes the table anew, without what was erased in it."""
    await encrypted.append(WHOLE)
    wrapped = await superuser.fetchval("SELECT wrapped FROM course_keys")
    await superuser.execute(statement("erase_course_key"), MARA, MONDAY, 4, "f" * 64)

    async def is_on_disk() -> bool:
        await superuser.execute("CHECKPOINT")
        file = await superuser.fetchval("SELECT pg_read_binary_file(pg_relation_filepath('course_keys'))")
        return wrapped in file

    assert await is_on_disk()
    await keys.erase(MARA, ACT)
    assert not await is_on_disk()


async def test_nothing_is_written_of_a_course_that_was_erased(encrypted: RecordStore, keys: RecordKeys) -> None:
    """Neither an entry nor a note: no key is made for it ever again."""
    await encrypted.append(batch(ENTRIES[:3], **SUMMARY))
    await keys.erase(MARA, ACT)

    with pytest.raises(CourseErased):
        await encrypted.append(batch(ENTRIES[3:]))
    with pytest.raises(CourseErased):
        await encrypted.record_escalation(view(note=WORD))
    assert await keys.encrypt(MARA) == Encrypted(
        course_id=MARA, erased="its content was erased on Mon 5 Jan 2026 17:00 UTC"
    )


async def test_what_came_since_somebody_looked_keeps_it_from_being_erased(
    encrypted: RecordStore, keys: RecordKeys
) -> None:
    """A fact wakes a course that is over, and may call for somebody: whoever erases it looks again."""
    await encrypted.append(batch(ENTRIES[:3]))
    await encrypted.append(batch(ENTRIES[3:]))

    with pytest.raises(WentOn):
        await keys.erase(MARA, ACT, ends_with=3)
    assert await encrypted.ledger(MARA) == list(ENTRIES)
    assert (await keys.erase(MARA, ACT, ends_with=4)).sequence == 4


async def test_what_stands_in_clear_is_not_said_to_be_erased(
    database_url: str, encrypted: RecordStore, keys: RecordKeys
) -> None:
    """Part of the ledger is from before the setting: it is encrypted first, and erased then."""
    with pytest.raises(NotEncrypted, match="its ledger is not encrypted"):
        await keys.erase(MARA, ACT)
    async with open_store(database_url) as clear:
        await clear.append(batch(ENTRIES[:2]))
    await encrypted.append(batch(ENTRIES))

    with pytest.raises(NotEncrypted, match="row 1 of its ledger is not encrypted"):
        await keys.erase(MARA, ACT)
    await keys.encrypt(MARA)
    assert (await keys.erase(MARA, ACT)).sequence == 4


@pytest.mark.parametrize(
    ("by_hand", "said"),
    [
        ("UPDATE ended_courses SET content = '{}'", "the course as it ended is not encrypted"),
        ("UPDATE bookings SET room = 'willow' WHERE session = 1", "the booking of session 1 is not encrypted"),
        ("UPDATE bookings SET staff = '[{}]' WHERE session = 1", "the booking of session 1 is not encrypted"),
    ],
)
async def test_what_is_kept_in_clear_beside_the_ledger_is_not_said_to_be_erased_either(
    encrypted: RecordStore, keys: RecordKeys, superuser: asyncpg.Connection, by_hand: str, said: str
) -> None:
    """Somebody wrote it back by hand, or an earlier release did: no key would take it along."""
    await is_over(encrypted)
    await superuser.execute(by_hand)

    with pytest.raises(NotEncrypted, match=said):
        await keys.erase(MARA, ACT)
    assert await encrypted.erased_at(MARA) is None


async def test_only_the_owner_erases_or_encrypts_what_stands_there(
    database_url: str, worker_url: str, encrypted: RecordStore
) -> None:
    """A worker that was broken into can read while it has the keys, and destroy nothing."""
    await is_recorded_in_clear(database_url)
    await encrypted.append(batch(ledger(readings(1), "NILS-7")))

    async with open_connections(worker_url, ENCRYPTS) as workers:
        with pytest.raises(RoleMayNot):
            await RecordKeys(workers).encrypt(MARA)
        with pytest.raises(RoleMayNot):
            await RecordKeys(workers).erase("NILS-7", ACT)
