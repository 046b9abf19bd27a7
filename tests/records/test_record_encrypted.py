"""What the record holds of a patient is encrypted with a key for each course, and whoever has it sees no difference."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from domain.course.ended_course import EndedCourse
from domain.escalation.messages import Acknowledge, Order, Reassign, Resolve, Snooze
from domain.escalation.silence import SilenceReason
from domain.escalation.watchdog_alarm import WatchdogAlarm, raised
from domain.ledger import first_fault
from domain.values import Actor, Role, Severity
from domain.views.bookings import bookings
from domain.views.course import batch_of
from domain.views.figures import CourseFigures, MeasureFigures
from records.changes import Changes, RecordChange
from records.connections import Connections, open_connections
from records.errors import LedgerConflict, LedgerGap, RecordLocked
from records.figures import Period
from records.record_keys import RecordKeys
from records.sealing import Keyring
from records.store import BookingFilter, RecordStore, open_store
from records.unreadable_rows import RowUnreadable
from records.watchdog import WatchdogStore
from settings import Misconfigured, PayloadKey
from tests.support.cast import hours, phq9
from tests.support.clinic import ON_CALL
from tests.support.record_samples import MARA, MONDAY, NURSE, batch, booked, ledger, readings, view
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("postgres")

OLD = PayloadKey("old", b"o" * 32)
NEW = PayloadKey("new", b"n" * 32)
ENCRYPTS = Keyring.of((OLD,), encrypts=True)

WORD = "quokka"
"""Stands in every text that somebody may type; the readings' numbers are looked for too."""

ENTRIES = ledger(readings(4))
SUMMARY = {"held": True, "hold_reason": f"They said {WORD}", "to_do": WORD, "blocked_by": (WORD, f"2 {WORD}")}
FIGURES = CourseFigures(
    sessions=1,
    checkpoints_met=1,
    checkpoints_late=0,
    checkpoints_missed=0,
    integrations_in_time=0,
    integrations_late=0,
    integrations_owed=0,
    measures=(MeasureFigures(instrument="phq9", baseline=18, latest=9, is_response=True, is_remission=None),),
)
BOOKINGS = (
    booked(room=f"{WORD} room", staff=(NURSE, Actor(id=f"dr.{WORD}", role=Role.PRESCRIBER)), group="friday"),
    booked(session=2, room=None, staff=(), group="friday"),
)
WHOLE = batch(ENTRIES, **SUMMARY).but(figures=FIGURES, bookings=BOOKINGS)
NOTED = view(note=f"{WORD}: called them")


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[Connections]:
    async with open_connections(database_url, ENCRYPTS) as opened:
        yield opened


@pytest.fixture
def encrypted(connections: Connections) -> RecordStore:
    return RecordStore(connections)


def alarm(note: str | None = None) -> WatchdogAlarm:
    made = raised(MARA, 1, 1, MONDAY, severity=Severity.EMERGENCY)
    return made.but(escalation=made.escalation.but(view=made.escalation.view.but(note=note)))


async def test_all_is_read_back_as_it_was_written(encrypted: RecordStore, connections: Connections) -> None:
    """Ledger, lists, figures, bookings, escalations, changes and the watchdog's alarms."""
    watch = WatchdogStore(connections)
    await encrypted.append(WHOLE)
    await encrypted.record_escalation(NOTED)
    await watch.add(alarm(WORD))

    assert await encrypted.ledger(MARA) == await encrypted.entries(MARA) == list(ENTRIES)
    assert await encrypted.course(MARA) == WHOLE.summary
    assert await encrypted.courses() == await encrypted.sessions_under_way() == [WHOLE.summary]
    assert await encrypted.figures_of(MARA) == FIGURES
    day = BookingFilter(since=MONDAY, until=MONDAY + hours(1), now=MONDAY)
    assert await encrypted.bookings(day) == await encrypted.bookings_of_group("friday") == list(BOOKINGS)
    assert await encrypted.bookings_of(MARA) == list(BOOKINGS)
    (mood,) = (await encrypted.figures(Period())).measures
    assert (mood.mean_baseline, mood.mean_change, mood.response_share, mood.remission_share) == (18, -9, 1, None)
    assert await encrypted.escalation(NOTED.id) == NOTED
    assert NOTED in await encrypted.escalations()
    assert NOTED in await encrypted.unresolved()
    told = [change.data for change in await Changes(connections).after(0, 100) if isinstance(change, RecordChange)]
    assert WHOLE.summary in told
    assert NOTED in told
    assert await watch.incident(alarm().id) == alarm(WORD)


async def test_nothing_that_somebody_typed_or_measured_stands_in_any_table(
    encrypted: RecordStore, connections: Connections, superuser: asyncpg.Connection
) -> None:
    """Every table is read whole, as psql shows it. Lists are counted and sorted by what stays clear."""
    await encrypted.append(WHOLE)
    await encrypted.record_escalation(NOTED)
    await WatchdogStore(connections).add(alarm(WORD))

    tables = await superuser.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    told = {name: str(await superuser.fetch(f"SELECT to_json(one)::text FROM {name} AS one")) for (name,) in tables}
    assert not [name for name, rows in told.items() if WORD in rows or "systolic" in rows]
    assert (
        await superuser.fetchval("SELECT count(*) FROM course_measures WHERE baseline IS NULL AND latest IS NULL") == 1
    )
    content_hashes = {one.hash for one in ENTRIES} | {WHOLE.summary.ledger_head}
    assert not [one for one in content_hashes if any(one in rows for rows in told.values())]


async def test_the_chain_is_whole_without_a_key_and_the_ledgers_hash_is_the_same_with_encryption_and_without(
    encrypted: RecordStore, database_url: str
) -> None:
    """What is stored is a chain of its own; what it holds is the chain that Temporal knows the end of."""
    await encrypted.append(WHOLE)

    async with open_store(database_url) as keyless:
        found = await keyless.stored_ledger(MARA)

    assert first_fault(found.stored) is None
    assert isinstance(found.locked, RecordLocked)
    assert "KAPSTAN_PAYLOAD_KEYS must have the key old, and has none" in str(found.locked)
    assert first_fault(await encrypted.ledger(MARA)) is None
    assert (await encrypted.ledger(MARA))[-1].hash == ENTRIES[-1].hash


async def test_scores_are_counted_together_whether_encrypted_or_not(store: RecordStore, encrypted: RecordStore) -> None:
    """Half of the clinic's courses began before the setting: means and shares are over all of them."""
    measure = MeasureFigures(instrument="phq9", baseline=20, latest=19, is_response=False, is_remission=False)
    pcl5 = measure.but(instrument="pcl5", is_response=None)
    await store.append(batch(ledger(readings(1), "NILS-7")).but(figures=FIGURES.but(measures=(measure, pcl5))))
    await encrypted.append(WHOLE)

    ptsd, mood = (await encrypted.figures(Period())).measures

    assert (mood.instrument, mood.courses, mood.mean_baseline, mood.mean_change) == ("phq9", 2, 19, -5)
    assert (mood.response_share, mood.remission_share) == (0.5, 0)
    assert (ptsd.instrument, ptsd.courses, ptsd.mean_change, ptsd.response_share) == ("pcl5", 1, -1, None)


async def test_without_its_key_a_course_is_named_and_hides_no_other(
    encrypted: RecordStore, store: RecordStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A console without the key shows every course that it can read, and says what it wants of the rest."""
    await encrypted.append(WHOLE)
    await encrypted.record_escalation(NOTED)
    await store.append(batch(ledger(readings(1), "NILS-7")))

    courses = await store.courses()
    assert [one.course_id for one in courses] == ["NILS-7"]
    (locked,) = courses.unreadable
    assert (locked.id, locked.detail) == (
        MARA,
        "it is encrypted; KAPSTAN_PAYLOAD_KEYS must have the key old, and has none",
    )
    with pytest.raises(RowUnreadable, match="must have the key old"):
        await store.course(MARA)
    with pytest.raises(RecordLocked):
        await store.ledger(MARA)
    assert [one.id for one in (await store.entries(MARA)).unreadable] == ["1", "2", "3", "4"]
    assert (await store.figures(Period())).left_out == (MARA,)
    assert [one.id for one in (await store.bookings_of_group("friday")).unreadable] == [f"{MARA}~1"]
    assert WORD not in caplog.text


async def test_another_key_of_the_same_id_is_told_so(encrypted: RecordStore, database_url: str) -> None:
    """Two clinics that both call their key `old`: nothing is decrypted to nonsense."""
    await encrypted.append(WHOLE)

    async with open_store(database_url, Keyring.of((PayloadKey("old", b"x" * 32),), encrypts=True)) as other:
        with pytest.raises(RecordLocked, match="another of that id"):
            await other.ledger(MARA)


async def test_the_same_batch_again_changes_nothing_and_another_is_refused(encrypted: RecordStore) -> None:
    """A worker whose answer was lost writes again; one that holds something else under a number does not get in."""
    await encrypted.append(batch(ENTRIES[:2]))
    await encrypted.append(batch(ENTRIES[:2]))
    await encrypted.append(batch(ENTRIES[1:]))
    assert await encrypted.ledger(MARA) == list(ENTRIES)

    other = ledger([*readings(2), *readings(2)])
    with pytest.raises(LedgerConflict):
        await encrypted.append(batch(other))
    with pytest.raises(LedgerGap):
        await encrypted.append(batch(ledger(readings(3), "NILS-7")[2:]))
    broken = ENTRIES[3].but(sequence=5, previous_hash="e" * 64)
    with pytest.raises(LedgerGap):
        await encrypted.append(batch((broken,)))
    assert await encrypted.ledger(MARA) == list(ENTRIES)


async def test_a_course_that_began_in_clear_goes_on_encrypted_and_stays_so(
    store: RecordStore, encrypted: RecordStore, database_url: str
) -> None:
    """The setting is turned on in the middle of a course, with a batch of which the answer was lost, and off again."""
    await store.append(batch(ENTRIES[:2]))
    await encrypted.append(batch(ENTRIES[:3]))
    assert await encrypted.ledger(MARA) == list(ENTRIES[:3])

    async with open_store(database_url, Keyring.of((OLD,), encrypts=False)) as turned_off:
        await turned_off.append(batch(ENTRIES[2:]))
        stored = (await turned_off.stored_ledger(MARA)).stored
        assert await turned_off.ledger(MARA) == list(ENTRIES)
    assert [sorted(one.data) for one in stored] == [["session", "systolic"]] * 2 + [["sealed"]] * 2
    assert first_fault(stored) is None

    with pytest.raises(RecordLocked):
        await store.append(batch(ENTRIES[3:]))


async def test_keys_rotate_with_the_old_one_and_the_new_side_by_side(encrypted: RecordStore, database_url: str) -> None:
    """A course keeps its own key; those of new courses are wrapped with the first."""
    await encrypted.append(WHOLE)

    async with open_store(database_url, Keyring.of((NEW, OLD), encrypts=True)) as both:
        await both.append(batch(ledger(readings(1), "NILS-7")))
        assert await both.ledger(MARA) == list(ENTRIES)
    async with open_store(database_url, Keyring.of((NEW,), encrypts=True)) as only_new:
        assert len(await only_new.ledger("NILS-7")) == 1
        with pytest.raises(RecordLocked):
            await only_new.ledger(MARA)


@pytest.mark.parametrize(
    "by_hand",
    [
        "UPDATE ledger SET data = (SELECT data FROM ledger WHERE sequence = 2) WHERE sequence = 1",
        'UPDATE ledger SET data = \'{"sealed": "AAAA"}\' WHERE sequence = 1',
        'UPDATE ledger SET data = \'{"sealed": "no base64"}\' WHERE sequence = 1',
    ],
)
async def test_what_is_moved_or_changed_is_not_read(
    encrypted: RecordStore, superuser: asyncpg.Connection, by_hand: str
) -> None:
    """Content is bound to its row: another reading of the same patient's does not pass for this one."""
    await encrypted.append(WHOLE)
    await superuser.execute("ALTER TABLE ledger DISABLE TRIGGER USER")
    await superuser.execute(by_hand)

    with pytest.raises(RecordLocked, match="was changed, or moved here from another row"):
        await encrypted.ledger(MARA)
    fault = first_fault((await encrypted.stored_ledger(MARA)).stored)
    assert fault is not None
    assert fault.sequence == 1


async def test_who_is_booked_where_is_bound_to_its_visit(encrypted: RecordStore, superuser: asyncpg.Connection) -> None:
    """Another visit's people do not pass for this one's; the visit is named, and hides no other."""
    later = booked(session=2, starts_at=MONDAY + hours(3), ends_at=MONDAY + hours(5), staff=(NURSE,), room="oak")
    await encrypted.append(WHOLE.but(bookings=(BOOKINGS[0], later)))
    await superuser.execute(
        "UPDATE bookings SET staff = (SELECT staff FROM bookings WHERE session = 2) WHERE session = 1"
    )

    found = await encrypted.bookings_of(MARA)

    assert found == [later]
    assert [(one.id, one.detail) for one in found.unreadable] == [
        (f"{MARA}~1", "its encrypted content was changed, or moved here from another row")
    ]


async def is_over(store: RecordStore) -> Ward:
    """A whole course, recorded and kept as its workflow left it."""
    ward = Ward(MARA).completed()
    await store.append(batch_of(ward.course, tuple(ward.entries), ward.now))
    await store.keep_ended_course(EndedCourse.of(ward.course))
    return ward


async def test_a_course_whose_workflow_has_ended_is_kept_encrypted(
    encrypted: RecordStore, database_url: str, superuser: asyncpg.Connection
) -> None:
    """It comes back as it was left, and is known by its head, for whoever has the key; the record holds neither."""
    ward = await is_over(encrypted)
    await encrypted.keep_ended_course(EndedCourse.of(ward.course))

    assert await encrypted.ended_course(MARA) == ward.course
    assert await encrypted.is_kept(ward.course.head)
    assert not await encrypted.is_kept(ward.course.head.but(hash="e" * 64))
    stored = str(await superuser.fetch("SELECT to_json(one)::text FROM ended_courses AS one"))
    assert "referral" not in stored
    assert ward.course.head.hash not in stored
    async with open_store(database_url) as keyless:
        for asked in (keyless.ended_course(MARA), keyless.is_kept(ward.course.head)):
            with pytest.raises(RecordLocked, match="KAPSTAN_PAYLOAD_KEYS must have the key old"):
                await asked
        with pytest.raises(RecordLocked):
            await keyless.keep_ended_course(EndedCourse.of(ward.course))


async def test_an_encrypted_course_that_has_gone_on_since_is_not_answered_for(encrypted: RecordStore) -> None:
    """Its ledger has an entry more; what is kept later counts, and a late copy of before does not."""
    ward = await is_over(encrypted)
    before = ward.course
    ward.reports(phq9(MARA, at=ward.now + hours(1)))
    await encrypted.append(batch_of(ward.course, tuple(ward.entries), ward.now))

    assert await encrypted.ended_course(MARA) is None
    assert not await encrypted.is_kept(before.head)

    await encrypted.keep_ended_course(EndedCourse.of(ward.course))
    await encrypted.keep_ended_course(EndedCourse.of(before))
    assert await encrypted.ended_course(MARA) == ward.course


@pytest.mark.parametrize(
    "by_hand",
    [
        "UPDATE ended_courses SET content = ledger_head",
        "UPDATE ended_courses SET content = 'sealed:AAAA'",
        "UPDATE ended_courses SET ledger_head = (SELECT ledger_head FROM courses)",
    ],
)
async def test_a_kept_course_that_was_moved_or_changed_is_not_read(
    encrypted: RecordStore, superuser: asyncpg.Connection, by_hand: str
) -> None:
    """Nothing else that is encrypted of the same patient passes for it."""
    await is_over(encrypted)
    await superuser.execute(by_hand)

    with pytest.raises(RecordLocked, match="was changed, or moved here from another row"):
        await encrypted.ended_course(MARA)


FORGE: Final = "UPDATE ended_courses SET kept_at = '2020-01-01Z', ledger_head = $1, content = $2"


async def forged(encrypted: RecordStore, worker_url: str) -> EndedCourse:
    """Whoever has the workers' role, and no key, puts a course of their own making in the place of one that is over."""
    await is_over(encrypted)
    theirs = EndedCourse.of(Ward(MARA).completed().course.but(ledger_head="f" * 64))
    connection = await asyncpg.connect(worker_url)
    try:
        await connection.execute(FORGE, theirs.head.hash, theirs.content)
    finally:
        await connection.close()
    return theirs


async def test_a_course_that_somebody_wrote_in_clear_is_not_taken_for_an_encrypted_one(
    encrypted: RecordStore, worker_url: str, database_url: str
) -> None:
    """It would be woken, without the hold that it had. Encrypting the record makes it no truer."""
    theirs = await forged(encrypted, worker_url)

    for asked in (encrypted.ended_course(MARA), encrypted.is_kept(theirs.head)):
        with pytest.raises(RecordLocked, match="Kapstan did not write it"):
            await asked
    async with open_connections(database_url, ENCRYPTS) as owners:
        again = await RecordKeys(owners).encrypt(MARA)
    assert again.left is not None
    with pytest.raises(RecordLocked, match="Kapstan did not write it"):
        await encrypted.ended_course(MARA)


async def test_workers_write_it_and_the_console_reads_it_each_with_its_own_rights(
    worker_url: str, console_url: str
) -> None:
    """A key is made with a course's first entry, by whoever writes it."""
    async with open_store(worker_url, ENCRYPTS) as workers:
        ward = await is_over(workers)
        assert await workers.is_kept(ward.course.head)
    async with open_store(console_url, ENCRYPTS) as console:
        assert await console.ended_course(MARA) == ward.course
        assert await console.bookings_of(MARA) == list(bookings(ward.course))


async def test_a_key_that_is_gone_is_never_made_anew(encrypted: RecordStore, superuser: asyncpg.Connection) -> None:
    """Somebody deleted its row by hand: a second key would write on under a content that nobody can read."""
    await encrypted.append(batch(ENTRIES[:2]))
    await superuser.execute("DELETE FROM course_keys")

    with pytest.raises(RecordLocked, match="the key of its course is gone"):
        await encrypted.append(batch(ENTRIES[2:]))
    with pytest.raises(RecordLocked, match="the key of its course is gone"):
        await encrypted.ledger(MARA)


PLANT: Final = "INSERT INTO course_keys (course_id, key_id, wrapped) VALUES ($1, $2, $3)"


async def plants(url: str, key_id: str) -> None:
    """Whoever has a run-time role, and no key, adds one for this course."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(PLANT, MARA, key_id, b"\0" * 60)
    finally:
        await connection.close()


@pytest.mark.parametrize("key_id", ["old", "nobodys"])
@pytest.mark.parametrize(
    "keyring", [ENCRYPTS, Keyring.of((OLD,), encrypts=False), Keyring()], ids=["on", "off", "none"]
)
@pytest.mark.parametrize("stand", [0, 2], ids=["to come", "in clear under way"])
async def test_a_key_that_somebody_planted_keeps_no_course_out_of_the_record(
    worker_url: str, console_url: str, key_id: str, keyring: Keyring, stand: int
) -> None:
    """Neither one to come nor one that is under way in clear: it is recorded as if nobody had."""
    async with open_store(worker_url) as before:
        if stand:
            await before.append(batch(ENTRIES[:stand]))
    await plants(console_url, key_id)

    async with open_store(worker_url, keyring) as workers:
        await workers.append(WHOLE.but(entries=ENTRIES[stand:]))
        await workers.record_escalation(NOTED)
        assert await workers.ledger(MARA) == list(ENTRIES)
        assert await workers.escalation(NOTED.id) == NOTED
        stored = await workers.stored_ledger(MARA)
    assert ("sealed" in stored.stored[-1].data) is keyring.encrypts


async def test_a_key_that_others_have_is_not_taken_for_a_planted_one(
    encrypted: RecordStore, worker_url: str, superuser: asyncpg.Connection
) -> None:
    """A worker that lacks it waits for it: where the course has entries, and where another's have the same."""
    await encrypted.append(batch(ENTRIES[:2]))
    await encrypted.record_escalation(view("TOVE-1", note=WORD))
    keys = await superuser.fetch("SELECT * FROM course_keys ORDER BY course_id")

    async with open_store(worker_url, Keyring.of((NEW,), encrypts=True)) as behind:
        with pytest.raises(RecordLocked, match="must have the key old, and has new"):
            await behind.append(batch(ENTRIES[2:]))
        with pytest.raises(RecordLocked, match="must have the key old, and has new"):
            await behind.record_escalation(view("TOVE-1", note="Seen"))

    assert [key["course_id"] for key in keys] == [MARA, "TOVE-1"]
    assert await superuser.fetch("SELECT * FROM course_keys ORDER BY course_id") == keys


async def test_nobody_takes_a_key_away_under_which_something_is_written(
    encrypted: RecordStore, worker_url: str, superuser: asyncpg.Connection
) -> None:
    """Whatever they say of it."""
    await encrypted.append(batch(ENTRIES[:2]))
    wrapped = await superuser.fetchval("SELECT wrapped FROM course_keys")
    connection = await asyncpg.connect(worker_url)
    try:
        assert await connection.fetchval("SELECT forget_planted_key($1, $2, true)", MARA, wrapped) is False
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM course_keys")
    finally:
        await connection.close()

    assert await encrypted.ledger(MARA) == list(ENTRIES[:2])


async def test_the_watchdog_finds_an_escalation_that_was_opened_and_never_recorded(connections: Connections) -> None:
    """It reads that from the ledger, without a key: id and severity stay clear there."""
    lost = view().id
    opened = readings(1)[0].but(
        type="kap.escalation.opened", data={"id": lost, "severity": "emergency", "kind": "vitals_urgent", "by": WORD}
    )
    entries = ledger([opened])
    await RecordStore(connections).append(batch(entries, monitored_session=1, attention=Severity.EMERGENCY))

    assert lost in [one.escalation for one in await WatchdogStore(connections).expected()]
    assert await RecordStore(connections).ledger(MARA) == list(entries)


async def test_whoever_must_be_called_is_called_without_the_key(
    encrypted: RecordStore, connections: Connections, database_url: str
) -> None:
    """A watch that lacks a course's key raises its alarm all the same, and goes on with it; no note is written then."""
    await encrypted.append(WHOLE)
    found = raised(MARA, 1, 1, MONDAY, severity=Severity.EMERGENCY, found=SilenceReason.KEEPS_FAILING)
    async with open_connections(database_url) as keyless:
        watch = WatchdogStore(keyless)
        await watch.add(found)
        assert [*await watch.incidents()] == [found]
        with pytest.raises(RecordLocked):
            await watch.move(found.id, lambda _one: alarm(WORD))
        over = await watch.move(found.id, lambda one: one.settled(MONDAY + hours(1)))

    assert over is not None
    assert over.is_resolved
    assert await WatchdogStore(connections).incident(found.id) == over
    listed = await encrypted.escalation(found.id)
    assert listed is not None
    assert listed.note == over.escalation.view.note


@pytest.mark.parametrize(
    "order",
    [
        Resolve(by="osei", note="Seen"),
        Acknowledge(by="osei"),
        Snooze(by="osei", for_=timedelta(minutes=1), note="Later"),
        Reassign(by="osei", to="lind"),
    ],
    ids=lambda order: type(order).__name__,
)
async def test_nobody_without_the_key_answers_an_alarm_in_the_record(
    encrypted: RecordStore, connections: Connections, worker_url: str, order: Order
) -> None:
    """Whoever has a run-time role writes it in clear as if somebody had answered: it goes on paging."""
    await encrypted.append(WHOLE)
    watch = WatchdogStore(connections)
    found = raised(MARA, 1, 1, MONDAY, severity=Severity.URGENT, found=SilenceReason.KEEPS_FAILING)
    await watch.add(found)
    theirs = found.obeyed(order, ON_CALL, MONDAY)
    assert theirs != found
    await by_hand(worker_url, "UPDATE watch_incidents SET incident = $1::json", theirs.model_dump_json())

    assert await watch.incident(found.id) == found
    assert [*await watch.incidents()] == [found]
    moved = await watch.move(found.id, lambda one: one.obeyed(order, ON_CALL, MONDAY))
    assert moved == theirs
    assert await watch.incident(found.id) == moved, "who answers it is believed"


async def test_an_alarm_is_no_other_one(store: RecordStore, connections: Connections, worker_url: str) -> None:
    """The account of one that is over, in the row of one that is open, is not read as that."""
    await store.append(WHOLE)
    watch = WatchdogStore(connections)
    first, second = (raised(MARA, 1, number, MONDAY, severity=Severity.URGENT) for number in (1, 2))
    over = first.obeyed(Resolve(by="osei", note="Seen"), ON_CALL, MONDAY)
    await watch.add(first)
    await watch.add(second)
    where = "UPDATE watch_incidents SET incident = $1::json WHERE escalation_id LIKE '%~2'"
    await by_hand(worker_url, where, over.model_dump_json())

    with pytest.raises(RowUnreadable):
        await watch.incident(second.id)


async def by_hand(url: str, sql: str, *arguments: object) -> None:
    """What somebody with this role types."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql, *arguments)
    finally:
        await connection.close()


async def test_lists_are_made_anew_of_encrypted_ledgers(encrypted: RecordStore, superuser: asyncpg.Connection) -> None:
    """A rebuild compares the ends of the ledgers, and writes the lists encrypted."""
    await encrypted.append(WHOLE)
    await superuser.execute("UPDATE courses SET phase = 'closed', hold_reason = 'by hand', sequence = 99")

    assert not await encrypted.list_anew(batch(ENTRIES[:2]))
    assert await encrypted.list_anew(WHOLE.but(entries=()))
    assert await encrypted.course(MARA) == WHOLE.summary
    assert WORD not in str(await superuser.fetch("SELECT * FROM courses"))


@pytest.mark.parametrize("typed", ["sealed:AAAA", "clear:sealed:", "clear:clear:"])
async def test_a_text_that_looks_encrypted_is_a_text(store: RecordStore, encrypted: RecordStore, typed: str) -> None:
    """Whatever somebody types into a note hides no escalation."""
    for kept in (store, encrypted):
        await kept.record_escalation(view(note=typed))
        assert [one.note for one in await kept.escalations()] == [typed]


def test_encryption_without_a_key_is_no_setting() -> None:
    """Nobody believes that the record is encrypted while it is not."""
    with pytest.raises(Misconfigured, match="KAPSTAN_PAYLOAD_KEYS: must have a key"):
        Keyring.of((), encrypts=True)
